#include "rq3/report.hpp"

#include <fmt/format.h>

#include "report/provenance.hpp"
#include "report/suite_record.hpp"
#include "rq3/figure.hpp"
#include "rq3/results.hpp"
#include "rq3/tables.hpp"
#include "table_sections.hpp"

namespace neusemslice {
namespace {

constexpr const char* kFigureFile = "rq3.svg";

/// The mean over settings and attacks of what a method comes to.
Summary over_cells(const std::vector<Rq3Setting>& settings, const std::string& method, Summary Rq3Outcome::*value) {
  std::vector<double> means;
  for (const Rq3Setting& setting : settings) {
    for (const auto& [cell, outcome] : setting.cells) {
      if (cell.method == method && (outcome.*value).count > 0) means.push_back((outcome.*value).mean);
    }
  }
  return summarise(means);
}

std::vector<std::string> answer(const std::vector<Rq3Setting>& settings, const SuiteRecord& record) {
  std::vector<std::string> sentences;
  for (const std::string& method : rq3_methods()) {
    const Summary ratio = over_cells(settings, method, &Rq3Outcome::trained_parameter_ratio);
    if (ratio.count == 0) continue;
    const auto mean = [&](Summary Rq3Outcome::*value) { return percent(over_cells(settings, method, value).mean); };
    sentences.push_back(fmt::format(
        "{}, mean over settings and attacks: {} % of the parameters retrained, RA {} %, RAA {} %, benign test images "
        "{} %, in {} % of full retraining's time.",
        readapt_method_title(method), percent(ratio.mean), mean(&Rq3Outcome::retrained_accuracy),
        mean(&Rq3Outcome::reattack_accuracy), mean(&Rq3Outcome::test_accuracy), mean(&Rq3Outcome::relative_seconds)));
  }
  if (sentences.empty()) {
    sentences.emplace_back("No model has been retrained yet.");
  } else {
    sentences.emplace_back(
        "The paper: TPR 61.49 % for NeuSemSlice and 47.75 % with DeepArc on average, in 93.53 % and 89.80 % of the "
        "time.");
  }
  for (const std::string& lacking : shortcomings(record)) sentences.push_back(lacking);
  return sentences;
}

Document document_of(const std::vector<Rq3Setting>& settings, const SuiteRecord& record, ReportFormat format) {
  const Figure figure = rq3_figure(settings);
  Document document = {
      "RQ3: is retraining the critical units enough against adversarial samples?", answer(settings, record), {}};
  document.sections = {
      tables_section(settings, "Table 5",
                     "Every method retrains for the same epochs on the same attacked training images and the images "
                     "themselves, L = CE(x) + CE(adv x).",
                     rq3_main_table),
      {"Figure", {Image{kFigureFile, figure.description, to_svg(figure)}}, false}};
  if (format == ReportFormat::markdown) document.sections.push_back(short_provenance_section(record));
  if (format == ReportFormat::html) document.sections.push_back(provenance_section(record));
  return document;
}

}  // namespace

QuestionReport rq3_report(SQLite::Database& database, const std::string& suite) {
  const SuiteRecord record = read_suite_record(database, suite);
  std::vector<Rq3Setting> settings = read_rq3_results(database, suite);
  for (Rq3Setting& setting : settings) setting.title = record.title_of(setting.name);
  return {"rq3",
          [settings, record](ReportFormat format) { return document_of(settings, record, format); },
          {{"rq3.csv", rq3_data(settings)}},
          {{kFigureFile, to_svg(rq3_figure(settings))}}};
}

}  // namespace neusemslice
