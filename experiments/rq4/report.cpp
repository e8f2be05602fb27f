#include "rq4/report.hpp"

#include "report/provenance.hpp"
#include "report/suite_record.hpp"
#include "rq4/answer.hpp"
#include "rq4/figure.hpp"
#include "rq4/results.hpp"
#include "rq4/tables.hpp"

namespace neusemslice {
namespace {

constexpr const char* kFigureFile = "rq4.svg";

Section tables_of(const std::vector<Rq4Setting>& settings) {
  Section tables = {"Table 6",
                    {Paragraph{"Every method learns a task by the setting's recipe, on its training images and those "
                               "replayed of earlier tasks; all outputs are in one layer from the start. "
                               "With slices, each image is predicted by the units of its task, which must be known; "
                               "the other methods are not told."}},
                    false};
  for (const Rq4Setting& setting : settings) {
    if (setting.outcomes.empty()) continue;
    tables.blocks.emplace_back(rq4_main_table(setting));
    tables.blocks.emplace_back(rq4_cost_table(setting));
    if (setting.tasks.size() == 2) continue;
    for (const Rq4Outcome& outcome : setting.outcomes) {
      if (outcome.method.name != "original") tables.blocks.emplace_back(rq4_matrix_table(setting, outcome));
    }
  }
  return tables;
}

Document document_of(const std::vector<Rq4Setting>& settings, const SuiteRecord& record, ReportFormat format) {
  const Figure figure = rq4_figure(settings);
  Document document = {"RQ4: can a model learn new categories without forgetting?", rq4_answer(settings), {}};
  for (const std::string& lacking : shortcomings(record)) document.answer.push_back(lacking);
  document.sections = {tables_of(settings),
                       {"Figure", {Image{kFigureFile, figure.description, to_svg(figure)}}, false}};
  if (format == ReportFormat::markdown) document.sections.push_back(short_provenance_section(record));
  if (format == ReportFormat::html) document.sections.push_back(provenance_section(record));
  return document;
}

}  // namespace

QuestionReport rq4_report(SQLite::Database& database, const std::string& suite) {
  const SuiteRecord record = read_suite_record(database, suite);
  std::vector<Rq4Setting> settings = read_rq4_results(database, suite);
  for (Rq4Setting& setting : settings) setting.title = record.title_of(setting.name);
  return {"rq4",
          [settings, record](ReportFormat format) { return document_of(settings, record, format); },
          {{"rq4.csv", rq4_data(settings)}},
          {{kFigureFile, to_svg(rq4_figure(settings))}}};
}

}  // namespace neusemslice
