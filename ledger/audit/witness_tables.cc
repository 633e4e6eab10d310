#include "ledger/audit/witness_tables.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "ledger/accounting/posting.h"
#include "ledger/base/check.h"
#include "ledger/projection/accounts.h"
#include "ledger/projection/projection.h"
#include "ledger/projection/serials.h"

namespace redvest {
namespace {

using event::v1::Event;

// Each takes a few reads.
constexpr uint64_t kEventsMax = 100'000;

// The table's own view of an event; nothing where it is that of the log.
using Otherwise = absl::StatusOr<std::optional<std::string>>;

Otherwise InAccounts(const StoreSnapshot& tables, Sequence sequence, const Event& event) {
  for (const Posting& posting : PostingsOf(event)) {
    REDVEST_ASSIGN_OR_RETURN(AccountEntries entries, AccountEntries::Open(tables, posting.account, sequence));
    REDVEST_ASSIGN_OR_RETURN(const std::optional<AccountEntry> entry, entries.Next());
    const bool is_there = entry.has_value() && entry->sequence == sequence;
    if (is_there && entry->amount == posting.amount) continue;
    return absl::StrCat("the log has ", posting.amount, " on ", FormatAccount(posting.account),
                        ", and the accounts have ", is_there ? absl::StrCat(entry->amount) : "nothing");
  }
  return std::nullopt;
}

Otherwise InSerials(const Store& store, Sequence sequence, const Event& event) {
  REDVEST_ASSIGN_OR_RETURN(const std::optional<Sequence> known,
                           FindSerial(store, TerminalId(event.terminal_id()), Serial(event.serial())));
  if (known == sequence) return std::nullopt;
  return absl::StrCat("it has serial ", event.serial(), " of terminal ", event.terminal_id(),
                      ", which the serials know ",
                      known.has_value() ? absl::StrCat("as event ", known->value()) : "nothing of");
}

Otherwise FindOtherwise(const Store& store, const EventLog& log, Sequence first, Sequence last) {
  const std::unique_ptr<StoreSnapshot> tables = store.Snapshot();
  REDVEST_ASSIGN_OR_RETURN(const Sequence accounts, ReadPosition(*tables, TableId::kAccounts));
  REDVEST_ASSIGN_OR_RETURN(const Sequence serials, ReadPosition(*tables, TableId::kSerials));
  const std::unique_ptr<CommitCursor> commits = log.Read(first);
  for (Sequence sequence = first; sequence <= std::min(last, std::max(accounts, serials));) {
    REDVEST_ASSIGN_OR_RETURN(const std::optional<CommitView> commit, commits->Next());
    if (!commit.has_value()) break;
    for (; sequence <= std::min(last, commit->last()); sequence = sequence.Next()) {
      const std::string_view bytes = commit->events[sequence.value() - commit->first.value()];
      Event event;
      if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
      std::optional<std::string> otherwise;
      if (sequence <= serials) {
        REDVEST_ASSIGN_OR_RETURN(otherwise, InSerials(store, sequence, event));
      }
      if (!otherwise.has_value() && sequence <= accounts) {
        REDVEST_ASSIGN_OR_RETURN(otherwise, InAccounts(*tables, sequence, event));
      }
      if (otherwise.has_value())
        return absl::StrCat("event ", sequence.value(), " was another when it was posted: ", *otherwise);
    }
  }
  return std::nullopt;
}

}  // namespace

std::string FirstDisagreement(const Store& store, const EventLog& log, Sequence first, Sequence last) {
  if (last.value() - first.value() >= kEventsMax) return "";
  // What cannot be read here is told by the checks of the tables themselves.
  return FindOtherwise(store, log, first, last).value_or(std::nullopt).value_or("");
}

}  // namespace redvest
