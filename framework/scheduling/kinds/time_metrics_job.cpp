#include "scheduling/kinds/time_metrics_job.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>

#include "scheduling/job_parameters.hpp"

namespace neusemslice {
namespace {

constexpr int kVersion = 2;

std::int64_t total(const std::vector<at::Tensor>& positions) {
  std::int64_t count = 0;
  for (const at::Tensor& of_category : positions) count += of_category.numel();
  return count;
}

/// The median of three runs, after one that warms up.
double median_seconds(const std::function<void()>& work) {
  std::array<double, 3> seconds{};
  work();
  for (double& measured : seconds) {
    const auto start = std::chrono::steady_clock::now();
    work();
    measured = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  std::ranges::sort(seconds);
  return seconds[1];
}

}  // namespace

std::string add_time_metrics_job(JobGraph& graph, const std::string& train, const ContributionConfig& config) {
  const Job& model = graph.at(train);
  return graph.add("time-metrics", kVersion, model.setting, model.seed, to_json(config), {train});
}

JobOutput run_time_metrics_job(JobData& data, const Job& job, const JobContext& context) {
  const TrainedModel& model = data.trained(job.inputs.at(0), context.inputs);
  const ContributionConfig config = contribution_from(job.parameters);
  const std::vector<at::Tensor> positions = model.positions_by_category(config.samples_per_category);
  const auto seconds_of = [&](const std::vector<std::string>& metrics) {
    ContributionConfig chosen = config;
    chosen.metrics = metrics;
    return median_seconds([&] {
      score_contributions(model.network, model.units, model.dataset->training, model.dataset->normalisation, positions,
                          chosen);
    });
  };
  JobOutput output;
  output.rows.metric_seconds.push_back({"all", total(positions), seconds_of(config.metrics)});
  for (const std::string& metric : config.metrics) {
    output.rows.metric_seconds.push_back({metric, total(positions), seconds_of({metric})});
  }
  return output;
}

}  // namespace neusemslice
