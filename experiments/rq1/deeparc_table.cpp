#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "rq1/tables.hpp"
#include "rq1/words.hpp"

namespace neusemslice {
namespace {

Summary modularity(const Rq1Setting& setting) {
  std::vector<double> numbers;
  for (const Rq1DeepArc& seed : setting.deeparc) numbers.push_back(seed.modularity);
  return summarise(numbers);
}

/// "features.24, features.27 (2 seeds); none (1 seed)"
std::string removed_layers(const Rq1Setting& setting) {
  std::map<std::string, std::size_t> seeds_of;
  for (const Rq1DeepArc& seed : setting.deeparc) {
    ++seeds_of[seed.removed.empty() ? "none" : fmt::format("{}", fmt::join(seed.removed, ", "))];
  }
  std::vector<std::string> parts;
  for (const auto& [layers, seeds] : seeds_of) parts.push_back(fmt::format("{} ({})", layers, seeds_name(seeds)));
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace

Table rq1_deeparc_table(const std::vector<Rq1Setting>& settings) {
  Table table = {"What DeepArc removes",
                 "Modularity is the share of the layers that stand in modules of two or more. Nothing is retrained but "
                 "sewing layers, where widths do not fit. Compression and accuracy stand in the complete table.",
                 {{"Setting"}, {"Layers removed"}, {"Modularity", Align::right}, {"CKA"}},
                 {}};
  for (const Rq1Setting& setting : settings) {
    if (setting.deeparc.empty()) continue;
    table.rows.push_back({{setting.title},
                          {removed_layers(setting)},
                          {mean_and_interval(modularity(setting), 2)},
                          {setting.deeparc.front().similarity}});
  }
  return table;
}

}  // namespace neusemslice
