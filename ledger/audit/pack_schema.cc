#include "ledger/audit/pack_schema.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <set>

#include "ledger/base/check.h"
#include "redvest/event/v1/event.pb.h"

namespace redvest {
namespace {

// Adds `file` after all that it imports, once.
void AddFile(const google::protobuf::FileDescriptor& file, std::set<std::string>& seen,
             google::protobuf::FileDescriptorSet& set, std::map<std::string, std::string>& files) {
  if (!seen.insert(file.name()).second) return;
  for (int i = 0; i < file.dependency_count(); ++i) AddFile(*file.dependency(i), seen, set, files);
  file.CopyTo(set.add_file());
  // Every protobuf compiler brings its own well-known types along.
  if (file.name().starts_with("google/protobuf/")) return;
  const auto source = ProtoSources().find(file.name());
  REDVEST_CHECK(source != ProtoSources().end());
  files.emplace("schema/" + file.name(), source->second);
}

}  // namespace

std::map<std::string, std::string> SchemaFiles() {
  std::map<std::string, std::string> files;
  google::protobuf::FileDescriptorSet set;
  std::set<std::string> seen;
  AddFile(*event::v1::Event::descriptor()->file(), seen, set, files);
  files.emplace("schema/redvest.binpb", set.SerializeAsString());
  return files;
}

}  // namespace redvest
