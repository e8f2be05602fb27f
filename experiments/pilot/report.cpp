#include "pilot/report.hpp"

#include <fmt/ranges.h>

#include "pilot/figure.hpp"
#include "pilot/results.hpp"
#include "pilot/tables.hpp"
#include "report/provenance.hpp"
#include "report/suite_record.hpp"
#include "table_sections.hpp"

namespace neusemslice {
namespace {

constexpr const char* kFigureFile = "pilot.svg";

std::string metrics_for_and_against(const std::vector<std::string>& holds, const std::vector<std::string>& fails) {
  if (fails.empty()) return "by every metric";
  if (holds.empty()) return "by no metric";
  return fmt::format("by {}, but not by {}", fmt::join(holds, ", "), fmt::join(fails, ", "));
}

/// Whether masking the top band costs more than masking the last one, by each metric: the study's question.
std::string sentence_of(const PilotSetting& setting, const std::string& scope) {
  const auto bands = bands_of(setting);
  std::vector<std::string> holds;
  std::vector<std::string> fails;
  for (const auto& [cell, accuracy] : setting.cells) {
    if (cell.scope != scope || cell.band_from != bands.front().first) continue;
    const auto last = setting.cells.find({scope, cell.metric, bands.back().first, bands.back().second});
    if (last == setting.cells.end()) continue;
    (accuracy.overall.mean < last->second.overall.mean ? holds : fails).push_back(cell.metric);
  }
  return fmt::format("{}, ranked {}: masking the top band ({}–{} %) costs more than masking the last one ({}–{} %) {}.",
                     setting.title, scope == "global" ? "over all categories" : "by each category's own scores",
                     bands.front().first, bands.front().second, bands.back().first, bands.back().second,
                     metrics_for_and_against(holds, fails));
}

std::vector<std::string> answer(const std::vector<PilotSetting>& settings, const SuiteRecord& record) {
  std::vector<std::string> sentences;
  for (const PilotSetting& setting : settings) {
    if (setting.cells.empty()) continue;
    for (const char* scope : {"global", "category"}) sentences.push_back(sentence_of(setting, scope));
  }
  if (sentences.empty()) sentences.emplace_back("No masked model has been evaluated yet.");
  for (const std::string& lacking : shortcomings(record)) sentences.push_back(lacking);
  return sentences;
}

Document document_of(const std::vector<PilotSetting>& settings, const SuiteRecord& record, ReportFormat format) {
  const Figure figure = pilot_figure(settings);
  Document document = {"Pilot study: do the top units matter most?", answer(settings, record), {}};
  document.sections = {
      {"Figure",
       {Paragraph{"Mean over seeds; the band around it is the 95 % interval from three seeds on, and reaches from the "
                  "lower to the higher of two."},
        Image{kFigureFile, figure.description, to_svg(figure)}},
       false},
      tables_section(settings, "Table 1: masked by the global ranking", "One band of every layer is masked for all.",
                     [](const PilotSetting& setting) { return pilot_band_table(setting, "global"); }),
      tables_section(settings, "Table 2: masked by each category's ranking",
                     "For each category its own band is masked, and its own test samples are counted; the mean over "
                     "categories.",
                     [](const PilotSetting& setting) { return pilot_band_table(setting, "category"); }),
      tables_section(settings, "Table 3: four categories", "The same, category by category.", pilot_category_table)};
  if (format == ReportFormat::markdown) document.sections.push_back(short_provenance_section(record));
  if (format == ReportFormat::html) document.sections.push_back(provenance_section(record));
  return document;
}

}  // namespace

QuestionReport pilot_report(SQLite::Database& database, const std::string& suite) {
  const SuiteRecord record = read_suite_record(database, suite);
  std::vector<PilotSetting> settings = read_pilot_results(database, suite);
  for (PilotSetting& setting : settings) setting.title = record.title_of(setting.name);
  return {"pilot",
          [settings, record](ReportFormat format) { return document_of(settings, record, format); },
          {{"pilot.csv", pilot_data(settings)}},
          {{kFigureFile, to_svg(pilot_figure(settings))}}};
}

}  // namespace neusemslice
