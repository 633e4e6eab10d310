// Folders of a real ledger, damaged and forged on the disk, and checked as redvest-verify does.
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>

#include "absl/strings/str_cat.h"
#include "ledger/audit/pack.h"
#include "ledger/audit/verify.h"
#include "ledger/folder.h"
#include "ledger/merkle/frontier.h"
#include "ledger/storage/store.h"
#include "tests/scenario/town.h"

namespace redvest {
namespace {

namespace fs = std::filesystem;
using event::v1::Event;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kGuestMeals[] = "sell_meal { portions: 2 payment: PAYMENT_CASH }";  // 20 yuan

class VerifyScenario : public ::testing::Test {
 protected:
  VerifyScenario() {
    const uint64_t first = town_.Member("resident: true");
    const uint64_t second = town_.Member("resident: true");
    other_office_ = town_.Enrol("ROLE_OFFICE");
    for (const auto& [terminal, member] :
         {std::pair(Town::kOffice, first), std::pair(other_office_, second), std::pair(town_.till, first)}) {
      Do(Town::kOffice,
         absl::StrCat("assign_terminal { terminal_id: ", terminal, " member_id: ", member, " }"));
    }
  }

  Told Do(uint64_t terminal, const std::string& body) {
    const Told told = town_.Do(terminal, body);
    EXPECT_TRUE(told.recorded()) << told.error.ShortDebugString();
    return told;
  }
  std::string Reverse(Sequence sequence) {
    return absl::StrCat("reverse_event { sequence: ", sequence.value(), " reason: \"mistake\" }");
  }
  // The policy in force, but reversals of 20 yuan or more need a second person.
  void AdoptThreshold() {
    v1::Command command;
    town_.Read([&command](const State& state) {
      *command.mutable_adopt_policy()->mutable_policy() = state.policies().rbegin()->second;
    });
    command.mutable_adopt_policy()->mutable_policy()->set_reversal_approval_from_fen(2000);
    std::string text;
    google::protobuf::TextFormat::PrintToString(command, &text);
    Do(Town::kOffice, text);
  }
  // Sales, a decline, a reversal that a second person approved, a decline of a reversal.
  void Trade() {
    AdoptThreshold();
    for (int i = 0; i < 5; ++i) Do(town_.till, kGuestMeals);
    sale_ = Do(town_.till, kGuestMeals).sequence;
    declined_ = town_.Do(town_.till, "top_up_meal_card { member_id: 77 amount_fen: 100 }").sequence;
    asked_ = Do(town_.till, Reverse(sale_)).sequence;
    approved_ =
        Do(other_office_, absl::StrCat("approve_request { sequence: ", asked_.value(), " }")).sequence;
    again_ = town_.Do(town_.till, Reverse(sale_)).sequence;
    Do(town_.till, kGuestMeals);
  }

  absl::StatusOr<VerifyReport> Verify(const VerifyOptions& options = {}) {
    return Ledger::VerifyDirectory(town_.directory(), options, [](std::string_view, Sequence, Sequence) {});
  }
  std::string FaultFound(const VerifyOptions& options = {}) {
    const absl::Status status = Verify(options).status();
    if (status.ok()) return "";
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    return std::string(status.message());
  }

  // Seals the whole log anew with these events, checksums and roots included, as one who has the disk but not
  // the key.
  void Rewrite(const std::function<void(std::vector<Event>&)>& change) {
    const auto store = OpenRocksStore(StorePath(town_.directory()), /*create=*/false);
    ASSERT_TRUE(store.ok()) << store.status();
    std::vector<Event> events;
    {
      const auto log = OpenStoreLog(store->get());
      const auto commits = (*log)->Read(Sequence(1));
      for (auto commit = commits->Next(); commit.ok() && commit->has_value(); commit = commits->Next()) {
        for (std::string_view bytes : (*commit)->events) {
          ASSERT_TRUE(events.emplace_back().ParseFromString(std::string(bytes)));
        }
      }
    }
    change(events);
    ASSERT_TRUE((*store)
                    ->Write({.table = TableId::kLog, .puts = {}, .deletes = {}, .clear_first = true},
                            Durability::kSynced)
                    .ok());
    const auto log = OpenStoreLog(store->get());
    merkle::Hasher hasher;
    merkle::Frontier tree;
    for (const Event& event : events) {
      CommitBuilder commit((*log)->last_sequence().Next());
      const std::string bytes = event.SerializeAsString();
      commit.Add(bytes);
      tree.Add(hasher.Leaf(bytes), hasher);
      ASSERT_TRUE((*log)->Append(commit.first(), 1, commit.Seal(tree.Root(hasher))).ok());
    }
  }

  Town town_;
  uint64_t other_office_ = 0;
  Sequence sale_, declined_, asked_, approved_, again_;
};

TEST_F(VerifyScenario, ATradingTownVerifiesWithAndWithoutItsKey) {
  Trade();
  town_.Stop();
  const auto report = Verify();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->declined, 2u);
  EXPECT_EQ(report->reversed, 1u);
  EXPECT_EQ(report->signed_up_to, report->last);
  ASSERT_TRUE(report->key.has_value());
  VerifyOptions options;
  options.key = report->key;
  EXPECT_EQ(FaultFound(options), "");
}

TEST_F(VerifyScenario, ALogSealedAnewIsCaughtByItsSignature) {
  Trade();
  town_.Stop();
  Rewrite([&](std::vector<Event>& events) { events[sale_.value() - 1].set_late(true); });
  // The reversal holds the sale as it was.
  EXPECT_NE(FaultFound(), "");
  Rewrite([&](std::vector<Event>& events) {
    events[sale_.value() - 1].set_late(false);
    events[sale_.value() - 2].set_late(true);
  });
  EXPECT_THAT(FaultFound(), HasSubstr("the log was changed, or a second history is shown"));
}

TEST_F(VerifyScenario, DroppedDoubledAndMovedEventsAreNamed) {
  Trade();
  town_.Stop();
  std::vector<Event> genuine;
  const auto is = [&genuine](std::vector<Event> forged) {
    return [&genuine, forged = std::move(forged)](std::vector<Event>& events) {
      if (genuine.empty()) genuine = events;
      events = forged.empty() ? genuine : forged;
    };
  };
  Rewrite(is({}));
  const auto at = [&genuine](Sequence sequence) {
    return genuine.begin() + static_cast<std::ptrdiff_t>(sequence.value()) - 1;
  };
  std::vector<Event> dropped = genuine;
  dropped.erase(dropped.begin() + (at(sale_) - genuine.begin()) - 2);
  Rewrite(is(dropped));
  EXPECT_THAT(FaultFound(), AllOf(HasSubstr(absl::StrCat("event ", sale_.value() - 2, ": it has serial")),
                                  HasSubstr("an event was left out")));
  std::vector<Event> doubled = genuine;
  doubled.insert(doubled.begin() + (at(sale_) - genuine.begin()), *at(sale_));
  Rewrite(is(doubled));
  EXPECT_THAT(FaultFound(), HasSubstr(absl::StrCat("event ", sale_.value() + 1, ": it has serial")));
  std::vector<Event> moved = genuine;
  std::swap(moved[sale_.value() - 1], moved[sale_.value() - 2]);
  Rewrite(is(moved));
  EXPECT_THAT(FaultFound(), HasSubstr(absl::StrCat("event ", sale_.value() - 1, ": ")));
  Rewrite(is({}));
}

TEST_F(VerifyScenario, ADeclineThatWasBentIsNamed) {
  Trade();
  town_.Stop();
  Rewrite([&](std::vector<Event>& events) {
    events[declined_.value() - 1].mutable_command_declined()->mutable_error()->set_reason(
        v1::ERROR_REASON_MEMBER_INACTIVE);
  });
  EXPECT_THAT(FaultFound(),
              AllOf(HasSubstr(absl::StrCat("event ", declined_.value(), ": it declines a command")),
                    HasSubstr("member")));
}

TEST_F(VerifyScenario, ADeclineOfASecondReversalIsDecidedAgainOnItsOriginal) {
  Trade();
  town_.Stop();
  Rewrite([&](std::vector<Event>& events) {
    events[again_.value() - 1]
        .mutable_command_declined()
        ->mutable_command()
        ->mutable_reverse_event()
        ->set_sequence(sale_.value() - 1);
  });
  EXPECT_THAT(FaultFound(), HasSubstr(absl::StrCat("event ", again_.value(), ": it declines a command")));
}

TEST_F(VerifyScenario, AReversalWithoutTheSecondPersonIsNamed) {
  Trade();
  town_.Stop();
  Rewrite([&](std::vector<Event>& events) {
    // The request is turned into the reversal itself.
    Event& asked = events[asked_.value() - 1];
    const v1::ReverseEvent command = asked.approval_requested().command().reverse_event();
    *asked.mutable_event_reversed()->mutable_command() = command;
    *asked.mutable_event_reversed()->mutable_original() = events[sale_.value() - 1];
  });
  EXPECT_THAT(FaultFound(), AllOf(HasSubstr(absl::StrCat("event ", asked_.value(), ": it reverses event ")),
                                  HasSubstr("without the approval of a second person")));
}

TEST_F(VerifyScenario, AnApprovalByTheSamePersonIsNamed) {
  Trade();
  town_.Stop();
  Rewrite([&](std::vector<Event>& events) {
    // The second office is in charge of the first person after all.
    for (Event& event : events) {
      if (event.terminal_assigned().command().terminal_id() != other_office_) continue;
      event.mutable_terminal_assigned()->mutable_command()->set_member_id(1);
    }
  });
  EXPECT_THAT(FaultFound(),
              AllOf(HasSubstr(absl::StrCat("event ", approved_.value(), ": it approves request ")),
                    HasSubstr("which the rules forbid")));
}

TEST_F(VerifyScenario, AnApprovalOfSomethingElseIsNamed) {
  Trade();
  town_.Stop();
  Rewrite([&](std::vector<Event>& events) {
    event::v1::EventReversed& reversed =
        *events[approved_.value() - 1].mutable_request_approved()->mutable_event_reversed();
    reversed.mutable_command()->set_sequence(sale_.value() - 1);
    *reversed.mutable_original() = events[sale_.value() - 2];
  });
  EXPECT_THAT(FaultFound(),
              AllOf(HasSubstr(absl::StrCat("event ", approved_.value(), ": ")), HasSubstr("asked for")));
}

TEST_F(VerifyScenario, ALogThatLostItsEndIsNamed) {
  Trade();
  town_.Stop();
  Rewrite([](std::vector<Event>& events) { events.pop_back(); });
  EXPECT_THAT(FaultFound(), HasSubstr("the log has lost its end"));
}

TEST_F(VerifyScenario, TheFolderOfAnotherKeyIsNamed) {
  Trade();
  town_.Stop();
  VerifyOptions options;
  options.key = merkle::SigningKey::Generate("Changshan-Huayuan", merkle::KeyType::kLog).verifier();
  EXPECT_THAT(FaultFound(options), HasSubstr(options.key->Encode()));
  std::ofstream(PublishedKeyFile(town_.directory())) << "rubbish\n";
  EXPECT_THAT(FaultFound(), HasSubstr("holds no key"));
}

TEST_F(VerifyScenario, EveryDamagedFileOfTheStoreIsNoticed) {
  Trade();
  town_.Restart();  // so that what was written is in files of every kind
  Do(town_.till, kGuestMeals);
  town_.Stop();
  int tables = 0;
  for (const auto& entry : fs::directory_iterator(StorePath(town_.directory()))) {
    if (entry.path().extension() != ".sst") continue;
    ++tables;
    std::fstream file(entry.path(), std::ios::binary | std::ios::in | std::ios::out);
    const auto middle = static_cast<std::streamoff>(entry.file_size() / 2);
    file.seekg(middle);
    const char byte = static_cast<char>(file.get());
    file.seekp(middle);
    file.put(static_cast<char>(byte ^ 0x10));
    file.close();
    EXPECT_NE(FaultFound(), "") << entry.path();
    file.open(entry.path(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(middle);
    file.put(byte);
  }
  EXPECT_GT(tables, 0);
  EXPECT_EQ(FaultFound(), "");
}

// Where the records of a write-ahead log of one block start.
std::vector<size_t> RecordsOf(const std::string& log) {
  std::vector<size_t> records;
  constexpr size_t kHeaderBytes = 7;
  for (size_t at = 0; at + kHeaderBytes <= log.size();) {
    records.push_back(at);
    at += kHeaderBytes + static_cast<uint8_t>(log[at + 4]) + 256 * size_t{static_cast<uint8_t>(log[at + 5])};
  }
  return records;
}

TEST_F(VerifyScenario, AFlippedHeaderInACopyOfARunningLedgerIsNamed) {
  Trade();
  const std::string copy = town_.directory() + "-copy";
  fs::copy(town_.directory(), copy, fs::copy_options::recursive);
  const auto fault = [&] {
    return Ledger::VerifyDirectory(copy, {}, [](std::string_view, Sequence, Sequence) {}).status();
  };
  EXPECT_TRUE(fault().ok()) << fault();
  fs::path path;
  for (const auto& entry : fs::directory_iterator(StorePath(copy))) {
    if (entry.path().extension() == ".log" && entry.file_size() > 0) path = entry.path();
  }
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  const std::string log(std::istreambuf_iterator<char>(file), {});
  ASSERT_LT(log.size(), 32u * 1024);
  const auto put = [&file](size_t at, char byte) {
    file.seekp(static_cast<std::streamoff>(at)).put(byte).flush();
  };
  for (const size_t record : RecordsOf(log)) {
    for (size_t bit = 8 * record; bit < 8 * (record + 7); bit += 5) {
      put(bit / 8, static_cast<char>(log[bit / 8] ^ 1 << bit % 8));
      const absl::Status status = fault();
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << "bit " << bit;
      EXPECT_THAT(std::string(status.message()), HasSubstr(path.string()));
      put(bit / 8, log[bit / 8]);
    }
  }
  put(RecordsOf(log).back() + 5, '\x7F');
  EXPECT_EQ(Ledger::Open({.directory = copy}).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(fs::exists(path)) << "what is left can still be looked at";
  fs::remove_all(copy);
}

TEST_F(VerifyScenario, ProjectionsThatWillBeRebuiltAreNamed) {
  Trade();
  town_.Stop();
  EXPECT_TRUE(Verify()->behind.empty());
  {
    const auto store = OpenRocksStore(StorePath(town_.directory()), /*create=*/false);
    ASSERT_TRUE((*store)
                    ->Write({.table = TableId::kDays, .puts = {}, .deletes = {}, .clear_first = true},
                            Durability::kRebuildable)
                    .ok());
  }
  const auto report = Verify();
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->behind.size(), 1u);
  EXPECT_EQ(report->behind[0].name, "days");
  EXPECT_FALSE(report->behind[0].position);
  town_.Restart();
  town_.Stop();
  EXPECT_TRUE(Verify()->behind.empty());
}

TEST_F(VerifyScenario, APackOfTheLedgerVerifies) {
  Trade();
  const std::string note = *town_.ledger().notary().Newest();
  const std::string folder = town_.directory() + "/pack";
  const auto written = WritePack(
      folder,
      {.checkpoint_note = note, .log_key = town_.ledger().notary().key().Encode(), .witness_keys = {}},
      [this](Sequence from) { return town_.ledger().ReadCommits(from); }, [](Sequence) {});
  ASSERT_TRUE(written.ok()) << written.status();
  const auto pack = Pack::Open(folder);
  ASSERT_TRUE(pack.ok()) << pack.status();
  VerifyOptions options;
  options.key = town_.ledger().notary().key();
  const auto report = VerifyPack(**pack, options, [](std::string_view, Sequence, Sequence) {});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->reversed, 1u);
  EXPECT_EQ(report->declined, 2u);
}

}  // namespace
}  // namespace redvest
