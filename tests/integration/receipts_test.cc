// What people hold in their hands: receipts, proofs and certificates by the real `redvest`, checked without a
// server.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "clients/pdf_update.h"
#include "ledger/base/ids.h"
#include "tests/integration/command_line.h"
#include "tests/integration/town.h"

namespace redvest::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void Write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

class ReceiptsTest : public TownTest {
 protected:
  Ran Redvest(std::vector<std::string> arguments) {
    return RunRedvest(town().daemon->address(), std::move(arguments));
  }
  // No server is there: what is verified is verified here.
  Ran Verify(const std::string& file, std::vector<std::string> more, const std::string& in = "") {
    std::vector<std::string> arguments = {"audit", "verify-proof", file};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunRedvest("127.0.0.1:1", arguments, in);
  }
  std::string Key() {
    return Call(*client().audit, &Audit::GetVerifierKeys, v1::GetVerifierKeysRequest())
        .response.verifier_key();
  }
  std::string Path(const std::string& name) const { return files_.Path(name); }

  // Points for two hours of service; returns the sequence.
  uint64_t Serve() {
    const auto answer =
        Call(*client().volunteers, &Volunteers::RecordService, town().Service(town().volunteer, 120));
    EXPECT_TRUE(answer.ok()) << answer.status.error_message();
    return answer->recorded().sequence();
  }

  std::vector<std::string> CertificateFor(const std::string& out) {
    return {"--terminal",
            FormatId(IdKind::kTerminal, town().station.terminal_id),
            "volunteer",
            "certificate",
            FormatId(IdKind::kMember, town().volunteer),
            "--name",
            "张三",
            "--issuer",
            "长山花园社区志愿服务站",
            "--person-in-charge",
            "李四",
            "--handler",
            "王五",
            "--contact",
            "0431-80000000",
            "--out",
            out,
            "--json"};
  }

 private:
  TempFolder files_;
};

TEST_F(ReceiptsTest, AReceiptSaysWhatHappenedAndWhatIsLeft) {
  const auto topped_up = Call(*client().canteen, &Canteen::TopUpMealCard, town().TopUp(town().elder, 5'000));
  ASSERT_RECORDED(topped_up);
  ASSERT_RECORDED(Call(*client().canteen, &Canteen::TopUpMealCard, town().TopUp(town().elder, 2'000)));
  const std::string sequence = std::to_string(topped_up->recorded().sequence());
  const Ran zh = Redvest({"--lang", "zh", "receipt", sequence});
  EXPECT_EQ(zh.exit_code, 0) << zh.err;
  for (const std::string& text : {std::string("饭卡充值"), std::string("50.00 元（办理后）"), sequence,
                                  FormatId(IdKind::kMember, town().elder), std::string("till 1")}) {
    EXPECT_THAT(zh.out, HasSubstr(text));
  }
  const Json json = Json::parse(Redvest({"--json", "receipt", sequence}).out);
  EXPECT_EQ(json["balance_after"]["balance"], -5'000);
  EXPECT_EQ(json["recorded"]["meal_card_topped_up"]["amount_fen"], 5'000);
  EXPECT_EQ(Redvest({"receipt", "999999"}).exit_code, 1);
}

TEST_F(ReceiptsTest, AProofHoldsWithThePublicKeyAlone) {
  const std::string sequence = std::to_string(Serve());
  const std::string proof = Path("proof.tlog-proof");
  const Ran receipt = Redvest({"receipt", sequence, "--proof", proof, "--qr", Path("proof.png")});
  ASSERT_EQ(receipt.exit_code, 0) << receipt.err;
  const std::string key = Key();
  Write(Path("key"), key + "\n");

  const Ran proved = Verify(proof, {"--key", key});
  EXPECT_EQ(proved.exit_code, 0) << proved.err;
  EXPECT_THAT(proved.out, HasSubstr("Proved"));
  EXPECT_THAT(proved.out, HasSubstr("service recorded: " + FormatId(IdKind::kMember, town().volunteer)));
  EXPECT_THAT(Verify(proof, {"--key-file", Path("key"), "--lang", "zh"}).out, HasSubstr("核验通过"));
  EXPECT_EQ(Json::parse(Verify(proof, {"--key", key, "--json"}).out)["sequence"], std::stoull(sequence));

  const Ran scanned = RunProgram("zbarimg", {"--nodbus", "--quiet", "--raw", Path("proof.png")});
  ASSERT_EQ(scanned.exit_code, 0) << scanned.err;
  const Ran from_slip = Verify("-", {"--key", key}, scanned.out);
  EXPECT_EQ(from_slip.exit_code, 0) << from_slip.out << from_slip.err;
}

TEST_F(ReceiptsTest, AProofWithoutItsKeyOrWithAnotherProvesNothing) {
  const std::string proof = Path("proof.tlog-proof");
  ASSERT_EQ(Redvest({"receipt", std::to_string(Serve()), "--proof", proof}).exit_code, 0);
  const Ran keyless = Verify(proof, {});
  EXPECT_EQ(keyless.exit_code, 2);
  EXPECT_THAT(keyless.err, HasSubstr("--key"));
  EXPECT_EQ(Verify(proof, {"--key", "hello"}).exit_code, 2);
  EXPECT_EQ(Verify(Path("nothing"), {"--key", Key()}).exit_code, 2);

  const auto other = Town::Found();
  ASSERT_NE(other, nullptr);
  const std::string other_key =
      Call(*other->client->audit, &Audit::GetVerifierKeys, v1::GetVerifierKeysRequest())
          .response.verifier_key();
  const Ran refused = Verify(proof, {"--key", other_key});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.out, HasSubstr("NOT PROVED"));

  std::string edited = Contents(proof);
  edited[edited.find("extra ") + 12] ^= 1;
  Write(proof, edited);
  EXPECT_EQ(Verify(proof, {"--key", Key()}).exit_code, 1);
}

TEST_F(ReceiptsTest, ACertificateIsGenuineUntilAByteIsEdited) {
  Serve();
  const std::string file = Path("certificate.pdf");
  const Ran issued = Redvest(CertificateFor(file));
  ASSERT_EQ(issued.exit_code, 0) << issued.err;
  const Json said = Json::parse(issued.out);
  EXPECT_EQ(said["recorded"]["service_certificate_issued"]["minutes"], 120);
  const std::string number = FormatId(IdKind::kTerminal, town().station.terminal_id) + "/" +
                             std::to_string(said["recorded"]["serial"].get<uint64_t>());
  EXPECT_EQ(said["certificate"], number);
  // The name is on the paper and nowhere in the ledger.
  EXPECT_THAT(RunProgram("pdftotext", {file, "-"}).out, HasSubstr("张三"));
  for (const v1::SequencedEvent& event : client().Events()) {
    EXPECT_THAT(event.event().SerializeAsString(), Not(HasSubstr("张三")));
  }

  const Ran genuine = Verify(file, {"--key", Key()});
  EXPECT_EQ(genuine.exit_code, 0) << genuine.out << genuine.err;
  EXPECT_THAT(genuine.out, HasSubstr("Genuine"));
  EXPECT_THAT(genuine.out, HasSubstr(number));

  const uint32_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string bytes = Contents(file);
  for (int i = 0; i < 20; ++i) {
    std::string edited = bytes;
    const size_t at = random() % bytes.size();
    edited[at] = static_cast<char>(edited[at] ^ (1 << random() % 8));
    Write(file, edited);
    EXPECT_EQ(Verify(file, {"--key", Key()}).exit_code, 1) << "byte " << at;
  }
}

TEST_F(ReceiptsTest, ACertificateThatWasInterruptedIsFinishedByTheNextRun) {
  Serve();
  ASSERT_EQ(Redvest(CertificateFor(Path("first.pdf"))).exit_code, 0);
  const uint64_t before = client().Sequence();
  // As where the run ended after the ledger had answered.
  const auto parts = client::SplitProof(Contents(Path("first.pdf")));
  ASSERT_TRUE(parts.ok()) << parts.status();
  Write(Path("second.pdf.draft"), parts->document);
  std::vector<std::string> of_another = CertificateFor(Path("second.pdf"));
  of_another[4] = FormatId(IdKind::kMember, town().volunteer + 1);
  EXPECT_EQ(Redvest(of_another).exit_code, 2);
  std::vector<std::string> back_dated = CertificateFor(Path("dated.pdf"));
  back_dated.insert(back_dated.end(), {"--at", "2026-01-01 10:00"});
  EXPECT_EQ(Redvest(back_dated).exit_code, 2);
  EXPECT_EQ(client().Sequence(), before);
  const Ran finished = Redvest(CertificateFor(Path("second.pdf")));
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(client().Sequence(), before) << "nothing is recorded twice";
  EXPECT_EQ(Verify(Path("second.pdf"), {"--key", Key()}).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(Path("second.pdf.draft")));

  // A draft that was never recorded is made anew.
  Write(Path("third.pdf.draft"), "not recorded");
  EXPECT_EQ(Redvest(CertificateFor(Path("third.pdf"))).exit_code, 0);
  EXPECT_EQ(client().Sequence(), before + 1);
  // What is there is not written over.
  EXPECT_EQ(Redvest(CertificateFor(Path("third.pdf"))).exit_code, 2);
}

TEST_F(ReceiptsTest, WithoutServiceThereIsNothingToCertify) {
  const Ran refused = Redvest(CertificateFor(Path("certificate.pdf")));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("no service"));
  EXPECT_FALSE(std::filesystem::exists(Path("certificate.pdf")));
}

}  // namespace
}  // namespace redvest::testing
