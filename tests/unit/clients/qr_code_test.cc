#include "clients/qr_code.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <sstream>

#include "tests/unit/clients/program.h"
#include "tests/unit/clients/proof_fixture.h"

namespace redvest::client {
namespace {

using ::testing::HasSubstr;

QrCode Code(std::string_view text) {
  auto code = QrCode::Encode(text);
  EXPECT_TRUE(code.ok()) << code.status();
  return *std::move(code);
}

TEST(QrCodeTest, AScannerReadsAProofAmongMillionsOffThePicture) {
  const std::string compact = *ProofAmongMillions(MealSoldEvent().SerializeAsString()).EncodeCompact();
  const QrCode code = Code(compact);
  // Version 25 at most: 117 modules, 6 cm at half a millimetre each.
  EXPECT_LE(code.size(), 117);
  const TestFile picture(".png", code.ToPng());
  EXPECT_EQ(OutputOf("zbarimg --nodbus --quiet --raw -S*.disable -Sqrcode.enable " + picture.path()),
            compact + "\n");
}

TEST(QrCodeTest, AllFormsShowTheSameModules) {
  const QrCode code = Code("REDVEST1:ABC $%*+-./: 0123");
  std::istringstream lines(code.ToTerminal());
  std::string line;
  int row = -4;
  for (; std::getline(lines, line); row += 2) {
    const size_t begin = line.find('m') + 1;
    std::string_view rest = std::string_view(line).substr(begin, line.rfind('\033') - begin);
    for (int column = -4; column < code.size() + 4; ++column) {
      const bool blank = rest.starts_with(' ');
      const std::string_view cell = rest.substr(0, blank ? 1 : 3);
      EXPECT_EQ(cell == "█" || cell == "▀", code.dark(column, row)) << column << ' ' << row;
      EXPECT_EQ(cell == "█" || cell == "▄", code.dark(column, row + 1)) << column << ' ' << row + 1;
      rest.remove_prefix(cell.size());
    }
    EXPECT_TRUE(rest.empty());
  }
  EXPECT_GE(row, code.size() + 4);

  int dark = 0;
  for (int y = 0; y < code.size(); ++y) {
    for (int x = 0; x < code.size(); ++x) dark += code.dark(x, y);
  }
  const std::string svg = code.ToSvg();
  int drawn = 0;
  for (size_t at = svg.find('M'); at != std::string::npos; at = svg.find('M', at + 1)) {
    int x = 0, y = 0, width = 0;
    ASSERT_EQ(std::sscanf(svg.c_str() + at, "M%d %dh%dv1", &x, &y, &width), 3);
    for (int i = 0; i < width; ++i) EXPECT_TRUE(code.dark(x - 4 + i, y - 4));
    drawn += width;
  }
  EXPECT_EQ(drawn, dark);
}

TEST(QrCodeTest, SmallTextsAreCorrectedBetterThanLargeOnes) {
  // 1,451 characters are the most that version 22 holds at level L; level M would take version 26.
  EXPECT_EQ(Code(std::string(1'451, 'A')).size(), 105);
  // 970 fit version 20 at level M.
  EXPECT_EQ(Code(std::string(970, 'A')).size(), 97);
}

TEST(QrCodeTest, RefusesWhatNoCodeHolds) {
  EXPECT_THAT(QrCode::Encode("lower case").status().message(), HasSubstr("cannot be a QR code"));
  EXPECT_FALSE(QrCode::Encode("").ok());
  EXPECT_EQ(Code(std::string(4'296, 'A')).size(), 177);
  EXPECT_FALSE(QrCode::Encode(std::string(4'297, 'A')).ok());
  EXPECT_FALSE(QrCode::Encode(std::string(1 << 20, 'A')).ok());
}

}  // namespace
}  // namespace redvest::client
