// Whether two heaps of facts are the same, in memory that does not grow with them.
//
// A fact is a number f; the fingerprint of a heap is the product of all (r + f) in the field of 2^127 - 1
// elements, at a point r that is drawn anew in each run. It does not depend on the order. Two heaps of n
// facts that differ are two polynomials in r that agree in at most n points (Schwartz-Zippel), so for n =
// 10^9 they have the same fingerprint with a chance below 2^-96, however cleverly the difference was chosen
// before r was drawn. Facts of several words are made into one number the same way, by a polynomial in a
// second random point s.
#ifndef REDVEST_LEDGER_AUDIT_FINGERPRINT_H_
#define REDVEST_LEDGER_AUDIT_FINGERPRINT_H_

#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string_view>

namespace redvest {

__extension__ typedef unsigned __int128 Uint128;

// An element of the field: any number below 2^127, of which 0 and 2^127 - 1 are the same element.
inline constexpr Uint128 kFieldOrder = (Uint128{1} << 127) - 1;

constexpr Uint128 FieldReduce(Uint128 value) { return (value & kFieldOrder) + (value >> 127); }
constexpr Uint128 FieldAdd(Uint128 a, Uint128 b) { return FieldReduce(a + b); }

// The element that is `bottom`, of which 127 bits count, and `top` times 2^127, which is 1. REQUIRES: top is
// below 2^127.
constexpr Uint128 FieldFold(Uint128 bottom, Uint128 top) { return FieldReduce((bottom & kFieldOrder) + top); }

constexpr Uint128 FieldMultiply(Uint128 a, Uint128 b) {
  const uint64_t a0 = static_cast<uint64_t>(a), a1 = static_cast<uint64_t>(a >> 64);
  const uint64_t b0 = static_cast<uint64_t>(b), b1 = static_cast<uint64_t>(b >> 64);
  // Word by word, as by hand: no sum leaves 128 bits, because the high words are below 2^63.
  const Uint128 word0 = Uint128{a0} * b0;
  const Uint128 middle = Uint128{a0} * b1 + static_cast<uint64_t>(word0 >> 64);
  const Uint128 word1 = Uint128{a1} * b0 + static_cast<uint64_t>(middle);
  const Uint128 high =
      Uint128{a1} * b1 + static_cast<uint64_t>(middle >> 64) + static_cast<uint64_t>(word1 >> 64);
  const Uint128 low = Uint128{static_cast<uint64_t>(word1)} << 64 | static_cast<uint64_t>(word0);
  return FieldFold(low, high << 1 | low >> 127);
}

// The same for a factor of one word.
constexpr Uint128 FieldMultiply(uint64_t a, Uint128 b) {
  const Uint128 word0 = Uint128{a} * static_cast<uint64_t>(b);
  const Uint128 high = Uint128{a} * static_cast<uint64_t>(b >> 64) + static_cast<uint64_t>(word0 >> 64);
  const Uint128 low = high << 64 | static_cast<uint64_t>(word0);
  return FieldFold(low, high >> 63);
}

// The points of one run.
struct FingerprintKey {
  Uint128 r = 0;
  Uint128 s = 0;

  // From the system's random numbers.
  static FingerprintKey Draw();

  // A fact of two elements, of which each is below 2^127.
  Uint128 Pair(Uint128 a, Uint128 b) const { return End(Begin(a), b); }
  // The same in two steps, for many facts that begin with one `a`.
  Uint128 Begin(Uint128 a) const { return FieldMultiply(FieldReduce(a), s); }
  Uint128 Begin(uint64_t a) const { return FieldMultiply(a, s); }
  static Uint128 End(Uint128 begun, Uint128 b) { return FieldAdd(begun, b); }
  // A fact of some words. The number of words is part of it.
  Uint128 Words(std::initializer_list<uint64_t> words) const;
  // A row of a table.
  Uint128 Row(std::string_view key, std::string_view value) const;
};

// A heap of facts. One key for all heaps that are compared.
class Fingerprint {
 public:
  void Add(const FingerprintKey& key, Uint128 fact) {
    Uint128& part = parts_[count_ % std::size(parts_)];
    part = FieldMultiply(part, FieldAdd(key.r, FieldReduce(fact)));
    ++count_;
  }
  // Adds all facts of another heap.
  void Add(const Fingerprint& other) {
    parts_[0] = FieldMultiply(parts_[0], other.Product());
    count_ += other.count_;
  }
  uint64_t count() const { return count_; }
  friend bool operator==(const Fingerprint& a, const Fingerprint& b) {
    return a.count_ == b.count_ && a.Product() % kFieldOrder == b.Product() % kFieldOrder;
  }

 private:
  Uint128 Product() const {
    Uint128 product = 1;
    for (const Uint128 part : parts_) product = FieldMultiply(product, part);
    return product;
  }

  // The product in parts, so that the processor need not wait for one multiplication to begin the next.
  Uint128 parts_[4] = {1, 1, 1, 1};
  uint64_t count_ = 0;
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_AUDIT_FINGERPRINT_H_
