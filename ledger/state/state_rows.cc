// The state as rows: a tag for the table, the key, and the row, all as varints and length-prefixed text.
// Private to this program; kStateFormat in the header row changes with any change here, and an old state is
// then rebuilt.
#include <algorithm>
#include <bit>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/bytes.h"
#include "ledger/state/state.h"

namespace redvest {

// Reads what Writer below wrote. After a read that failed everything reads as 0, and Done() is false.
class StateReader {
 public:
  explicit StateReader(std::string_view bytes) : in_(bytes) {}
  uint64_t Number() {
    uint64_t value = 0;
    ok_ = ok_ && in_.Varint(&value);
    return value;
  }
  template <typename Value = int64_t>
  Value Signed() {
    int64_t value = 0;
    ok_ = ok_ && in_.Zigzag(&value) && std::in_range<Value>(value);
    return ok_ ? static_cast<Value>(value) : Value{};
  }
  uint64_t Fixed() {
    uint64_t value = 0;
    ok_ = ok_ && in_.BigEndian(&value);
    return value;
  }
  std::string Text() {
    std::string_view text;
    const uint64_t length = Number();
    ok_ = ok_ && in_.Bytes(length, &text);
    return std::string(text);
  }
  bool ok() const { return ok_; }
  // Everything was read, and nothing more.
  bool Done() const { return ok_ && in_.empty(); }

 private:
  ByteReader in_;
  bool ok_ = true;
};

namespace {

constexpr uint64_t kStateFormat = 4;

enum Tag : uint64_t {
  kHead = 1,  // alone is State::kHeadKey
  kBalances,
  kTerminals,
  kMembers,
  kEntries,
  kBankAccounts,
  kCertificates,
  kCounters,
  kServices,
  kReversed,
  kPolicies,
  kRequests,
  kServed,
};

// Appends numbers and text.
class Writer {
 public:
  Writer& Number(uint64_t value) {
    AppendVarint(&bytes_, value);
    return *this;
  }
  Writer& Fixed(uint64_t value) {
    AppendBigEndian(&bytes_, value);
    return *this;
  }
  Writer& Signed(int64_t value) {
    AppendZigzag(&bytes_, value);
    return *this;
  }
  Writer& Text(std::string_view text) {
    Number(text.size());
    bytes_.append(text);
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

void Write(Writer& out, const Terminal& row) {
  out.Number(row.role).Text(row.label).Number(row.retired).Number(row.last_serial.value());
  out.Number(row.last_sequence.value()).Signed(row.closed_through).Number(row.in_charge.value());
}
void Read(StateReader& in, Terminal& row) {
  row.role = static_cast<v1::Role>(in.Number());
  row.label = in.Text();
  row.retired = in.Number() != 0;
  row.last_serial = Serial(in.Number());
  row.last_sequence = Sequence(in.Number());
  row.closed_through = static_cast<int32_t>(in.Signed());
  row.in_charge = MemberId(in.Number());
}

void Write(Writer& out, const Member& row) {
  const uint64_t flags = uint64_t{row.resident} | uint64_t{row.volunteer} << 1 | uint64_t{row.elder} << 2 |
                         uint64_t{row.lives_alone} << 3 | uint64_t{row.inactive} << 4;
  out.Number(row.age_band).Number(flags).Number(row.grid).Number(row.building).Number(row.unit);
  out.Number(row.team.value());
}
void Read(StateReader& in, Member& row) {
  row.age_band = static_cast<v1::AgeBand>(in.Number());
  const uint64_t flags = in.Number();
  row.resident = flags & 1;
  row.volunteer = flags & 2;
  row.elder = flags & 4;
  row.lives_alone = flags & 8;
  row.inactive = flags & 16;
  row.grid = static_cast<uint32_t>(in.Number());
  row.building = static_cast<uint32_t>(in.Number());
  row.unit = static_cast<uint32_t>(in.Number());
  row.team = EntryId(in.Number());
}

void Write(Writer& out, const Entry& row) { out.Text(row.label).Number(row.retired); }
void Read(StateReader& in, Entry& row) {
  row.label = in.Text();
  row.retired = in.Number() != 0;
}

void Write(Writer& out, const BankAccount& row) {
  out.Number(row.owner.value()).Number(row.certificates.size());
  for (const CertificateId certificate : row.certificates) out.Number(certificate.value());
}
void Read(StateReader& in, BankAccount& row) {
  row.owner = MemberId(in.Number());
  // A false count ends at the end of the row.
  for (uint64_t left = in.Number(); left > 0 && in.ok(); --left) row.certificates.emplace_back(in.Number());
}

void Write(Writer& out, const Certificate& row) {
  out.Number(row.account.value()).Signed(row.rate_ppm).Signed(row.term_months);
  out.Signed(DayNumber(row.opened_on)).Signed(DayNumber(row.matures_on));
}
void Read(StateReader& in, Certificate& row) {
  row.account = BankAccountId(in.Number());
  row.rate_ppm = static_cast<int32_t>(in.Signed());
  row.term_months = static_cast<int32_t>(in.Signed());
  row.opened_on = DayFromNumber(static_cast<int32_t>(in.Signed()));
  row.matures_on = DayFromNumber(static_cast<int32_t>(in.Signed()));
}

void Write(Writer& out, const Services& row) {
  out.Number(row.spans.size());
  for (const Services::Span& span : row.spans) out.Signed(span.start_ms).Signed(span.end_ms - span.start_ms);
}
void Read(StateReader& in, Services& row) {
  // A false count ends at the end of the row.
  for (uint64_t left = in.Number(); left > 0 && in.ok(); --left) {
    const int64_t start = in.Signed();
    row.spans.push_back({start, start + in.Signed()});
  }
}

void Write(Writer& out, const ApprovalRequest& row) {
  out.Number(row.terminal.value()).Number(row.in_charge.value()).Number(row.open);
}
void Read(StateReader& in, ApprovalRequest& row) {
  row.terminal = TerminalId(in.Number());
  row.in_charge = MemberId(in.Number());
  row.open = in.Number() != 0;
}

void Write(Writer& out, const Served& row) { out.Signed(row.services).Signed(row.minutes); }
void Read(StateReader& in, Served& row) {
  row.services = in.Signed();
  row.minutes = in.Signed();
}

template <typename Count>
void Write(Writer& out, const DayCounts<Count>& row) {
  for (Count count : row.counts) out.Signed(count);
}
template <typename Count>
void Read(StateReader& in, DayCounts<Count>& row) {
  for (Count& count : row.counts) count = in.Signed<Count>();
}

void Write(Writer& out, int64_t row) { out.Signed(row); }
void Read(StateReader& in, int64_t& row) { row = in.Signed(); }
void Write(Writer& out, bool row) { out.Number(row); }
void Read(StateReader& in, bool& row) { row = in.Number() != 0; }

template <typename Id>
void WriteKey(Writer& out, StrongId<Id> key) {
  out.Number(key.value());
}
template <typename Id>
void ReadKey(StateReader& in, StrongId<Id>& key) {
  key = StrongId<Id>(in.Number());
}
void WriteKey(Writer& out, const ServedKey& key) { out.Number(key.first.value()).Number(key.second.value()); }
void ReadKey(StateReader& in, ServedKey& key) {
  key.first = MemberId(in.Number());
  key.second = EntryId(in.Number());
}
using Put = absl::FunctionRef<void(std::string_view key, std::string_view value)>;

// `place` begins the keys of all rows of the table.
template <typename Key, typename Row>
void TakeTable(const Writer& place, Table<Key, Row>& table, Put put) {
  table.TakeChanges([&](const Key& key, const Row& row) {
    Writer key_out = place;
    WriteKey(key_out, key);
    Writer row_out;
    Write(row_out, row);
    put(key_out.bytes(), row_out.bytes());
  });
}

// A row of the store for each page, with a bit for each row that it holds, or for a row that is in no page.
// A page takes little more time than one of its rows would.
enum Place : uint64_t { kInPage = 0, kInNoPage = 1 };

template <typename Key, typename Row>
void TakeTable(const Writer& place, IdTable<Key, Row>& table, Put put) {
  table.TakeChanges(
      [&](size_t group, size_t page, uint64_t present, const auto& rows) {
        Writer out;
        out.Fixed(present);
        for (; present != 0; present &= present - 1)
          Write(out, rows[static_cast<size_t>(std::countr_zero(present))]);
        put(Writer(place).Number(kInPage).Number(group).Fixed(page).bytes(), out.bytes());
      },
      [&](size_t group, uint64_t number, const Row& row) {
        Writer out;
        Write(out, row);
        put(Writer(place).Number(kInNoPage).Number(group).Fixed(number).bytes(), out.bytes());
      });
}

template <typename AnyTable>
void TakeTable(Tag tag, AnyTable& table, Put put) {
  TakeTable(Writer().Number(tag), table, put);
}

// Takes a row of the store. False where it cannot be read, or where there can be no such row.
template <typename Key, typename Row>
bool LoadTable(StateReader& key_in, StateReader& in, Table<Key, Row>& table) {
  Key key{};
  ReadKey(key_in, key);
  Row row{};
  Read(in, row);
  if (!key_in.Done() || !in.Done()) return false;
  table.Load(key, std::move(row));
  return true;
}

// The same; loaded(group, row) is told each row of the page.
template <typename Key, typename Row, typename Loaded>
bool LoadTable(StateReader& key_in, StateReader& in, IdTable<Key, Row>& table, Loaded&& loaded) {
  const uint64_t place = key_in.Number();
  const uint64_t group = key_in.Number();
  const uint64_t number = key_in.Fixed();
  NumberedRows<Row>* const rows = table.group(group);
  if (!key_in.Done() || rows == nullptr || place > kInNoPage) return false;
  for (uint64_t present = place == kInPage ? in.Fixed() : 1; present != 0; present &= present - 1) {
    Row row{};
    Read(in, row);
    if (!in.ok()) return false;
    loaded(group, row);
    const bool is_loaded =
        place == kInPage
            ? rows->LoadInPage(number, static_cast<size_t>(std::countr_zero(present)), std::move(row))
            : rows->LoadOther(number, std::move(row));
    if (!is_loaded) return false;
  }
  return in.Done();
}

template <typename Key, typename Row>
bool LoadTable(StateReader& key_in, StateReader& in, IdTable<Key, Row>& table) {
  return LoadTable(key_in, in, table, [](uint64_t, const Row&) {});
}

}  // namespace

void State::TakeChanges(Put put) {
  Writer head;
  head.Number(kStateFormat).Number(last_sequence_.value()).Signed(last_recorded_at_ms_);
  head.Text(name_).Text(time_zone_name_);
  Write(head, founder_);
  put(kHeadKey, head.bytes());
  TakeTable(kBalances, balances_, put);
  TakeTable(kTerminals, terminals_, put);
  TakeTable(kMembers, members_, put);
  TakeTable(kEntries, entries_, put);
  TakeTable(kBankAccounts, bank_accounts_, put);
  TakeTable(kCertificates, certificates_, put);
  for (auto& [days, counters] : day_counters_) {
    for (const DayCounter counter : kDayCounters) {
      const Writer place = Writer().Number(kCounters).Signed(days).Number(static_cast<uint64_t>(counter));
      EightDays::With(counters, counter, [&](auto& table) { TakeTable(place, table, put); });
    }
  }
  TakeTable(kServices, services_, put);
  TakeTable(kReversed, reversed_, put);
  TakeTable(kRequests, requests_, put);
  TakeTable(kServed, served_, put);
  for (auto it = policies_.upper_bound(policies_saved_); it != policies_.end(); ++it) {
    put(Writer().Number(kPolicies).Number(it->first).bytes(), it->second.SerializeAsString());
    policies_saved_ = it->first;
  }
}

bool State::IsOfOlderVersion(std::string_view head) {
  const uint64_t format = StateReader(head).Number();
  return format >= 1 && format < kStateFormat;
}

absl::Status State::Load(std::string_view key, std::string_view value) {
  StateReader key_in(key);
  StateReader in(value);
  const uint64_t tag = key_in.Number();
  if (LoadTagged(tag, key_in, in, value)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("a saved row of table ", tag, " of the state cannot be read, or is of another version"));
}

bool State::LoadTagged(uint64_t tag, StateReader& key_in, StateReader& in, std::string_view value) {
  switch (tag) {
    case kHead:
      return LoadHead(in) && key_in.Done();
    case kBalances:
      return LoadTable(key_in, in, balances_);
    case kTerminals:
      return LoadTable(key_in, in, terminals_, [this](uint64_t, const Terminal& terminal) {
        if (terminal.role == v1::ROLE_OFFICE && !terminal.retired) ++office_count_;
      });
    case kMembers:
      return LoadTable(key_in, in, members_);
    case kEntries:
      return LoadTable(key_in, in, entries_, [this](uint64_t kind, const Entry&) { ++entry_counts_[kind]; });
    case kBankAccounts:
      return LoadTable(key_in, in, bank_accounts_);
    case kCertificates:
      return LoadTable(key_in, in, certificates_);
    case kCounters: {
      const int32_t days = key_in.Signed<int32_t>();
      const uint64_t number = key_in.Number();
      const auto counter = std::find(std::begin(kDayCounters), std::end(kDayCounters), DayCounter(number));
      return number <= UINT8_MAX && counter != std::end(kDayCounters) &&
             EightDays::With(day_counters_[days], *counter,
                             [&](auto& table) { return LoadTable(key_in, in, table); });
    }
    case kServices:
      return LoadTable(key_in, in, services_);
    case kReversed:
      return LoadTable(key_in, in, reversed_);
    case kRequests:
      return LoadTable(key_in, in, requests_);
    case kServed:
      return LoadTable(key_in, in, served_);
    case kPolicies: {
      const uint32_t version = static_cast<uint32_t>(key_in.Number());
      policies_saved_ = std::max(policies_saved_, version);
      return key_in.Done() && policies_[version].ParseFromArray(value.data(), static_cast<int>(value.size()));
    }
    default:
      return false;
  }
}

bool State::LoadHead(StateReader& in) {
  if (in.Number() != kStateFormat) return false;
  last_sequence_ = Sequence(in.Number());
  last_recorded_at_ms_ = in.Signed();
  name_ = in.Text();
  time_zone_name_ = in.Text();
  Read(in, founder_);
  absl::LoadTimeZone(time_zone_name_, &time_zone_);
  day_finder_ = DayFinder(time_zone_);
  return in.Done();
}

}  // namespace redvest
