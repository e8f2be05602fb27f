#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "data/registry.hpp"

namespace neusemslice::testing_data {

/// A new folder, removed with everything in it at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Sets an environment variable (nullptr: unsets it) until the end of the scope.
class EnvironmentVariable {
 public:
  EnvironmentVariable(const char* name, const char* value);
  ~EnvironmentVariable();
  EnvironmentVariable(const EnvironmentVariable&) = delete;
  EnvironmentVariable& operator=(const EnvironmentVariable&) = delete;

 private:
  std::string name_;
  std::string before_;
  bool was_set_;
};

/// A big-endian word, as IDX headers have them.
std::string word(std::uint32_t value);

/// IDX images of `size` x `size` pixels, pixel p of the file having value p % 251; and IDX labels.
std::string idx_images(std::uint32_t count, std::uint32_t size);
std::string idx_labels(const std::vector<std::uint8_t>& labels);

std::string gzip(std::string_view bytes);

/// Writes `bytes` to `path`, folders included, and returns it.
std::filesystem::path write(const std::filesystem::path& path, std::string_view bytes);

/// The contents of the tiny dataset: 6 training images of 16 x 16 pixels and 3 test images, two categories.
PerFile<std::string> tiny_contents();

/// A DatasetInfo named "tiny" of which `contents` are the official ones.
DatasetInfo tiny_dataset(const PerFile<std::string>& contents);

/// The four files, plain, as `folder`/<official name>.
void write_dataset(const std::filesystem::path& folder, const DatasetInfo& info, const PerFile<std::string>& contents);

/// The message of the `ErrorType` that `action` throws; anything else fails the test.
template <typename ErrorType, typename Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const ErrorType& error) {
    EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("\n"))) << "messages are one line";
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

}  // namespace neusemslice::testing_data
