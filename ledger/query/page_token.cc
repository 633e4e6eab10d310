#include "ledger/query/page_token.h"

#include "absl/strings/escaping.h"
#include "ledger/base/bytes.h"
#include "ledger/base/crc32c.h"
#include "ledger/base/text.h"

namespace redvest {
namespace {

constexpr char kVersion = 2;
constexpr int kChecksumBytes = 4;
// Longer than any token, so that a hostile text costs nothing.
constexpr size_t kTextBytesMax = 96;

uint32_t ChecksumOf(std::string bytes, const PageTokenOwner& owner) {
  bytes.push_back(static_cast<char>(owner.account.kind));
  AppendBigEndian(&bytes, owner.account.id);
  const v1::AsOf& as_of = owner.as_of;
  bytes.push_back(static_cast<char>(as_of.point_case()));
  AppendVarint(&bytes, as_of.sequence());
  AppendZigzag(&bytes, as_of.recorded_at_unix_ms());
  AppendZigzag(&bytes, as_of.business_date().year());
  AppendZigzag(&bytes, as_of.business_date().month());
  AppendZigzag(&bytes, as_of.business_date().day());
  return Crc32c(bytes);
}

}  // namespace

std::string EncodePageToken(const PageToken& token, const PageTokenOwner& owner) {
  std::string bytes(1, kVersion);
  AppendVarint(&bytes, token.at.value());
  AppendVarint(&bytes, token.next.value());
  AppendVarint(&bytes, token.last.value());
  AppendZigzag(&bytes, token.balance);
  AppendZigzag(&bytes, token.closing);
  AppendLittleEndian(&bytes, ChecksumOf(bytes, owner), kChecksumBytes);
  return absl::WebSafeBase64Escape(bytes);
}

std::optional<PageToken> DecodePageToken(std::string_view text, const PageTokenOwner& owner) {
  std::string bytes;
  if (text.size() > kTextBytesMax || !absl::WebSafeBase64Unescape(ToAbsl(text), &bytes)) return std::nullopt;
  if (bytes.size() < 1 + kChecksumBytes || bytes.front() != kVersion) return std::nullopt;
  const std::string body = bytes.substr(0, bytes.size() - kChecksumBytes);
  uint64_t checksum = 0, at, next, last;
  ByteReader(std::string_view(bytes).substr(body.size())).LittleEndian(&checksum, kChecksumBytes);
  ByteReader reader(std::string_view(body).substr(1));
  PageToken token;
  if (checksum != ChecksumOf(body, owner) || !reader.Varint(&at) || !reader.Varint(&next) ||
      !reader.Varint(&last) || !reader.Zigzag(&token.balance) || !reader.Zigzag(&token.closing) ||
      !reader.empty()) {
    return std::nullopt;
  }
  token.at = Sequence(at);
  token.next = Sequence(next);
  token.last = Sequence(last);
  return token;
}

}  // namespace redvest
