// A log with a key, for tests of what leaves the house: packs, books, findings.
#ifndef REDVEST_TESTS_UNIT_AUDIT_PACK_TOWN_H_
#define REDVEST_TESTS_UNIT_AUDIT_PACK_TOWN_H_

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ledger/audit/pack.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/frontier.h"
#include "tests/unit/log/log_builder.h"
#include "tests/unit/projection/sample_events.h"

namespace redvest::sample {

namespace fs = std::filesystem;

inline std::string ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void WriteAll(const fs::path& path, const std::string& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

// A folder that goes with the test.
class TempDir {
 public:
  TempDir() {
    std::string path = (fs::temp_directory_path() / "redvest-audit-XXXXXX").string();
    path_ = mkdtemp(path.data());
  }
  ~TempDir() { fs::remove_all(path_); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  fs::path operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

// What a program said, and how it ended.
struct Ran {
  int exit_code;
  std::string text;  // stdout and stderr
};
// Runs a command of the shell.
inline Ran RunShell(const std::string& command) {
  const TempDir folder;
  const int status = std::system(("(" + command + ") >" + (folder / "out").string() + " 2>&1").c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, ReadAll(folder / "out")};
}

// Commits of entries that are given, seven to a commit.
class ListCursor final : public CommitCursor {
 public:
  ListCursor(const std::vector<std::string>& entries, Sequence from) : entries_(entries) {
    next_ = (from.value() - 1) / 7 * 7;
  }
  absl::StatusOr<std::optional<CommitView>> Next() override {
    if (next_ >= entries_.size()) return std::nullopt;
    CommitView view;
    view.first = Sequence(next_ + 1);
    for (size_t end = std::min(next_ + 7, entries_.size()); next_ < end; ++next_)
      view.events.push_back(entries_[next_]);
    return view;
  }

 private:
  const std::vector<std::string>& entries_;
  size_t next_;
};

// Entries, the key that signs for them, and the witness that signs beside it.
class PackTown {
 public:
  explicit PackTown(std::vector<Event> events) {
    for (const Event& event : events) entries.push_back(event.SerializeAsString());
  }
  // A random history of `count` events.
  static PackTown Random(size_t count) {
    History history(Seed());
    history.Grow(count - history.events().size());
    return PackTown(history.events());
  }

  merkle::Checkpoint CheckpointAt(uint64_t size) const {
    merkle::Hasher hasher;
    merkle::Frontier frontier;
    for (uint64_t i = 0; i < size; ++i) frontier.Add(merkle::Hasher::Leaf(entries[i]), hasher);
    return {.origin = key.verifier().name, .size = size, .root = frontier.Root(hasher)};
  }
  PackContents ContentsAt(uint64_t size) const {
    auto note = *merkle::SignedNote::Decode(merkle::SignCheckpoint(CheckpointAt(size), key));
    note.signatures.push_back(merkle::Cosign(note.text, witness, 1'800'000'000));
    return {.checkpoint_note = note.Encode(),
            .log_key = key.verifier().Encode(),
            .witness_keys = {witness.verifier().Encode()}};
  }
  absl::StatusOr<PackReport> Write(const fs::path& folder, uint64_t size) const {
    return WritePack(
        folder, ContentsAt(size),
        [this](Sequence from) { return std::make_unique<ListCursor>(entries, from); }, [](Sequence) {});
  }

  std::vector<std::string> entries;
  merkle::SigningKey key = merkle::SigningKey::Generate("Changshan-Huayuan", merkle::KeyType::kLog);
  merkle::SigningKey witness =
      merkle::SigningKey::Generate("witness.example/town", merkle::KeyType::kWitness);
};

}  // namespace redvest::sample

#endif  // REDVEST_TESTS_UNIT_AUDIT_PACK_TOWN_H_
