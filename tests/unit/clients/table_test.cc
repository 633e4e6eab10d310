#include "clients/table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace redvest::client {
namespace {

TEST(DisplayWidthTest, ChineseCharactersTakeTwoColumns) {
  EXPECT_EQ(DisplayWidth(""), 0u);
  EXPECT_EQ(DisplayWidth("meal"), 4u);
  EXPECT_EQ(DisplayWidth("饭卡"), 4u);
  EXPECT_EQ(DisplayWidth("M12 饭卡"), 8u);
  EXPECT_EQ(DisplayWidth("（元）"), 6u);
  EXPECT_EQ(DisplayWidth("é"), 1u);
}

TEST(DisplayWidthTest, BytesThatAreNotUtf8CountOneEach) { EXPECT_EQ(DisplayWidth("a\xff\xfe"), 3u); }

TEST(TableTest, ColumnsLineUpWithChineseText) {
  Table table({{"name"}, {"yuan", Table::Align::kRight}, {"note"}});
  table.Add({"饭卡", "7.00", "x"});
  table.Add({"drawer", "1,234.50", ""});
  std::ostringstream out;
  table.Print(out);
  EXPECT_EQ(out.str(),
            "name        yuan  note\n"
            "------  --------  ----\n"
            "饭卡        7.00  x\n"
            "drawer  1,234.50\n");
}

TEST(TableTest, EmptyHeadingsAreLeftOut) {
  Table table({{""}, {""}});
  table.Add({"饭卡", "1"});
  table.Add({"ab", "2"});
  std::ostringstream out;
  table.Print(out, 2);
  EXPECT_EQ(out.str(), "  饭卡  1\n  ab    2\n");
}

}  // namespace
}  // namespace redvest::client
