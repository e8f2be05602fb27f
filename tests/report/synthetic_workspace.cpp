#include "report/synthetic_workspace.hpp"

#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "store/schema.hpp"

namespace neusemslice::testing_support {
namespace {

std::filesystem::path fresh_folder() {
  static int count = 0;
  const auto path =
      std::filesystem::temp_directory_path() / fmt::format("neusemslice-report-{}-{}", ::getpid(), count++);
  std::filesystem::create_directories(path);
  return path;
}

std::string trained_key(const std::string& setting, std::int64_t seed) {
  return fmt::format("train/{}/{}", setting, seed);
}

}  // namespace

SyntheticWorkspace::SyntheticWorkspace(std::string suite)
    : suite_(std::move(suite)),
      path_(fresh_folder()),
      database_((path_ / "results.db").string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE) {
  database_.exec("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY");  // a test's rows need not survive a crash
  for (const std::string_view migration : schema_migrations()) database_.exec(std::string(migration));
  database_.exec(fmt::format("PRAGMA user_version = {}", newest_schema_version()));
}

SyntheticWorkspace::~SyntheticWorkspace() {
  std::filesystem::remove_all(path_);
}

void SyntheticWorkspace::add_run(const std::string& suite, const std::string& config) {
  SQLite::Statement insert(
      database_,
      "INSERT INTO runs VALUES (NULL, ?, 'done', ?, 'neusemslice run small.yaml', "
      "'2026-11-24T14:40:00.123Z', '2026-11-24T14:41:00.000Z', 'node17', 4242, 'cpu', 2, 'abc1234', "
      "'{\"fmt\":90100,\"libtorch\":\"2.11.0\"}')");
  insert.bind(1, suite);
  insert.bind(2, config);
  insert.exec();
}

void SyntheticWorkspace::add_job(const std::string& key, const std::string& kind, const std::string& setting,
                                 std::int64_t seed, const std::string& state, const std::string& message) {
  SQLite::Statement job(database_, "INSERT INTO jobs VALUES (?, ?, ?, ?, '{}', ?, ?, 1, NULL, NULL, 2.0, 1000000, 1)");
  job.bind(1, key);
  job.bind(2, kind);
  job.bind(3, setting);
  job.bind(4, seed);
  job.bind(5, state);
  job.bind(6, message);
  job.exec();
  SQLite::Statement member(database_, "INSERT INTO suite_jobs VALUES (?, ?)");
  member.bind(1, suite_);
  member.bind(2, key);
  member.exec();
}

void SyntheticWorkspace::add_input(const std::string& job, int position, const std::string& input) {
  SQLite::Statement insert(database_, "INSERT INTO job_inputs VALUES (?, ?, ?)");
  insert.bind(1, job);
  insert.bind(2, position);
  insert.bind(3, input);
  insert.exec();
}

void SyntheticWorkspace::add_evaluations(const std::string& job, double validation_accuracy, double test_accuracy) {
  for (const auto& [split, accuracy] :
       {std::pair("validation", validation_accuracy), std::pair("test", test_accuracy)}) {
    SQLite::Statement insert(database_, "INSERT INTO evaluations VALUES (?, ?, 1000, round(1000 * ?3), ?3)");
    insert.bind(1, job);
    insert.bind(2, split);
    insert.bind(3, accuracy);
    insert.exec();
  }
}

void SyntheticWorkspace::add_trained(const std::string& setting, std::int64_t seed, double validation_accuracy,
                                     double test_accuracy) {
  const std::string key = trained_key(setting, seed);
  add_job(key, "train", setting, seed);
  add_evaluations(key, validation_accuracy, test_accuracy);
}

void SyntheticWorkspace::add_slice(const std::string& setting, std::int64_t seed, const SyntheticSlice& slice,
                                   std::int64_t kept, bool is_rescued) {
  const std::string name = fmt::format("{}/{}/{}/{}/{}", setting, seed, slice.strategy, slice.metric, slice.level);
  add_job("slice/" + name, "slice", setting, seed);
  add_job("restructure/" + name, "restructure", setting, seed);
  SQLite::Statement row(database_, "INSERT INTO slices VALUES (?, ?, ?, ?, round(1000 * (1 - ?5)), 1000, ?5)");
  row.bind(1, "slice/" + name);
  row.bind(2, slice.strategy);
  row.bind(3, slice.metric);
  row.bind(4, slice.level);
  row.bind(5, slice.compression_rate);
  row.exec();
  SQLite::Statement layer(database_, "INSERT INTO slice_layers VALUES (?, 'fc1', 512, ?, ?)");
  layer.bind(1, "slice/" + name);
  layer.bind(2, kept);
  layer.bind(3, is_rescued ? 1 : 0);
  layer.exec();
  add_input("restructure/" + name, 0, trained_key(setting, seed));
  add_input("restructure/" + name, 1, "slice/" + name);
  add_evaluations("restructure/" + name, slice.validation_accuracy, slice.test_accuracy);
}

void SyntheticWorkspace::add_mask(const std::string& setting, std::int64_t seed, const std::string& scope,
                                  const std::string& metric, std::int64_t band_from, const std::vector<int>& correct) {
  const std::string key = fmt::format("mask/{}/{}/{}/{}/{}", setting, seed, scope, metric, band_from);
  add_job(key, "mask", setting, seed);
  SQLite::Statement parameters(database_, "UPDATE jobs SET parameters = ? WHERE key = ?");
  parameters.bind(1, fmt::format(R"({{"scope":"{}","metric":"{}","band_from":{},"band_to":{}}})", scope, metric,
                                 band_from, band_from + 10));
  parameters.bind(2, key);
  parameters.exec();
  for (std::size_t category = 0; category < correct.size(); ++category) {
    SQLite::Statement insert(database_, "INSERT INTO category_evaluations VALUES (?, 'test', ?, 100, ?)");
    insert.bind(1, key);
    insert.bind(2, static_cast<std::int64_t>(category));
    insert.bind(3, correct[category]);
    insert.exec();
  }
}

void SyntheticWorkspace::add_deeparc(const std::string& setting, std::int64_t seed, double compression_rate,
                                     double test_accuracy, const std::vector<std::string>& removed) {
  const std::string key = fmt::format("deeparc/{}/{}", setting, seed);
  add_job(key, "deeparc", setting, seed);
  add_input(key, 0, trained_key(setting, seed));
  add_evaluations(key, test_accuracy, test_accuracy);
  SQLite::Statement removal(database_,
                            "INSERT INTO layer_removals VALUES (?1, 0.99, 'uncentred', 0.5, round(1000 * (1 - ?2)), "
                            "1000, ?2)");
  removal.bind(1, key);
  removal.bind(2, compression_rate);
  removal.exec();
  for (const std::string& layer : removed) {
    database_.exec(fmt::format("INSERT INTO removed_layers VALUES ('{}', '{}')", key, layer));
  }
  const char* const layers[] = {"features.0", "features.3"};
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 2; ++j) {
      database_.exec(fmt::format("INSERT INTO layer_similarities VALUES ('{}', {}, {}, '{}', '{}', {:.4f})", key, i, j,
                                 layers[i], layers[j], i == j ? 1.0 : 0.995));
    }
  }
}

void SyntheticWorkspace::add_choice(const std::string& setting, std::int64_t seed, double compression_rate,
                                    double test_accuracy) {
  const std::string key = fmt::format("choose/{}/{}", setting, seed);
  add_job(key, "choose", setting, seed);
  add_input(key, 0, trained_key(setting, seed));
  add_evaluations(key, test_accuracy, test_accuracy);
  database_.exec(
      fmt::format("INSERT INTO slices VALUES ('{}', 'semantic', 'avg', 0.99, round(1000 * (1 - {})), 1000, {})", key,
                  compression_rate, compression_rate));
}

void SyntheticWorkspace::add_pruning(const std::string& setting, std::int64_t seed, const std::string& method,
                                     const std::string& start, std::int64_t iterations,
                                     const std::vector<double>& rates, const std::vector<double>& accuracies) {
  const std::string key = fmt::format("prune/{}/{}/{}/{}", setting, seed, method, start);
  const auto last = static_cast<std::size_t>(iterations);
  add_job(key, "prune", setting, seed);
  add_input(key, 0, trained_key(setting, seed));
  add_evaluations(key, accuracies.at(last), accuracies.at(last));
  database_.exec(fmt::format(
      "INSERT INTO prunings VALUES ('{}', '{}', '{}', 0.1, 'accuracy', {}, round(1000 * (1 - {})), 1000, {}, 4000000, "
      "3000000, 2000000)",
      key, method, start, iterations, rates.at(last), rates.at(last)));
  for (std::size_t i = 0; i < rates.size(); ++i) {
    database_.exec(fmt::format("INSERT INTO pruning_iterations VALUES ('{}', {}, round(1000 * (1 - {})), {}, {}, {})",
                               key, i, rates[i], rates[i], accuracies.at(i), accuracies.at(i)));
  }
}

void SyntheticWorkspace::add_attack(const std::string& setting, std::int64_t seed, const std::string& attack,
                                    int correct) {
  const std::string key = fmt::format("attack/{}/{}/{}", setting, seed, attack);
  add_job(key, "attack", setting, seed);
  database_.exec(
      fmt::format("INSERT INTO attacks VALUES ('{}', '{}', 'training', 1000, {}, 990)", key, attack, correct));
}

void SyntheticWorkspace::add_readaptation(const std::string& setting, std::int64_t seed, const std::string& attack,
                                          const std::string& method, int trained_parameters, int retrained,
                                          int reattacked, double seconds) {
  const std::string key = fmt::format("readapt/{}/{}/{}/{}", setting, seed, attack, method);
  add_job(key, "readapt", setting, seed);
  add_input(key, 0, trained_key(setting, seed));
  add_evaluations(key, 0.97, 0.97);
  database_.exec(fmt::format("INSERT INTO readaptations VALUES ('{}', '{}', '{}', {}, 1000, 1000, {}, 1000, {}, {})",
                             key, attack, method, trained_parameters, retrained, reattacked, seconds));
}

void SyntheticWorkspace::add_learning(const std::string& setting, std::int64_t seed, const std::string& method,
                                      std::int64_t replay_percent, std::int64_t step, const std::vector<int>& correct,
                                      double seconds) {
  const std::string key = fmt::format("learn/{}/{}/{}/{}/{}", setting, seed, method, replay_percent, step);
  const bool is_sliced = method.starts_with("slice");
  add_job(key, "learn", setting, seed);
  add_input(key, 0, trained_key(setting, seed));
  database_.exec(fmt::format("INSERT INTO learnings VALUES ('{}', '{}', {}, {}, {}, 1000, {}, {}, {}, {}, {})", key,
                             method, replay_percent, step, is_sliced ? 500 : 1000, 100 * replay_percent,
                             78'500 * replay_percent, is_sliced ? 254 : 0, is_sliced ? 972 : 0, seconds));
  for (std::size_t task = 0; task < correct.size(); ++task) {
    database_.exec(fmt::format("INSERT INTO task_accuracies VALUES ('{}', {}, '{} {}', 1000, {})", key, task, 2 * task,
                               2 * task + 1, correct[task]));
  }
}

void SyntheticWorkspace::add_metric_seconds(const std::string& setting, std::int64_t seed, const std::string& metric,
                                            double seconds) {
  const std::string key = fmt::format("score/{}/{}/{}", setting, seed, metric);
  add_job(key, "score", setting, seed);
  SQLite::Statement insert(database_, "INSERT INTO metric_seconds VALUES (?, ?, 54000, ?)");
  insert.bind(1, key);
  insert.bind(2, metric);
  insert.bind(3, seconds);
  insert.exec();
}

}  // namespace neusemslice::testing_support
