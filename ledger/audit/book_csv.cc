#include "ledger/audit/books.h"

namespace redvest {
namespace {

class BookCsv final : public BookFormat {
 public:
  void Add(const EventFold&, const EventFold::Step& step, const BookLine& line, std::string* out) override {
    if (step.sequence == Sequence(1)) {
      out->append(
          "sequence,event,business_date,occurred_at,recorded_at,terminal,serial,policy_version,late,account,"
          "amount,unit,notes\n");
    }
    SetEvent(line, step);
    SetNotes(line);
    if (step.postings.empty()) out->append(event_).append(",,,,").append(notes_).append("\n");
    for (const Posting& posting : step.postings) {
      out->append(event_).push_back(',');
      AppendAccount(out, posting.account);
      out->push_back(',');
      AppendNumber(out, posting.amount);
      out->append(",").append(UnitName(RuleOf(posting.account.kind).unit)).append(",").append(notes_);
      out->push_back('\n');
    }
  }

  void End(const EventFold&, const BookLines&, std::string*) override {}

 private:
  // The columns that are the same for all postings of an event.
  void SetEvent(const BookLine& line, const EventFold::Step& step) {
    const event::v1::Event& event = *step.event;
    event_.clear();
    AppendNumber(&event_, static_cast<int64_t>(step.sequence.value()));
    event_.append(",").append(line.kind).append(",").append(line.business_date).append(",");
    event_.append(line.occurred_at).append(",").append(line.recorded_at).append(",");
    AppendNumber(&event_, static_cast<int64_t>(event.terminal_id()));
    event_.push_back(',');
    AppendNumber(&event_, static_cast<int64_t>(event.serial()));
    event_.push_back(',');
    AppendNumber(&event_, event.policy_version());
    event_.append(event.late() ? ",1" : ",0");
  }

  void SetNotes(const BookLine& line) {
    notes_.clear();
    if (line.notes.empty()) return;
    notes_.push_back('"');
    for (const BookNote& note : line.notes) {
      if (notes_.size() > 1) notes_.append("; ");
      notes_.append(note.name).append(": ");
      if (note.is_number) AppendNumber(&notes_, static_cast<int64_t>(note.number));
      for (char c : note.text) notes_.append(c == '"' ? 2 : 1, c);
    }
    notes_.push_back('"');
  }

  std::string event_;
  std::string notes_;
};

}  // namespace

std::unique_ptr<BookFormat> NewBookCsv() { return std::make_unique<BookCsv>(); }

}  // namespace redvest
