#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/drawer.h"
#include "clients/issue.h"

namespace redvest::client {
namespace {

// Checked here too, so that an offline queue never takes what the ledger cannot.
int Sell(Context& context, const v1::SellMealRequest& request) {
  if (request.sell_meal().member_id() == 0 && request.sell_meal().payment() != v1::PAYMENT_CASH) {
    return context.FailInput(context.Say({"guests pay in cash: say whose card or points with --member",
                                          "散客只收现金：请用 --member 写明是谁的饭卡或积分"}));
  }
  return Issue(context, &v1::CanteenService::Stub::SellMeal, request);
}

void AddSell(CLI::App& family, Context& context) {
  auto request = std::make_shared<v1::SellMealRequest>();
  CLI::App& leaf =
      *AddLeaf(family, context, "sell",
               {{"Sell meals at the policy's price for the member's age; without --member a guest pays the "
                 "standard price in cash.",
                 "按制度价格售餐；不写 --member 即为散客，按标准价付现金"},
                "--terminal T3-92 canteen sell --member M57-20 --pay meal-card"},
               [&context, request] { return Sell(context, *request); });
  v1::SellMeal* body = request->mutable_sell_meal();
  body->set_portions(1);
  body->set_payment(v1::PAYMENT_CASH);
  AddId(leaf, context, "--member", IdKind::kMember, [body](uint64_t id) { body->set_member_id(id); },
        {"Who eats", "就餐居民"});
  AddNumber(leaf, context, "--portions", 1, 1000,
            [body](int64_t portions) { body->set_portions(static_cast<int32_t>(portions)); },
            {"How many (1)", "份数（默认 1）"});
  AddChoice(leaf, context, "--pay", v1::Payment_descriptor(),
            [body](int payment) { body->set_payment(static_cast<v1::Payment>(payment)); },
            {"How it is paid (cash)", "支付方式（默认现金）"});
}

}  // namespace

void AddCanteenCommand(CLI::App& app, Context& context) {
  CLI::App& family = *AddFamily(app, context, "canteen",
                                {"Canteen till: meals, meal cards, drawer", "食堂收银：售餐、饭卡、钱箱"});
  AddSell(family, context);

  auto top_up = std::make_shared<v1::TopUpMealCardRequest>();
  CLI::App& top_up_leaf = *AddLeaf(
      family, context, "top-up",
      {{"Take cash onto a meal card.", "饭卡充值（收现金）"},
       "--terminal T3-92 canteen top-up --member M57-20 --amount 200"},
      [&context, top_up] { return Issue(context, &v1::CanteenService::Stub::TopUpMealCard, *top_up); });
  v1::TopUpMealCard* topped = top_up->mutable_top_up_meal_card();
  AddId(top_up_leaf, context, "--member", IdKind::kMember,
        [topped](uint64_t id) { topped->set_member_id(id); }, {"Whose card", "持卡居民"})
      ->required();
  AddYuan(top_up_leaf, context, "--amount", [topped](int64_t fen) { topped->set_amount_fen(fen); },
          {"Cash taken in", "收取现金"})
      ->required();

  auto refund = std::make_shared<v1::RefundMealCardRequest>();
  CLI::App& refund_leaf = *AddLeaf(
      family, context, "refund",
      {{"Give cash back from a meal card.", "饭卡退款（付现金）"},
       "--terminal T3-92 canteen refund --member M57-20 --amount 35.50"},
      [&context, refund] { return Issue(context, &v1::CanteenService::Stub::RefundMealCard, *refund); });
  v1::RefundMealCard* refunded = refund->mutable_refund_meal_card();
  AddId(refund_leaf, context, "--member", IdKind::kMember,
        [refunded](uint64_t id) { refunded->set_member_id(id); }, {"Whose card", "持卡居民"})
      ->required();
  AddYuan(refund_leaf, context, "--amount", [refunded](int64_t fen) { refunded->set_amount_fen(fen); },
          {"Cash given back", "退还现金"})
      ->required();

  AddDrawerCommands(family, context, "T3-92");
}

}  // namespace redvest::client
