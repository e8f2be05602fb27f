#include "rq2/answer.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "rq2/tables.hpp"

namespace neusemslice {
namespace {

/// One algorithm's result on one seed, in percent.
struct Reached {
  double compression_rate = 0;
  double iterations = 0;
  double accuracy = 0;
};

/// What the slice changes: for each seed the mean over what was pruned both ways, then over seeds.
class Effect {
 public:
  void add(std::int64_t seed, const Reached& plain, const Reached& sliced) {
    rates_[seed].push_back(sliced.compression_rate - plain.compression_rate);
    accuracies_[seed].push_back(sliced.accuracy - plain.accuracy);
    if (plain.iterations > 0) fewer_[seed].push_back(100 * (1 - sliced.iterations / plain.iterations));
  }

  [[nodiscard]] bool empty() const { return rates_.empty(); }

  [[nodiscard]] std::string words() const {
    const Summary fewer = over_seeds(fewer_);
    return fmt::format("{} points of compression, {} % {} iterations, {} points of accuracy", signed_points(rates_),
                       mean_and_interval(fewer.mean < 0 ? over_seeds(fewer_, -1) : fewer, 2),
                       fewer.mean < 0 ? "more" : "fewer", signed_points(accuracies_));
  }

 private:
  using Values = std::map<std::int64_t, std::vector<double>>;  // by seed

  static Summary over_seeds(const Values& values, double factor = 1) {
    std::vector<double> means;
    for (const auto& [seed, of_seed] : values) means.push_back(factor * summarise(of_seed).mean);
    return summarise(means);
  }

  static std::string signed_points(const Values& values) {
    const Summary summary = over_seeds(values);
    return fmt::format("{}{}", summary.mean >= 0 ? "+" : "", mean_and_interval(summary, 2));
  }

  Values rates_;
  Values accuracies_;
  Values fewer_;
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
    if (own.empty()) continue;
    add_measured(setting, all);
    add_published(setting, published);
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
