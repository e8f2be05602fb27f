#include "rq1/claims.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.hpp"
#include "report/published.hpp"
#include "rq1/choice.hpp"

namespace neusemslice {
namespace {

using Quantity = Rq1Claim::Quantity;

Quantity parse_quantity(const std::string& text) {
  require(text == "accuracy" || text == "accuracy_loss", "rq1_claims.csv: unknown quantity '{}'", text);
  return text == "accuracy" ? Quantity::accuracy : Quantity::accuracy_loss;
}

const Rq1Setting* find_setting(const std::vector<Rq1Setting>& settings, const Rq1Claim& claim) {
  const auto found = std::find_if(settings.begin(), settings.end(), [&](const Rq1Setting& setting) {
    return is_same_setting(claim.setting, setting.name);
  });
  return found == settings.end() ? nullptr : &*found;
}

Summary measured(const Rq1Curve& curve, const Rq1Claim& claim) {
  return summarise_seeds(values_at(curve, claim.compression_rate), [&](const CurveValue& value) {
    return claim.quantity == Quantity::accuracy ? value.test_accuracy : value.test_loss;
  });
}

std::string not_measured(const Rq1Curve& curve, const Rq1Claim& claim) {
  const auto [low, high] = compression_span(curve).value_or(std::pair(0.0, 0.0));
  return fmt::format("Not measured at {} %: our slices remove {} to {} %.", percent(claim.compression_rate),
                     percent(low), percent(high));
}

/// The size of the difference in the words of the quantity: "1.20 points less than the paper's".
std::string distance(double difference) {
  return fmt::format("{} points {} than the paper's", percent(std::abs(difference)), difference < 0 ? "less" : "more");
}

std::string verdict_of(const Summary& ours, const Rq1Claim& claim) {
  const double difference = ours.mean - claim.value;
  const double worse = claim.quantity == Quantity::accuracy_loss ? difference : -difference;
  if (worse <= 0) return fmt::format("Holds: {}.", distance(difference));
  if (!ours.half_width) {
    return fmt::format("Undecided: {}, and an interval needs {} seeds.", distance(difference), kSeedsForInterval);
  }
  if (worse <= *ours.half_width) return fmt::format("Undecided: {}, within our interval.", distance(difference));
  return fmt::format("Does not hold: {}.", distance(difference));
}

/// A rival's accuracy is no promise that could hold: the difference says it all.
std::string rival_verdict(const Summary& ours, const Rq1Claim& claim) {
  return fmt::format("Ours is {}.", distance(ours.mean - claim.value));
}

Rq1ClaimOutcome judge(const Rq1Claim& claim, const Rq1Curve& curve) {
  Rq1ClaimOutcome outcome = {claim, curve.metric, measured(curve, claim), ""};
  if (outcome.ours.count == 0) {
    outcome.verdict = not_measured(curve, claim);
  } else {
    outcome.verdict =
        claim.strategy == "semantic" ? verdict_of(outcome.ours, claim) : rival_verdict(outcome.ours, claim);
  }
  return outcome;
}

}  // namespace

std::vector<Rq1Claim> published_rq1_claims() {
  std::vector<Rq1Claim> claims;
  for (const CsvRecord& record : published_rows("rq1_claims")) {
    claims.push_back({.setting = record.at("setting"),
                      .strategy = record.at("strategy"),
                      .metric = record.at("metric"),
                      .compression_rate = std::stod(record.at("compression_rate_percent")) / 100,
                      .quantity = parse_quantity(record.at("quantity")),
                      .value = std::stod(record.at("value_percent")) / 100,
                      .where = record.at("where")});
  }
  return claims;
}

std::vector<Rq1ClaimOutcome> judge_claims(const std::vector<Rq1Setting>& settings) {
  std::vector<Rq1ClaimOutcome> outcomes;
  for (const Rq1Claim& claim : published_rq1_claims()) {
    const Rq1Setting* setting = find_setting(settings, claim);
    if (setting == nullptr) continue;
    const std::size_t before = outcomes.size();
    for (const Rq1Curve& curve : setting->curves) {
      const bool is_claimed = claim.metric == "any" || claim.metric == curve.metric;
      if (curve.strategy == claim.strategy && is_claimed) outcomes.push_back(judge(claim, curve));
    }
    if (outcomes.size() == before) outcomes.push_back({claim, claim.metric, {}, "Not run."});
  }
  return outcomes;
}

std::string claims_not_run(const std::vector<Rq1Setting>& settings) {
  std::map<std::string, int> counts;
  for (const Rq1Claim& claim : published_rq1_claims()) {
    if (find_setting(settings, claim) == nullptr) ++counts[claim.setting];
  }
  std::vector<std::string> parts;
  for (const auto& [setting, count] : counts) {
    parts.push_back(fmt::format("{} ({} claim{})", setting, count, count == 1 ? "" : "s"));
  }
  return parts.empty() ? "" : fmt::format("Not run here: {}.", fmt::join(parts, ", "));
}

}  // namespace neusemslice
