#include "ledger/base/crc32c.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

namespace redvest {
namespace {

// RFC 3720 appendix B.4, and the check value of the CRC catalogues.
TEST(Crc32c, GivesTheStandardsValues) {
  std::string up, down;
  for (int i = 0; i < 32; ++i) {
    up.push_back(static_cast<char>(i));
    down.push_back(static_cast<char>(31 - i));
  }
  for (auto* crc : {&Crc32c, &Crc32cByTable}) {
    EXPECT_EQ(crc(std::string(32, '\0')), 0x8a9136aau);
    EXPECT_EQ(crc(std::string(32, '\xFF')), 0x62a8ab43u);
    EXPECT_EQ(crc(up), 0x46dd794eu);
    EXPECT_EQ(crc(down), 0x113fdb5cu);
    EXPECT_EQ(crc("123456789"), 0xe3069283u);
    EXPECT_EQ(crc(""), 0u);
  }
}

TEST(Crc32c, InstructionAgreesWithTables) {
  const char* given = std::getenv("REDVEST_SEED");
  const uint64_t seed = given != nullptr ? std::stoull(given) : std::random_device()();
  std::cout << "REDVEST_SEED=" << seed << "\n";
  std::mt19937_64 random(seed);
  std::string bytes;
  for (int size = 0; size < 300; ++size) {
    EXPECT_EQ(Crc32c(bytes), Crc32cByTable(bytes)) << size;
    // Unaligned too.
    EXPECT_EQ(Crc32c(std::string_view(bytes).substr(bytes.size() / 3)),
              Crc32cByTable(std::string_view(bytes).substr(bytes.size() / 3)));
    bytes.push_back(static_cast<char>(random()));
  }
}

}  // namespace
}  // namespace redvest
