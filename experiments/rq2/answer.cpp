#include "rq2/answer.hpp"

#include <fmt/format.h>

#include "rq2/tables.hpp"

namespace neusemslice {
namespace {

/// What the slice changes, summed over algorithms that ran both ways.
class Effect {
 public:
  void add(double plain_rate, double sliced_rate, double plain_iterations, double sliced_iterations,
           double plain_accuracy, double sliced_accuracy) {
    rates_.push_back(sliced_rate - plain_rate);
    accuracies_.push_back(sliced_accuracy - plain_accuracy);
    if (plain_iterations > 0) fewer_.push_back(1 - sliced_iterations / plain_iterations);
  }

  [[nodiscard]] bool empty() const { return rates_.empty(); }

  [[nodiscard]] std::string words() const {
    return fmt::format("{} points more compression, {} % fewer iterations, {} points of accuracy",
                       signed_number(summarise(rates_).mean), percent(summarise(fewer_).mean),
                       signed_number(summarise(accuracies_).mean));
  }

 private:
  static std::string signed_number(double points) { return fmt::format("{:+.2f}", points); }

  std::vector<double> rates_;       // points
  std::vector<double> accuracies_;  // points
  std::vector<double> fewer_;       // share of the plain iterations
};

void add_measured(const Rq2Setting& setting, Effect& effect) {
  for (const std::string& method : methods_of(setting)) {
    const auto plain = setting.cells.find({method, "model"});
    const auto sliced = setting.cells.find({method, "slice"});
    if (plain == setting.cells.end() || sliced == setting.cells.end()) continue;
    effect.add(100 * plain->second.compression_rate.mean, 100 * sliced->second.compression_rate.mean,
               plain->second.iterations.mean, sliced->second.iterations.mean, 100 * plain->second.test_accuracy.mean,
               100 * sliced->second.test_accuracy.mean);
  }
}

void add_published(const Rq2Setting& setting, Effect& effect) {
  for (const std::string& method : methods_of(setting)) {
    const auto plain = published_pruning(setting.name, {method, "model"});
    const auto sliced = published_pruning(setting.name, {method, "slice"});
    if (!plain || !sliced) continue;
    effect.add(plain->compression_rate, sliced->compression_rate, plain->iterations, sliced->iterations,
               plain->accuracy, sliced->accuracy);
  }
}

}  // namespace

std::vector<std::string> rq2_answer(const std::vector<Rq2Setting>& settings) {
  std::vector<std::string> sentences;
  Effect all;
  Effect published;
  for (const Rq2Setting& setting : settings) {
    Effect own;
    add_measured(setting, own);
    add_measured(setting, all);
    add_published(setting, published);
    if (own.empty()) continue;
    sentences.push_back(fmt::format("{}, from the slice (CR {} %) instead of the model, mean over algorithms: {}.",
                                    setting.title, percent(setting.slice.compression_rate), own.words()));
  }
  if (sentences.empty()) return {"No model has been pruned both ways yet."};
  sentences.push_back(fmt::format("Over all settings here: {}.", all.words()));
  if (!published.empty()) {
    sentences.push_back(
        fmt::format("The paper's Table 4 for the settings that it has, by the same sums: {}.", published.words()));
  }
  return sentences;
}

}  // namespace neusemslice
