#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/drawer.h"
#include "clients/issue.h"
#include "clients/json.h"
#include "clients/table.h"

namespace redvest::client {
namespace {

constexpr Bilingual kWhichAccount = {"Which account", "账户"};
constexpr Bilingual kAmount = {"Amount", "金额"};
constexpr Bilingual kReference = {"The bank's reference, by which its statement is matched",
                                  "银行业务编号，用于对账"};

// Account and amount: what most commands at the counter consist of. `Body` has both fields.
template <typename Body>
void AddAccountAndAmount(CLI::App& leaf, Context& context, Body* body) {
  AddId(
      leaf, context, "--account", IdKind::kBankAccount, [body](uint64_t id) { body->set_account_id(id); },
      kWhichAccount)
      ->required();
  AddYuan(
      leaf, context, "--amount", [body](int64_t fen) { body->set_amount_fen(fen); }, kAmount)
      ->required();
}

// A subcommand of account and amount. `mutable_body` finds the command in the request.
template <typename Request, typename Response, typename Body>
CLI::App& AddSimple(CLI::App& family, Context& context, const std::string& name, const CommandHelp& help,
                    UnaryMethod<v1::BankStationService::Stub, Request, Response> method,
                    Body* (Request::*mutable_body)()) {
  auto request = std::make_shared<Request>();
  CLI::App& leaf = *AddLeaf(family, context, name, help,
                            [&context, method, request] { return Issue(context, method, *request); });
  Body* body = (request.get()->*mutable_body)();
  AddAccountAndAmount(leaf, context, body);
  if constexpr (requires { body->set_bank_reference(std::string()); }) {
    AddText(
        leaf, context, "--reference", [body](const std::string& text) { body->set_bank_reference(text); },
        kReference);
  }
  return leaf;
}

void AddCash(CLI::App& family, Context& context) {
  auto open = std::make_shared<v1::OpenBankAccountRequest>();
  CLI::App& leaf = *AddLeaf(
      family, context, "open",
      {{"Open a demand account for a member; the ledger gives its id.", "为居民开立活期账户并给出编号"},
       "--terminal T4-89 bank open --member M57-20"},
      [&context, open] { return Issue(context, &v1::BankStationService::Stub::OpenBankAccount, *open); });
  AddId(leaf, context, "--member", IdKind::kMember,
        [open](uint64_t id) { open->mutable_open_bank_account()->set_member_id(id); },
        {"Whose account", "开户居民"})
      ->required();
  AddSimple(family, context, "deposit",
            {{"Take cash into a demand account.", "现金存入活期"},
             "--terminal T4-89 bank deposit --account A57-31 --amount 500"},
            &v1::BankStationService::Stub::DepositCash, &v1::DepositCashRequest::mutable_deposit_cash);
  AddSimple(family, context, "withdraw",
            {{"Pay cash out of a demand account, within the cap per card and day.",
              "活期支取现金，受每卡每日限额约束"},
             "--terminal T4-89 bank withdraw --account A57-31 --amount 200"},
            &v1::BankStationService::Stub::WithdrawCash, &v1::WithdrawCashRequest::mutable_withdraw_cash);
}

void AddTimeDeposits(CLI::App& family, Context& context) {
  auto open = std::make_shared<v1::OpenTimeDepositRequest>();
  CLI::App& open_leaf = *AddLeaf(
      family, context, "time-open",
      {{"Open a time deposit, in cash or from the demand account.", "存入定期（现金或活期转入）"},
       "--terminal T4-89 bank time-open --account A57-31 --amount 10000 --months 12 --from "
       "demand"},
      [&context, open] { return Issue(context, &v1::BankStationService::Stub::OpenTimeDeposit, *open); });
  v1::OpenTimeDeposit* opened = open->mutable_open_time_deposit();
  AddAccountAndAmount(open_leaf, context, opened);
  AddNumber(open_leaf, context, "--months", 1, 120,
            [opened](int64_t months) { opened->set_term_months(static_cast<int32_t>(months)); },
            {"Term, one of the policy's", "存期（月），须为制度所列"})
      ->required();
  AddChoice(open_leaf, context, "--from", v1::Funding_descriptor(),
            [opened](int funding) { opened->set_funding(static_cast<v1::Funding>(funding)); },
            {"Where the money comes from", "资金来源"})
      ->required();

  auto withdraw = std::make_shared<v1::WithdrawTimeDepositRequest>();
  CLI::App& withdraw_leaf =
      *AddLeaf(family, context, "time-withdraw",
               {{"Pay a time deposit back to its demand account, whole or in part, with interest.",
                 "支取定期（全部或部分）及利息，转入活期"},
                "--terminal T4-89 bank time-withdraw --certificate C57-13 --amount 3000"},
               [&context, withdraw] {
                 return Issue(context, &v1::BankStationService::Stub::WithdrawTimeDeposit, *withdraw);
               });
  v1::WithdrawTimeDeposit* withdrawn = withdraw->mutable_withdraw_time_deposit();
  AddId(withdraw_leaf, context, "--certificate", IdKind::kCertificate,
        [withdrawn](uint64_t id) { withdrawn->set_certificate_id(id); }, {"Which certificate", "存单"})
      ->required();
  AddYuan(withdraw_leaf, context, "--amount", [withdrawn](int64_t fen) { withdrawn->set_amount_fen(fen); },
          {"Part of the principal; without it all that is left", "支取本金；不写即全部"});
}

void AddBill(CLI::App& family, Context& context) {
  auto request = std::make_shared<v1::PayBillRequest>();
  CLI::App& leaf = *AddLeaf(
      family, context, "bill",
      {{"Pay a bill in cash, or from a demand account where --account is given.",
        "代缴费用：收现金，或用 --account 从活期扣款"},
       "--terminal T4-89 bank bill --biller B1-56 --amount 86.40"},
      [&context, request] { return Issue(context, &v1::BankStationService::Stub::PayBill, *request); });
  v1::PayBill* body = request->mutable_pay_bill();
  body->set_funding(v1::FUNDING_CASH);
  AddId(leaf, context, "--biller", IdKind::kBiller, [body](uint64_t id) { body->set_biller_id(id); },
        {"Whose bill", "收费单位"})
      ->required();
  AddYuan(
      leaf, context, "--amount", [body](int64_t fen) { body->set_amount_fen(fen); }, kAmount)
      ->required();
  AddId(leaf, context, "--account", IdKind::kBankAccount,
        [body](uint64_t id) {
          body->set_account_id(id);
          body->set_funding(v1::FUNDING_DEMAND);
        },
        {"Pay from this account instead of cash", "从此活期账户扣款"});
}

void AddBankSide(CLI::App& family, Context& context) {
  AddSimple(family, context, "transfer-in",
            {{"Enter a transfer that the bank credited.", "登记银行转入"},
             "--terminal T4-89 bank transfer-in --account A57-31 --amount 1200 --reference 20261121-0042"},
            &v1::BankStationService::Stub::ReceiveTransfer,
            &v1::ReceiveTransferRequest::mutable_receive_transfer);
  AddSimple(family, context, "transfer-out",
            {{"Enter a transfer to another bank customer.", "登记转账转出"},
             "--terminal T4-89 bank transfer-out --account A57-31 --amount 300"},
            &v1::BankStationService::Stub::SendTransfer, &v1::SendTransferRequest::mutable_send_transfer);
  AddSimple(family, context, "interest",
            {{"Enter interest that the bank credited.", "登记银行结息"},
             "--terminal T4-89 bank interest --account A57-31 --amount 3.27"},
            &v1::BankStationService::Stub::CreditInterest,
            &v1::CreditInterestRequest::mutable_credit_interest);
  AddSimple(family, context, "fee",
            {{"Enter a fee that the bank charged.", "登记银行收费"},
             "--terminal T4-89 bank fee --account A57-31 --amount 2"},
            &v1::BankStationService::Stub::ChargeFee, &v1::ChargeFeeRequest::mutable_charge_fee);

  auto request = std::make_shared<v1::MoveFloatRequest>();
  CLI::App& leaf = *AddLeaf(
      family, context, "float",
      {{"Enter cash that the bank brought or took away.", "登记银行送来或取走的备用金"},
       "--terminal T4-89 bank float brought --amount 20000"},
      [&context, request] { return Issue(context, &v1::BankStationService::Stub::MoveFloat, *request); });
  v1::MoveFloat* body = request->mutable_move_float();
  AddChoice(leaf, context, "direction", v1::FloatDirection_descriptor(),
            [body](int direction) { body->set_direction(static_cast<v1::FloatDirection>(direction)); },
            {"Which way", "方向"})
      ->required();
  AddYuan(
      leaf, context, "--amount", [body](int64_t fen) { body->set_amount_fen(fen); }, kAmount)
      ->required();
}

int Show(Context& context, uint64_t account_id) {
  v1::GetBankAccountRequest request;
  request.set_account_id(account_id);
  auto response = context.connection().Call(&v1::BankStationService::Stub::GetBankAccount, request);
  if (!response.ok()) return context.Fail(response.error());
  if (context.json()) {
    context.out() << Dump(ToJson(*response, context.Zone()), true) << '\n';
    return kDone;
  }
  Table head({{""}, {""}});
  head.Add({context.Say({"account", "账户"}), FormatId(IdKind::kBankAccount, response->account_id())});
  head.Add({context.Say({"member", "户主"}), response->member_id() == 0
                                                 ? context.Say({"opened by an import", "由历史导入开立"})
                                                 : FormatId(IdKind::kMember, response->member_id())});
  head.Add({context.Say({"balance", "活期余额"}),
            FormatYuan(response->balance_fen()) + context.Say({" yuan", " 元"})});
  head.Print(context.out());
  if (response->time_deposits().empty()) return kDone;
  Table table({{context.Say({"certificate", "定期存单"})},
               {context.Say({"principal, yuan", "本金（元）"}), Table::Align::kRight},
               {context.Say({"months", "存期（月）"}), Table::Align::kRight},
               {context.Say({"rate", "年利率"}), Table::Align::kRight},
               {context.Say({"opened", "开立日"})},
               {context.Say({"matures", "到期日"})}});
  const auto day = [](const v1::Date& date) {
    const std::optional<Day> exists = ToDay(date);
    return exists.has_value() ? FormatDay(*exists) : std::string("?");
  };
  for (const v1::TimeDeposit& deposit : response->time_deposits()) {
    table.Add({FormatId(IdKind::kCertificate, deposit.certificate_id()), FormatYuan(deposit.principal_fen()),
               std::to_string(deposit.term_months()), FormatRate(deposit.rate_ppm()),
               day(deposit.opened_on()), day(deposit.matures_on())});
  }
  context.out() << '\n';
  table.Print(context.out());
  return kDone;
}

}  // namespace

void AddBankCommand(CLI::App& app, Context& context) {
  CLI::App& family = *AddFamily(app, context, "bank",
                                {"Bank counter: accounts, cash, time deposits, bills, transfers, drawer",
                                 "金融服务柜台：开户、存取、定期、缴费、转账、钱箱"});
  AddCash(family, context);
  AddTimeDeposits(family, context);
  AddBill(family, context);
  AddBankSide(family, context);
  AddDrawerCommands(family, context, "T4-89");
  AddReconcileCommand(family, context);
  auto which = std::make_shared<uint64_t>(0);
  CLI::App& show =
      *AddLeaf(family, context, "show",
               {{"A demand account with its time deposits", "查看账户及其定期存单"}, "bank show A57-31"},
               [&context, which] { return Show(context, *which); });
  AddId(show, context, "account", IdKind::kBankAccount, *which, kWhichAccount)->required();
}

}  // namespace redvest::client
