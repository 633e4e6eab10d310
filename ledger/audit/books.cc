#include "ledger/audit/books.h"

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"

namespace redvest {
namespace {

constexpr size_t kPartBytes = 1 << 20;

}  // namespace

absl::StatusOr<Sequence> WriteBooks(CommitCursor& commits, Sequence last, BookFormat& format,
                                    absl::FunctionRef<absl::Status(std::string_view)> sink,
                                    absl::FunctionRef<void(Sequence done)> progress) {
  EventFold fold;
  BookLines lines;
  std::string part;
  part.reserve(kPartBytes + kPartBytes / 4);
  while (!last || fold.last() < last) {
    REDVEST_ASSIGN_OR_RETURN(const std::optional<CommitView> commit, commits.Next());
    if (!commit.has_value()) break;
    for (std::string_view bytes : commit->events) {
      if (last && fold.last() == last) break;
      REDVEST_ASSIGN_OR_RETURN(const EventFold::Step step, fold.Add(bytes));
      REDVEST_ASSIGN_OR_RETURN(const BookLine* const line, lines.Make(fold, step));
      format.Add(fold, step, *line, &part);
    }
    if (part.size() < kPartBytes) continue;
    REDVEST_RETURN_IF_ERROR(sink(part));
    part.clear();
    progress(fold.last());
  }
  if (fold.last() < last || !fold.last()) {
    return absl::DataLossError(absl::StrCat("the log ends at event ", fold.last().value(), " already"));
  }
  format.End(fold, lines, &part);
  REDVEST_RETURN_IF_ERROR(sink(part));
  return fold.last();
}

}  // namespace redvest
