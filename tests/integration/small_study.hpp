#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "store/workspace_contents.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice::test_support {

/// Ends the test, aloud, where Debian's dataset-fashion-mnist is not installed.
#define SKIP_WITHOUT_FASHION_MNIST()                                                            \
  if (!std::filesystem::exists("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz")) \
  GTEST_SKIP() << "needs /usr/share/datasets/fashion-mnist (apt install dataset-fashion-mnist)"

/// A study that takes a second: the first images of Fashion-MNIST, one small network, one epoch, three strategies.
/// A folder with data/, setting.yaml and suite.yaml, of which each test may make its own variation.
class SmallStudy {
 public:
  SmallStudy();

  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }

  /// run suite.yaml --workspace W --data-dir data --device cpu, then `more`.
  [[nodiscard]] std::vector<std::string> run_arguments(const std::filesystem::path& workspace,
                                                       const std::vector<std::string>& more = {}) const;

 private:
  TemporaryFolder folder_;
};

/// A workspace in which the study's suite was run to its end, once for all tests of a program; not to be changed.
const std::filesystem::path& finished_workspace();

/// Everything a run measured but times: a table's name to its rows.
std::map<std::string, std::string> results(const std::filesystem::path& workspace);

}  // namespace neusemslice::test_support
