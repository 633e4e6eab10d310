#include "clients/reconcile_match.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "clients/words.h"

namespace redvest::client {
namespace {

constexpr struct {
  BankEntryKind kind;
  std::string_view name;
  Bilingual text;
} kKinds[] = {
    {BankEntryKind::kCashDeposit, "cash_deposit", {"cash deposit", "现金存入"}},
    {BankEntryKind::kCashWithdrawal, "cash_withdrawal", {"cash withdrawal", "现金支取"}},
    {BankEntryKind::kCardWithdrawal, "card_withdrawal", {"card withdrawal", "刷卡支出"}},
    {BankEntryKind::kTransferReceived, "transfer_received", {"transfer in", "转入"}},
    {BankEntryKind::kTransferSent, "transfer_sent", {"transfer out", "转出"}},
    {BankEntryKind::kInterestCredited, "interest_credited", {"interest", "结息"}},
    {BankEntryKind::kFeeCharged, "fee_charged", {"fee", "收费"}},
    {BankEntryKind::kBillPayment, "bill_payment", {"bill payment", "代缴费用"}},
    {BankEntryKind::kTimeDepositOpened, "time_deposit_opened", {"into a time deposit", "转存定期"}},
    {BankEntryKind::kTimeDepositPaidBack, "time_deposit_paid_back", {"time deposit back", "定期转回"}},
};

using What = std::tuple<uint64_t, BankEntryKind, int64_t>;  // account, kind, amount
What WhatOf(const BankEntry& entry) { return {entry.account_id, entry.kind, entry.amount_fen}; }

// Pairs entries one to one, remembering which are taken.
class Matcher {
 public:
  Matcher(const std::vector<BankEntry>& bank, const std::vector<BankEntry>& book)
      : bank_(bank), book_(book), bank_taken_(bank.size()), book_taken_(book.size()) {}

  // Pairs each bank entry that `bank_key` gives a key with the first free book entry of the same key.
  template <typename BankKey, typename BookKey>
  void Pair(const BankKey& bank_key, const BookKey& book_key, std::vector<std::pair<size_t, size_t>>& pairs) {
    using Key = typename decltype(bank_key(bank_[0]))::value_type;
    std::map<Key, std::vector<size_t>> free;  // last one first
    for (size_t i = book_.size(); i-- > 0;) {
      if (book_taken_[i]) continue;
      if (auto key = book_key(book_[i])) free[*std::move(key)].push_back(i);
    }
    for (size_t i = 0; i < bank_.size(); ++i) {
      if (bank_taken_[i]) continue;
      const auto key = bank_key(bank_[i]);
      if (!key) continue;
      const auto found = free.find(*key);
      if (found == free.end() || found->second.empty()) continue;
      bank_taken_[i] = book_taken_[found->second.back()] = true;
      pairs.emplace_back(i, found->second.back());
      found->second.pop_back();
    }
  }

  static std::vector<size_t> Free(const std::vector<bool>& taken) {
    std::vector<size_t> free;
    for (size_t i = 0; i < taken.size(); ++i) {
      if (!taken[i]) free.push_back(i);
    }
    return free;
  }

  Reconciliation Run() {
    Reconciliation result;
    const auto whole = [](const BankEntry& e) {
      using Key = std::optional<std::tuple<std::string, What>>;
      return e.reference.empty() ? Key() : Key({e.reference, WhatOf(e)});
    };
    Pair(whole, whole, result.matched);
    const auto reference = [](const BankEntry& e) {
      return e.reference.empty() ? std::optional<std::string>() : std::optional(e.reference);
    };
    Pair(reference, reference, result.differing);
    const auto dated = [](const BankEntry& e) { return std::optional(std::tuple(e.day, WhatOf(e))); };
    const auto unnamed = [&](const BankEntry& e) {
      return e.reference.empty() ? dated(e) : decltype(dated(e))();
    };
    Pair(unnamed, unnamed, result.matched);
    Pair(dated, unnamed, result.matched);
    Pair(unnamed, dated, result.matched);
    std::sort(result.matched.begin(), result.matched.end());
    result.missing_here = Free(bank_taken_);
    result.missing_there = Free(book_taken_);
    return result;
  }

 private:
  const std::vector<BankEntry>& bank_;
  const std::vector<BankEntry>& book_;
  std::vector<bool> bank_taken_;
  std::vector<bool> book_taken_;
};

BankEntry MakeEntry(BankEntryKind kind, uint64_t account_id, int64_t amount_fen, std::string reference = "") {
  return {.place = 0,
          .reference = std::move(reference),
          .account_id = account_id,
          .day = Day(),
          .kind = kind,
          .amount_fen = amount_fen};
}

// Of a command that names account, amount and the bank's reference.
template <typename Command>
BankEntry MakeReferenced(BankEntryKind kind, const Command& command) {
  return MakeEntry(kind, command.account_id(), command.amount_fen(), command.bank_reference());
}

}  // namespace

std::string_view BankEntryKindName(BankEntryKind kind) {
  for (const auto& row : kKinds) {
    if (row.kind == kind) return row.name;
  }
  return "";
}

Bilingual BankEntryKindText(BankEntryKind kind) {
  for (const auto& row : kKinds) {
    if (row.kind == kind) return row.text;
  }
  return {"", ""};
}

std::optional<BankEntryKind> ParseBankEntryKind(std::string_view name) {
  for (const auto& row : kKinds) {
    if (row.name == name) return row.kind;
  }
  return std::nullopt;
}

std::optional<BankEntry> BankEntryOf(const event::v1::Event& event) {
  using event::v1::Event;
  switch (event.body_case()) {
    case Event::kCashDeposited: {
      const v1::DepositCash& command = event.cash_deposited().command();
      return MakeEntry(BankEntryKind::kCashDeposit, command.account_id(), command.amount_fen());
    }
    case Event::kCashWithdrawn: {
      const v1::WithdrawCash& command = event.cash_withdrawn().command();
      return MakeEntry(BankEntryKind::kCashWithdrawal, command.account_id(), command.amount_fen());
    }
    case Event::kTimeDepositOpened: {
      const v1::OpenTimeDeposit& command = event.time_deposit_opened().command();
      if (command.funding() != v1::FUNDING_DEMAND) return std::nullopt;
      return MakeEntry(BankEntryKind::kTimeDepositOpened, command.account_id(), command.amount_fen());
    }
    case Event::kTimeDepositWithdrawn: {
      const event::v1::TimeDepositWithdrawn& paid = event.time_deposit_withdrawn();
      return MakeEntry(BankEntryKind::kTimeDepositPaidBack, paid.account_id(),
                       paid.principal_fen() + paid.interest_fen());
    }
    case Event::kBillPaid: {
      const v1::PayBill& command = event.bill_paid().command();
      if (command.funding() != v1::FUNDING_DEMAND) return std::nullopt;
      return MakeEntry(BankEntryKind::kBillPayment, command.account_id(), command.amount_fen());
    }
    case Event::kTransferReceived:
      return MakeReferenced(BankEntryKind::kTransferReceived, event.transfer_received().command());
    case Event::kTransferSent:
      return MakeReferenced(BankEntryKind::kTransferSent, event.transfer_sent().command());
    case Event::kInterestCredited:
      return MakeReferenced(BankEntryKind::kInterestCredited, event.interest_credited().command());
    case Event::kFeeCharged:
      return MakeReferenced(BankEntryKind::kFeeCharged, event.fee_charged().command());
    case Event::kBankHistoryRecorded: {
      const v1::RecordBankHistory& command = event.bank_history_recorded().command();
      const auto kind = ParseBankEntryKind(WordOf(v1::HistoryKind_descriptor(), command.kind()));
      if (!kind) return std::nullopt;
      return MakeEntry(*kind, command.account_id(), command.amount_fen(), command.source_id());
    }
    default:
      return std::nullopt;
  }
}

Reconciliation Reconcile(const std::vector<BankEntry>& bank, const std::vector<BankEntry>& book) {
  return Matcher(bank, book).Run();
}

}  // namespace redvest::client
