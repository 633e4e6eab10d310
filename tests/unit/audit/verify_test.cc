// Faults of every kind, planted in the log of a sound ledger.
#include "ledger/audit/verify.h"

#include <algorithm>
#include <map>

#include "tests/unit/audit/verified_ledger.h"

namespace redvest {
namespace {

class VerifyTest : public VerifiedLedger {};

// --- Sound ledgers

TEST_F(VerifyTest, WholeLedgerIsReported) {
  Write();
  const auto report = Verify();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->name, "Changshan Huayuan");
  EXPECT_EQ(report->last, Sequence(kEvents));
  merkle::Hasher hasher;
  EXPECT_EQ(report->root, TreeAt(kEvents).Root(hasher));
  EXPECT_EQ(report->commits, kEvents / kCommitEvents);
  EXPECT_EQ(report->terminals, 4u);
  EXPECT_EQ(report->checkpoints, 3u);
  EXPECT_EQ(report->signed_up_to, Sequence(700));
  EXPECT_EQ(report->key, key_.verifier());
  uint64_t postings = 0, declined = 0, reversed = 0;
  for (const Event& event : events_) {
    postings += PostingsOf(event).size();
    declined += event.has_command_declined();
    reversed += event.has_event_reversed();
  }
  EXPECT_EQ(report->postings, postings);
  EXPECT_EQ(report->declined, declined);
  EXPECT_EQ(report->reversed, reversed);
  EXPECT_GT(report->accounts, 10u);
}

TEST_F(VerifyTest, LedgerWithoutProjectionsAndKeyIsWholeButNotOneWithoutEvents) {
  published_.reset();
  WriteLog();
  EXPECT_EQ(FaultFound(), "");
  const auto report = Verify();
  EXPECT_FALSE(report->key.has_value());
  EXPECT_EQ(report->signed_up_to, Sequence());
  events_.clear();
  WriteLog();
  EXPECT_THAT(FaultFound(), HasSubstr("no event founds the ledger"));
}

TEST_F(VerifyTest, ProjectionsMayBeAnywhereInTheLog) {
  WriteLog();
  Sign(700);
  // In the middle of commits, in no order, the calendar further than the accounts it follows from.
  uint64_t position = 333;
  for (auto make : {NewAccountsProjection, NewTreeProjection, NewSerialsProjection, NewCalendarProjection,
                    NewDaysProjection}) {
    std::vector<std::unique_ptr<Projection>> one;
    one.push_back(make());
    Project(Sequence(position), std::move(one));
    position += 31;
  }
  EXPECT_EQ(FaultFound(), "");
}

TEST_F(VerifyTest, ProgressIsToldUpToTheEnd) {
  Write();
  auto log = OpenStoreLog(store_.get());
  std::map<std::string, uint64_t> done;
  const auto report = VerifyBooks(*store_, **log, published_, options_,
                                  [&done](std::string_view step, Sequence so_far, Sequence last) {
                                    EXPECT_LE(so_far, last);
                                    done[std::string(step)] = so_far.value();
                                  });
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(done, (std::map<std::string, uint64_t>{{"log", kEvents}, {"projections", kEvents}}));
}

// --- Records

TEST_F(VerifyTest, EveryFlippedBitOfARecordIsNamed) {
  Write();
  const std::string key = CheckpointKey(51);  // big-endian, as the log's own
  const std::string record = **store_->Get(TableId::kLog, key);
  for (int round = 0; round < 40; ++round) {
    std::string flipped = record;
    const size_t bit = random_() % (8 * record.size());
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    Put(TableId::kLog, key, flipped);
    EXPECT_THAT(FaultFound(), HasSubstr("commit at sequence 51")) << bit;
  }
}

TEST_F(VerifyTest, AChangedEventWithARightChecksumBreaksTheRoot) {
  Write();
  const std::string key = CheckpointKey(51);
  const std::string record = **store_->Get(TableId::kLog, key);
  const auto commit = DecodeCommit(record);
  ASSERT_TRUE(commit.ok());
  const uint64_t changed = NeverReversed(55);
  CommitBuilder forged(commit->first);
  for (size_t i = 0; i < commit->events.size(); ++i) {
    Event event;
    event.ParseFromString(std::string(commit->events[i]));
    // A harmless field that nothing else checks.
    if (51 + i == changed) event.set_policy_version(77);
    forged.Add(event.SerializeAsString());
  }
  Put(TableId::kLog, key, forged.Seal(*commit->root));
  EXPECT_THAT(FaultFound(), HasSubstr("events 51 to 60: the root"));
}

TEST_F(VerifyTest, AMissingCommitIsNamed) {
  Write();
  Delete(TableId::kLog, CheckpointKey(51));
  EXPECT_THAT(FaultFound(), HasSubstr("commit at sequence 51: it is missing"));
}

TEST_F(VerifyTest, ALogThatLostItsEndIsNamedByWhateverKnewIt) {
  Write();
  for (uint64_t first = 651; first <= 691; first += 10) Delete(TableId::kLog, CheckpointKey(first));
  EXPECT_THAT(FaultFound(), AllOf(HasSubstr("events 651 to 700: the log has lost its end"),
                                  HasSubstr("it ends at event 650")));
  Delete(TableId::kCheckpoints, CheckpointKey(700));
  EXPECT_THAT(FaultFound(), AllOf(HasSubstr("event 651: it is missing"), HasSubstr("projection ")));
}

// --- Events, with every record sealed anew

TEST_F(VerifyTest, OnlyTheSignatureCatchesAHarmlessChangeThatWasSealedAnew) {
  Write();
  events_[NeverReversed(205) - 1].set_policy_version(77);
  WriteLog();
  EXPECT_THAT(FaultFound(),
              AllOf(HasSubstr("events 101 to 300: the log was changed"),
                    HasSubstr("checkpoint of 300 events that is kept"), HasSubstr("in this log they have")));
}

TEST_F(VerifyTest, TheKeptTreeSaysWhereTheChangeIs) {
  Write();
  std::map<std::string, std::string> tree;
  for (const auto& [key, value] : RowsOf(*store_, TableId::kTree)) tree[key] = value;
  events_[NeverReversed(405) - 1].set_policy_version(77);
  WriteLog();
  for (const auto& [key, value] : tree) Put(TableId::kTree, key, value);
  EXPECT_THAT(FaultFound(), AllOf(HasSubstr("events 301 to 700: the log was changed"),
                                  HasSubstr("first differs among the events 257 to 512")));
}

TEST_F(VerifyTest, AnAmountThatWasSealedAnewIsNamedByTheAccounts) {
  Write();
  const uint64_t received = FindEvent(
      [](const Event& event) {
        return event.has_stock_received() && event.stock_received().command().pieces() > 1;
      },
      310);
  std::map<TableId, Rows> kept;
  for (const TableId table : kProjections) kept[table] = RowsOf(*store_, table);
  events_[received - 1].mutable_stock_received()->mutable_command()->set_pieces(
      events_[received - 1].stock_received().command().pieces() + 1);
  for (Event& event : events_) {
    if (event.event_reversed().command().sequence() == received) {
      *event.mutable_event_reversed()->mutable_original() = events_[received - 1];
    }
  }
  WriteLog();
  for (const auto& [table, rows] : kept) {
    for (const auto& [key, value] : rows) Put(table, key, value);
  }
  EXPECT_THAT(FaultFound(),
              AllOf(HasSubstr("events 301 to 700: the log was changed"),
                    HasSubstr(absl::StrCat("; event ", received, " was another when it was posted: ")),
                    HasSubstr(" on assets:stock:"), HasSubstr("and the accounts have")));
}

TEST_F(VerifyTest, AnEventPutInAPlaceOfAnotherIsNamedByTheSerials) {
  Write();
  std::map<TableId, Rows> kept;
  for (const TableId table : kProjections) kept[table] = RowsOf(*store_, table);
  const Event genuine = events_.back();
  events_.pop_back();
  const uint64_t other = genuine.terminal_id() == kTill ? kStation : kTill;
  Event forged = Voided(other, genuine.occurred_at_unix_ms());
  forged.set_recorded_at_unix_ms(genuine.recorded_at_unix_ms());
  for (const Event& event : events_) {
    if (event.terminal_id() == other) forged.set_serial(event.serial() + 1);
  }
  events_.push_back(forged);
  WriteLog();
  for (const auto& [table, rows] : kept) {
    for (const auto& [key, value] : rows) Put(table, key, value);
  }
  EXPECT_THAT(FaultFound(), AllOf(HasSubstr("events 301 to 700: the log was changed"),
                                  HasSubstr("; event 700 was another when it was posted: it has serial "),
                                  HasSubstr("which the serials know nothing of")));
}

TEST_F(VerifyTest, AnEventLeftOutIsNamedByTheNextOfItsTerminal) {
  Write();
  // No reversal up to the next event of its terminal, for that names what it reverses by its place.
  uint64_t voided = 100, next = 0;
  const auto is_reversal = [](const Event& event) { return event.has_event_reversed(); };
  do {
    voided = FindEvent([](const Event& event) { return event.has_serial_voided(); }, voided + 1);
    next = NextOf(events_[voided - 1].terminal_id(), voided);
  } while (std::any_of(events_.begin() + static_cast<std::ptrdiff_t>(voided),
                       events_.begin() + static_cast<std::ptrdiff_t>(next), is_reversal));
  events_.erase(events_.begin() + static_cast<std::ptrdiff_t>(voided) - 1);
  WriteLog();
  EXPECT_THAT(FaultFound(), AllOf(HasSubstr(absl::StrCat("event ", next - 1, ": it has serial ")),
                                  HasSubstr("an event was left out, put in, or moved")));
}

TEST_F(VerifyTest, AnEventPutInIsNamed) {
  Write();
  Event extra = events_[200];
  events_.insert(events_.begin() + 300, extra);
  WriteLog();
  EXPECT_THAT(FaultFound(), HasSubstr("event 301: "));
}

TEST_F(VerifyTest, EventsThatChangedPlacesAreNamed) {
  Write();
  const uint64_t one = FindEvent([](const Event& event) { return event.terminal_id() == kTill; }, 300);
  const uint64_t other = NextOf(kTill, one);
  std::swap(events_[one - 1], events_[other - 1]);
  WriteLog();
  EXPECT_THAT(FaultFound(), HasSubstr(absl::StrCat("event ", one, ": it has serial ")));
}

TEST_F(VerifyTest, NeighboursOfTwoTerminalsThatChangedPlacesAreCaughtByTheSignature) {
  std::map<uint64_t, uint64_t> serials;
  for (const Event& event : events_) serials[event.terminal_id()] = event.serial();
  for (uint64_t terminal : {kTill, kStation}) {
    Event event = Voided(terminal, events_.back().recorded_at_unix_ms());
    event.set_recorded_at_unix_ms(event.occurred_at_unix_ms());
    event.set_serial(serials[terminal] + 1);
    events_.push_back(event);
  }
  WriteLog();
  Sign(600);
  Sign(702);
  ASSERT_EQ(FaultFound(), "");
  std::swap(events_[700], events_[701]);
  WriteLog();
  EXPECT_THAT(FaultFound(), HasSubstr("events 601 to 702: the log was changed"));
}

TEST_F(VerifyTest, ASerialThatIsOutOfTurnIsBlamed) {
  const uint64_t sequence = FindEvent([](const Event& event) { return event.terminal_id() == kTill; });
  ExpectBlamed(sequence, [](Event& event) { event.set_serial(event.serial() + 1); });
}

TEST_F(VerifyTest, AForbiddenNegativeBalanceIsBlamed) {
  const uint64_t sequence = FindEvent([](const Event& event) { return event.has_cash_withdrawn(); });
  ExpectBlamed(sequence, [](Event& event) {
    event.mutable_cash_withdrawn()->mutable_command()->set_amount_fen(1'000'000'000);
  });
}

TEST_F(VerifyTest, TimeThatRunsBackIsBlamed) {
  ExpectBlamed(200, [](Event& event) { event.set_recorded_at_unix_ms(1); });
}

TEST_F(VerifyTest, AnUnknownKindOfEventIsBlamed) {
  ExpectBlamed(200, [](Event& event) { event.clear_body(); });
}

TEST_F(VerifyTest, BytesThatAreNoEventAreBlamed) {
  store_ = NewMemoryStore();
  builder_ = std::make_unique<LogBuilder>(store_.get());
  for (int i = 0; i < 15; ++i) builder_->Add(events_[static_cast<size_t>(i)]);
  builder_->AddBytes("\xFF\xFF rubbish");
  builder_->Commit();
  Sign(5);
  EXPECT_THAT(FaultFound(), HasSubstr("event 16: it cannot be read"));
}

TEST_F(VerifyTest, ATerminalThatActsAfterItWasRetiredIsBlamed) {
  const uint64_t office = FindEvent([](const Event& event) { return event.terminal_id() == kOffice; }, 300);
  events_[office - 1].clear_body();
  events_[office - 1].mutable_terminal_retired()->mutable_command()->set_terminal_id(kTill);
  const uint64_t acts = NextOf(kTill, office);
  WriteLog();
  EXPECT_THAT(FaultFound(), HasSubstr(absl::StrCat("event ", acts, ": terminal 1 was retired before it")));
}

// --- Decisions

TEST_F(VerifyTest, ADeclineForAnotherReasonIsBlamed) {
  const uint64_t declined = FindEvent([](const Event& event) { return event.has_command_declined(); });
  ExpectBlamed(declined, [](Event& event) {
    event.mutable_command_declined()->mutable_error()->set_reason(v1::ERROR_REASON_ROLE_FORBIDS);
  });
  EXPECT_THAT(FaultFound(), HasSubstr("it declines a command"));
}

TEST_F(VerifyTest, ADeclineWithOtherFactsIsBlamed) {
  const uint64_t declined = FindEvent([](const Event& event) { return event.has_command_declined(); });
  ExpectBlamed(declined, [](Event& event) {
    event.mutable_command_declined()->mutable_error()->mutable_facts(0)->set_text("1999-01-01");
  });
}

TEST_F(VerifyTest, ADeclineOfWhatIsAllowedIsBlamed) {
  const uint64_t declined = FindEvent([](const Event& event) { return event.has_command_declined(); });
  ExpectBlamed(declined, [](Event& event) {
    auto* command = event.mutable_command_declined()->mutable_command();
    command->clear_body();
    command->mutable_void_serial()->set_reason("spoilt slip");
  });
  EXPECT_THAT(FaultFound(), HasSubstr("but what came before allows the command"));
}

TEST_F(VerifyTest, ADeclineOfSomethingNobodyCouldAskForIsBlamed) {
  const uint64_t declined = FindEvent([](const Event& event) { return event.has_command_declined(); });
  ExpectBlamed(declined, [](Event& event) { event.mutable_command_declined()->clear_command(); });
}

TEST_F(VerifyTest, AReversalOfSomethingElseThanItNamesIsBlamed) {
  const uint64_t sequence = FindEvent([](const Event& event) { return event.has_event_reversed(); });
  ExpectBlamed(sequence, [](Event& event) {
    Event* original = event.mutable_event_reversed()->mutable_original();
    original->set_recorded_at_unix_ms(original->recorded_at_unix_ms() + 1);
  });
  EXPECT_THAT(FaultFound(), HasSubstr("as the log holds it"));
}

TEST_F(VerifyTest, AReversalThatTheRulesForbidIsBlamed) {
  const uint64_t quiet = FindEvent([](const Event& event) { return event.has_serial_voided(); });
  const uint64_t sequence = FindEvent([](const Event& event) { return event.has_event_reversed(); }, quiet);
  ExpectBlamed(sequence, [&](Event& event) {
    event.mutable_event_reversed()->mutable_command()->set_sequence(quiet);
    *event.mutable_event_reversed()->mutable_original() = events_[quiet - 1];
  });
  EXPECT_THAT(FaultFound(), HasSubstr("which the rules forbid"));
}

// --- A log from elsewhere

// Commits of other places than a store: nothing is believed of them.
class OddCursor final : public CommitCursor {
 public:
  explicit OddCursor(std::vector<CommitView> commits) : commits_(std::move(commits)) {}
  absl::StatusOr<std::optional<CommitView>> Next() override {
    if (at_ == commits_.size()) return std::nullopt;
    return commits_[at_++];
  }

 private:
  const std::vector<CommitView> commits_;
  size_t at_ = 0;
};

TEST_F(VerifyTest, ASourceThatLeavesOutRepeatsOrInventsIsNamed) {
  std::vector<std::string> bytes;
  for (const Event& event : events_) bytes.push_back(event.SerializeAsString());
  const auto commit = [&](uint64_t first, uint64_t count) {
    CommitView view{.first = Sequence(first), .root = std::nullopt, .events = {}};
    for (uint64_t i = 0; i < count; ++i) view.events.push_back(bytes[first + i - 1]);
    return view;
  };
  const auto fault = [&](std::vector<CommitView> commits, Sequence last) {
    const auto source = [&](Sequence) { return std::make_unique<OddCursor>(commits); };
    const auto verified = VerifyLog(source, last, options_, [](std::string_view, Sequence, Sequence) {});
    return verified.ok() ? "" : std::string(verified.status().message());
  };
  EXPECT_EQ(fault({commit(1, 4), commit(5, 1)}, Sequence(5)), "");
  EXPECT_EQ(fault({commit(1, 4), commit(5, 1)}, Sequence()), "") << "the end need not be known";
  EXPECT_THAT(fault({commit(1, 3), commit(5, 1)}, Sequence(5)), HasSubstr("event 4: it is missing"));
  EXPECT_THAT(fault({commit(1, 3), commit(3, 2)}, Sequence(4)), HasSubstr("event 4: it is missing"));
  EXPECT_THAT(fault({commit(1, 3)}, Sequence(5)), HasSubstr("event 4: it is missing"));
  EXPECT_THAT(fault({commit(1, 3), commit(4, 0)}, Sequence(5)), HasSubstr("event 4: it is missing"));
  EXPECT_THAT(fault({CommitView{}}, Sequence()), HasSubstr("event 1: it is missing"));
}

TEST_F(VerifyTest, ASourceThatTellsAnEventDifferentlyTheSecondTimeIsNamed) {
  // Reversals and declines make the check read earlier events again, where it keeps none at hand.
  options_.recent_bytes_max = 0;
  constexpr uint64_t kCommit = 10;
  std::vector<std::string> told;
  for (const Event& event : events_) told.push_back(event.SerializeAsString());
  std::vector<std::string> second = told;
  const auto from = [&](const std::vector<std::string>& bytes, Sequence sequence) {
    std::vector<CommitView> commits;
    for (uint64_t first = (sequence.value() - 1) / kCommit * kCommit; first < bytes.size();
         first += kCommit) {
      CommitView& view =
          commits.emplace_back(CommitView{.first = Sequence(first + 1), .root = std::nullopt, .events = {}});
      for (uint64_t i = first; i < std::min<uint64_t>(first + kCommit, bytes.size()); ++i)
        view.events.push_back(bytes[i]);
    }
    return std::make_unique<OddCursor>(std::move(commits));
  };
  const auto source = [&](Sequence sequence) {
    return from(sequence == Sequence(1) ? told : second, sequence);
  };
  const auto fault = [&] {
    const auto verified =
        VerifyLog(source, Sequence(), options_, [](std::string_view, Sequence, Sequence) {});
    return verified.ok() ? "" : std::string(verified.status().message());
  };
  ASSERT_EQ(fault(), "");
  for (size_t i = 0; i < events_.size(); ++i) {
    Event other = events_[i];
    other.set_policy_version(other.policy_version() + 1);
    second[i] = other.SerializeAsString();
  }
  EXPECT_THAT(fault(), HasSubstr("they are others when they are asked for again"));
}

}  // namespace
}  // namespace redvest
