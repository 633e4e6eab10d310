#include "clients/pdf_update.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/clients/proof_fixture.h"

namespace redvest::client {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kProof = "c2sp.org/tlog-proof@v1\nindex 4\n\nledger\n5\nroot\n\n— ledger abcd\n";

std::string With(std::string text, std::string_view old_part, std::string_view new_part) {
  const size_t at = text.find(old_part);
  EXPECT_NE(at, std::string::npos) << old_part;
  return text.replace(at, old_part.size(), new_part);
}

std::string Refusal(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST(PdfUpdateTest, TheDocumentStaysAsItWasAndBothComeBack) {
  const std::string document = TinyPdf();
  const auto file = AppendProof(document, kProof);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(*file, StartsWith(document));
  EXPECT_EQ(*file, *AppendProof(document, kProof));
  const auto parts = SplitProof(*file);
  ASSERT_TRUE(parts.ok()) << parts.status();
  EXPECT_EQ(parts->document, document);
  EXPECT_EQ(parts->proof, kProof);
}

TEST(PdfUpdateTest, EveryOffsetOfTheUpdatePointsAtItsObject) {
  const auto file = AppendProof(TinyPdf(), kProof);
  ASSERT_TRUE(file.ok());
  const size_t references = std::stoul(file->substr(file->rfind("startxref\n") + 10));
  ASSERT_EQ(file->compare(references, 5, "xref\n"), 0);
  const auto object_at = [&](std::string_view line_before, size_t lines) {
    size_t at = file->find(line_before, references) + line_before.size();
    at += 20 * lines;
    return file->substr(std::stoul(file->substr(at, 10)), 8);
  };
  EXPECT_EQ(object_at("\n2 1\n", 0), "2 0 obj\n");
  EXPECT_EQ(object_at("\n3 2\n", 0), "3 0 obj\n");
  EXPECT_EQ(object_at("\n3 2\n", 1), "4 0 obj\n");
  EXPECT_THAT(file->substr(references), HasSubstr("/Size 5 /Root 2 0 R /Prev "));
}

TEST(PdfUpdateTest, AnyByteEditedAroundTheProofIsRefused) {
  const std::string document = TinyPdf();
  const auto file = AppendProof(document, kProof);
  ASSERT_TRUE(file.ok());
  const size_t proof_at = file->find(kProof);
  for (size_t at = document.size(); at < file->size(); ++at) {
    if (at >= proof_at && at < proof_at + kProof.size()) continue;
    std::string edited = *file;
    edited[at] = static_cast<char>(edited[at] ^ 1);
    EXPECT_FALSE(SplitProof(edited).ok()) << "byte " << at;
  }
}

TEST(PdfUpdateTest, WhatIsCutOffOrAddedIsRefused) {
  const auto file = AppendProof(TinyPdf(), kProof);
  ASSERT_TRUE(file.ok());
  for (size_t size = 0; size < file->size(); ++size) {
    EXPECT_FALSE(SplitProof(std::string_view(*file).substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(SplitProof(*file + "\n").ok());
  EXPECT_FALSE(SplitProof(*file + file->substr(TinyPdf().size())).ok());
}

TEST(PdfUpdateTest, SaysWhyADocumentCannotCarryAProof) {
  const std::string pdf = TinyPdf();
  EXPECT_THAT(Refusal(AppendProof("hello\n%%EOF\n", kProof).status()), HasSubstr("not a PDF"));
  EXPECT_THAT(Refusal(AppendProof(pdf + " ", kProof).status()), HasSubstr("does not end"));
  EXPECT_THAT(Refusal(AppendProof(With(pdf, "trailer", "trailed"), kProof).status()), HasSubstr("trailer"));
  EXPECT_THAT(Refusal(AppendProof(With(pdf, "startxref\n", "startxref\n9999999999"), kProof).status()),
              HasSubstr("cross-references"));
  EXPECT_THAT(Refusal(AppendProof(With(pdf, "startxref\n", "startxref\n-"), kProof).status()),
              HasSubstr("cross-references"));
  EXPECT_THAT(Refusal(AppendProof(With(pdf, "/Root 2", "/Prev 9 /Root 2"), kProof).status()),
              HasSubstr("updated before"));
  EXPECT_THAT(Refusal(AppendProof(With(pdf, "/Root 2", "/Root 3"), kProof).status()), HasSubstr("not whole"));
  EXPECT_THAT(Refusal(AppendProof(With(pdf, "/Root 2", "/Root x"), kProof).status()), HasSubstr("not whole"));
  EXPECT_THAT(Refusal(AppendProof(With(pdf, "\n2 0 obj", "\n7 0 obj"), kProof).status()),
              HasSubstr("catalog"));
  EXPECT_THAT(Refusal(AppendProof(With(pdf, "   /Pages", "   /Names"), kProof).status()),
              HasSubstr("attachments"));
  EXPECT_THAT(Refusal(AppendProof(*AppendProof(pdf, kProof), kProof).status()), HasSubstr("updated before"));
}

TEST(PdfUpdateTest, RefusesProofsThatCouldNotBeToldFromTheirSurroundings) {
  EXPECT_THAT(Refusal(AppendProof(TinyPdf(), "%%EOF").status()), HasSubstr("percent"));
  EXPECT_THAT(Refusal(AppendProof(TinyPdf(), "a\n% The rest").status()), HasSubstr("percent"));
  EXPECT_THAT(Refusal(AppendProof(TinyPdf(), std::string(2 << 20, 'a')).status()), HasSubstr("too long"));
  // A proof that holds the words of the stream around it comes back whole.
  const auto file = AppendProof(TinyPdf(), "a\nendstream\nendobj\nb\nstream\nc");
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(SplitProof(*file)->proof, "a\nendstream\nendobj\nb\nstream\nc");
}

TEST(PdfUpdateTest, RandomlyDamagedFilesNeverPassAsOthers) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto file = AppendProof(TinyPdf(), kProof);
  ASSERT_TRUE(file.ok());
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = *file;
    for (uint32_t edits = 1 + random() % 4; edits > 0; --edits) {
      const size_t at = random() % damaged.size();
      switch (random() % 3) {
        case 0:
          damaged[at] = static_cast<char>(random());
          break;
        case 1:
          damaged.erase(at, random() % 40);
          break;
        default:
          damaged.insert(at, damaged.substr(random() % damaged.size(), random() % 40));
      }
      if (damaged.empty()) damaged = "%";
    }
    const auto parts = SplitProof(damaged);
    // Only where document and proof account for every byte.
    if (!parts.ok()) continue;
    EXPECT_EQ(*AppendProof(parts->document, parts->proof), damaged);
  }
}

}  // namespace
}  // namespace redvest::client
