#include "rq1/tables.hpp"

#include <fmt/format.h>

#include "report/published.hpp"
#include "rq1/comparison.hpp"
#include "rq1/words.hpp"

namespace neusemslice {
namespace {

std::string claim_text(const Rq1Claim& claim) {
  const std::string metric =
      claim.metric.empty() ? "" : fmt::format(", {}", claim.metric == "any" ? "any metric" : claim.metric);
  return fmt::format("{}{}, CR {} %", claim.strategy, metric, short_percent(claim.compression_rate));
}

std::string quantity_text(const Rq1Claim& claim, const std::string& value) {
  return claim.quantity == Rq1Claim::Quantity::accuracy ? value + " %" : fmt::format("loses {} points", value);
}

std::string our_text(const Rq1ClaimOutcome& outcome) {
  if (outcome.ours.count == 0) return "–";
  const std::string value = quantity_text(outcome.claim, percent(outcome.ours));
  return outcome.claim.metric == "any" ? fmt::format("{}: {}", outcome.metric, value) : value;
}

/// The paper's seconds and machine; two dashes when it gives none.
std::vector<Cell> published_seconds(const std::string& setting, const std::string& metric) {
  for (const CsvRecord& record : published_rows("metric_seconds")) {
    if (!is_same_setting(record.at("setting"), setting) || record.at("metric") != metric) continue;
    return {{fixed(std::stod(record.at("seconds")), 1)}, {record.at("hardware")}};
  }
  return {{"–"}, {"–"}};
}

std::string comparison_caption(const std::vector<Rq1Difference>& differences) {
  const std::string caption =
      "Points of test accuracy that semantic slicing has more, with the same metric; bold where the 95 % interval "
      "leaves out zero.";
  if (standing(differences).without_interval == 0) return caption;
  return fmt::format("{} A difference without an interval has fewer than {} seeds: the two are not told apart yet.",
                     caption, kSeedsForInterval);
}

std::string points_text(const Summary& difference, std::size_t all_seeds) {
  const std::string text = signed_points(difference);
  return difference.count == 0 ? text : with_seeds(text, difference.count, all_seeds);
}

std::string metric_name(const std::string& metric) {
  return metric == "all" ? "all in one pass" : metric;
}

}  // namespace

Table rq1_comparison_table(const Rq1Setting& setting) {
  const std::vector<Rq1Difference> differences = compare_at_equal_compression(setting);
  Table table = {setting.title + ": semantic slicing against the others at equal compression",
                 comparison_caption(differences),
                 {{"Metric"}},
                 {}};
  for (const Rq1Difference& entry : differences) {
    if (table.rows.empty() || table.rows.back().front().text != entry.metric) table.rows.push_back({{entry.metric}});
    table.rows.back().push_back(
        {points_text(entry.difference, setting.original_test_accuracy.count), entry.is_told_apart()});
  }
  for (const double rate : rq1_compared_rates()) {
    for (const char* rival : {"category", "global"}) {
      table.columns.push_back({fmt::format("CR {} %, minus {}", short_percent(rate), rival), Align::right});
    }
  }
  return table;
}

Table rq1_claims_table(const std::vector<Rq1ClaimOutcome>& outcomes) {
  Table table = {"What the paper claims, and what we measure",
                 "Ours is read off each seed's curve at the paper's compression rate.",
                 {{"Setting"}, {"Claim"}, {"Paper"}, {"Ours"}, {"Verdict"}, {"Where"}},
                 {}};
  for (const Rq1ClaimOutcome& outcome : outcomes) {
    const Rq1Claim& claim = outcome.claim;
    table.rows.push_back({{claim.setting},
                          {claim_text(claim)},
                          {quantity_text(claim, percent(claim.value))},
                          {our_text(outcome)},
                          {outcome.verdict},
                          {claim.where}});
  }
  return table;
}

Table rq1_seconds_table(const std::vector<Rq1Setting>& settings) {
  Table table = {"Seconds of each metric",
                 "All categories and layers, over the scored samples.",
                 {{"Setting"},
                  {"Metric"},
                  {"Samples", Align::right},
                  {"Ours, s", Align::right},
                  {"Runs", Align::right},
                  {"Paper, s", Align::right},
                  {"The paper's machine"}},
                 {}};
  for (const Rq1Setting& setting : settings) {
    for (const MetricSeconds& entry : setting.metric_seconds) {
      std::vector<Cell> row = {{setting.title},
                               {metric_name(entry.metric)},
                               {fmt::format("{}", entry.samples)},
                               {mean_and_interval(entry.seconds, 2)},
                               {fmt::format("{}", entry.seconds.count)}};
      for (Cell& cell : published_seconds(setting.name, entry.metric)) row.push_back(std::move(cell));
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

}  // namespace neusemslice
