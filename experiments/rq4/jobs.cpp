#include "rq4/jobs.hpp"

#include "scheduling/kinds/choose_job.hpp"
#include "scheduling/kinds/learn_job.hpp"
#include "scheduling/kinds/scan_job.hpp"
#include "scheduling/kinds/score_job.hpp"
#include "scheduling/kinds/train_job.hpp"

namespace neusemslice {
namespace {

std::vector<LearnMethod> methods_of(const SuiteConfig& suite, const SettingConfig& setting) {
  std::vector<LearnMethod> methods;
  for (const std::string& name : suite.increment.methods) {
    if (name == "replay") {
      for (const std::int64_t percent : suite.increment.replay_percentages) methods.push_back({name, percent});
    } else if (name == "slice_replay") {
      methods.push_back({name, suite.increment.slice_replay_percentage});
    } else if (name != "deeparc" || setting.model.name != "mlp") {
      methods.push_back({name});
    }
  }
  return methods;
}

/// The slice of the task that `base` learned last.
ChosenSlice add_slice(JobGraph& graph, const SuiteConfig& suite, const std::string& base) {
  const std::string score = add_score_job(graph, base, suite.contribution);
  const std::string scan = add_scan_job(graph, score, suite.similarity);
  return {add_choose_job(graph, suite.increment.slice_tolerance, suite.slicing.interval, score, scan), score};
}

void add_chain(JobGraph& graph, const SuiteConfig& suite, const SettingConfig& setting, std::string base,
               const std::vector<Categories>& tasks, const LearnMethod& method) {
  const bool needs_slice = method.name == "slice" || method.name == "slice_replay";
  for (std::size_t step = 1; step < tasks.size(); ++step) {
    const ChosenSlice slice = needs_slice ? add_slice(graph, suite, base) : ChosenSlice{};
    base = add_learn_job(graph, suite, setting, base, tasks, step, method, slice);
  }
}

}  // namespace

JobGraph rq4_jobs(const SuiteConfig& suite, DatasetCache& datasets) {
  JobGraph graph;
  for (const SettingConfig& setting : suite.settings) {
    const Dataset& dataset = datasets.get(setting.dataset);
    const std::vector<Categories> tasks = tasks_of(setting.tasks, dataset);
    for (const std::int64_t seed : suite.seeds) {
      const std::string train = add_train_job(graph, setting, dataset, suite.validation_percent, seed, tasks.front());
      add_learn_job(graph, suite, setting, train, tasks, 0, {"original"});
      for (const LearnMethod& method : methods_of(suite, setting)) {
        add_chain(graph, suite, setting, train, tasks, method);
      }
    }
  }
  return graph;
}

}  // namespace neusemslice
