#include "rq2/answer.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/seed_means.hpp"
#include "rq2/tables.hpp"

namespace neusemslice {
namespace {

/// One algorithm's result on one seed, in percent.
struct Reached {
  double compression_rate = 0;
  double iterations = 0;
  double accuracy = 0;
};

/// What the slice changes, over everything that was pruned both ways.
struct Effect {
  SeedMeans rates;
  SeedMeans accuracies;
  SeedMeans fewer;  ///< iterations, in percent

  void add(std::int64_t seed, const Reached& plain, const Reached& sliced) {
    rates.add(seed, sliced.compression_rate - plain.compression_rate);
    accuracies.add(seed, sliced.accuracy - plain.accuracy);
    if (plain.iterations > 0) fewer.add(seed, 100 * (1 - sliced.iterations / plain.iterations));
  }

  [[nodiscard]] std::string words() const {
    Summary iterations = fewer.summary();
    const bool is_more = iterations.mean < 0;
    iterations.mean = std::abs(iterations.mean);
    return fmt::format("{} points of compression, {} % {} iterations, {} points of accuracy",
                       signed_interval(rates.summary()), mean_and_interval(iterations, 2), is_more ? "more" : "fewer",
                       signed_interval(accuracies.summary()));
  }
};

Reached reached_by(const Rq2Run& run) {
  return {100 * run.compression_rate, static_cast<double>(run.iterations), 100 * run.test_accuracy};
}

void add_measured(const Rq2Setting& setting, Effect& effect) {
  for (const std::string& method : methods_of(setting)) {
    const auto plain = setting.cells.find({method, "model"});
    const auto sliced = setting.cells.find({method, "slice"});
    if (plain == setting.cells.end() || sliced == setting.cells.end()) continue;
    for (const Rq2Run& run : plain->second.runs) {
      const auto same_seed = std::ranges::find(sliced->second.runs, run.seed, &Rq2Run::seed);
      if (same_seed != sliced->second.runs.end()) effect.add(run.seed, reached_by(run), reached_by(*same_seed));
    }
  }
}

void add_published(const Rq2Setting& setting, Effect& effect) {
  const auto reached = [](const PublishedPruning& row) {
    return Reached{row.compression_rate, row.iterations, row.accuracy};
  };
  for (const std::string& method : methods_of(setting)) {
    const auto plain = published_pruning(setting.name, {method, "model"});
    const auto sliced = published_pruning(setting.name, {method, "slice"});
    const bool is_measured = setting.cells.contains({method, "model"}) && setting.cells.contains({method, "slice"});
    if (is_measured && plain && sliced) effect.add(0, reached(*plain), reached(*sliced));
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
    if (own.rates.empty()) continue;
    add_measured(setting, all);
    add_published(setting, published);
    sentences.push_back(fmt::format("{}, from the slice (CR {} %) instead of the model, mean over algorithms: {}.",
                                    setting.title, percent(setting.slice.compression_rate), own.words()));
  }
  if (sentences.empty()) return {"No model has been pruned both ways yet."};
  sentences.push_back(fmt::format("Over all settings here: {}.", all.words()));
  if (!published.rates.empty()) {
    sentences.push_back(
        fmt::format("The paper's Table 4 for the settings that it has, by the same sums: {}.", published.words()));
  }
  return sentences;
}

}  // namespace neusemslice
