// The protos keep their promises of form: every component is commented, names follow buf's STANDARD rules,
// and what is stored depends on nothing that is not.
#include <gmock/gmock.h>
#include <google/protobuf/compiler/importer.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace redvest {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::ServiceDescriptor;
using google::protobuf::SourceLocation;
using ::testing::IsEmpty;

class FailOnError final : public google::protobuf::compiler::MultiFileErrorCollector {
 public:
  void AddError(const std::string& file, int line, int column, const std::string& message) override {
    ADD_FAILURE() << file << ":" << line + 1 << ":" << column + 1 << ": " << message;
  }
};

// All protos under `folder`, as parsed, with their comments.
class Protos {
 public:
  explicit Protos(const std::string& folder) : importer_(&tree_, &errors_) {
    tree_.MapPath("", folder);
    tree_.MapPath("", REDVEST_PROTOBUF_INCLUDE_DIR);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.path().extension() != ".proto") continue;
      const std::string name = std::filesystem::relative(entry.path(), folder).generic_string();
      const FileDescriptor* file = importer_.Import(name);
      EXPECT_NE(file, nullptr) << name;
      if (file != nullptr) files_.push_back(file);
    }
  }
  const std::vector<const FileDescriptor*>& files() const { return files_; }

 private:
  google::protobuf::compiler::DiskSourceTree tree_;
  FailOnError errors_;
  google::protobuf::compiler::Importer importer_;
  std::vector<const FileDescriptor*> files_;
};

// Calls visit(component) for every message, field, oneof, enum, value, service and method of `file`.
template <typename Visit>
void VisitEnum(const EnumDescriptor& type, Visit&& visit) {
  visit(type);
  for (int i = 0; i < type.value_count(); ++i) visit(*type.value(i));
}
template <typename Visit>
void VisitMessage(const Descriptor& type, Visit&& visit) {
  visit(type);
  for (int i = 0; i < type.field_count(); ++i) visit(*type.field(i));
  for (int i = 0; i < type.real_oneof_decl_count(); ++i) visit(*type.oneof_decl(i));
  for (int i = 0; i < type.enum_type_count(); ++i) VisitEnum(*type.enum_type(i), visit);
  for (int i = 0; i < type.nested_type_count(); ++i) VisitMessage(*type.nested_type(i), visit);
}
template <typename Visit>
void VisitFile(const FileDescriptor& file, Visit&& visit) {
  for (int i = 0; i < file.message_type_count(); ++i) VisitMessage(*file.message_type(i), visit);
  for (int i = 0; i < file.enum_type_count(); ++i) VisitEnum(*file.enum_type(i), visit);
  for (int i = 0; i < file.service_count(); ++i) {
    visit(*file.service(i));
    for (int j = 0; j < file.service(i)->method_count(); ++j) visit(*file.service(i)->method(j));
  }
}

std::vector<std::string> Uncommented(const Protos& protos) {
  std::vector<std::string> names;
  for (const FileDescriptor* file : protos.files()) {
    VisitFile(*file, [&names](const auto& component) {
      SourceLocation location;
      const bool commented = component.GetSourceLocation(&location) &&
                             !absl::StripAsciiWhitespace(location.leading_comments).empty();
      if (!commented) names.push_back(component.full_name());
    });
  }
  return names;
}

// "MealSold" as "MEAL_SOLD", "AgeBand" as "AGE_BAND".
std::string UpperSnake(std::string_view camel) {
  std::string text;
  for (char c : camel) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c)) && !text.empty()) text += '_';
    text += absl::ascii_toupper(static_cast<unsigned char>(c));
  }
  return text;
}

class ProtoTest : public ::testing::Test {
 protected:
  const Protos protos_{REDVEST_SOURCE_DIR "/proto"};
};

TEST_F(ProtoTest, EveryComponentHasAComment) { EXPECT_THAT(Uncommented(protos_), IsEmpty()); }

TEST(ProtoSelfTest, AComponentWithoutACommentIsFound) {
  const Protos planted(REDVEST_SOURCE_DIR "/tests/architecture/planted");
  EXPECT_THAT(Uncommented(planted),
              ::testing::UnorderedElementsAre("planted.Message.bare", "planted.KIND_BARE", "planted.Bare"));
}

TEST_F(ProtoTest, EnumsAreNamedByTheirTypeAndBeginUnspecified) {
  for (const FileDescriptor* file : protos_.files()) {
    for (int i = 0; i < file->enum_type_count(); ++i) {
      const EnumDescriptor& type = *file->enum_type(i);
      const std::string prefix = UpperSnake(type.name()) + "_";
      EXPECT_EQ(type.value(0)->number(), 0) << type.full_name();
      EXPECT_EQ(type.value(0)->name(), prefix + "UNSPECIFIED");
      for (int j = 0; j < type.value_count(); ++j) {
        EXPECT_TRUE(absl::StartsWith(type.value(j)->name(), prefix)) << type.value(j)->full_name();
      }
    }
  }
}

TEST_F(ProtoTest, ServicesHaveTheirOwnRequestAndResponseForEachMethod) {
  int methods = 0;
  for (const FileDescriptor* file : protos_.files()) {
    for (int i = 0; i < file->service_count(); ++i) {
      const ServiceDescriptor& service = *file->service(i);
      EXPECT_TRUE(absl::EndsWith(service.name(), "Service")) << service.full_name();
      for (int j = 0; j < service.method_count(); ++j, ++methods) {
        const auto& method = *service.method(j);
        EXPECT_EQ(method.input_type()->name(), method.name() + "Request");
        EXPECT_EQ(method.output_type()->name(), method.name() + "Response");
      }
    }
  }
  EXPECT_GT(methods, 20);
}

TEST_F(ProtoTest, FoldersAreNamedByThePackage) {
  for (const FileDescriptor* file : protos_.files()) {
    std::string folder = file->package();
    std::replace(folder.begin(), folder.end(), '.', '/');
    EXPECT_EQ(std::filesystem::path(file->name()).parent_path().generic_string(), folder);
  }
}

TEST_F(ProtoTest, WhatIsStoredDependsOnNoService) {
  std::vector<const FileDescriptor*> open;
  for (const FileDescriptor* file : protos_.files()) {
    if (absl::StartsWith(file->name(), "redvest/event/")) open.push_back(file);
  }
  ASSERT_FALSE(open.empty());
  for (size_t next = 0; next < open.size(); ++next) {
    for (int i = 0; i < open[next]->dependency_count(); ++i) open.push_back(open[next]->dependency(i));
    EXPECT_FALSE(absl::EndsWith(open[next]->name(), "_service.proto")) << open[next]->name();
    EXPECT_EQ(open[next]->service_count(), 0) << open[next]->name();
  }
}

}  // namespace
}  // namespace redvest
