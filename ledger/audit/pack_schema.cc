#include "ledger/audit/pack_schema.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include "ledger/base/check.h"
#include "redvest/event/v1/event.pb.h"

namespace redvest {
namespace {

// Adds `file` after all that it imports, once.
void AddFile(const google::protobuf::FileDescriptor& file, google::protobuf::FileDescriptorSet& set,
             std::map<std::string, std::string>& files) {
  const std::string path = "schema/" + file.name();
  if (files.contains(path)) return;
  const auto source = ProtoSources().find(file.name());
  REDVEST_CHECK(source != ProtoSources().end());
  files.emplace(path, source->second);
  for (int i = 0; i < file.dependency_count(); ++i) AddFile(*file.dependency(i), set, files);
  file.CopyTo(set.add_file());
}

}  // namespace

std::map<std::string, std::string> SchemaFiles() {
  std::map<std::string, std::string> files;
  google::protobuf::FileDescriptorSet set;
  AddFile(*event::v1::Event::descriptor()->file(), set, files);
  files.emplace("schema/redvest.binpb", set.SerializeAsString());
  return files;
}

}  // namespace redvest
