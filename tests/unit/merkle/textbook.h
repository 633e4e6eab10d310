// The definitions of RFC 6962 word for word, and the tree that implementations of it are tested with.
#ifndef REDVEST_TESTS_UNIT_MERKLE_TEXTBOOK_H_
#define REDVEST_TESTS_UNIT_MERKLE_TEXTBOOK_H_

#include <bit>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/merkle/hash.h"
#include "ledger/merkle/proof.h"

namespace redvest::merkle {

using Leaves = std::span<const std::string>;

// The largest power of two smaller than n.
inline size_t TextbookSplit(Leaves leaves) { return std::bit_floor(leaves.size() - 1); }

// Section 2.1, MTH.
inline Hash TextbookRoot(Leaves leaves) {
  if (leaves.empty()) return Hasher::Empty();
  if (leaves.size() == 1) return Hasher::Leaf(leaves.front());
  const size_t k = TextbookSplit(leaves);
  return Hasher::Node(TextbookRoot(leaves.first(k)), TextbookRoot(leaves.subspan(k)));
}

// Section 2.1.1, PATH.
inline Proof TextbookPath(size_t m, Leaves leaves) {
  if (leaves.size() == 1) return {};
  const size_t k = TextbookSplit(leaves);
  Proof path = m < k ? TextbookPath(m, leaves.first(k)) : TextbookPath(m - k, leaves.subspan(k));
  path.push_back(m < k ? TextbookRoot(leaves.subspan(k)) : TextbookRoot(leaves.first(k)));
  return path;
}

// Section 2.1.2, SUBPROOF.
inline Proof TextbookSubproof(size_t m, Leaves leaves, bool complete) {
  if (m == leaves.size()) return complete ? Proof{} : Proof{TextbookRoot(leaves)};
  const size_t k = TextbookSplit(leaves);
  Proof proof = m <= k ? TextbookSubproof(m, leaves.first(k), complete)
                       : TextbookSubproof(m - k, leaves.subspan(k), false);
  proof.push_back(m <= k ? TextbookRoot(leaves.subspan(k)) : TextbookRoot(leaves.first(k)));
  return proof;
}

// Gives subtrees of `leaves` by the definition; the leaves must outlive it.
inline auto SubtreesOf(Leaves leaves) {
  return [leaves](int level, uint64_t index) -> absl::StatusOr<Hash> {
    return TextbookRoot(leaves.subspan(index << level, size_t{1} << level));
  };
}

// The leaves and roots that certificate-transparency implementations are tested with.
inline const std::vector<std::string>& ReferenceLeaves() {
  using namespace std::string_literals;
  static const std::vector<std::string> leaves = {
      ""s,
      "\x00"s,
      "\x10"s,
      "\x20\x21"s,
      "\x30\x31"s,
      "\x40\x41\x42\x43"s,
      "\x50\x51\x52\x53\x54\x55\x56\x57"s,
      "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"s,
  };
  return leaves;
}
inline constexpr const char* kReferenceRoots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

inline std::vector<std::string> HexOf(const Proof& proof) {
  std::vector<std::string> hex;
  for (const Hash& hash : proof) hex.push_back(ToHex(hash));
  return hex;
}

inline std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

}  // namespace redvest::merkle

#endif  // REDVEST_TESTS_UNIT_MERKLE_TEXTBOOK_H_
