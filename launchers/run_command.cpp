// neusemslice run: every job of a suite, continued where it stopped.
#include <chrono>

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "compute_options.hpp"
#include "core/files.hpp"
#include "core/stop.hpp"
#include "core/version.hpp"
#include "program.hpp"
#include "rq1/jobs.hpp"
#include "scheduling/job_kinds.hpp"
#include "scheduling/runner.hpp"
#include "store/results_database.hpp"

namespace neusemslice {
namespace {

struct RunOptions {
  std::string suite;
  std::vector<std::string> overrides;
  std::string workspace;
  bool dry_run = false;
  ComputeOptions compute;
};

std::filesystem::path workspace_of(const RunOptions& options, const SuiteConfig& suite) {
  return options.workspace.empty() ? std::filesystem::path("workspaces") / suite.name
                                   : std::filesystem::path(options.workspace);
}

struct KindPlan {
  std::int64_t total = 0;
  std::int64_t done = 0;
  double mean_seconds = 0;  ///< 0 when none was measured yet

  [[nodiscard]] double expected_seconds() const { return static_cast<double>(total - done) * mean_seconds; }
};

/// What there is to do, by kind of job; opens an existing database for reading only.
std::map<std::string, KindPlan> plan(const JobGraph& graph, const std::filesystem::path& workspace) {
  std::map<std::string, JobState> states;
  std::map<std::string, double> seconds;
  if (std::filesystem::exists(workspace / "results.db")) {
    SQLite::Database database = open_results(workspace);
    states = read_job_states(database, workspace, graph.rows());
    seconds = read_mean_seconds(database);
  }
  std::map<std::string, KindPlan> kinds;
  for (const Job& job : graph.jobs()) {
    KindPlan& kind = kinds[job.kind];
    ++kind.total;
    if (states[job.key] == JobState::done) ++kind.done;
    if (seconds.contains(job.kind)) kind.mean_seconds = seconds[job.kind];
  }
  return kinds;
}

ExitCode print_plan(const JobGraph& graph, const std::filesystem::path& workspace, bool json) {
  const auto kinds = plan(graph, workspace);
  nlohmann::json document = {
      {"schema", "neusemslice.plan/1"}, {"workspace", workspace.string()}, {"kinds", nlohmann::json::object()}};
  double expected = 0;
  bool measured = true;
  if (!json) fmt::print("{:<14} {:>7} {:>7} {:>7}  {}\n", "kind", "jobs", "done", "to do", "expected");
  for (const auto& [name, kind] : kinds) {
    const std::int64_t left = kind.total - kind.done;
    expected += kind.expected_seconds();
    measured = measured && (left == 0 || kind.mean_seconds > 0);
    document["kinds"][name] = {
        {"jobs", kind.total}, {"done", kind.done}, {"expected_seconds", kind.expected_seconds()}};
    if (json) continue;
    const std::string cost = left == 0               ? "-"
                             : kind.mean_seconds > 0 ? human_seconds(kind.expected_seconds())
                                                     : "not measured yet";
    fmt::print("{:<14} {:>7} {:>7} {:>7}  {}\n", name, kind.total, kind.done, left, cost);
  }
  document["expected_seconds"] = expected;
  document["measured"] = measured;
  if (json)
    fmt::print("{}\n", document.dump());
  else
    fmt::print("workspace {}; {} to go{}\n", workspace.string(), human_seconds(expected),
               measured ? "" : ", besides the kinds not measured yet");
  return ExitCode::done;
}

ExitCode print_summary(const RunSummary& summary, const std::filesystem::path& workspace, double seconds, bool json) {
  if (json) {
    nlohmann::json failures = nlohmann::json::array();
    for (const FailedJob& job : summary.failed) failures.push_back({{"job", job.name}, {"message", job.message}});
    fmt::print("{}\n", nlohmann::json{{"schema", "neusemslice.run/1"},
                                      {"workspace", workspace.string()},
                                      {"jobs", summary.total},
                                      {"done_before", summary.done_before},
                                      {"done_now", summary.done_now},
                                      {"skipped", summary.skipped},
                                      {"failed", failures},
                                      {"seconds", seconds}}
                           .dump());
  } else {
    fmt::print("{} jobs: {} done before, {} done now, {} failed, {} skipped, in {}\n", summary.total,
               summary.done_before, summary.done_now, summary.failed.size(), summary.skipped, human_seconds(seconds));
    for (const FailedJob& job : summary.failed) fmt::print("  failed: {}: {}\n", job.name, job.message);
    fmt::print("results: {}\nreport:  neusemslice report {}\n", (workspace / "results.db").string(),
               workspace.string());
  }
  return summary.failed.empty() ? ExitCode::done : ExitCode::some_jobs_failed;
}

/// Marks the run as ended however this scope is left, unless the process is killed.
class OpenRun {
 public:
  OpenRun(Store& store, const RunInfo& info) : store_(store), id_(store.begin_run(info)) {}
  OpenRun(const OpenRun&) = delete;
  OpenRun& operator=(const OpenRun&) = delete;
  ~OpenRun() {
    try {
      store_.finish_run(id_, state_);
    } catch (const std::exception& error) {
      spdlog::warn("the end of the run could not be recorded: {}", error.what());
    }
  }
  [[nodiscard]] std::int64_t id() const { return id_; }
  void ended(bool all_done) { state_ = all_done ? "done" : "failed"; }

 private:
  Store& store_;
  std::int64_t id_;
  std::string state_ = "stopped";
};

ExitCode run_suite(const RunOptions& options, const Program& program) {
  const SuiteConfig suite = load_suite(options.suite, options.overrides);
  const std::filesystem::path workspace = workspace_of(options, suite);
  const at::Device device = options.compute.start();
  DatasetCache datasets(options.compute.data_folder());
  const JobGraph graph = rq1_jobs(suite, datasets);
  if (options.dry_run) return print_plan(graph, workspace, program.json);

  const auto start = std::chrono::steady_clock::now();
  Store store(workspace);
  store.register_jobs(suite.name, graph.rows());
  OpenRun run(store, {.suite = suite.name,
                      .config = print_suite(suite),
                      .command = program.command_line,
                      .device = device.str(),
                      .threads = at::get_num_threads(),
                      .revision = source_revision(),
                      .versions = library_versions()});
  spdlog::info("{}: {} jobs on {} with {} threads, workspace {}", suite.name, graph.jobs().size(), device.str(),
               at::get_num_threads(), workspace.string());
  JobKinds kinds(graph, store, datasets, device, suite.similarity.memory_mb);
  const RunSummary summary = run_jobs(graph, store, run.id(), kinds.functions());
  run.ended(summary.failed.empty());
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return print_summary(summary, workspace, seconds, program.json);
}

}  // namespace

void add_run_command(CLI::App& app, Program& program) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "Run every job of a suite, or continue where it stopped");
  command->footer(
      "Example:\n  neusemslice run configs/suites/rq1-mlp.yaml -o 'seeds=[0,1]' -o 'settings.*.recipe.epochs=3'\n\n"
      "Stopped at any moment, the same command continues. Exit codes: 0 done, 1 some jobs failed, 2 usage, config or "
      "data.");
  command->add_option("suite", options->suite, "Suite file (configs/quickstart.yaml, configs/suites/*.yaml)")
      ->required();
  command->add_option("-o,--override", options->overrides, "Change a key of the suite: seeds=[0,1]")
      ->allow_extra_args(false);
  command->add_option("--workspace", options->workspace,
                      "Folder for results.db and artifacts (default: workspaces/<suite>)");
  command->add_flag("--dry-run", options->dry_run,
                    "Count the jobs by kind, done and to do, with their expected cost; run nothing");
  add_compute_options(*command, options->compute);
  command->callback(
      [options, &program] { program.action = [options, &program] { return run_suite(*options, program); }; });
}

}  // namespace neusemslice
