// Two pairs of eyes: above the policy's thresholds a second person must approve before anything moves.
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/scenario/town.h"

namespace redvest {
namespace {

constexpr char kGuestMeals[] = "sell_meal { portions: 2 payment: PAYMENT_CASH }";  // 20 yuan

class ApprovalScenario : public testing::Test {
 protected:
  ApprovalScenario() {
    first_ = town_.Member("resident: true");
    second_ = town_.Member("resident: true");
    other_office_ = town_.Enrol("ROLE_OFFICE");
    Assign(Town::kOffice, first_);
    Assign(other_office_, second_);
  }

  void Assign(uint64_t terminal, uint64_t member) {
    ASSERT_TRUE(town_
                    .Do(Town::kOffice, absl::StrCat("assign_terminal { terminal_id: ", terminal,
                                                    " member_id: ", member, " }"))
                    .recorded());
  }

  // The policy in force, with a change.
  std::string Adopt(const std::function<void(v1::Policy*)>& change) {
    v1::Policy policy;
    town_.Read([&policy](const State& state) { policy = state.policies().rbegin()->second; });
    change(&policy);
    v1::Command command;
    *command.mutable_adopt_policy()->mutable_policy() = policy;
    std::string text;
    google::protobuf::TextFormat::PrintToString(command, &text);
    return text;
  }

  // From here on, reversals of 20 yuan or more and changes of policy by a tenth or more need a second person.
  void AdoptThresholds() {
    ASSERT_TRUE(town_
                    .Do(Town::kOffice, Adopt([](v1::Policy* policy) {
                          policy->set_reversal_approval_from_fen(2000);
                          policy->set_reversal_approval_from_points(2);
                          policy->set_policy_approval_from_ppm(100'000);
                        }))
                    .event.has_policy_adopted());
  }

  std::string Reverse(Sequence sequence) {
    return absl::StrCat("reverse_event { sequence: ", sequence.value(), " reason: \"mistake\" }");
  }
  std::string Approve(Sequence sequence) {
    return absl::StrCat("approve_request { sequence: ", sequence.value(), " }");
  }

  Town town_;
  uint64_t first_ = 0;
  uint64_t second_ = 0;
  uint64_t other_office_ = 0;
  const std::string drawer_ = absl::StrCat("assets:drawer:", town_.till);
};

TEST_F(ApprovalScenario, AReversalAboveTheThresholdMovesNothingUntilASecondPersonApproves) {
  AdoptThresholds();
  const Told sale = town_.Do(town_.till, kGuestMeals);
  const Told asked = town_.Do(town_.till, Reverse(sale.sequence));
  ASSERT_TRUE(asked.event.has_approval_requested());
  EXPECT_EQ(town_.Balance(drawer_), 2000);

  const Told approved = town_.Do(other_office_, Approve(asked.sequence));
  // The till has nobody in charge: who asked is not known.
  EXPECT_EQ(approved.reason, v1::ERROR_REASON_SAME_PERSON);

  Assign(town_.till, first_);
  const Told again = town_.Do(town_.till, Reverse(sale.sequence));
  ASSERT_TRUE(again.event.has_approval_requested());
  EXPECT_EQ(town_.Do(Town::kOffice, Approve(again.sequence)).reason, v1::ERROR_REASON_SAME_PERSON);
  EXPECT_EQ(town_.Balance(drawer_), 2000);
  const Told done = town_.Do(other_office_, Approve(again.sequence));
  ASSERT_TRUE(done.event.has_request_approved()) << done.event.DebugString();
  EXPECT_EQ(done.event.request_approved().event_reversed().command().sequence(), sale.sequence.value());
  EXPECT_EQ(town_.Balance(drawer_), 0);
  EXPECT_EQ(town_.TrialBalance()[drawer_], 0);
  EXPECT_EQ(town_.DayReport("2026-03-02").meals(0).portions(), 0);

  EXPECT_EQ(town_.Do(other_office_, Approve(again.sequence)).reason, v1::ERROR_REASON_REQUEST_CLOSED);
  EXPECT_EQ(town_.Do(town_.till, Reverse(sale.sequence)).reason, v1::ERROR_REASON_ALREADY_REVERSED);
  // The request that still waits cannot take effect a second time.
  Assign(town_.till, first_);
  EXPECT_EQ(town_.Do(other_office_, Approve(sale.sequence)).reason, v1::ERROR_REASON_REQUEST_UNKNOWN);
}

TEST_F(ApprovalScenario, AReversalBelowTheThresholdTakesEffectAtOnce) {
  AdoptThresholds();
  const Told sale = town_.Do(town_.till, "sell_meal { portions: 1 payment: PAYMENT_CASH }");
  EXPECT_TRUE(town_.Do(town_.till, Reverse(sale.sequence)).event.has_event_reversed());
  EXPECT_EQ(town_.Balance(drawer_), 0);
}

TEST_F(ApprovalScenario, AnEarlierBusinessDateDoesNotGetRoundTheRule) {
  const Told sale = town_.Do(town_.till, kGuestMeals);
  ASSERT_TRUE(town_
                  .Do(Town::kOffice, Adopt([](v1::Policy* policy) {
                        *policy->mutable_effective_from() = ToDate(Day(2026, 3, 2));
                        policy->set_reversal_approval_from_fen(2000);
                      }))
                  .recorded());
  const Told asked = town_.Do(town_.till, Reverse(sale.sequence), absl::Hours(72));
  EXPECT_TRUE(asked.event.has_approval_requested());
}

TEST_F(ApprovalScenario, PointsHaveAThresholdOfTheirOwn) {
  AdoptThresholds();
  const uint64_t volunteer = town_.Member("volunteer: true");
  const auto serve = [&](int hours_ago, int minutes) {
    return town_.Do(town_.station,
                    absl::StrCat("record_service { volunteer_id: ", volunteer,
                                 " service_kind_id: 1 minutes: ", minutes, " }"),
                    absl::Hours(hours_ago));
  };
  const Told one_point = serve(1, 60);
  const Told two_points = serve(6, 120);
  EXPECT_TRUE(town_.Do(town_.station, Reverse(one_point.sequence)).event.has_event_reversed());
  EXPECT_TRUE(town_.Do(town_.station, Reverse(two_points.sequence)).event.has_approval_requested());
}

TEST_F(ApprovalScenario, APolicyThatChangesAFigureByTheShareWaits) {
  AdoptThresholds();
  const Told small =
      town_.Do(Town::kOffice, Adopt([](v1::Policy* policy) { policy->set_meal_standard_price_fen(1050); }));
  EXPECT_TRUE(small.event.has_policy_adopted());
  const Told large =
      town_.Do(Town::kOffice, Adopt([](v1::Policy* policy) { policy->set_meal_standard_price_fen(2000); }));
  ASSERT_TRUE(large.event.has_approval_requested());
  const Told done = town_.Do(other_office_, Approve(large.sequence));
  ASSERT_TRUE(done.event.request_approved().has_policy_adopted());
  town_.Read([&](const State& state) {
    EXPECT_EQ(state.policies().rbegin()->second.meal_standard_price_fen(), 2000);
    EXPECT_EQ(state.policies().rbegin()->first, done.event.request_approved().policy_adopted().version());
  });
}

TEST_F(ApprovalScenario, ARowThatGoesOrComesIsAWholeChange) {
  AdoptThresholds();
  EXPECT_TRUE(
      town_.Do(Town::kOffice, Adopt([](v1::Policy* policy) { policy->mutable_good_prices()->RemoveLast(); }))
          .event.has_approval_requested());
  EXPECT_TRUE(town_
                  .Do(Town::kOffice,
                      Adopt([](v1::Policy* policy) { policy->mutable_good_prices(0)->set_price_points(1); }))
                  .event.has_approval_requested());
}

TEST_F(ApprovalScenario, OnePersonCannotLiftTheRule) {
  AdoptThresholds();
  const Told lifted = town_.Do(
      Town::kOffice, Adopt([](v1::Policy* policy) { policy->set_reversal_approval_from_fen(2001); }));
  EXPECT_TRUE(lifted.event.has_approval_requested());
}

TEST_F(ApprovalScenario, ARuleThatIsAdoptedButNotInForceYetIsNotLiftedByOnePersonEither) {
  const auto from_monday = [](v1::Policy* policy) {
    *policy->mutable_effective_from() = ToDate(Day(2026, 3, 9));
  };
  ASSERT_TRUE(town_
                  .Do(Town::kOffice, Adopt([&](v1::Policy* policy) {
                        from_monday(policy);
                        policy->set_reversal_approval_from_fen(2000);
                      }))
                  .event.has_policy_adopted());
  const Told lifted = town_.Do(Town::kOffice, Adopt([&](v1::Policy* policy) {
                                 from_monday(policy);
                                 policy->clear_reversal_approval_from_fen();
                               }));
  EXPECT_TRUE(lifted.event.has_approval_requested());
}

TEST_F(ApprovalScenario, WhoAskedIsRememberedWhoeverIsInChargeLater) {
  AdoptThresholds();
  Assign(town_.till, first_);
  const Told sale = town_.Do(town_.till, kGuestMeals);
  const Told asked = town_.Do(town_.till, Reverse(sale.sequence));
  Assign(town_.till, second_);
  EXPECT_EQ(town_.Do(Town::kOffice, Approve(asked.sequence)).reason, v1::ERROR_REASON_SAME_PERSON);
}

TEST_F(ApprovalScenario, ARefusedRequestNeverTakesEffect) {
  AdoptThresholds();
  Assign(town_.till, first_);
  const Told sale = town_.Do(town_.till, kGuestMeals);
  const Told asked = town_.Do(town_.till, Reverse(sale.sequence));
  const std::string refuse =
      absl::StrCat("refuse_request { sequence: ", asked.sequence.value(), " reason: \"it was right\" }");
  EXPECT_EQ(town_.Do(town_.station, refuse).reason, v1::ERROR_REASON_NOT_YOUR_EVENT);
  EXPECT_TRUE(town_.Do(other_office_, refuse).event.has_request_refused());
  EXPECT_EQ(town_.Do(other_office_, Approve(asked.sequence)).reason, v1::ERROR_REASON_REQUEST_CLOSED);
  EXPECT_EQ(town_.Balance(drawer_), 2000);
}

TEST_F(ApprovalScenario, AResentRequestReturnsItsFirstOutcomeAndStateSurvivesARestart) {
  AdoptThresholds();
  Assign(town_.till, first_);
  const Told sale = town_.Do(town_.till, kGuestMeals);
  const v1::Command reverse = town_.Next(town_.till, Reverse(sale.sequence));
  const Told asked = town_.Submit(reverse);
  town_.Restart();
  const Told again = town_.Submit(reverse);
  EXPECT_TRUE(again.already_recorded);
  EXPECT_TRUE(again.event.has_approval_requested());
  EXPECT_EQ(again.sequence, asked.sequence);
  EXPECT_TRUE(town_.Do(other_office_, Approve(asked.sequence)).event.has_request_approved());
  EXPECT_EQ(town_.Balance(drawer_), 0);
}

TEST_F(ApprovalScenario, ApprovalByAStationIsNotItsRole) {
  AdoptThresholds();
  Assign(town_.station, second_);
  EXPECT_EQ(town_.Do(town_.station, Approve(Sequence(1))).reason, v1::ERROR_REASON_ROLE_FORBIDS);
}

TEST_F(ApprovalScenario, ACertificateOfServiceMustSayWhatTheBookSays) {
  const uint64_t volunteer = town_.Member("volunteer: true");
  const auto serve = [&](int kind, int hours_ago) {
    return town_.Do(town_.station,
                    absl::StrCat("record_service { volunteer_id: ", volunteer, " service_kind_id: ", kind,
                                 " minutes: 90 }"),
                    absl::Hours(hours_ago));
  };
  serve(2, 3);
  serve(1, 6);
  const Told mistaken = serve(2, 9);
  const auto issue = [&](const std::string& served) {
    return town_.Do(town_.station,
                    absl::StrCat("issue_service_certificate { volunteer_id: ", volunteer, " ", served,
                                 " document_sha256: \"01234567890123456789012345678901\" }"));
  };
  const std::string one = "served { service_kind_id: 1 services: 1 minutes: 90 } ";
  EXPECT_TRUE(issue(one + "served { service_kind_id: 2 services: 2 minutes: 180 }")
                  .event.has_service_certificate_issued());
  ASSERT_TRUE(town_.Do(town_.station, Reverse(mistaken.sequence)).recorded());
  EXPECT_EQ(issue(one + "served { service_kind_id: 2 services: 2 minutes: 180 }").reason,
            v1::ERROR_REASON_SERVED_DIFFERS);
  EXPECT_EQ(issue(one).reason, v1::ERROR_REASON_SERVED_DIFFERS);
  town_.Restart();
  const Told issued = issue(one + "served { service_kind_id: 2 services: 1 minutes: 90 }");
  ASSERT_TRUE(issued.recorded());
  EXPECT_EQ(issued.event.service_certificate_issued().minutes(), 180);
}

}  // namespace
}  // namespace redvest
