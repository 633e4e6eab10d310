// Folders and files of tests.
#ifndef REDVEST_TESTS_UNIT_STORAGE_TEMP_FOLDER_H_
#define REDVEST_TESTS_UNIT_STORAGE_TEMP_FOLDER_H_

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <random>
#include <string>

namespace redvest {

// A folder of its own that goes away with the test.
class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "redvest-store-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  std::string Path(const std::string& name = "store") const {
    return (std::filesystem::path(path_) / name).string();
  }

 private:
  std::string path_;
};

// What a crash of the process at this moment leaves on the disk: the files as they are.
inline std::string CrashImageOf(const TempFolder& folder, const std::string& name = "image") {
  std::filesystem::remove_all(folder.Path(name));
  std::filesystem::copy(folder.Path(), folder.Path(name), std::filesystem::copy_options::recursive);
  return folder.Path(name);
}

inline std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// In place where the file is there already: one that is emptied first is written out at once by some file
// systems, which takes long.
inline void WriteFile(const std::filesystem::path& path, const std::string& bytes) {
  if (!std::filesystem::exists(path)) std::ofstream(path).flush();
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  std::filesystem::resize_file(path, bytes.size());
}

// Names and bytes of all files in a folder.
inline std::map<std::string, std::string> FilesOf(const std::string& directory) {
  std::map<std::string, std::string> files;
  for (const auto& file : std::filesystem::directory_iterator(directory)) {
    files[file.path().filename()] = ReadFile(file.path());
  }
  return files;
}

// A generator whose seed is printed, and taken from the environment for a repetition.
inline std::mt19937_64 SeededRandom() {
  const char* given = std::getenv("REDVEST_SEED");
  const uint64_t seed = given != nullptr ? std::stoull(given) : std::random_device()();
  std::cout << "REDVEST_SEED=" << seed << "\n";
  return std::mt19937_64(seed);
}

}  // namespace redvest

#endif  // REDVEST_TESTS_UNIT_STORAGE_TEMP_FOLDER_H_
