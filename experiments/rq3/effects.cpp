#include "rq3/effects.hpp"

#include "report/published.hpp"

namespace neusemslice {
namespace {

/// Calls `add` with a method's cells and those of full retraining on the same samples.
template <typename Add>
void for_each_pair(const std::vector<Rq3Setting>& settings, const std::string& method, const Add& add) {
  for (const Rq3Setting& setting : settings) {
    for (const std::string& attack : rq3_attacks()) {
      const auto full = setting.cells.find({attack, "full"});
      const auto own = setting.cells.find({attack, method});
      if (full != setting.cells.end() && own != setting.cells.end()) add(setting, *full, *own);
    }
  }
}

void add_run(std::int64_t seed, const Rq3Run& full, const Rq3Run& own, Rq3Effect& effect) {
  effect.trained_parameter_ratio.add(seed, 100 * own.trained_parameter_ratio);
  effect.retrained_accuracy.add(seed, 100 * (own.retrained_accuracy - full.retrained_accuracy));
  effect.reattack_accuracy.add(seed, 100 * (own.reattack_accuracy - full.reattack_accuracy));
  effect.test_accuracy.add(seed, 100 * (own.test_accuracy - full.test_accuracy));
  if (full.seconds > 0) effect.seconds.add(seed, 100 * own.seconds / full.seconds);
}

}  // namespace

Rq3Effect effect_of(const std::vector<Rq3Setting>& settings, const std::string& method) {
  Rq3Effect effect;
  for_each_pair(settings, method, [&](const Rq3Setting&, const auto& full, const auto& own) {
    for (const auto& [seed, run] : own.second.runs) {
      const auto same_seed = full.second.runs.find(seed);
      if (same_seed != full.second.runs.end()) add_run(seed, same_seed->second, run, effect);
    }
  });
  return effect;
}

Rq3Effect published_effect_of(const std::vector<Rq3Setting>& settings, const std::string& method) {
  Rq3Effect effect;
  for_each_pair(settings, method, [&](const Rq3Setting& setting, const auto& full, const auto& own) {
    const auto value = [&](const Rq3Cell& cell, const char* column) {
      return std::stod(published_readaptation(setting.name, cell, column));
    };
    const auto difference = [&](const char* column) { return value(own.first, column) - value(full.first, column); };
    if (published_readaptation(setting.name, own.first, "retrained_accuracy_percent") == "–") return;
    effect.trained_parameter_ratio.add(0, value(own.first, "trained_parameter_ratio_percent"));
    effect.retrained_accuracy.add(0, difference("retrained_accuracy_percent"));
    effect.reattack_accuracy.add(0, difference("reattack_accuracy_percent"));
  });
  return effect;
}

std::string published_readaptation(const std::string& setting, const Rq3Cell& cell, const char* column) {
  for (const CsvRecord& row : published_rows("table5_readaptation")) {
    if (is_same_setting(row.find("setting")->second, setting) &&
        row.find("attack")->second == attack_title(cell.attack) &&
        row.find("method")->second == readapt_method_title(cell.method)) {
      return row.find(column)->second;
    }
  }
  return "–";
}

}  // namespace neusemslice
