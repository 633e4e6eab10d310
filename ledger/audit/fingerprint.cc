#include "ledger/audit/fingerprint.h"

#include <algorithm>
#include <cstddef>
#include <random>

namespace redvest {

FingerprintKey FingerprintKey::Draw() {
  std::random_device random;
  const auto draw = [&random] {
    Uint128 value = 0;
    for (int word = 0; word < 4; ++word) value = value << 32 | random();
    return value & kFieldOrder;
  };
  FingerprintKey key;
  key.r = draw();
  key.s = draw();
  return key;
}

Uint128 FingerprintKey::Words(std::initializer_list<uint64_t> words) const {
  Uint128 fact = words.size();
  for (const uint64_t word : words) fact = Pair(fact, word);
  return fact;
}

Uint128 FingerprintKey::Row(std::string_view key, std::string_view value) const {
  constexpr size_t kChunkBytes = 15;  // fits an element
  Uint128 fact = Pair(key.size(), value.size());
  for (std::string_view part : {key, value}) {
    for (; !part.empty(); part.remove_prefix(std::min(kChunkBytes, part.size()))) {
      Uint128 chunk = 0;
      for (char c : part.substr(0, kChunkBytes)) chunk = chunk << 8 | static_cast<uint8_t>(c);
      fact = Pair(fact, chunk);
    }
  }
  return fact;
}

}  // namespace redvest
