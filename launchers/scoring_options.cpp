#include "scoring_options.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/text.hpp"
#include "data/split.hpp"

namespace neusemslice {

void add_scoring_options(CLI::App& command, ScoringOptions& options) {
  command
      .add_option("--categories", options.categories,
                  "Only these, as numbers separated by commas: those that the model knows")
      ->delimiter(',');
  command.add_option("--metrics", options.metrics, "Contribution metrics, separated by commas")->capture_default_str();
  command
      .add_option("--score-samples", options.config.samples_per_category,
                  "Training samples of each category to score, in file order; 0 = all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command
      .add_option("--deeplift-baseline", options.config.deeplift_baseline,
                  "Reference input of DeepLIFT: zeros, or the samples' mean")
      ->check(CLI::IsMember({"zeros", "mean"}))
      ->capture_default_str();
  command
      .add_option("--taylor-reduction", options.config.taylor_reduction,
                  "Square each sample's sensitivity, or that of their mean (batch)")
      ->check(CLI::IsMember({"sample", "batch"}))
      ->capture_default_str();
}

ContributionConfig scoring_config(const ScoringOptions& options) {
  ContributionConfig config = options.config;
  const std::vector<std::string> known = ContributionConfig{}.metrics;
  config.metrics = split(options.metrics, ',');
  require_input(!config.metrics.empty(), "--metrics: name at least one of avg, var, ens, deeplift, taylor");
  for (const std::string& metric : config.metrics) {
    require_input(std::ranges::count(config.metrics, metric) == 1, "--metrics: '{}' is named twice", metric);
    require_input(std::ranges::find(known, metric) != known.end(), "--metrics: '{}' is no metric{}", metric,
                  suggestion(metric, known));
  }
  return config;
}

std::vector<at::Tensor> chosen_positions(const UserModel& user, const ScoringOptions& options, std::int64_t limit) {
  const Dataset& dataset = user.dataset;
  check_categories("--categories", options.categories, dataset);
  const at::Tensor& labels = dataset.training.labels;
  const at::Tensor chosen = options.categories.empty() ? at::Tensor() : positions_of(options.categories, labels);
  return positions_by_category(labels, dataset.categories(), limit, chosen);
}

Scores score_user_model(const UserModel& user, const ScoringOptions& options, const ContributionConfig& config) {
  return score_contributions(user.network, user.units, user.dataset.training, user.dataset.normalisation,
                             chosen_positions(user, options, config.samples_per_category), config);
}

}  // namespace neusemslice
