#include "clients/offline_queue.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/merkle/hash.h"

namespace redvest::client {
namespace {

constexpr std::string_view kMagic = "redvest queue 1\n";
constexpr size_t kCheckBytes = 8;
constexpr size_t kFrameBytes = 4 + kCheckBytes;
// No command is near as large; a longer record is damage.
constexpr uint32_t kRecordBytesMax = 1 << 20;

absl::Status Errno(const char* what, const std::string& path) {
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot ", what, " ", path));
}

std::string CheckOf(std::string_view payload) {
  merkle::Hasher hasher;
  const merkle::Hash hash = hasher.Leaf(payload);
  return std::string(hash.begin(), hash.begin() + kCheckBytes);
}

std::string Frame(const google::protobuf::Message& message) {
  const std::string payload = message.SerializeAsString();
  std::string frame;
  for (int shift = 0; shift < 32; shift += 8) frame += static_cast<char>((payload.size() >> shift) & 0xff);
  return frame + CheckOf(payload) + payload;
}

absl::Status WriteAndSync(int file, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Errno("write", path);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  if (fsync(file) != 0) return Errno("sync", path);
  return absl::OkStatus();
}

// Makes a new or renamed name durable.
absl::Status SyncFolderOf(const std::string& path) {
  std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  const int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return Errno("open", folder.string());
  const bool synced = fsync(file) == 0;
  const absl::Status status = synced ? absl::OkStatus() : Errno("sync", folder.string());
  close(file);
  return status;
}

absl::StatusOr<std::string> ReadAll(int file, const std::string& path) {
  std::string bytes;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t count = pread(file, buffer, sizeof(buffer), static_cast<off_t>(bytes.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Errno("read", path);
    if (count == 0) return bytes;
    bytes.append(buffer, static_cast<size_t>(count));
  }
}

// Takes records off the front of `bytes`.
class RecordReader {
 public:
  enum class Result { kRecord, kEnd, kTorn, kDamaged };

  explicit RecordReader(std::string_view bytes) : rest_(bytes) {}

  Result Next(std::string_view& payload) {
    if (rest_.empty()) return Result::kEnd;
    if (rest_.size() < kFrameBytes) return Result::kTorn;
    uint32_t length = 0;
    for (size_t i = 0; i < 4; ++i) length |= static_cast<uint32_t>(static_cast<uint8_t>(rest_[i])) << (8 * i);
    // A length that was not written yet reads as 0, and no message is empty.
    if (length == 0 || length > kRecordBytesMax) return Result::kDamaged;
    if (rest_.size() - kFrameBytes < length) return Result::kTorn;
    payload = rest_.substr(kFrameBytes, length);
    if (rest_.substr(4, kCheckBytes) != CheckOf(payload)) {
      return rest_.size() == kFrameBytes + length ? Result::kTorn : Result::kDamaged;
    }
    rest_.remove_prefix(kFrameBytes + length);
    return Result::kRecord;
  }

  size_t rest_bytes() const { return rest_.size(); }
  // What is left holds nothing but zeros: the file grew, but its bytes were never written.
  bool rest_is_blank() const { return rest_.find_first_not_of('\0') == std::string_view::npos; }

 private:
  std::string_view rest_;
};

std::string Header(const v1::GetLedgerResponse& ledger, TerminalId terminal, Serial first) {
  v1::CommandHeader header;
  header.set_terminal_id(terminal.value());
  header.set_serial(first.value());
  return std::string(kMagic) + Frame(ledger) + Frame(header);
}

}  // namespace

absl::Status OfflineQueue::Create(const std::string& path, const v1::GetLedgerResponse& ledger,
                                  TerminalId terminal, Serial next) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return Errno("create", path);
  v1::GetLedgerResponse kept;
  kept.set_name(ledger.name());
  kept.set_time_zone(ledger.time_zone());
  const absl::Status written = WriteAndSync(file, Header(kept, terminal, next), path);
  close(file);
  REDVEST_RETURN_IF_ERROR(written);
  return SyncFolderOf(path);
}

absl::StatusOr<std::unique_ptr<OfflineQueue>> OfflineQueue::Open(const std::string& path) {
  std::unique_ptr<OfflineQueue> queue(new OfflineQueue(path));
  queue->file_ = open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
  if (queue->file_ < 0) return Errno("open", path);
  if (flock(queue->file_, LOCK_EX | LOCK_NB) != 0) {
    return absl::UnavailableError(absl::StrCat(path, " is in use by another redvest"));
  }
  // Another process may have put a new file in its place between the two steps above.
  struct stat opened = {};
  struct stat named = {};
  if (fstat(queue->file_, &opened) != 0 || stat(path.c_str(), &named) != 0 || opened.st_ino != named.st_ino) {
    return absl::UnavailableError(absl::StrCat(path, " is in use by another redvest"));
  }
  REDVEST_RETURN_IF_ERROR(queue->Load());
  return queue;
}

OfflineQueue::~OfflineQueue() {
  if (file_ >= 0) close(file_);
}

absl::Status OfflineQueue::Load() {
  REDVEST_ASSIGN_OR_RETURN(const std::string bytes, ReadAll(file_, path_));
  const std::string_view all = bytes;
  if (!all.starts_with(kMagic))
    return absl::InvalidArgumentError(absl::StrCat(path_, " is not an offline queue"));
  RecordReader reader(all.substr(kMagic.size()));
  RecordReader::Result result;
  std::string_view payload;
  for (size_t index = 0; (result = reader.Next(payload)) == RecordReader::Result::kRecord; ++index) {
    const std::string record(payload);
    bool parsed = false;
    v1::CommandHeader header;
    if (index == 0) {
      parsed = ledger_.ParseFromString(record);
    } else if (index == 1) {
      parsed = header.ParseFromString(record);
      terminal_ = TerminalId(header.terminal_id());
      first_ = Serial(header.serial());
    } else {
      parsed = waiting_.emplace_back().ParseFromString(record);
    }
    if (!parsed) return absl::DataLossError(absl::StrCat(path_, " holds a record that cannot be read"));
  }
  const bool torn = result == RecordReader::Result::kTorn ||
                    (result == RecordReader::Result::kDamaged && reader.rest_is_blank());
  if ((result != RecordReader::Result::kEnd && !torn) || !terminal_ || !first_) {
    return absl::DataLossError(absl::StrCat(path_, " is damaged after ", waiting_.size(),
                                            " commands: a record's check does not fit"));
  }
  if (torn) {
    torn_bytes_ = reader.rest_bytes();
    if (ftruncate(file_, static_cast<off_t>(bytes.size() - torn_bytes_)) != 0) return Errno("cut", path_);
    if (fsync(file_) != 0) return Errno("sync", path_);
  }
  return absl::OkStatus();
}

absl::Status OfflineQueue::Append(v1::Command command) {
  command.set_terminal_id(terminal_.value());
  command.set_serial(next_serial().value());
  REDVEST_RETURN_IF_ERROR(WriteAndSync(file_, Frame(command), path_));
  waiting_.push_back(std::move(command));
  return absl::OkStatus();
}

absl::Status OfflineQueue::Forget(size_t count) {
  REDVEST_CHECK(count <= waiting_.size());
  if (count == 0) return absl::OkStatus();
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
  first_ = Serial(first_.value() + count);
  return Rewrite();
}

absl::Status OfflineQueue::DropNewest() {
  REDVEST_CHECK(!waiting_.empty());
  waiting_.pop_back();
  return Rewrite();
}

absl::Status OfflineQueue::Replace(size_t index, v1::Command command) {
  command.set_terminal_id(terminal_.value());
  command.set_serial(waiting_[index].serial());
  waiting_[index] = std::move(command);
  return Rewrite();
}

absl::Status OfflineQueue::SkipTo(Serial next) {
  REDVEST_CHECK(waiting_.empty());
  first_ = next;
  return Rewrite();
}

absl::Status OfflineQueue::Rewrite() {
  std::string bytes = Header(ledger_, terminal_, first_);
  for (const v1::Command& command : waiting_) bytes += Frame(command);
  const std::string fresh = path_ + ".new";
  const int file = open(fresh.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return Errno("create", fresh);
  // Locked before it gets the name, so that no other process takes it in between.
  absl::Status status = flock(file, LOCK_EX | LOCK_NB) == 0 ? absl::OkStatus() : Errno("lock", fresh);
  if (status.ok()) status = WriteAndSync(file, bytes, fresh);
  if (status.ok() && rename(fresh.c_str(), path_.c_str()) != 0) status = Errno("rename", fresh);
  if (!status.ok()) {
    close(file);
    return status;
  }
  close(file_);
  file_ = file;
  return SyncFolderOf(path_);
}

namespace {

v1::IngestRequest BatchOf(const OfflineQueue& queue, size_t begin, size_t end) {
  v1::IngestRequest batch;
  batch.set_terminal_id(queue.terminal().value());
  batch.set_first_serial(queue.waiting()[begin].serial());
  for (size_t i = begin; i < end; ++i) {
    v1::Command& command = *batch.add_commands();
    command = queue.waiting()[i];
    command.clear_terminal_id();
    command.clear_serial();
  }
  return batch;
}

}  // namespace

absl::StatusOr<SendOutcome> SendWaiting(OfflineQueue& queue, Connection& connection,
                                        const RetryOptions& options, size_t count) {
  constexpr size_t kBatch = 1'000;
  SendOutcome outcome;
  IngestStream stream(connection, 1, options);
  size_t answered = 0;
  while (answered < count && !outcome.error.has_value()) {
    const size_t end = std::min(answered + kBatch, count);
    stream.Send(BatchOf(queue, answered, end));
    auto answer = stream.Next();
    if (!answer.ok()) {
      outcome.error = answer.error();
      break;
    }
    const v1::IngestResponse& response = **answer;
    outcome.recorded += response.recorded();
    outcome.already_recorded += response.already_recorded();
    outcome.declined.insert(outcome.declined.end(), response.declined().begin(), response.declined().end());
    if (response.stopped_at_serial() == 0) {
      answered = end;
      continue;
    }
    outcome.stopped_at_serial = response.stopped_at_serial();
    outcome.error = CallError{static_cast<grpc::StatusCode>(response.stopped_code()),
                              response.stopped_error(), response.stopped_message()};
    const uint64_t first = queue.waiting().front().serial();
    if (outcome.stopped_at_serial >= first) answered = std::min(end, outcome.stopped_at_serial - first);
  }
  REDVEST_RETURN_IF_ERROR(queue.Forget(answered));
  return outcome;
}

}  // namespace redvest::client
