#include "ledger/state/state.h"

#include <algorithm>

namespace redvest {

int64_t State::Balance(const Account& account) const {
  const int64_t* balance = balances_.Find(account);
  return balance == nullptr ? 0 : *balance;
}

const Terminal* State::FindTerminal(TerminalId id) const { return id ? terminals_.Find(id) : &founder_; }

const Member* State::FindMember(MemberId id) const { return members_.Find(id); }

const Entry* State::FindEntry(v1::EntryKind kind, EntryId id) const { return entries_.Find({kind, id}); }

const BankAccount* State::FindBankAccount(BankAccountId id) const { return bank_accounts_.Find(id); }

const Certificate* State::FindCertificate(CertificateId id) const { return certificates_.Find(id); }

const Services::Span* State::FindOverlap(MemberId member, int64_t start_ms, int64_t end_ms) const {
  const Services* services = services_.Find(member);
  if (services == nullptr) return nullptr;
  // Spans are sorted and apart, so only the first one that ends after the start can overlap.
  const auto it =
      std::upper_bound(services->spans.begin(), services->spans.end(), start_ms,
                       [](int64_t start, const Services::Span& span) { return start < span.end_ms; });
  return it != services->spans.end() && it->start_ms < end_ms ? &*it : nullptr;
}

int64_t State::Counted(DayCounter counter, uint64_t id, Day day) const {
  const auto days = day_counters_.find(EightDaysOf(DayNumber(day)));
  if (days == day_counters_.end()) return 0;
  return EightDays::With(days->second, counter, [&](const auto& table) -> int64_t {
    const auto* counts = table.Find(id);
    return counts == nullptr ? 0 : counts->Of(DayNumber(day));
  });
}

bool State::IsReversed(Sequence sequence) const { return reversed_.Find(sequence) != nullptr; }

std::vector<std::pair<EntryId, Served>> State::ServedBy(MemberId member) const {
  std::vector<std::pair<EntryId, Served>> all;
  for (EntryId kind(1); kind < next_entry(v1::ENTRY_KIND_SERVICE_KIND); kind = kind.Next()) {
    const Served* served = served_.Find({member, kind});
    if (served != nullptr && served->services > 0) all.emplace_back(kind, *served);
  }
  return all;
}

const v1::Policy* State::FindPolicy(uint32_t version) const {
  const auto it = policies_.find(version);
  return it == policies_.end() ? nullptr : &it->second;
}

uint32_t State::PolicyVersionOn(Day day) const {
  uint32_t best = 0;
  Day best_from;
  for (const auto& [version, policy] : policies_) {
    const std::optional<Day> from = ToDay(policy.effective_from());
    if (!from.has_value() || *from > day) continue;
    if (best == 0 || *from >= best_from) {
      best = version;
      best_from = *from;
    }
  }
  return best;
}

EntryId State::next_entry(v1::EntryKind kind) const {
  return EntryId(entry_counts_[static_cast<size_t>(kind)] + 1);
}

BankAccountId State::next_bank_account() const {
  BankAccountId id(bank_account_hint_);
  while (FindBankAccount(id) != nullptr) id = id.Next();
  return id;
}

}  // namespace redvest
