#include "rq3/tables.hpp"

#include <fmt/format.h>

#include "report/published.hpp"

namespace neusemslice {
namespace {

/// The paper's value as it prints it; a dash where it has none.
std::string published_value(const Rq3Setting& setting, const Rq3Cell& cell, const char* column) {
  for (const CsvRecord& row : published_rows("table5_readaptation")) {
    if (is_same_setting(row.find("setting")->second, setting.name) &&
        row.find("attack")->second == attack_title(cell.attack) &&
        row.find("method")->second == readapt_method_title(cell.method)) {
      return row.find(column)->second;
    }
  }
  return "–";
}

template <typename Add>
void for_each_cell(const Rq3Setting& setting, const Add& add) {
  for (const std::string& attack : rq3_attacks()) {
    for (const std::string& method : rq3_methods()) {
      const auto found = setting.cells.find({attack, method});
      if (found != setting.cells.end()) add(found->first, found->second);
    }
  }
}

std::string caption(const Rq3Setting& setting) {
  const Summary& original = setting.original_test_accuracy;
  std::string text = fmt::format(
      "In percent, mean over {} seed{} with its 95 % interval from three seeds on. TPR: parameters that are retrained; "
      "RA: accuracy on the adversarial samples retrained on; RAA: on new ones made against the retrained model; clean: "
      "on benign test images, {} before; time: over full retraining's.",
      original.count, original.count == 1 ? "" : "s", percent(original));
  for (const auto& [attack, accuracy] : setting.attacked_accuracy) {
    text += fmt::format(" {} leaves {} of the training samples right.", attack_title(attack), percent(accuracy));
  }
  if (setting.slice_compression_rate.count > 0) {
    text += fmt::format(" The slice removes {}.", percent(setting.slice_compression_rate));
  }
  return text;
}

}  // namespace

Table rq3_main_table(const Rq3Setting& setting) {
  Table table = {
      setting.title + ": re-adaptation to adversarial samples", caption(setting), {{"Attack"}, {"Method"}}, {}};
  for (const char* heading : {"TPR", "TPR, paper", "RA", "RA, paper", "RAA", "RAA, paper", "clean", "time"}) {
    table.columns.push_back({heading, Align::right});
  }
  for_each_cell(setting, [&](const Rq3Cell& cell, const Rq3Outcome& outcome) {
    table.rows.push_back({{attack_title(cell.attack)},
                          {readapt_method_title(cell.method)},
                          {percent(outcome.trained_parameter_ratio)},
                          {published_value(setting, cell, "trained_parameter_ratio_percent")},
                          {percent(outcome.retrained_accuracy)},
                          {published_value(setting, cell, "retrained_accuracy_percent")},
                          {percent(outcome.reattack_accuracy)},
                          {published_value(setting, cell, "reattack_accuracy_percent")},
                          {percent(outcome.test_accuracy)},
                          {percent(outcome.relative_seconds)}});
  });
  return table;
}

Table rq3_data(const std::vector<Rq3Setting>& settings) {
  Table table;
  for (const char* heading : {"setting", "attack", "method", "seeds"}) table.columns.push_back({heading});
  for (const char* value :
       {"trained_parameter_ratio", "retrained_accuracy", "reattack_accuracy", "test_accuracy", "relative_seconds"}) {
    table.columns.push_back({fmt::format("{}_percent", value)});
    table.columns.push_back({fmt::format("{}_half_width", value)});
  }
  for (const Rq3Setting& setting : settings) {
    for_each_cell(setting, [&](const Rq3Cell& cell, const Rq3Outcome& outcome) {
      std::vector<Cell>& row = table.rows.emplace_back();
      row = {{setting.name}, {cell.attack}, {cell.method}, {fmt::to_string(outcome.test_accuracy.count)}};
      for (const Summary* summary : {&outcome.trained_parameter_ratio, &outcome.retrained_accuracy,
                                     &outcome.reattack_accuracy, &outcome.test_accuracy, &outcome.relative_seconds}) {
        row.push_back({summary->count > 0 ? fixed(100 * summary->mean, 4) : ""});
        row.push_back({summary->half_width ? fixed(100 * *summary->half_width, 4) : ""});
      }
    });
  }
  return table;
}

}  // namespace neusemslice
