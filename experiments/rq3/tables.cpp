#include "rq3/tables.hpp"

#include <fmt/format.h>

#include "rq3/effects.hpp"

namespace neusemslice {
namespace {

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
      "In percent, mean over {} seed{}, or as many as a row names, with its 95 % interval from three seeds on. TPR: "
      "parameters that are retrained; RA: accuracy on the adversarial samples retrained on; RAA: on new ones made "
      "against the retrained model; clean: "
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

void add_value_columns(Table& table) {
  for (const char* heading : {"TPR", "TPR, paper", "RA", "RA, paper", "RAA", "RAA, paper", "clean", "time"}) {
    table.columns.push_back({heading, Align::right});
  }
}

}  // namespace

Table rq3_main_table(const Rq3Setting& setting) {
  Table table = {
      setting.title + ": re-adaptation to adversarial samples", caption(setting), {{"Attack"}, {"Method"}}, {}};
  add_value_columns(table);
  for_each_cell(setting, [&](const Rq3Cell& cell, const Rq3Outcome& outcome) {
    table.rows.push_back({{attack_title(cell.attack)},
                          {readapt_method_title(cell.method) +
                           share_of_seeds(outcome.runs.size(), setting.original_test_accuracy.count)},
                          {percent(outcome.trained_parameter_ratio)},
                          {published_readaptation(setting.name, cell, "trained_parameter_ratio_percent")},
                          {percent(outcome.retrained_accuracy)},
                          {published_readaptation(setting.name, cell, "retrained_accuracy_percent")},
                          {percent(outcome.reattack_accuracy)},
                          {published_readaptation(setting.name, cell, "reattack_accuracy_percent")},
                          {percent(outcome.test_accuracy)},
                          {percent(outcome.relative_seconds)}});
  });
  return table;
}

Table rq3_effects_table(const Rq3Setting& setting) {
  Table table = {
      setting.title + ": against full retraining",
      "TPR and time in percent, differences in points; paired by seed and averaged over the attacks, with the "
      "95 % interval from three seeds on. Time is that of training alone.",
      {{"Method"}},
      {}};
  add_value_columns(table);
  for (const std::string& method : rq3_methods()) {
    const Rq3Effect own = effect_of({setting}, method);
    if (method == "full" || own.empty()) continue;
    const Rq3Effect paper = published_effect_of({setting}, method);
    table.rows.push_back({{readapt_method_title(method)},
                          {mean_and_interval(own.trained_parameter_ratio.summary(), 2)},
                          {mean_and_interval(paper.trained_parameter_ratio.summary(), 2)},
                          {signed_interval(own.retrained_accuracy.summary())},
                          {signed_interval(paper.retrained_accuracy.summary())},
                          {signed_interval(own.reattack_accuracy.summary())},
                          {signed_interval(paper.reattack_accuracy.summary())},
                          {signed_interval(own.test_accuracy.summary())},
                          {mean_and_interval(own.seconds.summary(), 2)}});
  }
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
  for (const char* heading : {"attacked_accuracy_percent", "original_test_accuracy_percent"}) {
    table.columns.push_back({heading});
  }
  for (const Rq3Setting& setting : settings) {
    const auto mean = [](const Summary& summary) { return summary.count > 0 ? fixed(100 * summary.mean, 4) : ""; };
    for_each_cell(setting, [&](const Rq3Cell& cell, const Rq3Outcome& outcome) {
      std::vector<Cell>& row = table.rows.emplace_back();
      row = {{setting.name}, {cell.attack}, {cell.method}, {fmt::to_string(outcome.test_accuracy.count)}};
      for (const Summary* summary : {&outcome.trained_parameter_ratio, &outcome.retrained_accuracy,
                                     &outcome.reattack_accuracy, &outcome.test_accuracy, &outcome.relative_seconds}) {
        row.push_back({mean(*summary)});
        row.push_back({summary->half_width ? fixed(100 * *summary->half_width, 4) : ""});
      }
      const auto attacked = setting.attacked_accuracy.find(cell.attack);
      row.push_back({attacked == setting.attacked_accuracy.end() ? "" : mean(attacked->second)});
      row.push_back({mean(setting.original_test_accuracy)});
    });
  }
  return table;
}

}  // namespace neusemslice
