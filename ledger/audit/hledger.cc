// Every character here is written some hundred million times, so it goes by hand into one string.
#include "absl/container/flat_hash_set.h"
#include "ledger/audit/books.h"

namespace redvest {
namespace {

// Accounts asserted in one transaction.
constexpr size_t kAssertionsMax = 1'000;

// "%3A" for what would end a tag or begin another. Texts of an event are UTF-8, or it could not be read.
void AppendText(std::string* out, std::string_view text) {
  constexpr char kHexDigits[] = "0123456789ABCDEF";
  for (char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (c == '%' || c == ',' || c == ':' || byte < 0x20 || byte == 0x7F) {
      out->push_back('%');
      out->push_back(kHexDigits[byte >> 4]);
      out->push_back(kHexDigits[byte & 15]);
    } else {
      out->push_back(c);
    }
  }
}

class HledgerJournal final : public BookFormat {
 public:
  void Add(const EventFold& fold, const EventFold::Step& step, const BookLine& line,
           std::string* out) override {
    if (step.sequence == Sequence(1)) Begin(fold, out);
    Declare(step.postings, out);
    Heading(line, step, out);
    for (const Posting& posting : step.postings) {
      out->append("    ");
      AppendAccount(out, posting.account);
      out->append("  ");
      AppendNumber(out, posting.amount);
      out->push_back(' ');
      out->append(UnitName(RuleOf(posting.account.kind).unit));
      out->push_back('\n');
    }
    out->push_back('\n');
  }

  void End(const EventFold& fold, const BookLines& lines, std::string* out) override {
    size_t asserted = 0;
    for (const AccountBalance& row : fold.SortedBalances(true)) {
      if (asserted++ % kAssertionsMax == 0) {
        out->append(asserted > 1 ? "\n" : "").append(lines.last_business_date());
        out->append(" trial balance after event ");
        AppendNumber(out, static_cast<int64_t>(fold.last().value()));
        out->push_back('\n');
      }
      const std::string_view unit = UnitName(RuleOf(row.account.kind).unit);
      out->append("    ");
      AppendAccount(out, row.account);
      out->append("  0 ").append(unit).append(" == ");
      AppendNumber(out, row.balance);
      out->append(" ").append(unit).append("\n");
    }
  }

 private:
  static void Begin(const EventFold& fold, std::string* out) {
    out->append("; Redvest: the ledger ");
    AppendText(out, fold.ledger_name());
    out->append(", time zone ");
    AppendText(out, fold.time_zone_name());
    out->append(
        "\n; Every event is a transaction: date is the business date, second date that of recording, code "
        "the\n"
        "; sequence. Amounts are in the smallest unit, debit above zero. In texts, percent signs, commas, "
        "colons\n"
        "; and control characters are written %XX.\n\n");
    for (Unit unit : {Unit::kFen, Unit::kPoints, Unit::kMinutes, Unit::kPieces}) {
      out->append("commodity ").append(UnitName(unit)).append("\n");
    }
    out->push_back('\n');
  }

  // Accounts are declared before they are first used.
  void Declare(const Postings& postings, std::string* out) {
    for (const Posting& posting : postings) {
      if (!declared_.insert(posting.account).second) continue;
      out->append("account ");
      AppendAccount(out, posting.account);
      out->push_back('\n');
    }
  }

  static void Heading(const BookLine& line, const EventFold::Step& step, std::string* out) {
    const event::v1::Event& event = *step.event;
    out->append(line.business_date).append("=").append(line.recorded_date).append(" (");
    AppendNumber(out, static_cast<int64_t>(step.sequence.value()));
    out->append(") ").append(line.kind).append("  ; terminal:");
    AppendNumber(out, static_cast<int64_t>(event.terminal_id()));
    out->append(", serial:");
    AppendNumber(out, static_cast<int64_t>(event.serial()));
    if (event.policy_version() != 0) {
      out->append(", policy:");
      AppendNumber(out, event.policy_version());
    }
    if (event.late()) out->append(", late:yes");
    for (const BookNote& note : line.notes) {
      out->append(", ").append(note.name).append(":");
      if (note.is_number) {
        AppendNumber(out, static_cast<int64_t>(note.number));
      } else {
        AppendText(out, note.text);
      }
    }
    out->append(", occurred:").append(line.occurred_at).append(", recorded:").append(line.recorded_at);
    out->push_back('\n');
  }

  absl::flat_hash_set<Account> declared_;
};

}  // namespace

std::unique_ptr<BookFormat> NewHledgerJournal() { return std::make_unique<HledgerJournal>(); }

}  // namespace redvest
