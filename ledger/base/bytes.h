// How numbers stand in keys and rows: big-endian where byte order must be number order, little-endian in
// records, varints (base 128, low bits first, as in protobuf) in rows.
#ifndef REDVEST_LEDGER_BASE_BYTES_H_
#define REDVEST_LEDGER_BASE_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace redvest {

// Byte order is number order.
inline void AppendBigEndian(std::string* out, uint64_t value, int bytes = 8) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift));
}

inline void AppendLittleEndian(std::string* out, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out->push_back(static_cast<char>(value >> (8 * i)));
}

inline void AppendVarint(std::string* out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}

// Signed, with small amounts of either sign short: 0, -1, 1, -2 … as 0, 1, 2, 3 ….
inline void AppendZigzag(std::string* out, int64_t value) {
  AppendVarint(out, (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
}

// Reads numbers from the front of some bytes. Each method returns false, and then takes nothing, where the
// bytes do not hold what it reads.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  bool Bytes(size_t count, std::string_view* value) {
    if (rest_.size() < count) return false;
    *value = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return true;
  }

  bool BigEndian(uint64_t* value, int bytes = 8) {
    std::string_view raw;
    if (!Bytes(static_cast<size_t>(bytes), &raw)) return false;
    *value = 0;
    for (char c : raw) *value = *value << 8 | static_cast<uint8_t>(c);
    return true;
  }

  bool LittleEndian(uint64_t* value, int bytes) {
    std::string_view raw;
    if (!Bytes(static_cast<size_t>(bytes), &raw)) return false;
    *value = 0;
    for (size_t i = raw.size(); i-- > 0;) *value = *value << 8 | static_cast<uint8_t>(raw[i]);
    return true;
  }

  // Takes only the shortest form, so that a value has one way to be written.
  bool Varint(uint64_t* value) {
    uint64_t result = 0;
    for (size_t i = 0; i < rest_.size() && i < 10; ++i) {
      const uint64_t byte = static_cast<uint8_t>(rest_[i]);
      if (i == 9 && byte > 1) return false;
      result |= (byte & 0x7F) << (7 * i);
      if (byte & 0x80) continue;
      if (byte == 0 && i > 0) return false;
      *value = result;
      rest_.remove_prefix(i + 1);
      return true;
    }
    return false;
  }

  bool Zigzag(int64_t* value) {
    uint64_t raw;
    if (!Varint(&raw)) return false;
    *value = static_cast<int64_t>(raw >> 1) ^ -static_cast<int64_t>(raw & 1);
    return true;
  }

 private:
  std::string_view rest_;
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_BASE_BYTES_H_
