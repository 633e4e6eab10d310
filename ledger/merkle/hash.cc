#include "ledger/merkle/hash.h"

#include <openssl/evp.h>

#include <cstdlib>
#include <cstring>

namespace redvest::merkle {
namespace {

// OpenSSL's SHA-256 fails only where the library is broken or memory is gone: there is no hash to go on with.
void Require(bool ok) {
  if (!ok) std::abort();
}

constexpr uint8_t kLeafPrefix = 0;
constexpr uint8_t kNodePrefix = 1;

}  // namespace

struct Hasher::Context {
  Context() : algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr)), digest(EVP_MD_CTX_new()) {
    Require(algorithm != nullptr && digest != nullptr);
    Require(EVP_DigestInit_ex2(digest, algorithm, nullptr) == 1);
  }
  ~Context() {
    EVP_MD_CTX_free(digest);
    EVP_MD_free(algorithm);
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  void Update(const void* bytes, size_t size) { Require(EVP_DigestUpdate(digest, bytes, size) == 1); }

  // The hash of what was added, and ready for the next.
  Hash Finish() {
    Hash hash;
    Require(EVP_DigestFinal_ex(digest, hash.data(), nullptr) == 1);
    Require(EVP_DigestInit_ex2(digest, nullptr, nullptr) == 1);
    return hash;
  }

  EVP_MD* const algorithm;
  EVP_MD_CTX* const digest;
};

Hasher::Hasher() : context_(std::make_unique<Context>()) {}
Hasher::~Hasher() = default;

Hash Hasher::Leaf(std::string_view bytes) {
  context_->Update(&kLeafPrefix, 1);
  context_->Update(bytes.data(), bytes.size());
  return context_->Finish();
}

Hash Hasher::Node(const Hash& left, const Hash& right) {
  uint8_t bytes[1 + 2 * sizeof(Hash)];
  bytes[0] = kNodePrefix;
  std::memcpy(bytes + 1, left.data(), left.size());
  std::memcpy(bytes + 1 + left.size(), right.data(), right.size());
  context_->Update(bytes, sizeof(bytes));
  return context_->Finish();
}

Hash Hasher::Empty() { return context_->Finish(); }

std::string ToHex(const Hash& hash) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * hash.size());
  for (uint8_t byte : hash) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace redvest::merkle
