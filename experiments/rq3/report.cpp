#include "rq3/report.hpp"

#include <fmt/format.h>

#include "report/provenance.hpp"
#include "report/suite_record.hpp"
#include "rq3/effects.hpp"
#include "rq3/figure.hpp"
#include "rq3/results.hpp"
#include "rq3/tables.hpp"
#include "table_sections.hpp"

namespace neusemslice {
namespace {

constexpr const char* kFigureFile = "rq3.svg";

/// "RA -5.20 ± 1.10 points, ..., in 75.10 ± 2.30 % of its time"; what the paper does not say is left out.
std::string words(const Rq3Effect& effect) {
  std::string text = fmt::format("RA {} points, RAA {} points", signed_interval(effect.retrained_accuracy.summary()),
                                 signed_interval(effect.reattack_accuracy.summary()));
  if (!effect.test_accuracy.empty()) {
    text += fmt::format(", benign test images {} points", signed_interval(effect.test_accuracy.summary()));
  }
  if (!effect.seconds.empty()) {
    text += fmt::format(", in {} % of its time", mean_and_interval(effect.seconds.summary(), 2));
  }
  return text;
}

std::vector<std::string> answer(const std::vector<Rq3Setting>& settings, const SuiteRecord& record) {
  std::vector<std::string> sentences;
  for (const std::string& method : rq3_methods()) {
    const Rq3Effect own = effect_of(settings, method);
    if (method == "full" || own.empty()) continue;
    std::string sentence = fmt::format(
        "{} retrains {} % of the parameters; against full retraining, mean over settings and attacks: {}.",
        readapt_method_title(method), mean_and_interval(own.trained_parameter_ratio.summary(), 2), words(own));
    const Rq3Effect paper = published_effect_of(settings, method);
    if (!paper.empty()) {
      sentence += fmt::format(" The paper for the settings that it has: {} %, {}.",
                              mean_and_interval(paper.trained_parameter_ratio.summary(), 2), words(paper));
    }
    sentences.push_back(sentence);
  }
  if (sentences.empty()) {
    sentences.emplace_back("No model has been retrained both wholly and in part yet.");
  } else {
    sentences.emplace_back(
        "The paper over all its six settings: TPR 61.49 % for NeuSemSlice and 47.75 % with DeepArc, in 93.53 % and "
        "89.80 % of the time.");
  }
  for (const std::string& lacking : shortcomings(record)) sentences.push_back(lacking);
  return sentences;
}

Document document_of(const std::vector<Rq3Setting>& settings, const SuiteRecord& record, ReportFormat format) {
  const Figure figure = rq3_figure(settings);
  Document document = {
      "RQ3: is retraining the critical units enough against adversarial samples?", answer(settings, record), {}};
  document.sections = {
      tables_section(
          settings, "Table 5",
          "Every method retrains for the same epochs on the same attacked training images and the images "
          "themselves, L = CE(x) + CE(adv x). The paper's attacks leave 18.53 % (FGSM) and 3.8 % (PGD) right on "
          "average.",
          rq3_main_table),
      tables_section(settings, "Against full retraining", "What retraining a part changes.", rq3_effects_table),
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
