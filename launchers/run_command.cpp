// neusemslice run: every job of a suite, on this process alone or on all ranks of an MPI launcher, continued where it
// stopped.
#include <chrono>
#include <optional>

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "compute_options.hpp"
#include "core/files.hpp"
#include "core/hash.hpp"
#include "core/stop.hpp"
#include "core/version.hpp"
#include "parallel/together.hpp"
#include "parallel/watch.hpp"
#include "parallel/world.hpp"
#include "program.hpp"
#include "run_plan.hpp"
#include "scheduling/job_kinds.hpp"
#include "scheduling/runner.hpp"
#include "store/store.hpp"
#include "suite_jobs.hpp"
#include "time_limit.hpp"

namespace neusemslice {
namespace {

struct RunOptions {
  std::string suite;
  std::vector<std::string> overrides;
  std::string workspace;
  std::string time_limit;
  bool dry_run = false;
  ComputeOptions compute;
};

/// What every rank makes for itself from the command line; all of it must come out the same.
struct Preparation {
  SuiteConfig suite;
  std::filesystem::path workspace;
  at::Device device = at::kCPU;
  DatasetCache datasets;
  JobGraph graph;

  Preparation(const RunOptions& options, const World& world)
      : suite(load_suite(options.suite, options.overrides)),
        workspace(options.workspace.empty() ? std::filesystem::path("workspaces") / suite.name
                                            : std::filesystem::path(options.workspace)),
        device(options.compute.start(world.own_place().core_share, world.own_place().local_rank)),
        datasets(options.compute.data_folder()),
        graph(suite_jobs(suite, datasets)) {}
};

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

/// Ranks that see other data, or another suite file, would do other jobs under the same numbers.
void require_equal_graphs(const JobGraph& graph, World& world) {
  std::string keys;
  for (const Job& job : graph.jobs()) keys += job.key;
  const std::vector<std::string> digests = gather_texts(world.communicator(), sha256_hex(keys));
  for (std::size_t rank = 1; rank < digests.size(); ++rank) {
    require_input(digests[rank] == digests[0],
                  "rank {} has other jobs than rank 0: its suite file or its data differ; give every rank the same",
                  rank_name(world.places().at(rank)));
  }
}

/// Rank 0 has just written its name into the workspace's lock: whoever reads the same there sees the same folder.
void require_shared_workspace(const std::filesystem::path& workspace, World& world) {
  const auto owner = [&] {
    std::error_code error;
    return std::filesystem::exists(workspace / "lock", error) ? read_file(workspace / "lock") : std::string();
  };
  const std::string expected = gather_texts(world.communicator(), world.rank() == 0 ? owner() : "").front();
  together(world.communicator(), [&] {
    require_input(owner() == expected,
                  "rank {} does not see the workspace {} of rank 0: put it on a file system that all hosts share "
                  "(--workspace)",
                  rank_name(world.own_place()), std::filesystem::absolute(workspace).string());
  });
}

/// What the batch script is to be given, besides what it asks Slurm for.
PlanOptions plan_options(const RunOptions& options, const Preparation& prepared) {
  PlanOptions plan{
      .suite = options.suite, .workspace = prepared.workspace, .needs_gpus = options.compute.device != "cpu"};
  const auto add = [&plan](const char* option, const std::string& value) {
    plan.run_options.insert(plan.run_options.end(), {option, value});
  };
  for (const std::string& change : options.overrides) add("-o", change);
  if (!options.workspace.empty()) add("--workspace", options.workspace);
  if (!options.compute.data_dir.empty()) add("--data-dir", options.compute.data_dir);
  if (options.compute.device != "auto") add("--device", options.compute.device);
  return plan;
}

std::vector<RankRow> rank_rows(const std::vector<RankPlace>& places) {
  std::vector<RankRow> rows;
  for (const RankPlace& place : places) {
    rows.push_back({.rank = place.rank,
                    .host = place.host,
                    .process_id = place.process_id,
                    .local_rank = place.local_rank,
                    .device = place.device,
                    .device_uuid = place.device_uuid,
                    .threads = place.threads});
  }
  return rows;
}

void log_ranks(const World& world) {
  if (world.size() == 1) return;
  for (const RankPlace& place : world.places()) {
    spdlog::info("rank {}: local rank {}, {}{}{}, {} of {} cores", rank_name(place), place.local_rank, place.device,
                 place.device_uuid.empty() ? "" : " ", place.device_uuid, place.threads, place.core_share);
    if (place.threads != world.places().front().threads) {
      spdlog::warn(
          "rank {} computes with {} threads, rank 0 with {}: results may differ in their last bits from those "
          "of equal threads; give --threads",
          place.rank, place.threads, world.places().front().threads);
    }
  }
  const std::string warning = shared_gpu_warning(world.places());
  if (!warning.empty()) spdlog::warn("{}", warning);
}

/// What rank 0 has beside all others: it alone opens the database and prints.
class LeadingRank {
 public:
  LeadingRank(Preparation& prepared, const World& world, const Program& program)
      : store_(prepared.workspace),
        run_(begin(prepared, program)),
        record_(prepared.graph, store_, run_.id()),
        estimates_(estimate_jobs(prepared.graph, store_.costs(), prepared.datasets)) {
    store_.record_ranks(run_.id(), rank_rows(world.places()));
    spdlog::info("{}: {} jobs on {} with {} threads, workspace {}", prepared.suite.name, prepared.graph.jobs().size(),
                 world.size() == 1 ? prepared.device.str() : fmt::format("{} ranks", world.size()),
                 at::get_num_threads(), prepared.workspace.string());
    log_ranks(world);
  }

  RunSummary coordinate(const RunParts& parts) {
    RunSummary summary = neusemslice::coordinate(parts, {store_, run_.id(), record_, estimates_});
    run_.ended(summary.failed.empty());
    return summary;
  }

 private:
  OpenRun begin(const Preparation& prepared, const Program& program) {
    store_.register_jobs(prepared.suite.name, prepared.graph.rows());
    return {store_,
            {.suite = prepared.suite.name,
             .config = print_suite(prepared.suite),
             .command = program.command_line,
             .device = prepared.device.str(),
             .threads = at::get_num_threads(),
             .revision = source_revision(),
             .versions = library_versions()}};
  }

  Store store_;
  OpenRun run_;
  RunRecord record_;
  std::vector<JobEstimate> estimates_;
};

/// The run itself, on every rank. Whatever can fail on one rank before the jobs begin is agreed on by all.
ExitCode run_on_all_ranks(Preparation& prepared, World& world, const Watch& watch, const Program& program) {
  const auto start = std::chrono::steady_clock::now();
  require_equal_graphs(prepared.graph, world);
  std::optional<LeadingRank> leading;
  together(world.communicator(), [&] {
    if (world.rank() == 0) leading.emplace(prepared, world, program);
  });
  require_shared_workspace(prepared.workspace, world);
  JobData data(prepared.graph, prepared.datasets, prepared.device, prepared.suite.similarity.memory_mb);
  const JobFunctions functions = job_functions(data);
  const RunParts parts = {prepared.graph, world, watch, functions, prepared.workspace};
  if (!leading) return work_for(parts);
  const RunSummary summary = leading->coordinate(parts);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return print_summary(summary, prepared.workspace, seconds, program.json);
}

ExitCode prepare_and_run(const RunOptions& options, World& world, const Watch& watch, const Program& program) {
  std::optional<Preparation> prepared;
  together(world.communicator(), [&] { prepared.emplace(options, world); });
  world.share_devices(prepared->device, at::get_num_threads());
  if (!options.dry_run) return run_on_all_ranks(*prepared, world, watch, program);
  if (world.rank() != 0) return ExitCode::done;
  return print_plan(prepared->graph, prepared->datasets, plan_options(options, *prepared), program.json);
}

ExitCode run_suite(const RunOptions& options, const Program& program) {
  install_requeue_handlers(checkpoint_signal());  // before MPI starts, which takes a second
  const auto stop_at = time_to_stop(options.time_limit);
  World world;
  if (world.rank() > 0) spdlog::set_pattern(fmt::format("%Y-%m-%dT%H:%M:%S %l: rank {}: %v", world.rank()));
  Watch watch(world, stop_at);
  const auto leave = [&](ExitCode code) {
    if (!watch.leave()) world.abort(static_cast<int>(code));
    return code;
  };
  try {
    return leave(prepare_and_run(options, world, watch, program));
  } catch (const Error& error) {
    leave(error.code());
    if (world.rank() == 0) throw;  // every rank has met the same error; one says so
    return error.code();
  }
}

}  // namespace

void add_run_command(CLI::App& app, Program& program) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "Run every job of a suite, or continue where it stopped");
  command->footer(
      "Example:\n  neusemslice run configs/suites/rq1-mlp.yaml -o 'seeds=[0,1]' -o 'settings.*.recipe.epochs=3'\n\n"
      "  mpirun -n 4 neusemslice run configs/suites/rq1-mlp.yaml --time-limit 4h\n\n"
      "Stopped at any moment, the same command continues. Exit codes: 0 done, 1 some jobs failed, 2 usage, config or "
      "data, 3 the machine lacks something, 85 stopped early (SIGTERM, checkpoint signal, time limit): run it again, "
      "86 a rank died: run it again.");
  command->add_option("suite", options->suite, "Suite file (configs/quickstart.yaml, configs/suites/*.yaml)")
      ->required();
  command->add_option("-o,--override", options->overrides, "Change a key of the suite: seeds=[0,1]")
      ->allow_extra_args(false);
  command->add_option("--workspace", options->workspace,
                      "Folder for results.db and artifacts (default: workspaces/<suite>)");
  command->add_flag(
      "--dry-run", options->dry_run,
      "Jobs by kind, done and to do, with their expected cost, and the sbatch line that fits; run nothing");
  command
      ->add_option("--time-limit", options->time_limit,
                   "Stop in time, with everything saved and exit code 85: 90s, 45m, 4h, HH:MM:SS (Slurm's own limit is "
                   "heeded too)")
      ->envname("NEUSEMSLICE_TIME_LIMIT");
  add_compute_options(*command, options->compute);
  command->callback(
      [options, &program] { program.action = [options, &program] { return run_suite(*options, program); }; });
}

}  // namespace neusemslice
