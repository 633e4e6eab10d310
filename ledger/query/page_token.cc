#include "ledger/query/page_token.h"

#include "absl/strings/escaping.h"
#include "ledger/base/bytes.h"
#include "ledger/base/text.h"
#include "ledger/log/crc32c.h"

namespace redvest {
namespace {

constexpr char kVersion = 1;
constexpr int kChecksumBytes = 4;
// Longer than any token, so that a hostile text costs nothing.
constexpr size_t kTextBytesMax = 64;

uint32_t ChecksumOf(std::string bytes, const Account& account) {
  bytes.push_back(static_cast<char>(account.kind));
  AppendBigEndian(&bytes, account.id);
  return Crc32c(bytes);
}

}  // namespace

std::string EncodePageToken(const PageToken& token, const Account& account) {
  std::string bytes(1, kVersion);
  AppendVarint(&bytes, token.at.value());
  AppendVarint(&bytes, token.next.value());
  AppendLittleEndian(&bytes, ChecksumOf(bytes, account), kChecksumBytes);
  return absl::WebSafeBase64Escape(bytes);
}

std::optional<PageToken> DecodePageToken(std::string_view text, const Account& account) {
  std::string bytes;
  if (text.size() > kTextBytesMax || !absl::WebSafeBase64Unescape(ToAbsl(text), &bytes)) return std::nullopt;
  if (bytes.size() < 1 + kChecksumBytes || bytes.front() != kVersion) return std::nullopt;
  const std::string body = bytes.substr(0, bytes.size() - kChecksumBytes);
  uint64_t checksum = 0, at, next;
  ByteReader(std::string_view(bytes).substr(body.size())).LittleEndian(&checksum, kChecksumBytes);
  ByteReader reader(std::string_view(body).substr(1));
  if (checksum != ChecksumOf(body, account) || !reader.Varint(&at) || !reader.Varint(&next) ||
      !reader.empty()) {
    return std::nullopt;
  }
  return PageToken{Sequence(at), Sequence(next)};
}

}  // namespace redvest
