#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "rq1/choice.hpp"
#include "rq1/tables.hpp"
#include "rq1/words.hpp"

namespace neusemslice {
namespace {

constexpr double kRate = 0.5;
constexpr std::array<double, 3> kTolerances = {0.005, 0.01, 0.04};

/// A cell, and what makes it the best of its column; nothing when it cannot be.
struct Ranked {
  std::string text;
  std::optional<double> rank;
};

/// What one seed's model keeps when it may lose so much.
struct Choice {
  double compression_rate = 0;
  double test_accuracy = 0;
};

/// Every seed's choice starts with its original model, so that all strategies are averaged over the same seeds.
std::map<std::int64_t, Choice> originals(const Rq1Curve& curve) {
  std::map<std::int64_t, Choice> choices;
  for (const Rq1Slice& slice : curve.slices) choices[slice.seed] = {0, slice.original_test_accuracy};
  return choices;
}

Ranked accuracy_at(const Rq1Curve& curve, double rate) {
  const auto values = values_at(curve, rate);
  if (values.empty()) return {"not reached", {}};
  const Summary accuracy = summarise_seeds(values, [](const CurveValue& value) { return value.test_accuracy; });
  const std::size_t all = originals(curve).size();
  if (accuracy.count < all) return {with_seeds(percent(accuracy), accuracy.count, all), {}};
  return {percent(accuracy), accuracy.mean};
}

std::array<Ranked, 2> chosen_within(const Rq1Curve& curve, double tolerance) {
  const auto chosen = most_compressed(curve, tolerance);
  if (chosen.empty()) return {Ranked{"none", {}}, Ranked{"–", {}}};
  std::map<std::int64_t, Choice> choices = originals(curve);
  for (const auto& [seed, slice] : chosen) choices[seed] = {slice->compression_rate, slice->test_accuracy};
  const Summary rate = summarise_seeds(choices, [](const Choice& choice) { return choice.compression_rate; });
  const Summary accuracy = summarise_seeds(choices, [](const Choice& choice) { return choice.test_accuracy; });
  return {Ranked{with_seeds(percent(rate), chosen.size(), choices.size()), rate.mean}, Ranked{percent(accuracy), {}}};
}

std::vector<Ranked> numbers_of(const Rq1Curve& curve) {
  std::vector<Ranked> numbers = {accuracy_at(curve, kRate)};
  for (const double tolerance : kTolerances) {
    for (const Ranked& number : chosen_within(curve, tolerance)) numbers.push_back(number);
  }
  return numbers;
}

bool is_best(const std::vector<std::vector<Ranked>>& rows, const Ranked& cell, std::size_t column) {
  return cell.rank && std::all_of(rows.begin(), rows.end(), [&](const std::vector<Ranked>& row) {
           return !row[column].rank || *row[column].rank <= *cell.rank;
         });
}

std::vector<Column> columns() {
  std::vector<Column> columns = {
      {"Strategy"}, {"Metric"}, {fmt::format("Accuracy % at CR {} %", short_percent(kRate)), Align::right}};
  for (const double tolerance : kTolerances) {
    columns.push_back({fmt::format("CR % for ≤ {} points", short_percent(tolerance)), Align::right});
    columns.push_back({"its accuracy %", Align::right});
  }
  return columns;
}

}  // namespace

Table rq1_main_table(const Rq1Setting& setting) {
  Table table = {setting.title + ": accuracy and compression", original_sentence(setting), columns(), {}};
  std::vector<std::vector<Ranked>> rows;
  for (const Rq1Curve& curve : setting.curves) rows.push_back(numbers_of(curve));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::vector<Cell>& row = table.rows.emplace_back();
    row = {{setting.curves[i].strategy}, {setting.curves[i].metric}};
    for (std::size_t column = 0; column < rows[i].size(); ++column) {
      row.push_back({rows[i][column].text, is_best(rows, rows[i][column], column)});
    }
  }
  return table;
}

}  // namespace neusemslice
