// RFC 6962 hashing: leaf = SHA-256(0x00 || bytes), node = SHA-256(0x01 || left || right). Stands alone.
#ifndef REDVEST_LEDGER_MERKLE_HASH_H_
#define REDVEST_LEDGER_MERKLE_HASH_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace redvest::merkle {

using Hash = std::array<uint8_t, 32>;

// SHA-256 with the algorithm fetched once and the context kept. Not thread-safe; one for each thread.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  Hash Leaf(std::string_view bytes);
  Hash Node(const Hash& left, const Hash& right);
  // SHA-256 of nothing: the root of the empty tree.
  Hash Empty();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// Lower-case hexadecimal.
std::string ToHex(const Hash& hash);

}  // namespace redvest::merkle

#endif  // REDVEST_LEDGER_MERKLE_HASH_H_
