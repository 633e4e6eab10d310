// Other people's programs, by which tests judge the files that we write.
#ifndef REDVEST_TESTS_UNIT_CLIENTS_PROGRAM_H_
#define REDVEST_TESTS_UNIT_CLIENTS_PROGRAM_H_

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>

namespace redvest::client {

// A file of a test, gone with it.
class TestFile {
 public:
  TestFile(const std::string& suffix, std::string_view bytes)
      : path_(::testing::TempDir() + "redvest-XXXXXX" + suffix) {
    const int file = mkstemps(path_.data(), static_cast<int>(suffix.size()));
    EXPECT_GE(file, 0);
    EXPECT_EQ(write(file, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    close(file);
  }
  ~TestFile() { unlink(path_.c_str()); }
  TestFile(const TestFile&) = delete;
  TestFile& operator=(const TestFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// What a program prints on stdout; fails the test where it does not end with exit code 0.
inline std::string OutputOf(const std::string& command) {
  std::FILE* pipe = popen(command.c_str(), "r");
  EXPECT_NE(pipe, nullptr) << command;
  std::string out;
  char buffer[4096];
  for (size_t count; (count = std::fread(buffer, 1, sizeof(buffer), pipe)) > 0;) out.append(buffer, count);
  EXPECT_EQ(pclose(pipe), 0) << command;
  return out;
}

}  // namespace redvest::client

#endif  // REDVEST_TESTS_UNIT_CLIENTS_PROGRAM_H_
