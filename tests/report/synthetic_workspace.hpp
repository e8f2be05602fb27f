#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

namespace neusemslice::testing_support {

struct SyntheticSlice {
  std::string strategy;
  std::string metric;
  double level = 0;
  double compression_rate = 0;
  double validation_accuracy = 0;
  double test_accuracy = 0;
};

/// A workspace in a folder of its own, removed at the end, whose results.db has the real schema and the rows a test
/// adds. All rows belong to `suite`.
class SyntheticWorkspace {
 public:
  explicit SyntheticWorkspace(std::string suite = "small");
  ~SyntheticWorkspace();
  SyntheticWorkspace(const SyntheticWorkspace&) = delete;
  SyntheticWorkspace& operator=(const SyntheticWorkspace&) = delete;

  void add_run(const std::string& suite, const std::string& config = "seeds: [0, 1]");
  void add_job(const std::string& key, const std::string& kind, const std::string& setting, std::int64_t seed,
               const std::string& state = "done", const std::string& message = "");
  void add_trained(const std::string& setting, std::int64_t seed, double validation_accuracy, double test_accuracy);
  /// A slice job that keeps `kept` of fc1's 512 units, and its restructure job. The model must have been added.
  void add_slice(const std::string& setting, std::int64_t seed, const SyntheticSlice& slice, std::int64_t kept = 512,
                 bool is_rescued = false);
  /// A mask job with 100 test images a category.
  void add_mask(const std::string& setting, std::int64_t seed, const std::string& scope, const std::string& metric,
                std::int64_t band_from, const std::vector<int>& correct);
  /// A deeparc job that compared two layers. The model must have been added.
  void add_deeparc(const std::string& setting, std::int64_t seed, double compression_rate, double test_accuracy,
                   const std::vector<std::string>& removed);
  /// A choose job by avg. The model must have been added.
  void add_choice(const std::string& setting, std::int64_t seed, double compression_rate, double test_accuracy);
  /// A prune job whose iterates have these compression rates and test accuracies; the result is that at `iterations`.
  void add_pruning(const std::string& setting, std::int64_t seed, const std::string& method, const std::string& start,
                   std::int64_t iterations, const std::vector<double>& rates, const std::vector<double>& accuracies);
  /// An attack job on 1,000 training images, of which so many are right afterwards. The model must have been added.
  void add_attack(const std::string& setting, std::int64_t seed, const std::string& attack, int correct);
  /// A readapt job of a model of 1,000 parameters, with 1,000 samples, that has 97 % of the test images right.
  void add_readaptation(const std::string& setting, std::int64_t seed, const std::string& attack,
                        const std::string& method, int trained_parameters, int retrained, int reattacked,
                        double seconds);
  /// A learn job: `correct` of 1,000 test images of each task, trained in so many seconds.
  void add_learning(const std::string& setting, std::int64_t seed, const std::string& method,
                    std::int64_t replay_percent, std::int64_t step, const std::vector<int>& correct, double seconds);
  void add_metric_seconds(const std::string& setting, std::int64_t seed, const std::string& metric, double seconds);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] SQLite::Database& database() { return database_; }

 private:
  void add_input(const std::string& job, int position, const std::string& input);
  void add_evaluations(const std::string& job, double validation_accuracy, double test_accuracy);

  std::string suite_;
  std::filesystem::path path_;
  SQLite::Database database_;
};

}  // namespace neusemslice::testing_support
