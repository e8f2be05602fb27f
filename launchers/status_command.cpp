// neusemslice status: how far the suites of a workspace are, while they run or after.
#include <chrono>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/progress.hpp"
#include "core/stop.hpp"
#include "program.hpp"
#include "store/results_database.hpp"
#include "store/status.hpp"
#include "store/workspace_lock.hpp"

namespace neusemslice {
namespace {

constexpr auto kWatchInterval = std::chrono::seconds(2);

struct StatusOptions {
  std::string workspace;
  bool watch = false;
};

nlohmann::json to_json(const std::vector<SuiteStatus>& suites) {
  nlohmann::json document = {{"schema", "neusemslice.status/1"}, {"suites", nlohmann::json::array()}};
  for (const SuiteStatus& suite : suites) {
    nlohmann::json failures = nlohmann::json::array();
    for (const auto& [job, message] : suite.failures) failures.push_back({{"job", job}, {"message", message}});
    document["suites"].push_back({{"suite", suite.suite},
                                  {"jobs", suite.jobs},
                                  {"totals", suite.totals},
                                  {"failures", failures},
                                  {"run",
                                   {{"state", suite.run_state},
                                    {"started_at", suite.run_started_at},
                                    {"finished_at", suite.run_finished_at},
                                    {"host", suite.run_host},
                                    {"process_id", suite.run_process_id},
                                    {"ranks", suite.run_ranks},
                                    {"hosts", suite.run_hosts}}}});
  }
  return document;
}

std::int64_t count(const std::map<std::string, std::int64_t>& states, const std::string& state) {
  const auto found = states.find(state);
  return found == states.end() ? 0 : found->second;
}

std::string counted(std::int64_t number, const std::string& what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

/// " on 4 ranks, 2 hosts"; empty for a run that does not list its ranks.
std::string ranks_text(const SuiteStatus& suite) {
  if (suite.run_ranks == 0) return "";
  return fmt::format(" on {}, {}", counted(suite.run_ranks, "rank"), counted(suite.run_hosts, "host"));
}

void print_status(const SuiteStatus& suite) {
  fmt::print("{}: {} of {} jobs done; run {} since {}{} (process {} on {})\n", suite.suite, count(suite.totals, "done"),
             suite.total(), suite.run_state, suite.run_started_at, ranks_text(suite), suite.run_process_id,
             suite.run_host);
  fmt::print("  {:<14} {:>7} {:>8} {:>7} {:>8}\n", "kind", "done", "waiting", "failed", "skipped");
  for (const auto& [kind, states] : suite.jobs) {
    fmt::print("  {:<14} {:>7} {:>8} {:>7} {:>8}\n", kind, count(states, "done"), count(states, "waiting"),
               count(states, "failed"), count(states, "skipped"));
  }
  for (const auto& [job, message] : suite.failures) fmt::print("  failed: {}: {}\n", job, message);
}

/// Prints once; true when a run is going on.
bool print_once(const StatusOptions& options, bool json) {
  SQLite::Database database = open_results(options.workspace);
  std::vector<SuiteStatus> suites = read_status(database);
  const bool in_use = is_workspace_in_use(options.workspace);
  bool running = false;
  for (SuiteStatus& suite : suites) {
    if (suite.run_state == "running" && !in_use) suite.run_state = "stopped";  // it was killed
  }
  if (json) fmt::print("{}\n", to_json(suites).dump());
  for (const SuiteStatus& suite : suites) {
    if (!json) print_status(suite);
    running = running || suite.run_state == "running";
  }
  std::fflush(stdout);
  return running;
}

ExitCode show_status(const StatusOptions& options, bool json) {
  bool running = print_once(options, json);
  while (options.watch && running) {
    for (auto waited = std::chrono::milliseconds(0); waited < kWatchInterval;
         waited += std::chrono::milliseconds(100)) {
      throw_if_stopped();
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    if (!json && terminal_style().is_terminal) fmt::print("\033[H\033[2J");
    running = print_once(options, json);
  }
  return ExitCode::done;
}

}  // namespace

void add_status_command(CLI::App& app, Program& program) {
  auto options = std::make_shared<StatusOptions>();
  CLI::App* command = app.add_subcommand("status", "How far a workspace is");
  command->footer("Example:\n  neusemslice status workspaces/rq1-mlp --watch");
  command->add_option("workspace", options->workspace, "Workspace of a run")->required();
  command->add_flag("--watch", options->watch, "Again every two seconds until the run ends (with --json: a line each)");
  command->callback(
      [options, &program] { program.action = [options, &program] { return show_status(*options, program.json); }; });
}

}  // namespace neusemslice
