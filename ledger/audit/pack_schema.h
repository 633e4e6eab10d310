// Files of an exit pack that are the same in every pack of this version.
#ifndef REDVEST_LEDGER_AUDIT_PACK_SCHEMA_H_
#define REDVEST_LEDGER_AUDIT_PACK_SCHEMA_H_

#include <map>
#include <string>
#include <string_view>

namespace redvest {

// The sources of all protos by their import names: "redvest/event/v1/event.proto".
const std::map<std::string, std::string_view, std::less<>>& ProtoSources();
// README.md and verify.py of a pack.
std::string_view PackReadme();
std::string_view PackVerifier();

// What an auditor needs to read entries, by path in the pack: schema/redvest.binpb, a FileDescriptorSet of
// redvest.event.v1.Event and all that it imports, and the sources of these files below schema/.
std::map<std::string, std::string> SchemaFiles();

}  // namespace redvest

#endif  // REDVEST_LEDGER_AUDIT_PACK_SCHEMA_H_
