// Distinct types for the numbers that name things, and the written form of ids with check characters.
#ifndef REDVEST_LEDGER_BASE_IDS_H_
#define REDVEST_LEDGER_BASE_IDS_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace redvest {

// A uint64 that cannot be mistaken for another kind of number. 0 means none.
template <typename Tag>
class StrongId {
 public:
  constexpr StrongId() = default;
  constexpr explicit StrongId(uint64_t value) : value_(value) {}
  constexpr uint64_t value() const { return value_; }
  constexpr explicit operator bool() const { return value_ != 0; }
  constexpr StrongId Next() const { return StrongId(value_ + 1); }
  friend constexpr auto operator<=>(StrongId, StrongId) = default;
  template <typename H>
  friend H AbslHashValue(H h, StrongId id) {
    return H::combine(std::move(h), id.value_);
  }

 private:
  uint64_t value_ = 0;
};

// An event's place in the log, from 1, gapless.
using Sequence = StrongId<struct SequenceTag>;
// A terminal's own counter, from 1, gapless.
using Serial = StrongId<struct SerialTag>;
using TerminalId = StrongId<struct TerminalTag>;
using MemberId = StrongId<struct MemberTag>;
// Team, good, biller, funder or kind of service, counted within its kind.
using EntryId = StrongId<struct EntryTag>;
using BankAccountId = StrongId<struct BankAccountTag>;
using CertificateId = StrongId<struct CertificateTag>;

// Largest id that a command may carry: 15 digits, which every JSON reader keeps exactly.
inline constexpr uint64_t kIdMax = 999'999'999'999'999;

// What an id names, and the letter that its written form starts with.
enum class IdKind : char {
  kMember = 'M',
  kTerminal = 'T',
  kTeam = 'V',
  kGood = 'G',
  kBiller = 'B',
  kFunder = 'F',
  kServiceKind = 'K',
  kBankAccount = 'A',
  kCertificate = 'C',
};

struct TaggedId {
  IdKind kind;
  uint64_t id;
  friend bool operator==(const TaggedId&, const TaggedId&) = default;
};

// The id as people type or scan it: letter, digits, '-', two check digits, such as "M1234-70". The check
// digits are ISO 7064 MOD 97-10 over the letter (A = 10 … Z = 35) and the digits, so that every single wrong
// character and every swap of neighbours is noticed. REQUIRES: 1 <= id <= kIdMax.
std::string FormatId(IdKind kind, uint64_t id);

// Reads what FormatId writes; letters may be lower case and the hyphen left out. Returns nothing where the
// form, the range or the check digits are wrong.
std::optional<TaggedId> ParseId(std::string_view text);

}  // namespace redvest

#endif  // REDVEST_LEDGER_BASE_IDS_H_
