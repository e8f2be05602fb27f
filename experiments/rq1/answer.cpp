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
  const std::size_t all = setting.original_test_accuracy.count;
  const std::string seeds = accuracy.count == all ? "" : fmt::format(", {} of {}", accuracy.count, seeds_name(all));
  return fmt::format("{} keeps {} % ({}{})", strategy_name(strategy), percent(accuracy), best->metric, seeds);
}

std::string kept_by_all(const Rq1Setting& setting) {
  std::vector<std::string> parts;
  for (const std::string& strategy : rq1_strategies()) parts.push_back(kept_by(setting, strategy));
  return fmt::format("At {} % compression {}; validation accuracy chooses each metric.", short_percent(kRate),
                     fmt::join(parts, ", "));
}

/// The comparisons that have an interval.
std::string judged_part(const Rq1Standing& result) {
  return fmt::format("is ahead in {} of {} comparisons, behind in {}, and not told apart in {}", result.ahead,
                     result.judged(), result.behind, result.undecided);
}

/// The comparisons that have none.
std::string unjudged_part(const Rq1Standing& result) {
  return fmt::format("has the higher mean in {} of {} comparisons with fewer than {} seeds, too few for a verdict",
                     result.higher_mean, result.without_interval, kSeedsForInterval);
}

std::string stand_at_equal_compression(const Rq1Setting& setting) {
  const Rq1Standing result = standing(compare_at_equal_compression(setting));
  std::vector<std::string> parts;
  if (result.judged() > 0) parts.push_back(judged_part(result));
  if (result.without_interval > 0) parts.push_back(unjudged_part(result));
  if (parts.empty()) return "No compression rate is reached by two strategies with the same metric.";
  return fmt::format("At equal compression ({}) and with the same metric, semantic slicing {}.",
                     list_of_percents(rq1_compared_rates()), fmt::join(parts, "; it "));
}

std::string setting_answer(const Rq1Setting& setting) {
  if (setting.original_test_accuracy.count == 0) return fmt::format("{}: no result yet.", setting.title);
  const std::string start = fmt::format("{}. {}", setting.title, original_sentence(setting));
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
