#include "rq1/answer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "rq1/choice.hpp"
#include "rq1/comparison.hpp"
#include "rq1/words.hpp"

namespace neusemslice {
namespace {

constexpr double kRate = 0.5;

/// "its slices remove 0.00 to 91.20 %": why a strategy has no value at a rate.
std::string reach_of(const Rq1Setting& setting, const std::string& strategy) {
  std::optional<std::pair<double, double>> reach;
  for (const Rq1Curve& curve : setting.curves) {
    const auto span = curve.strategy == strategy ? compression_span(curve) : std::nullopt;
    if (!span) continue;
    reach = reach ? std::pair(std::min(reach->first, span->first), std::max(reach->second, span->second)) : *span;
  }
  return reach ? fmt::format("its slices remove {} to {} %", percent(reach->first), percent(reach->second))
               : "no slice yet";
}

std::string kept_by(const Rq1Setting& setting, const std::string& strategy) {
  const Rq1Curve* best = best_metric_at(setting, strategy, kRate);
  if (best == nullptr) return fmt::format("{} has no value ({})", strategy_name(strategy), reach_of(setting, strategy));
  const Summary accuracy =
      summarise_seeds(values_at(*best, kRate), [](const CurveValue& v) { return v.test_accuracy; });
  return fmt::format("{} keeps {} % ({})", strategy_name(strategy), percent(accuracy), best->metric);
}

std::string kept_by_all(const Rq1Setting& setting) {
  std::vector<std::string> parts;
  for (const std::string& strategy : rq1_strategies()) parts.push_back(kept_by(setting, strategy));
  return fmt::format("At {} % compression {}; validation accuracy chooses each metric.", short_percent(kRate),
                     fmt::join(parts, ", "));
}

std::string stand_at_equal_compression(const Rq1Setting& setting) {
  const Rq1Standing result = standing(compare_at_equal_compression(setting));
  const int all = result.ahead + result.behind + result.undecided;
  if (all == 0) return "No compression rate is reached by two strategies with the same metric.";
  return fmt::format(
      "At equal compression ({}) and with the same metric, semantic slicing is ahead in {} of {} comparisons, behind "
      "in {}, "
      "and not told apart in {}{}.",
      list_of_percents(rq1_compared_rates()), result.ahead, all, result.behind, result.undecided,
      setting.original_test_accuracy.count < 2 ? " (one seed gives no interval)" : "");
}

std::string setting_answer(const Rq1Setting& setting) {
  if (setting.original_test_accuracy.count == 0) return fmt::format("{}: no result yet.", setting.name);
  const std::string start = fmt::format("{}. {}", setting.name, original_sentence(setting));
  if (setting.curves.empty()) return start + " No slice has been evaluated yet.";
  return fmt::format("{} {} {}", start, kept_by_all(setting), stand_at_equal_compression(setting));
}

}  // namespace

std::vector<std::string> rq1_answer(const std::vector<Rq1Setting>& settings, const SuiteRecord& record) {
  std::vector<std::string> answer;
  for (const Rq1Setting& setting : settings) answer.push_back(setting_answer(setting));
  const std::vector<std::string> lacks = shortcomings(record);
  if (!lacks.empty()) answer.push_back(fmt::format("Incomplete. {}", fmt::join(lacks, " ")));
  return answer;
}

}  // namespace neusemslice
