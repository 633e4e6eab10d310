// Table kSerials: one row for each run in which a terminal's serials and the log's sequences go on side by
// side. The rows are in ledger/docs/log_format.md.
#include "ledger/projection/serials.h"

#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "ledger/base/bytes.h"
#include "ledger/base/check.h"
#include "ledger/projection/projection.h"

namespace redvest {
namespace {

// Serials [serial, serial + count) of `terminal` have their outcomes at sequences [sequence, sequence +
// count).
struct Run {
  TerminalId terminal;
  Serial serial;
  Sequence sequence;
  uint64_t count = 0;

  Serial next_serial() const { return Serial(serial.value() + count); }
  Sequence next_sequence() const { return Sequence(sequence.value() + count); }
  bool GoesOnWith(TerminalId other, Serial other_serial, Sequence other_sequence) const {
    return other == terminal && other_serial == next_serial() && other_sequence == next_sequence();
  }
};

std::string KeyOf(TerminalId terminal, Serial serial) {
  std::string key;
  AppendBigEndian(&key, terminal.value());
  AppendBigEndian(&key, serial.value());
  return key;
}

// The run that `serial` is in, or the last one before it; nothing where there is none.
absl::StatusOr<std::optional<Run>> FindRun(StoreCursor& rows, TerminalId terminal, Serial serial) {
  const std::string key = KeyOf(terminal, serial);
  rows.SeekForPrev(key);
  if (!rows.Valid()) {
    REDVEST_RETURN_IF_ERROR(rows.status());
    return std::nullopt;
  }
  constexpr size_t kTerminalBytes = 8;
  if (rows.key().substr(0, kTerminalBytes) != std::string_view(key).substr(0, kTerminalBytes))
    return std::nullopt;
  uint64_t ignored, first_serial, first_sequence, count;
  ByteReader key_reader(rows.key());
  ByteReader value_reader(rows.value());
  if (!key_reader.BigEndian(&ignored) || !key_reader.BigEndian(&first_serial) || !key_reader.empty() ||
      !value_reader.Varint(&first_sequence) || !value_reader.Varint(&count) || !value_reader.empty()) {
    return absl::DataLossError(absl::StrCat("a row of the serials of terminal ", terminal.value(),
                                            " cannot be read: drop the serials projection and rebuild it"));
  }
  return Run{terminal, Serial(first_serial), Sequence(first_sequence), count};
}

class SerialsProjection final : public Projection {
 public:
  std::string_view name() const override { return "serials"; }
  TableId table() const override { return TableId::kSerials; }
  absl::Status Load(const Store&) override { return absl::OkStatus(); }

  absl::Status Add(const ProjectedEvent& event) override {
    const TerminalId terminal(event.event.terminal_id());
    const Serial serial(event.event.serial());
    if (!serial) return absl::DataLossError("it has no serial");
    // Sequences are gapless, so only the run of the event right before can go on.
    if (!runs_.empty() && runs_.back().GoesOnWith(terminal, serial, event.sequence)) {
      ++runs_.back().count;
    } else {
      runs_.push_back({terminal, serial, event.sequence, 1});
    }
    return absl::OkStatus();
  }

  absl::Status Gather(const Store& store, WriteBatch* batch) override {
    const std::unique_ptr<StoreCursor> rows = store.NewCursor(TableId::kSerials);
    absl::flat_hash_map<TerminalId, Serial> next_serials;
    for (Run& run : runs_) {
      const auto [next, is_first] = next_serials.try_emplace(run.terminal, Serial(1));
      if (is_first) {
        REDVEST_ASSIGN_OR_RETURN(const std::optional<Run> before, FindRun(*rows, run.terminal, run.serial));
        if (before.has_value()) {
          next->second = before->next_serial();
          if (before->GoesOnWith(run.terminal, run.serial, run.sequence)) {
            run = {run.terminal, before->serial, before->sequence, before->count + run.count};
            next->second = run.serial;
          }
        }
      }
      if (run.serial != next->second) {
        return absl::DataLossError(absl::StrCat("terminal ", run.terminal.value(), " has serial ",
                                                run.serial.value(), " at event ", run.sequence.value(),
                                                " where ", next->second.value(), " is due"));
      }
      next->second = run.next_serial();
      std::string value;
      AppendVarint(&value, run.sequence.value());
      AppendVarint(&value, run.count);
      batch->puts.emplace_back(KeyOf(run.terminal, run.serial), std::move(value));
    }
    runs_.clear();
    return absl::OkStatus();
  }

 private:
  std::vector<Run> runs_;  // gathered, in order of sequence
};

}  // namespace

std::unique_ptr<Projection> NewSerialsProjection() { return std::make_unique<SerialsProjection>(); }

absl::StatusOr<std::optional<Sequence>> FindSerial(const Store& store, TerminalId terminal, Serial serial) {
  const std::unique_ptr<StoreCursor> rows = store.NewCursor(TableId::kSerials);
  REDVEST_ASSIGN_OR_RETURN(const std::optional<Run> run, FindRun(*rows, terminal, serial));
  if (!run.has_value() || serial < run->serial || serial >= run->next_serial()) return std::nullopt;
  return Sequence(run->sequence.value() + (serial.value() - run->serial.value()));
}

}  // namespace redvest
