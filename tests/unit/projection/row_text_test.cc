#include "ledger/projection/row_text.h"

#include <gtest/gtest.h>

#include "ledger/projection/replay.h"
#include "tests/unit/log/log_builder.h"
#include "tests/unit/projection/sample_events.h"

namespace redvest {
namespace {

TEST(RowText, SpeaksOfEveryRowThatThereIs) {
  const auto store = NewMemoryStore();
  LogBuilder builder(store.get());
  sample::History history(sample::Seed());
  history.Grow(600);
  for (const auto& event : history.events()) builder.Add(event);
  builder.Commit();
  Replay replay(builder.log(), store.get(), NewProjections());
  ASSERT_TRUE(replay.Load().ok());
  while (replay.position() < builder.log()->last_sequence()) {
    ASSERT_TRUE(replay.Step(builder.log()->last_sequence()).ok());
  }
  for (const TableId table :
       {TableId::kAccounts, TableId::kSerials, TableId::kDays, TableId::kTree, TableId::kCalendar}) {
    const auto rows = store->NewCursor(table);
    for (rows->Seek({}); rows->Valid(); rows->Next()) {
      EXPECT_TRUE(RowText(table, rows->key()).starts_with("the row of ")) << RowText(table, rows->key());
    }
  }
}

TEST(RowText, GivesTheBytesOfAnyOther) {
  for (const TableId table :
       {TableId::kAccounts, TableId::kSerials, TableId::kDays, TableId::kTree, TableId::kCalendar}) {
    EXPECT_EQ(RowText(table, "Q\x01"), "the row 5101");
    EXPECT_EQ(RowText(table, ""), "the row ");
  }
  EXPECT_EQ(RowText(TableId::kAccounts, std::string_view("A\x01\0\0\0\0\0\0\0\x03", 10)),
            "the row of the balance and the newest entries of assets:drawer:3");
}

}  // namespace
}  // namespace redvest
