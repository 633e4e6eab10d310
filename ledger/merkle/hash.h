// RFC 6962 hashing: leaf = SHA-256(0x00 || bytes), node = SHA-256(0x01 || left || right). Stands alone.
#ifndef REDVEST_LEDGER_MERKLE_HASH_H_
#define REDVEST_LEDGER_MERKLE_HASH_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace redvest::merkle {

using Hash = std::array<uint8_t, 32>;

// Thread-safe: it keeps nothing.
struct Hasher {
  static Hash Leaf(std::string_view bytes);
  static Hash Node(const Hash& left, const Hash& right);
  // SHA-256 of nothing: the root of the empty tree.
  static Hash Empty();
  // SHA-256 of `bytes` as they are.
  static Hash Plain(std::string_view bytes);
};

// Lower-case hexadecimal.
std::string ToHex(const Hash& hash);

}  // namespace redvest::merkle

#endif  // REDVEST_LEDGER_MERKLE_HASH_H_
