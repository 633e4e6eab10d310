#include "clients/certificate_pdf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clients/pdf_update.h"
#include "clients/proof_check.h"
#include "tests/unit/clients/program.h"
#include "tests/unit/clients/proof_fixture.h"

namespace redvest::client {
namespace {

using ::testing::HasSubstr;

CertificateContent Content() {
  CertificateContent content;
  content.ledger_name = "长山花园社区";
  content.volunteer_name = "张三";
  content.volunteer_id = "M57-20";
  content.kinds = {{"关爱老人", 40, 3'600}, {"清雪除冰", 5, 630}};
  content.minutes = 4'230;
  content.issuer = "长山花园社区志愿服务站";
  content.person_in_charge = "李四";
  content.handler = "王五";
  content.contact = "0431-80000000";
  content.number = "T2-95/41";
  content.check_code = "0123 4567 89ab cdef 0123 4567 89ab cdef";
  content.date = Day(2026, 11, 21);
  return content;
}

std::string Render(Lang lang, const CertificateContent& content) {
  const auto pdf = RenderCertificate(lang, content);
  EXPECT_TRUE(pdf.ok()) << pdf.status();
  return pdf.ok() ? *pdf : "";
}

// What a reader finds on the page, without blanks: small type is set so that they come and go.
std::string TextIn(const std::string& pdf) {
  const TestFile file(".pdf", pdf);
  std::string text = OutputOf("pdftotext " + file.path() + " -");
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n'; });
  return text;
}

std::string WithoutBlanks(std::string text) {
  std::erase(text, ' ');
  return text;
}

TEST(CertificatePdfTest, HoldsEveryFieldInBothLanguages) {
  for (const Lang lang : {Lang::kZh, Lang::kEn}) {
    const std::string text = TextIn(Render(lang, Content()));
    for (const char* field : {"张三", "M57-20", "关爱老人", "40", "清雪除冰", "长山花园社区志愿服务站",
                              "李四", "王五", "0431-80000000", "T2-95/41", "0123 4567 89ab cdef"}) {
      EXPECT_THAT(text, HasSubstr(WithoutBlanks(field)));
    }
    EXPECT_THAT(text, HasSubstr(WithoutBlanks(FormatMinutes(lang, 4'230))));
  }
  EXPECT_THAT(TextIn(Render(Lang::kZh, Content())), HasSubstr("2026年11月21日"));
  EXPECT_THAT(TextIn(Render(Lang::kEn, Content())), HasSubstr("21November2026"));
}

TEST(CertificatePdfTest, IsOnePageOfA4HoweverManyKindsAndHoweverLongTheNames) {
  CertificateContent content = Content();
  content.volunteer_name = std::string(96, 'W');
  content.issuer = std::string(96, 'W');
  for (int i = 0; i < 100; ++i) {
    content.kinds.push_back({"Kind number " + std::to_string(i) + std::string(100, 'm'), i, 60 * i});
  }
  for (const Lang lang : {Lang::kZh, Lang::kEn}) {
    const TestFile file(".pdf", Render(lang, content));
    const std::string info = OutputOf("pdfinfo " + file.path());
    EXPECT_THAT(info, HasSubstr("Pages:           1\n"));
    EXPECT_THAT(info, HasSubstr("(A4)"));
    EXPECT_THAT(TextIn(Render(lang, content)), HasSubstr(lang == Lang::kZh ? "其他83类" : "83otherkinds"));
  }
}

TEST(CertificatePdfTest, CharactersThatNoFontHasAreNamed) {
  CertificateContent content = Content();
  content.handler = "\U000ffffd";  // private use
  const auto pdf = RenderCertificate(Lang::kZh, content);
  EXPECT_EQ(pdf.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(pdf.status().message(), HasSubstr(content.handler));
}

TEST(CertificatePdfTest, WithItsProofReadersStillOpenItAndFindTheProofAttached) {
  const std::string document = Render(Lang::kZh, Content());
  const std::string proof =
      ProofAmongMillions(CertificateEvent(DocumentDigest(document)).SerializeAsString()).Encode();
  const auto file = AppendProof(document, proof);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(TextIn(*file), TextIn(document));
  const TestFile pdf(".pdf", *file);
  const TestFile attached(".tlog-proof", "");
  EXPECT_THAT(OutputOf("pdfdetach -list " + pdf.path()), HasSubstr(std::string(kProofFileName)));
  OutputOf("pdfdetach -save 1 -o " + attached.path() + " " + pdf.path());
  EXPECT_EQ(OutputOf("cat " + attached.path()), proof);
  EXPECT_TRUE(std::holds_alternative<ProvedEvent>(CheckProof(*file, TestKey().verifier())));
}

}  // namespace
}  // namespace redvest::client
