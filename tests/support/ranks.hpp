#pragma once

#include <filesystem>

#include "parallel/world.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice::test_support {

/// The world of a test program that is run on one or more ranks (RANKS in its CMake entry); every rank runs every test.
World& world();

/// The communicator of all ranks.
Communicator& all_ranks();

/// A folder that every rank uses: rank 0's, removed when all have left it.
class SharedFolder {
 public:
  SharedFolder();
  ~SharedFolder();
  SharedFolder(const SharedFolder&) = delete;
  SharedFolder& operator=(const SharedFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  TemporaryFolder own_;
  std::filesystem::path path_;
};

}  // namespace neusemslice::test_support
