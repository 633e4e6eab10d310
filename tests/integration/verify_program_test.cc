// redvest-verify as people and scripts run it.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "ledger/merkle/note.h"
#include "tests/integration/command_line.h"
#include "tests/integration/town.h"

namespace redvest::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class VerifyProgram : public ::testing::Test {
 protected:
  void SetUp() override {
    town_ = Town::Found();
    ASSERT_NE(town_, nullptr);
    ASSERT_RECORDED(Call(*town_->client->canteen, &Canteen::SellMeal, town_->GuestMeal()));
  }
  void Stop() { ASSERT_EQ(town_->daemon->Terminate(), 0); }

  std::unique_ptr<Town> town_;
};

TEST_F(VerifyProgram, TellsAVerdictInBothLanguagesAndForPrograms) {
  Stop();
  const Ended english = RunVerify({town_->data, "--lang", "en"});
  EXPECT_EQ(english.exit_code, 0) << english.out << english.err;
  EXPECT_THAT(english.out,
              AllOf(HasSubstr("sound"), HasSubstr("Changshan Huayuan"), HasSubstr("up to event")));
  EXPECT_EQ(english.err, "") << "progress is for terminals";
  EXPECT_THAT(RunVerify({"--lang=zh", town_->data}).out, HasSubstr("完好"));
  // The verdict is worth no more than the key that it was found with.
  EXPECT_THAT(english.out, HasSubstr("compare it with the published"));
  std::string key;
  std::getline(std::ifstream(town_->data + "/checkpoint-key.pub") >> std::ws, key);
  EXPECT_THAT(RunVerify({town_->data, "--key", key, "--lang", "en"}).out, Not(HasSubstr("compare it")));
  EXPECT_EQ(nlohmann::json::parse(RunVerify({town_->data, "--key", key, "--json"}).out)["key_known"], true);
  const auto json = nlohmann::json::parse(RunVerify({town_->data, "--json"}).out);
  EXPECT_EQ(json["key_known"], false);
  EXPECT_EQ(json["sound"], true);
  EXPECT_EQ(json["signed_up_to"], json["events"]);
}

TEST_F(VerifyProgram, NamesAFaultAndEndsWithOne) {
  Stop();
  fs::remove(town_->data + "/checkpoint-key.pub");
  const Ended ended = RunVerify({town_->data, "--lang", "en"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.out, AllOf(HasSubstr("A FAULT was found"), HasSubstr("public key is missing")));
  const auto json = nlohmann::json::parse(RunVerify({town_->data, "--json"}).out);
  EXPECT_EQ(json["sound"], false);
  EXPECT_THAT(json["fault"].get<std::string>(), HasSubstr("public key is missing"));
  fs::remove(town_->data + "/LEDGER");
  EXPECT_THAT(RunVerify({town_->data, "--lang", "en"}).out, HasSubstr("not the file LEDGER"));
  fs::remove_all(town_->data + "/store");
  std::ofstream(town_->data + "/LEDGER") << "redvest ledger, format 1\n";
  EXPECT_EQ(RunVerify({town_->data}).exit_code, 1) << "a ledger without its store";
}

TEST_F(VerifyProgram, WantsTheKeyAndTheCheckpointsItIsGiven) {
  Stop();
  std::string key;
  std::getline(std::ifstream(town_->data + "/checkpoint-key.pub") >> std::ws, key);
  EXPECT_EQ(RunVerify({town_->data, "--key", key}).exit_code, 0);
  const Ended usage = RunVerify({town_->data, "--key", key + "x"});
  EXPECT_EQ(usage.exit_code, 2) << usage.err;
  const TempFolder folder;
  EXPECT_EQ(RunVerify({town_->data, "--checkpoint", folder.Path("none")}).exit_code, 3);
  std::ofstream(folder.Path("rubbish")) << "rubbish\n";
  const Ended rubbish = RunVerify({town_->data, "--lang", "en", "--checkpoint", folder.Path("rubbish")});
  EXPECT_EQ(rubbish.exit_code, 2) << "no fault of the books: " << rubbish.out;
  EXPECT_THAT(rubbish.err, HasSubstr(folder.Path("rubbish")));
  const auto witness = merkle::SigningKey::Generate("witness.example", merkle::KeyType::kWitness);
  EXPECT_EQ(RunVerify({town_->data, "--key", witness.verifier().Encode()}).exit_code, 2);
}

TEST_F(VerifyProgram, SaysWhyItCannotRead) {
  const Ended in_use = RunVerify({town_->data, "--lang", "en"});
  EXPECT_EQ(in_use.exit_code, 3) << in_use.out << in_use.err;
  EXPECT_THAT(in_use.err, HasSubstr("It cannot be verified"));
  const TempFolder folder;
  EXPECT_EQ(RunVerify({folder.Path()}).exit_code, 3);
  EXPECT_EQ(RunVerify({folder.Path("none")}).exit_code, 3);
  EXPECT_EQ(RunVerify({}).exit_code, 2);
  EXPECT_EQ(RunVerify({town_->data, "--wine"}).exit_code, 2);
  EXPECT_EQ(RunVerify({town_->data, "--lang", "fr"}).exit_code, 2);
  EXPECT_THAT(RunVerify({"--lang=zh"}).err, HasSubstr("请给出账本文件夹或导出包"));
  EXPECT_THAT(RunVerify({"--lang=zh", folder.Path(), "--wine"}).err, HasSubstr("无法识别“--wine”"));
  EXPECT_THAT(RunVerify({"--lang=zh", folder.Path(), "--key"}).err, HasSubstr("--key 须带且只带一个值"));
  const Ended help = RunVerify({"--help", "--lang", "en"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, AllOf(HasSubstr("--checkpoint"), HasSubstr("Exit codes")));
}

TEST_F(VerifyProgram, ABrokenPackIsAFaultAlsoWhereItsCheckpointIsGone) {
  const TempFolder folder;
  fs::create_directories(folder.Path("tile/entries"));
  const Ended ended = RunVerify({folder.Path(), "--lang", "en"});
  EXPECT_EQ(ended.exit_code, 1) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("a part is missing"));
}

TEST_F(VerifyProgram, APackWhoseExportWasCutOffIsNotCalledSound) {
  const TempFolder folder;
  const std::string pack = folder.Path("pack");
  const std::string server = town_->daemon->address();
  ASSERT_EQ(RunRedvest(server, {"audit", "checkpoint", "--remember", folder.Path("seen")}).exit_code, 0);
  ASSERT_RECORDED(Call(*town_->client->canteen, &Canteen::SellMeal, town_->GuestMeal()));
  ASSERT_EQ(RunRedvest(server, {"audit", "export", "--pack", pack}).exit_code, 0);
  const Ended whole = RunVerify({pack, "--checkpoint", folder.Path("seen"), "--lang", "en"});
  EXPECT_EQ(whole.exit_code, 0) << whole.out << whole.err;
  std::ofstream(pack + "/unfinished");
  const Ended ended = RunVerify({pack, "--lang", "en"});
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_THAT(ended.out, AllOf(HasSubstr("UNFINISHED"), Not(HasSubstr("The books of"))));
  EXPECT_EQ(nlohmann::json::parse(RunVerify({pack, "--json"}).out)["sound"], false);
}

}  // namespace
}  // namespace redvest::testing
