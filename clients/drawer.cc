#include "clients/drawer.h"

#include <memory>

#include "clients/issue.h"

namespace redvest::client {
namespace {

void AddCount(CLI::App& family, Context& context, const std::string& name, bool closes_day,
              Bilingual description, const std::string& terminal) {
  auto request = std::make_shared<v1::CountDrawerRequest>();
  const std::string example =
      "--terminal " + terminal + " " + family.get_name() + " " + name + " --counted 380.50";
  CLI::App& leaf = *AddLeaf(family, context, name, {description, example}, [&context, request] {
    return Issue(context, &v1::CanteenService::Stub::CountDrawer, *request);
  });
  v1::CountDrawer* body = request->mutable_count_drawer();
  body->set_closes_day(closes_day);
  AddYuanOrZero(leaf, context, "--counted", [body](int64_t fen) { body->set_counted_fen(fen); },
                {"Cash found in the drawer", "实点现金"})
      ->required();
}

}  // namespace

void AddDrawerCommands(CLI::App& family, Context& context, const std::string& terminal) {
  AddCount(family, context, "count", false,
           {"Count the drawer; what differs from the book is posted to over and short.",
            "清点钱箱，差额记入长短款"},
           terminal);
  AddCount(family, context, "close", true,
           {"Count the drawer and close its day: no more cash moves under that date.",
            "清点钱箱并日结，该日不再收付现金"},
           terminal);
}

}  // namespace redvest::client
