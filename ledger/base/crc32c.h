// CRC-32C (Castagnoli; RFC 3720 appendix B.4): the checksum of commit records, and of what RocksDB writes.
#ifndef REDVEST_LEDGER_BASE_CRC32C_H_
#define REDVEST_LEDGER_BASE_CRC32C_H_

#include <cstdint>
#include <string_view>

namespace redvest {

// By the processor's own instruction where it has one.
uint32_t Crc32c(std::string_view bytes);

// The same by tables, on any processor.
uint32_t Crc32cByTable(std::string_view bytes);

}  // namespace redvest

#endif  // REDVEST_LEDGER_BASE_CRC32C_H_
