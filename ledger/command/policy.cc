// Adopting a policy. Its figures are checked by CheckForm; here, that what they name is registered.
#include "ledger/command/families.h"

namespace redvest {

// Rules: kinds of service, goods and funder known.
absl::Status DecideAdoption(const v1::AdoptPolicy& command, const Decision& decision,
                            event::v1::PolicyAdopted* adopted) {
  const v1::Policy& policy = command.policy();
  for (const v1::ServiceRate& rate : policy.service_rates()) {
    REDVEST_RETURN_IF_ERROR(decision.RequireEntry(v1::ENTRY_KIND_SERVICE_KIND, rate.service_kind_id()));
  }
  for (const v1::GoodPrice& price : policy.good_prices()) {
    REDVEST_RETURN_IF_ERROR(decision.RequireEntry(v1::ENTRY_KIND_GOOD, price.good_id()));
  }
  if (policy.meal_funder_id() != 0) {
    REDVEST_RETURN_IF_ERROR(decision.RequireEntry(v1::ENTRY_KIND_FUNDER, policy.meal_funder_id()));
  }
  *adopted->mutable_command() = command;
  adopted->set_version(decision.state.next_policy_version());
  return absl::OkStatus();
}

absl::Status Decide(const v1::AdoptPolicy& command, Decision& decision) {
  REDVEST_RETURN_IF_ERROR(DecideAdoption(command, decision, decision.event->mutable_policy_adopted()));
  if (AdoptionNeedsApproval(command.policy(), decision)) {
    KeepBody(decision.input.command, decision.event->mutable_approval_requested()->mutable_command());
  }
  return absl::OkStatus();
}

}  // namespace redvest
