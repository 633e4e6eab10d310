#include "clients/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace redvest::client {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

VerifyReport Sound() {
  VerifyReport report;
  report.name = "Changshan Huayuan";
  report.last = Sequence(1'234);
  return report;
}

TEST(Verdict, NamesProjectionsThatWillBeRebuiltInBothLanguages) {
  VerifyReport report = Sound();
  EXPECT_THAT(VerdictText(Lang::kEn, report), Not(HasSubstr("projection")));
  EXPECT_TRUE(VerdictJson(report)["behind"].empty());
  report.behind = {{"days", Sequence(1'000)}, {"accounts", Sequence()}};
  EXPECT_THAT(VerdictText(Lang::kEn, report),
              AllOf(HasSubstr("The books of Changshan Huayuan are sound."),
                    HasSubstr("projection days is behind, at event 1,000;"),
                    HasSubstr("projection accounts is empty; the rest will be rebuilt")));
  EXPECT_THAT(VerdictText(Lang::kZh, report), AllOf(HasSubstr("投影 days 落后，只到第 1,000 件"),
                                                    HasSubstr("投影 accounts 为空"), HasSubstr("重建")));
  const auto json = VerdictJson(report);
  EXPECT_EQ(json["sound"], true);
  EXPECT_EQ(json["behind"][0]["projection"], "days");
  EXPECT_EQ(json["behind"][0]["position"], 1'000);
  EXPECT_EQ(json["behind"][1]["position"], 0);
}

TEST(Verdict, SaysThatASavedStateOfAnOlderVersionWasNotCompared) {
  VerifyReport report = Sound();
  EXPECT_THAT(VerdictText(Lang::kEn, report), Not(HasSubstr("not compared")));
  EXPECT_EQ(VerdictJson(report)["state_not_compared"], false);
  report.state_not_compared = true;
  EXPECT_THAT(VerdictText(Lang::kEn, report), HasSubstr("of an older version and was not compared"));
  EXPECT_THAT(VerdictText(Lang::kZh, report), HasSubstr("较旧版本，未核对"));
  EXPECT_EQ(VerdictJson(report)["state_not_compared"], true);
}

}  // namespace
}  // namespace redvest::client
