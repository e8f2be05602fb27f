#include "scheduling/job_kinds.hpp"

#include "scheduling/kinds/attack_job.hpp"
#include "scheduling/kinds/choose_job.hpp"
#include "scheduling/kinds/deeparc_job.hpp"
#include "scheduling/kinds/learn_job.hpp"
#include "scheduling/kinds/mask_job.hpp"
#include "scheduling/kinds/prune_job.hpp"
#include "scheduling/kinds/readapt_job.hpp"
#include "scheduling/kinds/restructure_job.hpp"
#include "scheduling/kinds/scan_job.hpp"
#include "scheduling/kinds/score_job.hpp"
#include "scheduling/kinds/slice_job.hpp"
#include "scheduling/kinds/time_metrics_job.hpp"
#include "scheduling/kinds/train_job.hpp"

namespace neusemslice {
namespace {

/// Only the proportions matter, and only until such a job has been done here: training, learning and pruning outweigh
/// everything, the jobs after a slice are small.
double guessed_seconds(const std::string& kind) {
  if (kind == "train" || kind == "prune" || kind == "learn") return 60;
  return kind == "slice" || kind == "restructure" || kind == "mask" ? 0.05 : 5;
}

bool is_divided_by_categories(const std::string& kind) {
  return kind == "score" || kind == "scan" || kind == "slice";
}

}  // namespace

JobFunctions job_functions(JobData& data) {
  const auto bound = [&data](JobOutput (*function)(JobData&, const Job&, const JobContext&)) {
    return [&data, function](const Job& job, const JobContext& context) { return function(data, job, context); };
  };
  return {{"train", bound(run_train_job)},
          {"score", bound(run_score_job)},
          {"scan", bound(run_scan_job)},
          {"slice", bound(run_slice_job)},
          {"restructure", bound(run_restructure_job)},
          {"mask", bound(run_mask_job)},
          {"deeparc", bound(run_deeparc_job)},
          {"choose", bound(run_choose_job)},
          {"prune", bound(run_prune_job)},
          {"learn", bound(run_learn_job)},
          {"attack", bound(run_attack_job)},
          {"readapt", bound(run_readapt_job)},
          {"time-metrics", bound(run_time_metrics_job)}};
}

std::vector<JobEstimate> estimate_jobs(const JobGraph& graph, const JobCosts& costs, DatasetCache& datasets) {
  std::vector<JobEstimate> estimates;
  for (const Job& job : graph.jobs()) {
    JobEstimate estimate{.seconds = costs.expected(job.kind, job.setting).value_or(guessed_seconds(job.kind))};
    if (is_divided_by_categories(job.kind)) {
      const Job& model = training_of(graph, job);
      estimate.most_ranks =
          static_cast<int>(datasets.get(model.parameters.at("dataset").get<std::string>()).categories());
    }
    estimates.push_back(estimate);
  }
  return estimates;
}

}  // namespace neusemslice
