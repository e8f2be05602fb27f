#include "pilot/tables.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "report/published.hpp"

namespace neusemslice {
namespace {

/// The one setting of the paper's pilot study.
constexpr const char* kPublishedSetting = "VGG16-CIFAR10";

/// Table 3's categories as the paper counts them, from 1.
constexpr std::array<std::size_t, 4> kCategories = {1, 4, 7, 10};

std::string band_name(std::pair<std::int64_t, std::int64_t> band) {
  return fmt::format("{}–{} %", band.first, band.second);
}

/// The paper's metrics in its order, as far as the setting has them.
std::vector<std::string> metrics_of(const PilotSetting& setting) {
  std::vector<std::string> metrics;
  for (const char* metric : {"avg", "var", "ens", "deeplift", "taylor"}) {
    const auto is_measured = [&](const auto& entry) { return entry.first.metric == metric; };
    if (std::ranges::any_of(setting.cells, is_measured)) metrics.emplace_back(metric);
  }
  return metrics;
}

bool is_published(const PilotSetting& setting) {
  return is_same_setting(kPublishedSetting, setting.name);
}

/// The paper's value of a band, in percent as it prints it; empty where it has none.
std::string published_value(const char* table, std::pair<std::int64_t, std::int64_t> band, const std::string& column) {
  for (const CsvRecord& row : published_rows(table)) {
    const bool is_band = row.find("band_from_percent")->second == fmt::to_string(band.first) &&
                         row.find("band_to_percent")->second == fmt::to_string(band.second);
    const auto found = row.find(column);
    if (is_band && found != row.end()) return found->second;
  }
  return "–";
}

/// A column of ours and, where the paper has this setting, one of the paper's.
void add_columns(Table& table, const std::string& heading, bool beside_paper) {
  table.columns.push_back({heading, Align::right});
  if (beside_paper) table.columns.push_back({heading + ", paper", Align::right});
}

std::string original_sentence(const PilotSetting& setting) {
  return fmt::format(
      "Test accuracy in percent, mean over {} seed{} with its 95 % interval from three seeds on; nothing "
      "masked: {}.",
      setting.original_test_accuracy.count, setting.original_test_accuracy.count == 1 ? "" : "s",
      percent(setting.original_test_accuracy));
}

}  // namespace

Table pilot_band_table(const PilotSetting& setting, const std::string& scope) {
  const bool global = scope == "global";
  Table table = {fmt::format("{}: units masked by the {} ranking", setting.title, global ? "global" : "category's own"),
                 original_sentence(setting),
                 {{"Band masked"}},
                 {}};
  const std::vector<std::string> metrics = metrics_of(setting);
  for (const std::string& metric : metrics) add_columns(table, metric, is_published(setting));
  for (const auto& band : bands_of(setting)) {
    std::vector<Cell>& row = table.rows.emplace_back();
    row.push_back({band_name(band)});
    for (const std::string& metric : metrics) {
      const auto found = setting.cells.find({scope, metric, band.first, band.second});
      row.push_back({found == setting.cells.end() ? "–" : percent(found->second.overall)});
      if (!is_published(setting)) continue;
      row.push_back({published_value(global ? "table1_global_masking" : "table2_categorywise_masking", band,
                                     metric + "_accuracy")});
    }
  }
  return table;
}

Table pilot_category_table(const PilotSetting& setting) {
  Table table = {setting.title + ": four categories, masked by their own DeepLIFT ranking",
                 "Accuracy on the category's own test samples, in percent. Categories are counted from 1, as in the "
                 "paper.",
                 {{"Band masked"}},
                 {}};
  for (const std::size_t category : kCategories) {
    add_columns(table, fmt::format("category {}", category), is_published(setting));
  }
  for (const auto& band : bands_of(setting)) {
    const auto found = setting.cells.find({"category", "deeplift", band.first, band.second});
    if (found == setting.cells.end()) continue;
    std::vector<Cell>& row = table.rows.emplace_back();
    row.push_back({band_name(band)});
    for (const std::size_t category : kCategories) {
      const std::vector<Summary>& accuracies = found->second.by_category;
      row.push_back({category <= accuracies.size() ? percent(accuracies[category - 1]) : "–"});
      if (!is_published(setting)) continue;
      row.push_back(
          {published_value("table3_deeplift_categories", band, fmt::format("category_{}_accuracy", category))});
    }
  }
  return table;
}

Table pilot_data(const std::vector<PilotSetting>& settings) {
  Table table;
  for (const char* heading : {"setting", "scope", "metric", "band_from_percent", "band_to_percent", "category", "seeds",
                              "accuracy_percent", "half_width_percent"}) {
    table.columns.push_back({heading});
  }
  const auto add = [&](const PilotSetting& setting, const PilotCell& cell, const std::string& category,
                       const Summary& accuracy) {
    table.rows.push_back({{setting.name},
                          {cell.scope},
                          {cell.metric},
                          {fmt::to_string(cell.band_from)},
                          {fmt::to_string(cell.band_to)},
                          {category},
                          {fmt::to_string(accuracy.count)},
                          {fixed(100 * accuracy.mean, 4)},
                          {accuracy.half_width ? fixed(100 * *accuracy.half_width, 4) : ""}});
  };
  for (const PilotSetting& setting : settings) {
    for (const auto& [cell, accuracy] : setting.cells) {
      add(setting, cell, "all", accuracy.overall);
      for (std::size_t category = 0; category < accuracy.by_category.size(); ++category) {
        add(setting, cell, fmt::to_string(category), accuracy.by_category[category]);
      }
    }
  }
  return table;
}

}  // namespace neusemslice
