// Findings as a table, as JSON and as CSV.
#ifndef REDVEST_CLIENTS_FINDINGS_REPORT_H_
#define REDVEST_CLIENTS_FINDINGS_REPORT_H_

#include <ostream>

#include "clients/text.h"
#include "ledger/audit/findings.h"

namespace redvest::client {

// What people call a kind of finding.
Bilingual FindingKindText(FindingKind kind);

// A table for each kind, with the first sequences of each finding.
void PrintFindings(Lang lang, const Findings& findings, std::ostream& out);
// {"ledger", "time_zone", "sequence", "findings": [{"kind", "what", "date", "unit", "reference", "terminals",
// "members", "sequences", "amounts"}]}: all sequences, and an amount for each where there is a unit; ids in
// their written form.
void WriteFindingsJson(const Findings& findings, std::ostream& out);
// A header, and a row for each event of each finding.
void WriteFindingsCsv(const Findings& findings, std::ostream& out);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_FINDINGS_REPORT_H_
