#include "rq4/answer.hpp"

#include <map>

#include <fmt/format.h>

#include "report/published.hpp"

namespace neusemslice {
namespace {

bool has_slices(const Rq4Outcome& outcome) {
  return outcome.method.name == "slice" || outcome.method.name == "slice_replay";
}

std::string sentence_of(const Rq4Setting& setting, const Rq4Outcome& outcome) {
  return fmt::format(
      "{}, {}: {} % on the first task and {} % on the last, average accuracy {} %, forgetting {} %, with {} bytes of "
      "slices kept.",
      setting.title, learn_method_title(outcome.method), percent(outcome.accuracy.back().front()),
      percent(outcome.accuracy.back().back()), percent(outcome.average), percent(outcome.forgetting),
      fixed(outcome.slice_bytes.mean, 0));
}

/// Of the paper's settings, in points and percent: what task A loses against Original, and the average accuracy.
struct PublishedSums {
  Summary loss;
  Summary average;
};

PublishedSums sums_of(const std::string& method) {
  std::map<std::string, double> original;
  std::vector<double> losses;
  std::vector<double> averages;
  for (const CsvRecord& row : published_rows("table6_incremental")) {
    const auto text = [&](const char* column) { return row.find(column)->second; };
    const bool is_original = text("method") == "Original";
    if (!is_original && text("method") != method) continue;
    const double accuracy = std::stod(text("task_a_accuracy_percent"));
    if (is_original) {
      original[text("setting")] = accuracy;
    } else {
      losses.push_back(original.at(text("setting")) - accuracy);
      averages.push_back(std::stod(text("average_percent")));
    }
  }
  return {summarise(losses), summarise(averages)};
}

std::string published_sentence() {
  const PublishedSums slice = sums_of("NeuSemSlice");
  const PublishedSums replay = sums_of("NeuSemSlice+Replay 10%");
  return fmt::format(
      "The paper, over its {} settings of two tasks: with NeuSemSlice the first task loses {} points and the average "
      "accuracy is {} %; with replay, {} points and {} %.",
      slice.loss.count, fixed(slice.loss.mean, 2), fixed(slice.average.mean, 2), fixed(replay.loss.mean, 2),
      fixed(replay.average.mean, 2));
}

}  // namespace

std::vector<std::string> rq4_answer(const std::vector<Rq4Setting>& settings) {
  std::vector<std::string> sentences;
  for (const Rq4Setting& setting : settings) {
    for (const Rq4Outcome& outcome : setting.outcomes) {
      if (has_slices(outcome)) sentences.push_back(sentence_of(setting, outcome));
    }
  }
  if (sentences.empty()) return {"No model has learned another task in its free units yet."};
  sentences.emplace_back(
      "With NeuSemSlice alone, what an earlier task's sub-network computes is bit for bit the same before and after: "
      "all of the forgetting is what slicing costs.");
  sentences.push_back(published_sentence());
  return sentences;
}

}  // namespace neusemslice
