// What a demo came to, for people and for programs.
#ifndef REDVEST_CLIENTS_DEMO_REPORT_H_
#define REDVEST_CLIENTS_DEMO_REPORT_H_

#include "clients/context.h"
#include "clients/demo_run.h"
#include "clients/json.h"

namespace redvest::client {

// Prints the report on context.out().
void PrintDemoReport(Context& context, const DemoRun& run);
Json DemoReportJson(const DemoRun& run);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_DEMO_REPORT_H_
