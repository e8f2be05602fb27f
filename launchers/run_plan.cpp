#include "run_plan.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "core/files.hpp"
#include "core/text.hpp"
#include "scheduling/simulation.hpp"
#include "store/results_database.hpp"

namespace neusemslice {
namespace {

constexpr int kMostRanks = 64;
constexpr int kRanksOfANode = 8;           // GPUs of a usual large node
constexpr double kWorthwhileShare = 0.75;  // of the time that half the ranks take
constexpr double kWorthwhileSeconds = 60;  // saved

struct KindPlan {
  std::int64_t total = 0;
  std::int64_t done = 0;
  double expected_seconds = 0;  ///< of what is to be done, on one rank
  bool is_measured = true;
};

/// How long a number of ranks would take.
struct Forecast {
  int ranks = 1;
  double seconds = 0;
};

struct Plan {
  std::map<std::string, KindPlan> kinds;
  std::vector<Forecast> forecasts;
  bool is_measured = true;
};

/// What was done before, and what it took. Where there is no database, or one that a run will first bring up to date,
/// everything counts as to be done.
struct History {
  std::map<std::string, JobState> states;
  JobCosts costs;

  History(const JobGraph& graph, const std::filesystem::path& workspace) {
    try {
      if (std::filesystem::exists(workspace / "results.db")) {
        SQLite::Database database = open_results(workspace);
        states = read_job_states(database, workspace, graph.rows());
        costs = read_costs(database);
        return;
      }
    } catch (const OutdatedResults& error) {
      spdlog::warn("{}; until then everything counts as to be done", error.what());
    }
    for (const Job& job : graph.jobs()) states[job.key] = JobState::waiting;
  }
};

Plan make_plan(const JobGraph& graph, DatasetCache& datasets, const std::filesystem::path& workspace) {
  const History history(graph, workspace);
  const std::vector<JobEstimate> estimates = estimate_jobs(graph, history.costs, datasets);
  Plan plan;
  for (std::size_t i = 0; i < estimates.size(); ++i) {
    const Job& job = graph.jobs()[i];
    KindPlan& kind = plan.kinds[job.kind];
    ++kind.total;
    if (history.states.at(job.key) == JobState::done) {
      ++kind.done;
      continue;
    }
    kind.expected_seconds += estimates[i].seconds;
    kind.is_measured = kind.is_measured && history.costs.expected(job.kind, job.setting).has_value();
    plan.is_measured = plan.is_measured && kind.is_measured;
  }
  for (int ranks = 1; ranks <= kMostRanks; ranks *= 2) {
    plan.forecasts.push_back({ranks, simulate_seconds(graph, history.states, estimates, ranks)});
  }
  return plan;
}

/// The most ranks of which the last doubling was still worth it.
Forecast recommended(const std::vector<Forecast>& forecasts) {
  Forecast best = forecasts.front();
  for (const Forecast& forecast : forecasts) {
    const bool is_worthwhile =
        forecast.seconds <= kWorthwhileShare * best.seconds && forecast.seconds <= best.seconds - kWorthwhileSeconds;
    if (forecast.ranks == 2 * best.ranks && is_worthwhile) best = forecast;
  }
  return best;
}

/// Half as much again and ten minutes for the start, in whole quarters of an hour: "01:15:00".
std::string time_to_ask_for(double seconds) {
  const auto quarters = static_cast<int>(std::ceil((1.5 * seconds + 600) / 900));
  return fmt::format("{:02}:{:02}:00", quarters / 4, quarters % 4 * 15);
}

std::string sbatch_line(const Forecast& forecast, const PlanOptions& options) {
  const int nodes = (forecast.ranks + kRanksOfANode - 1) / kRanksOfANode;
  const int ranks_of_node = forecast.ranks / nodes;
  std::string line = fmt::format(
      "sbatch{} --ntasks-per-node={} --gpus-per-node={} --time={} launchers/slurm/{}.sbatch {}",
      nodes > 1 ? fmt::format(" --nodes={}", nodes) : "", ranks_of_node, options.needs_gpus ? ranks_of_node : 0,
      time_to_ask_for(forecast.seconds), nodes > 1 ? "many-nodes" : "one-node", shell_word(options.suite));
  for (const std::string& option : options.run_options) {
    line += ' ';
    line += shell_word(option);
  }
  return line;
}

std::string cost_text(const KindPlan& kind) {
  if (kind.total == kind.done) return "-";
  return fmt::format("{}{}",
                     kind.is_measured ? "" : "not measured yet; a guess: ", human_seconds(kind.expected_seconds));
}

void print_text(const Plan& plan, const PlanOptions& options) {
  double total = 0;
  fmt::print("{:<14} {:>7} {:>7} {:>7}  {}\n", "kind", "jobs", "done", "to do", "expected on one rank");
  for (const auto& [name, kind] : plan.kinds) {
    total += kind.expected_seconds;
    fmt::print("{:<14} {:>7} {:>7} {:>7}  {}\n", name, kind.total, kind.done, kind.total - kind.done, cost_text(kind));
  }
  fmt::print("workspace {}; {} of work to go ({:.1f} hours){}\n", options.workspace.string(), human_seconds(total),
             total / 3600, plan.is_measured ? "" : ", partly guessed: a short run measures it");
  if (total == 0) return;
  const Forecast best = recommended(plan.forecasts);
  for (const Forecast& forecast : plan.forecasts) {
    fmt::print("{:>4} rank{} {}\n", forecast.ranks, forecast.ranks == 1 ? ": " : "s:", human_seconds(forecast.seconds));
    if (forecast.ranks >= 2 * best.ranks) break;
  }
  fmt::print("{}\n", sbatch_line(best, options));
}

nlohmann::json to_json(const Plan& plan, const PlanOptions& options) {
  nlohmann::json document = {
      {"schema", "neusemslice.plan/2"},    {"workspace", options.workspace.string()},
      {"kinds", nlohmann::json::object()}, {"forecasts", nlohmann::json::array()},
      {"measured", plan.is_measured},      {"sbatch", sbatch_line(recommended(plan.forecasts), options)}};
  double total = 0;
  for (const auto& [name, kind] : plan.kinds) {
    total += kind.expected_seconds;
    document["kinds"][name] = {{"jobs", kind.total},
                               {"done", kind.done},
                               {"expected_seconds", kind.expected_seconds},
                               {"measured", kind.is_measured}};
  }
  document["expected_seconds"] = total;
  for (const Forecast& forecast : plan.forecasts) {
    document["forecasts"].push_back({{"ranks", forecast.ranks}, {"seconds", forecast.seconds}});
  }
  return document;
}

}  // namespace

ExitCode print_plan(const JobGraph& graph, DatasetCache& datasets, const PlanOptions& options, bool json) {
  const Plan plan = make_plan(graph, datasets, options.workspace);
  if (json)
    fmt::print("{}\n", to_json(plan, options).dump());
  else
    print_text(plan, options);
  return ExitCode::done;
}

}  // namespace neusemslice
