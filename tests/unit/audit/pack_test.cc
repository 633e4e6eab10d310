#include "ledger/audit/pack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <map>

#include "ledger/audit/files.h"
#include "ledger/base/bytes.h"
#include "ledger/base/check.h"
#include "tests/unit/audit/pack_town.h"

namespace redvest {
namespace {

using namespace sample;
using testing::AllOf;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::Not;

// All files of a folder with what they hold.
std::map<std::string, std::string> FilesIn(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file())
      files[entry.path().lexically_relative(folder).generic_string()] = ReadAll(entry.path());
  }
  return files;
}

// All that a reader of a pack checks of it.
absl::Status CheckPack(const fs::path& folder) {
  auto pack = Pack::Open(folder);
  if (!pack.ok()) return pack.status();
  REDVEST_RETURN_IF_ERROR((*pack)->CheckSignature((*pack)->log_key()));
  REDVEST_RETURN_IF_ERROR((*pack)->CheckTree([](Sequence) {}));
  REDVEST_RETURN_IF_ERROR((*pack)->CheckFiles());
  EventFold fold;
  const auto entries = (*pack)->Read(Sequence(1));
  while (true) {
    const auto bundle = entries->Next();
    if (!bundle.ok()) return bundle.status();
    if (!bundle->has_value()) break;
    for (std::string_view entry : (**bundle).events) REDVEST_RETURN_IF_ERROR(fold.Add(entry).status());
  }
  const auto rows = (*pack)->ReadTrialBalance();
  if (!rows.ok()) return rows.status();
  return *rows == fold.SortedBalances(false) ? absl::OkStatus() : absl::DataLossError("trial balance");
}

// The second verifier, in its own copy, so that a pack cannot bring a kinder one.
Ran RunVerifier(const fs::path& pack, const std::string& flags = "") {
  return RunShell("python3 " REDVEST_VERIFY_PY " --pack '" + pack.string() + "' " + flags);
}

void ExpectGenuine(const fs::path& folder) {
  const absl::Status status = CheckPack(folder);
  EXPECT_TRUE(status.ok()) << status;
  const Ran ran = RunVerifier(folder);
  EXPECT_EQ(ran.exit_code, fs::exists(folder / "unfinished") ? 2 : 0) << ran.text;
}

TEST(PackTest, HoldsTheLogByteForByte) {
  const TempDir dir;
  const PackTown town = PackTown::Random(600);
  const auto report = town.Write(dir / "pack", 600);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->last, Sequence(600));
  EXPECT_EQ(report->added, 600u);

  const auto pack = Pack::Open(dir / "pack");
  ASSERT_TRUE(pack.ok()) << pack.status();
  EXPECT_EQ((*pack)->last(), Sequence(600));
  EXPECT_EQ((*pack)->log_key(), town.key.verifier());
  EXPECT_FALSE((*pack)->unfinished());
  std::vector<std::string> entries;
  const auto bundles = (*pack)->Read(Sequence(1));
  for (auto bundle = bundles->Next(); bundle.ok() && bundle->has_value(); bundle = bundles->Next()) {
    EXPECT_EQ((**bundle).first, Sequence(entries.size() + 1));
    EXPECT_FALSE((**bundle).root.has_value());
    entries.insert(entries.end(), (**bundle).events.begin(), (**bundle).events.end());
  }
  EXPECT_THAT(entries, ElementsAreArray(town.entries));
  // From the middle: the bundle that holds it.
  const auto middle = (*pack)->Read(Sequence(300))->Next();
  ASSERT_TRUE(middle.ok() && middle->has_value());
  EXPECT_EQ((**middle).first, Sequence(257));
  EXPECT_EQ((*(*pack)->Read(Sequence(601))->Next()).has_value(), false);
  ExpectGenuine(dir / "pack");
}

TEST(PackTest, SchemaReadsTheEntries) {
  const TempDir dir;
  const PackTown town = PackTown::Random(20);
  ASSERT_TRUE(town.Write(dir / "pack", 20).ok());
  WriteAll(dir / "entry", town.entries[0]);
  const Ran ran =
      RunShell("cd " + (dir / "pack").string() +
               " && protoc --decode redvest.event.v1.Event --descriptor_set_in schema/redvest.binpb"
               " redvest/event/v1/event.proto < ../entry && protoc --decode redvest.event.v1.Event -I "
               "schema redvest/event/v1/event.proto < ../entry");
  EXPECT_EQ(ran.exit_code, 0) << ran.text;
  EXPECT_THAT(ran.text, HasSubstr("name: \"Changshan Huayuan\""));
}

TEST(PackTest, EverySizeAroundATilesEdgeIsGenuine) {
  const PackTown town = PackTown::Random(514);
  for (uint64_t size : {1, 2, 255, 256, 257, 511, 512, 513}) {
    const TempDir dir;
    const auto report = town.Write(dir / "pack", size);
    ASSERT_TRUE(report.ok()) << report.status();
    SCOPED_TRACE(size);
    ExpectGenuine(dir / "pack");
  }
}

TEST(PackTest, ExportingAgainAddsOnlyWhatIsNewAndEndsInTheSamePack) {
  const TempDir dir;
  const PackTown town = PackTown::Random(1'000);
  ASSERT_TRUE(town.Write(dir / "grown", 300).ok());
  const auto before = fs::last_write_time(dir / "grown" / "tile/0/000");
  uint64_t asked_from = 0;
  const auto report = WritePack(
      dir / "grown", town.ContentsAt(1'000),
      [&](Sequence from) {
        asked_from = from.value();
        return std::make_unique<ListCursor>(town.entries, from);
      },
      [](Sequence) {});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->added, 700u);
  EXPECT_EQ(asked_from, 301u);
  EXPECT_EQ(fs::last_write_time(dir / "grown" / "tile/0/000"), before);

  ASSERT_TRUE(town.Write(dir / "at once", 1'000).ok());
  EXPECT_EQ(FilesIn(dir / "grown"), FilesIn(dir / "at once"));
  // Once more, with nothing new.
  ASSERT_TRUE(town.Write(dir / "grown", 1'000).ok());
  EXPECT_EQ(FilesIn(dir / "grown"), FilesIn(dir / "at once"));
}

TEST(PackTest, WitnessesAreAddedToAPackThatIsThere) {
  const TempDir dir;
  const PackTown town = PackTown::Random(30);
  ASSERT_TRUE(town.Write(dir / "pack", 30).ok());
  const merkle::SigningKey witness =
      merkle::SigningKey::Generate("witness.example/w", merkle::KeyType::kWitness);
  PackContents contents = town.ContentsAt(30);
  auto note = *merkle::SignedNote::Decode(contents.checkpoint_note);
  note.signatures.push_back(merkle::Cosign(note.text, witness, 1'800'000'000));
  contents.checkpoint_note = note.Encode();
  contents.witness_keys.push_back(witness.verifier().Encode());
  const auto report = WritePack(
      dir / "pack", contents, [](Sequence) -> std::unique_ptr<CommitCursor> { return nullptr; },
      [](Sequence) {});
  ASSERT_TRUE(report.ok()) << report.status();
  const auto pack = Pack::Open(dir / "pack");
  ASSERT_TRUE(pack.ok()) << pack.status();
  EXPECT_EQ((*pack)->witness_keys(), (std::vector{town.witness.verifier(), witness.verifier()}));
  EXPECT_TRUE(
      merkle::VerifyCosignature(*merkle::SignedNote::Decode((*pack)->checkpoint_note()), witness.verifier())
          .ok());
  ExpectGenuine(dir / "pack");
}

TEST(PackTest, ASignatureOfAWitnessWhoseKeyIsNotShownStaysOutside) {
  const TempDir dir;
  const PackTown town = PackTown::Random(30);
  PackContents contents = town.ContentsAt(30);
  contents.witness_keys.clear();
  const auto source = [&town](Sequence from) { return std::make_unique<ListCursor>(town.entries, from); };
  ASSERT_TRUE(WritePack(dir / "pack", contents, source, [](Sequence) {}).ok());
  EXPECT_EQ(ReadAll(dir / "pack/checkpoint"), merkle::SignCheckpoint(town.CheckpointAt(30), town.key));
  ExpectGenuine(dir / "pack");
}

TEST(PackTest, AProtoThatIsNoPartOfTheSchemaAnyMoreLeavesTheContinuedPack) {
  const TempDir dir;
  const PackTown town = PackTown::Random(60);
  ASSERT_TRUE(town.Write(dir / "pack", 30).ok());
  const std::string old = "schema/redvest/event/v0/old.proto";
  WriteAll(dir / "pack" / old, "syntax");
  WriteAll(dir / "pack/SHA256SUMS",
           ReadAll(dir / "pack/SHA256SUMS") + Sha256Hex("syntax") + "  " + old + "\n");
  ExpectGenuine(dir / "pack");
  ASSERT_TRUE(town.Write(dir / "pack", 60).ok());
  EXPECT_FALSE(fs::exists(dir / "pack/schema/redvest/event/v0"));
  ExpectGenuine(dir / "pack");
}

// What an export refuses leaves the pack as it is.
class RefusedExport : public testing::Test {
 protected:
  RefusedExport() {
    EXPECT_TRUE(town_.Write(Folder(), 300).ok());
    files_ = FilesIn(Folder());
  }
  fs::path Folder() const { return dir_ / "pack"; }
  void ExpectRefused(const absl::Status& status, absl::StatusCode code, const std::string& why) {
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(why));
    EXPECT_EQ(FilesIn(Folder()), files_);
    ExpectGenuine(Folder());
  }

  const TempDir dir_;
  PackTown town_ = PackTown::Random(700);
  std::map<std::string, std::string> files_;
};

TEST_F(RefusedExport, AServerThatShowsAnotherHistory) {
  std::swap(town_.entries[100], town_.entries[101]);
  ExpectRefused(town_.Write(Folder(), 700).status(), absl::StatusCode::kFailedPrecondition,
                "another history");
  ExpectRefused(town_.Write(Folder(), 300).status(), absl::StatusCode::kFailedPrecondition,
                "another history");
}

TEST_F(RefusedExport, AServerThatHasLostEvents) {
  ExpectRefused(town_.Write(Folder(), 299).status(), absl::StatusCode::kFailedPrecondition,
                "the server shows only 299");
}

TEST_F(RefusedExport, EventsThatDoNotLeadToTheCheckpoint) {
  const PackContents contents = town_.ContentsAt(700);
  town_.entries[650] = town_.entries[651];
  const auto source = [this](Sequence from) { return std::make_unique<ListCursor>(town_.entries, from); };
  EXPECT_EQ(WritePack(dir_ / "new", contents, source, [](Sequence) {}).status().code(),
            absl::StatusCode::kDataLoss);
  ExpectRefused(WritePack(Folder(), contents, source, [](Sequence) {}).status(),
                absl::StatusCode::kFailedPrecondition, "another history");
}

TEST_F(RefusedExport, ALogThatEndsEarly) {
  const PackContents contents = town_.ContentsAt(700);
  town_.entries.resize(600);
  const auto source = [this](Sequence from) { return std::make_unique<ListCursor>(town_.entries, from); };
  ExpectRefused(WritePack(Folder(), contents, source, [](Sequence) {}).status(), absl::StatusCode::kDataLoss,
                "the log ends at event 600");
}

TEST_F(RefusedExport, AnotherLedgersPack) {
  town_.key = merkle::SigningKey::Generate("Another", merkle::KeyType::kLog);
  ExpectRefused(town_.Write(Folder(), 700).status(), absl::StatusCode::kFailedPrecondition, "not of Another");
}

TEST_F(RefusedExport, ACheckpointThatTheKeyDidNotSign) {
  PackContents contents = town_.ContentsAt(700);
  contents.log_key =
      merkle::SigningKey::Generate("Changshan-Huayuan", merkle::KeyType::kLog).verifier().Encode();
  ExpectRefused(WritePack(
                    Folder(), contents, [](Sequence) -> std::unique_ptr<CommitCursor> { return nullptr; },
                    [](Sequence) {})
                    .status(),
                absl::StatusCode::kInvalidArgument, "");
}

TEST_F(RefusedExport, AWitnessThatIsNone) {
  const auto source = [this](Sequence from) { return std::make_unique<ListCursor>(town_.entries, from); };
  PackContents contents = town_.ContentsAt(700);
  for (const std::string& none : {std::string("nonsense"), town_.key.verifier().Encode()}) {
    contents.witness_keys.push_back(none);
    ExpectRefused(WritePack(Folder(), contents, source, [](Sequence) {}).status(),
                  absl::StatusCode::kDataLoss, "as the key of a witness");
    contents.witness_keys.pop_back();
  }
  auto note = *merkle::SignedNote::Decode(contents.checkpoint_note);
  note.signatures[1].bytes.back() ^= 1;
  contents.checkpoint_note = note.Encode();
  ExpectRefused(WritePack(Folder(), contents, source, [](Sequence) {}).status(), absl::StatusCode::kDataLoss,
                "witness.example/town");
}

TEST(PackTest, AFolderWithOtherFilesIsLeftAlone) {
  const TempDir dir;
  WriteAll(dir / "pack" / "letter.txt", "dear");
  const PackTown town = PackTown::Random(10);
  EXPECT_EQ(town.Write(dir / "pack", 10).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FilesIn(dir / "pack").size(), 1u);
}

TEST(PackTest, TwoExportsDoNotWriteIntoOneFolderAtOnce) {
  const TempDir dir;
  const PackTown town = PackTown::Random(600);
  absl::Status second;
  const auto first = WritePack(
      dir / "pack", town.ContentsAt(600),
      [&](Sequence from) { return std::make_unique<ListCursor>(town.entries, from); },
      [&](Sequence) {
        if (second.ok()) second = town.Write(dir / "pack", 600).status();
      });
  EXPECT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(second.code(), absl::StatusCode::kUnavailable) << second;
  ExpectGenuine(dir / "pack");
}

TEST(PackTest, AnExportThatIsKilledAnywhereLeavesAGenuinePackAndIsFinishedByTheNext) {
  const PackTown town = PackTown::Random(2'000);
  const TempDir dir;
  ASSERT_TRUE(town.Write(dir / "whole", 2'000).ok());
  const auto whole = FilesIn(dir / "whole");
  for (uint64_t die_at : {500, 800, 1'400, 2'000}) {
    SCOPED_TRACE(die_at);
    const fs::path folder = dir / ("killed at " + std::to_string(die_at));
    ASSERT_TRUE(town.Write(folder, 300).ok());
    const pid_t child = fork();
    if (child == 0) {
      const auto report = WritePack(
          folder, town.ContentsAt(2'000),
          [&](Sequence from) { return std::make_unique<ListCursor>(town.entries, from); },
          [die_at](Sequence done) {
            if (done.value() >= die_at) _exit(7);
          });
      _exit(report.ok() ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_EQ(WEXITSTATUS(status), 7);
    EXPECT_EQ((*Pack::Open(folder))->last(), Sequence(300));
    ExpectGenuine(folder);
    ASSERT_TRUE(town.Write(folder, 2'000).ok());
    EXPECT_EQ(FilesIn(folder), whole);
  }
}

TEST(PackTest, AnExportCutOffRightBeforeItsCheckpointLeavesTheOldPack) {
  const PackTown town = PackTown::Random(2'000);
  const TempDir dir;
  ASSERT_TRUE(town.Write(dir / "old", 300).ok());
  ASSERT_TRUE(town.Write(dir / "new", 2'000).ok());
  fs::copy(dir / "new", dir / "old", fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  WriteAll(dir / "old" / "checkpoint", town.ContentsAt(300).checkpoint_note);
  WriteAll(dir / "old" / "unfinished", "");
  const auto pack = Pack::Open(dir / "old");
  ASSERT_TRUE(pack.ok());
  EXPECT_TRUE((*pack)->unfinished());
  EXPECT_TRUE((*pack)->CheckTree([](Sequence) {}).ok());
  EXPECT_TRUE((*pack)->CheckFiles().ok());
  const Ran ran = RunVerifier(dir / "old");
  EXPECT_EQ(ran.exit_code, 2) << ran.text;
  EXPECT_THAT(ran.text, AllOf(HasSubstr("cut off"), HasSubstr("finish it"), Not(HasSubstr("GENUINE"))));
  ASSERT_TRUE(town.Write(dir / "old", 2'000).ok());
  EXPECT_EQ(FilesIn(dir / "old"), FilesIn(dir / "new"));
}

// --- Damage: both verifiers must catch it and name the first place

struct Damage {
  std::string name;
  std::function<void(const fs::path& folder, PackTown& town)> apply;
  std::string named;  // by both
};

void FlipBit(const fs::path& path, size_t at) {
  std::string bytes = ReadAll(path);
  bytes.at(at) = static_cast<char>(bytes.at(at) ^ 4);
  WriteAll(path, bytes);
}

// Writes the bundle of entries 257 to 512 anew.
void RewriteBundle(const fs::path& folder, const PackTown& town, size_t begin = 256, size_t end = 512) {
  std::string bundle;
  for (size_t i = begin; i < end; ++i) {
    AppendBigEndian(&bundle, town.entries[i].size(), 2);
    bundle += town.entries[i];
  }
  WriteAll(folder / "tile/entries/001", bundle);
}

// What someone does who has this program but not the key: everything but the checkpoint fits together.
void Rehash(const fs::path& folder, const PackTown& town) {
  const std::string checkpoint = ReadAll(folder / "checkpoint");
  const std::string keys = ReadAll(folder / "keys");
  fs::remove_all(folder);
  ASSERT_TRUE(town.Write(folder, 600).ok());
  WriteAll(folder / "checkpoint", checkpoint);
  WriteAll(folder / "keys", keys);
}

// Changes the signatures on the checkpoint; the log's is the first, the witness's the second.
auto ChangeSignatures(std::function<void(std::vector<merkle::NoteSignature>& lines)> change) {
  return [change](const fs::path& folder, PackTown&) {
    auto note = *merkle::SignedNote::Decode(ReadAll(folder / "checkpoint"));
    change(note.signatures);
    WriteAll(folder / "checkpoint", note.Encode());
  };
}

std::vector<Damage> Damages() {
  const auto flip = [](const char* file, size_t at) {
    return [file, at](const fs::path& folder, PackTown&) { FlipBit(folder / file, at); };
  };
  return {
      {"BitInAnEntry", flip("tile/entries/001", 10), "event 257"},
      {"BitInAnEntryOfThePartialBundle", flip("tile/entries/002.p/88", 5), "event 513"},
      {"BitInALeafHash", flip("tile/0/001", 32 * 43 + 5), "event 300"},
      {"BitInAnUpperHash", flip("tile/1/000.p/2", 33), "tile/1/000.p/2"},
      {"BitInTheCheckpointsRoot", flip("checkpoint", 30), "checkpoint"},
      {"BitInTheCheckpointsSize", flip("checkpoint", 18), "checkpoint"},
      {"BitInTheCheckpointsSignature", flip("checkpoint", 120), "checkpoint"},
      {"BitInTheWitnessSignature", ChangeSignatures([](auto& lines) { lines[1].bytes.back() ^= 1; }),
       "witness.example/town"},
      {"BitInTheWitnessTime", ChangeSignatures([](auto& lines) { lines[1].bytes[7] ^= 1; }),
       "witness.example/town"},
      {"WitnessSignatureCutShort", ChangeSignatures([](auto& lines) { lines[1].bytes.resize(5); }),
       "witness.example/town"},
      {"SignatureOfAStranger", ChangeSignatures([](auto& lines) {
         lines.push_back(lines[1]);
         lines[2].key_name = "stranger.example";
       }),
       "not in the file keys"},
      {"ForeignFileThatTheSumsList",
       [](const fs::path& folder, PackTown&) {
         WriteAll(folder / "notes", "x");
         WriteAll(folder / "SHA256SUMS", ReadAll(folder / "SHA256SUMS") + Sha256Hex("x") + "  notes\n");
       },
       "notes is not a file of a pack"},
      {"LinkToAFolder",
       [](const fs::path& folder, PackTown&) { fs::create_directory_symlink("/", folder / "tile/more"); },
       "tile/more"},
      {"BitInTheKey", flip("keys", 40), "keys"},
      {"BitInTheTrialBalance", flip("trial-balance.csv", 60), "trial-balance.csv"},
      {"BitInTheSchema", flip("schema/redvest.binpb", 1000), "schema/redvest.binpb"},
      {"BitInAProto", flip("schema/redvest/event/v1/event.proto", 10), "event.proto"},
      {"BitInTheReadme", flip("README.md", 10), "README.md"},
      {"BitInTheVerifier", flip("verify.py", 10), "verify.py"},
      {"BitInTheSums", flip("SHA256SUMS", 3), "README.md"},
      {"DroppedEntry",
       [](const fs::path& folder, PackTown& town) {
         town.entries.erase(town.entries.begin() + 299);
         RewriteBundle(folder, town, 256, 511);
       },
       "tile/entries/001"},
      {"DroppedEntryFilledUpFromTheNextBundle",
       [](const fs::path& folder, PackTown& town) {
         town.entries.erase(town.entries.begin() + 299);
         RewriteBundle(folder, town);
       },
       "event 300"},
      {"SwappedEntries",
       [](const fs::path& folder, PackTown& town) {
         std::swap(town.entries[299], town.entries[400]);
         RewriteBundle(folder, town);
       },
       "event 300"},
      {"InsertedEntry",
       [](const fs::path& folder, PackTown& town) {
         town.entries.insert(town.entries.begin() + 299, town.entries[10]);
         RewriteBundle(folder, town, 256, 513);
       },
       "/001"},
      {"InsertedEntryPushingTheLastOneOut",
       [](const fs::path& folder, PackTown& town) {
         town.entries.insert(town.entries.begin() + 299, town.entries[10]);
         RewriteBundle(folder, town);
       },
       "event 300"},
      {"RehashedEntry",
       [](const fs::path& folder, PackTown& town) {
         town.entries[299] = town.entries[298];
         Rehash(folder, town);
       },
       "checkpoint"},
      {"RehashedAndSignedByAnotherKeyOfThatName",
       [](const fs::path& folder, PackTown& town) {
         town.entries[299] = town.entries[298];
         town.key = merkle::SigningKey::Generate("Changshan-Huayuan", merkle::KeyType::kLog);
         const std::string keys = ReadAll(folder / "keys");
         fs::remove_all(folder);
         ASSERT_TRUE(town.Write(folder, 600).ok());
         WriteAll(folder / "keys", keys);
       },
       "checkpoint"},
      {"BundleCutShort",
       [](const fs::path& folder, PackTown&) {
         fs::resize_file(folder / "tile/entries/001", fs::file_size(folder / "tile/entries/001") - 3);
       },
       "tile/entries/001"},
      {"TileCutShort",
       [](const fs::path& folder, PackTown&) { fs::resize_file(folder / "tile/0/001", 8191); }, "tile/0/001"},
      {"TileGrown", [](const fs::path& folder, PackTown&) { fs::resize_file(folder / "tile/0/001", 8193); },
       "tile/0/001"},
      {"BytesAfterTheLastEntry",
       [](const fs::path& folder, PackTown&) {
         WriteAll(folder / "tile/entries/001", ReadAll(folder / "tile/entries/001") + std::string(2, '\0'));
       },
       "tile/entries/001"},
      {"MissingBundle", [](const fs::path& folder, PackTown&) { fs::remove(folder / "tile/entries/001"); },
       "tile/entries/001"},
      {"MissingTile", [](const fs::path& folder, PackTown&) { fs::remove(folder / "tile/1/000.p/2"); },
       "tile/1/000.p/2"},
      {"MissingCheckpoint", [](const fs::path& folder, PackTown&) { fs::remove(folder / "checkpoint"); },
       "checkpoint"},
      {"MissingTrialBalance",
       [](const fs::path& folder, PackTown&) { fs::remove(folder / "trial-balance.csv"); },
       "trial-balance.csv"},
      {"ExtraTile",
       [](const fs::path& folder, PackTown&) { fs::copy_file(folder / "tile/0/001", folder / "tile/0/003"); },
       "tile/0/003"},
      {"ExtraFile", [](const fs::path& folder, PackTown&) { WriteAll(folder / "tile" / "notes", "x"); },
       "notes"},
      {"LinkInThePlaceOfATile",
       [](const fs::path& folder, PackTown&) {
         fs::rename(folder / "tile/0/001", folder.parent_path() / "elsewhere");
         fs::create_symlink(folder.parent_path() / "elsewhere", folder / "tile/0/001");
       },
       "tile/0/001"},
  };
}

class DamagedPack : public testing::TestWithParam<Damage> {};

TEST_P(DamagedPack, IsCaughtAndNamedByBothVerifiers) {
  const TempDir dir;
  PackTown town = PackTown::Random(602);
  ASSERT_TRUE(town.Write(dir / "pack", 600).ok());
  GetParam().apply(dir / "pack", town);
  const absl::Status status = CheckPack(dir / "pack");
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().named));
  const Ran ran = RunVerifier(dir / "pack");
  EXPECT_EQ(ran.exit_code, 1) << ran.text;
  EXPECT_THAT(ran.text, HasSubstr("NOT GENUINE"));
  EXPECT_THAT(ran.text, HasSubstr(GetParam().named));
}

INSTANTIATE_TEST_SUITE_P(EveryKind, DamagedPack, testing::ValuesIn(Damages()),
                         [](const auto& test) { return test.param.name; });

TEST(PackTest, NoBitOfAnyFileCanBeFlippedUnnoticed) {
  const TempDir dir;
  const PackTown town = PackTown::Random(600);
  ASSERT_TRUE(town.Write(dir / "pack", 600).ok());
  std::vector<std::string> names;
  for (const auto& [name, bytes] : FilesIn(dir / "pack")) names.push_back(name);
  std::mt19937_64 random(Seed());
  for (int round = 0; round < 200; ++round) {
    const fs::path file = dir / "pack" / names[random() % names.size()];
    const std::string before = ReadAll(file);
    std::string after = before;
    const size_t bit = random() % (8 * after.size());
    after[bit / 8] = static_cast<char>(after[bit / 8] ^ (1 << (bit % 8)));
    WriteAll(file, after);
    EXPECT_FALSE(CheckPack(dir / "pack").ok()) << file << " bit " << bit;
    if (round % 10 == 0) {
      const Ran ran = RunVerifier(dir / "pack");
      EXPECT_EQ(ran.exit_code, 1) << file << " bit " << bit << ": " << ran.text;
    }
    WriteAll(file, before);
  }
  ExpectGenuine(dir / "pack");
}

TEST(PackVerifier, KnowsAKeyFromElsewhere) {
  const TempDir dir;
  const PackTown town = PackTown::Random(20);
  ASSERT_TRUE(town.Write(dir / "pack", 20).ok());
  EXPECT_EQ(RunVerifier(dir / "pack", "--key " + town.key.verifier().Encode()).exit_code, 0);
  const merkle::SigningKey other = merkle::SigningKey::Generate("Changshan-Huayuan", merkle::KeyType::kLog);
  EXPECT_EQ(RunVerifier(dir / "pack", "--key " + other.verifier().Encode()).exit_code, 1);
}

TEST(PackVerifier, ComparesACheckpointSeenEarlier) {
  const TempDir dir;
  PackTown town = PackTown::Random(600);
  WriteAll(dir / "earlier", town.ContentsAt(300).checkpoint_note);
  WriteAll(dir / "later", town.ContentsAt(600).checkpoint_note);
  ASSERT_TRUE(town.Write(dir / "pack", 500).ok());
  EXPECT_EQ(RunVerifier(dir / "pack", "--checkpoint " + (dir / "earlier").string()).exit_code, 0);
  const Ran later = RunVerifier(dir / "pack", "--checkpoint " + (dir / "later").string());
  EXPECT_EQ(later.exit_code, 1) << later.text;
  // The operator rewrites history and signs it anew.
  std::swap(town.entries[200], town.entries[201]);
  ASSERT_TRUE(town.Write(dir / "rewritten", 500).ok());
  ExpectGenuine(dir / "rewritten");
  const Ran caught = RunVerifier(dir / "rewritten", "--checkpoint " + (dir / "earlier").string());
  EXPECT_EQ(caught.exit_code, 1) << caught.text;
  EXPECT_THAT(caught.text, HasSubstr("rewritten after it was signed"));
}

TEST(PackVerifier, SaysWhenItCannotCheck) {
  const TempDir dir;
  const PackTown town = PackTown::Random(20);
  ASSERT_TRUE(town.Write(dir / "pack", 20).ok());
  for (const std::string wrong :
       {"--no-such-flag", "--key nonsense", "--pack /nonexistent", "--checkpoint /nonexistent"}) {
    const Ran ran = RunVerifier(dir / "pack", wrong);
    EXPECT_EQ(ran.exit_code, 2) << wrong << ": " << ran.text;
  }
  WriteAll(dir / "rubbish", "rubbish\n");
  EXPECT_EQ(RunVerifier(dir / "pack", "--checkpoint " + (dir / "rubbish").string()).exit_code, 2);
  // Without openssl.
  const Ran ran = RunShell(
      "python=$(python3 -c 'import sys; print(sys.executable)'); PATH=/nonexistent $python " REDVEST_VERIFY_PY
      " --pack " +
      (dir / "pack").string());
  EXPECT_EQ(ran.exit_code, 2) << ran.text;
  // With one that does not know Ed25519.
  WriteAll(dir / "bin/openssl", "#!/bin/sh\nexit 1\n");
  fs::permissions(dir / "bin/openssl", fs::perms::owner_all);
  const Ran old = RunShell("PATH=" + (dir / "bin").string() + ":$PATH python3 " REDVEST_VERIFY_PY " --pack " +
                           (dir / "pack").string());
  EXPECT_EQ(old.exit_code, 2) << old.text;
  EXPECT_THAT(old.text, HasSubstr("3.0 or later"));
}

TEST(PackVerifier, TakesACheckpointAsTheClientRemembersIt) {
  const TempDir dir;
  PackTown town = PackTown::Random(30);
  WriteAll(dir / "seen", town.key.verifier().Encode() + "\n" + town.ContentsAt(20).checkpoint_note);
  ASSERT_TRUE(town.Write(dir / "pack", 30).ok());
  fs::create_symlink("seen", dir / "link");
  for (const std::string name : {"seen", "link"}) {
    const Ran ran = RunVerifier(dir / "pack", "--checkpoint " + (dir / name).string());
    EXPECT_EQ(ran.exit_code, 0) << ran.text;
  }
}

TEST(PackVerifier, SaysAVerdictWhateverTheTerminalCanShow) {
  const TempDir dir;
  PackTown town = PackTown::Random(20);
  town.key = merkle::SigningKey::Generate("常山花园", merkle::KeyType::kLog);
  ASSERT_TRUE(town.Write(dir / "pack", 20).ok());
  const Ran ran =
      RunShell("PYTHONIOENCODING=ascii python3 " REDVEST_VERIFY_PY " --pack " + (dir / "pack").string());
  EXPECT_EQ(ran.exit_code, 0) << ran.text;
  EXPECT_THAT(ran.text, AllOf(HasSubstr("GENUINE"), HasSubstr("\\u5e38")));
}

TEST(PackVerifier, DoesNotClaimWhatItCannotCheck) {
  const TempDir dir;
  PackTown town = PackTown::Random(20);
  ASSERT_TRUE(town.Write(dir / "pack", 20).ok());
  EXPECT_THAT(RunVerifier(dir / "pack").text, HasSubstr("Not signed, so not proved: trial-balance.csv"));
}

}  // namespace
}  // namespace redvest
