#include <fmt/format.h>

#include "rq1/levels.hpp"
#include "rq1/tables.hpp"
#include "rq1/words.hpp"

namespace neusemslice {
namespace {

constexpr int kDataDecimals = 4;

/// A summary as two fields in percent: the mean, and the half width of the interval where there is one.
void add_fields(std::vector<Cell>& row, const Summary& summary) {
  row.push_back({fixed(100 * summary.mean, kDataDecimals)});
  row.push_back({summary.half_width ? fixed(100 * *summary.half_width, kDataDecimals) : ""});
}

std::vector<Cell> data_row(const Rq1Setting& setting, const Rq1Curve& curve, const Rq1Level& level) {
  std::vector<Cell> row = {{setting.name},
                           {curve.strategy},
                           {curve.metric},
                           {fmt::format("{}", level.level)},
                           {fmt::format("{}", level.test_accuracy.count)}};
  add_fields(row, level.compression_rate);
  add_fields(row, level.validation_accuracy);
  add_fields(row, level.test_accuracy);
  add_fields(row, level.test_loss);
  row.push_back({fmt::format("{}", level.rescued_layers)});
  return row;
}

std::vector<Cell> seed_row(const Rq1Setting& setting, const Rq1Curve& curve, const Rq1Slice& slice) {
  std::vector<Cell> row = {{setting.name}, {fmt::format("{}", slice.seed)}, {curve.strategy}, {curve.metric}};
  for (const double number : {slice.level, slice.compression_rate}) row.push_back({fmt::format("{}", number)});
  for (const std::int64_t number : {slice.parameters, slice.original_parameters}) {
    row.push_back({fmt::format("{}", number)});
  }
  for (const double number : {slice.validation_accuracy, slice.test_accuracy, slice.original_validation_accuracy,
                              slice.original_test_accuracy}) {
    row.push_back({fmt::format("{}", number)});
  }
  return row;
}

std::vector<Column> headings(std::initializer_list<const char*> names) {
  std::vector<Column> columns;
  for (const char* name : names) columns.push_back({name});
  return columns;
}

}  // namespace

Table rq1_complete_table(const Rq1Setting& setting) {
  Table table = {setting.title + ": every level",
                 original_sentence(setting) +
                     " The loss is paired by seed; \"rescued\" counts, over all seeds, the layers "
                     "of which nothing was selected and the single best unit stayed.",
                 {{"Strategy"},
                  {"Metric"},
                  {"Level"},
                  {"CR %", Align::right},
                  {"Validation accuracy %", Align::right},
                  {"Test accuracy %", Align::right},
                  {"Loss in points", Align::right},
                  {"Rescued", Align::right},
                  {"Seeds", Align::right}},
                 {}};
  for (const Rq1Curve& curve : setting.curves) {
    for (const Rq1Level& level : levels_of(curve)) {
      table.rows.push_back({{curve.strategy},
                            {curve.metric},
                            {level_name(curve.strategy, level.level)},
                            {percent(level.compression_rate)},
                            {percent(level.validation_accuracy)},
                            {percent(level.test_accuracy)},
                            {percent(level.test_loss)},
                            {fmt::format("{}", level.rescued_layers)},
                            {fmt::format("{}", level.test_accuracy.count)}});
    }
  }
  return table;
}

Table rq1_complete_data(const std::vector<Rq1Setting>& settings) {
  Table table = {"Every level",
                 "",
                 headings({"setting", "strategy", "metric", "level", "seeds", "compression_rate_percent",
                           "compression_rate_half_width", "validation_accuracy_percent",
                           "validation_accuracy_half_width", "test_accuracy_percent", "test_accuracy_half_width",
                           "test_loss_points", "test_loss_half_width", "rescued_layers"}),
                 {}};
  for (const Rq1Setting& setting : settings) {
    for (const Rq1Curve& curve : setting.curves) {
      for (const Rq1Level& level : levels_of(curve)) table.rows.push_back(data_row(setting, curve, level));
    }
  }
  return table;
}

Table rq1_seed_data(const std::vector<Rq1Setting>& settings) {
  Table table = {"Every seed",
                 "",
                 headings({"setting", "seed", "strategy", "metric", "level", "compression_rate", "parameters",
                           "original_parameters", "validation_accuracy", "test_accuracy",
                           "original_validation_accuracy", "original_test_accuracy"}),
                 {}};
  for (const Rq1Setting& setting : settings) {
    for (const Rq1Curve& curve : setting.curves) {
      for (const Rq1Slice& slice : curve.slices) table.rows.push_back(seed_row(setting, curve, slice));
    }
  }
  return table;
}

}  // namespace neusemslice
