#include "integration/small_study.hpp"

#include <cstdint>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "data/unpack.hpp"
#include "integration/process.hpp"

namespace neusemslice::test_support {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFashionMnist = "/usr/share/datasets/fashion-mnist";
constexpr const char* kSuite =
    "name: small\n"
    "settings: [setting.yaml]\n"
    "seeds: [0]\n"
    "contribution: {samples_per_category: 40}\n"
    "similarity: {samples_per_category: 16}\n"
    "slicing: {percentages: [50], thresholds: [0.8, 0.9]}\n";
constexpr const char* kSetting =
    "name: small\n"
    "dataset: fashion-mnist\n"
    "model: {hidden: [16, 8]}\n"
    "recipe: {epochs: 1, batch_size: 32}\n";

/// The first `count` items of an IDX file whose items have `item_bytes` bytes after a header of `header` bytes.
std::string first_items(const std::string& name, std::size_t header, std::size_t item_bytes, std::uint32_t count) {
  std::string bytes = read_unpacked(fs::path(kFashionMnist) / (name + ".gz")).substr(0, header + count * item_bytes);
  for (int i = 0; i < 4; ++i) bytes[static_cast<std::size_t>(4 + i)] = static_cast<char>(count >> (24 - 8 * i));
  return bytes;
}

}  // namespace

SmallStudy::SmallStudy() {
  for (const auto& [split, count] : {std::pair<std::string, std::uint32_t>("train", 1200), {"t10k", 300}}) {
    const std::string images = split + "-images-idx3-ubyte";
    const std::string labels = split + "-labels-idx1-ubyte";
    write_file_atomically(folder_ / "data" / images, first_items(images, 16, 784, count));
    write_file_atomically(folder_ / "data" / labels, first_items(labels, 8, 1, count));
  }
  write_file_atomically(folder_ / "suite.yaml", kSuite);
  write_file_atomically(folder_ / "setting.yaml", kSetting);
}

std::vector<std::string> SmallStudy::run_arguments(const fs::path& workspace,
                                                   const std::vector<std::string>& more) const {
  std::vector<std::string> arguments = {"run",        path("suite.yaml"), "--workspace", workspace.string(),
                                        "--data-dir", path("data"),       "--device",    "cpu"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

const fs::path& finished_workspace() {
  static const TemporaryFolder folder;
  static const fs::path workspace = [] {
    const Outcome outcome = run(SmallStudy().run_arguments(folder / "workspace"));
    require(outcome.exit_code == 0, "the small study failed: {}{}", outcome.out, outcome.err);
    return folder / "workspace";
  }();
  return workspace;
}

std::map<std::string, std::string> results(const fs::path& workspace) {
  std::map<std::string, std::string> tables;
  for (const char* table : {"evaluations", "category_evaluations", "epochs", "slices", "slice_layers", "prunings",
                            "pruning_iterations", "artifacts", "job_inputs", "suite_jobs"}) {
    tables[table] = rows(workspace, fmt::format("SELECT * FROM {} ORDER BY job", table));
  }
  tables["jobs"] = rows(workspace, "SELECT key, kind, setting, seed, parameters, state, attempts FROM jobs ORDER BY 1");
  tables["attacks"] = rows(workspace, "SELECT * FROM attacks ORDER BY 1, 2, 3");
  tables["readaptations"] = rows(
      workspace, "SELECT job, trained_parameters, retrained_correct, reattacked_correct FROM readaptations ORDER BY 1");
  tables["learnings"] =
      rows(workspace,
           "SELECT job, method, step, trained_parameters, replayed_samples, slice_bytes FROM learnings "
           "ORDER BY 1");
  tables["task_accuracies"] = rows(workspace, "SELECT * FROM task_accuracies ORDER BY job, task");
  tables["metric_seconds"] = rows(workspace, "SELECT job, metric, samples FROM metric_seconds ORDER BY 1, 2");
  return tables;
}

}  // namespace neusemslice::test_support
