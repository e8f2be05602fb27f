#include "rq2/report.hpp"

#include "report/provenance.hpp"
#include "report/suite_record.hpp"
#include "rq2/answer.hpp"
#include "rq2/figure.hpp"
#include "rq2/results.hpp"
#include "rq2/tables.hpp"
#include "table_sections.hpp"

namespace neusemslice {
namespace {

constexpr const char* kFigureFile = "rq2.svg";

Document document_of(const std::vector<Rq2Setting>& settings, const SuiteRecord& record, ReportFormat format) {
  const Figure figure = rq2_figure(settings);
  Document document = {"RQ2: does pruning get further from the semantic slice?", rq2_answer(settings), {}};
  for (const std::string& lacking : shortcomings(record)) document.answer.push_back(lacking);
  document.sections = {
      tables_section(
          settings, "Table 4",
          "Every iteration prunes a share of the weights left and fine-tunes the others; the last model whose "
          "validation accuracy is within the tolerance of the unpruned one's is reported. \"NI at the plain "
          "CR\": the iterations from the slice until CR is that of the same algorithm from the model.",
          rq2_main_table),
      {"Figure",
       {Paragraph{
            "Each line is the mean over the seeds that came so far; the last iterate of each seed is the one that "
            "lost too much."},
        Image{kFigureFile, figure.description, to_svg(figure)}},
       false},
      tables_section(settings, "Storage", "Compression counts parameters; this is what it means in bytes.",
                     rq2_storage_table)};
  if (format == ReportFormat::markdown) document.sections.push_back(short_provenance_section(record));
  if (format == ReportFormat::html) document.sections.push_back(provenance_section(record));
  return document;
}

}  // namespace

QuestionReport rq2_report(SQLite::Database& database, const std::string& suite) {
  const SuiteRecord record = read_suite_record(database, suite);
  std::vector<Rq2Setting> settings = read_rq2_results(database, suite);
  for (Rq2Setting& setting : settings) setting.title = record.title_of(setting.name);
  return {"rq2",
          [settings, record](ReportFormat format) { return document_of(settings, record, format); },
          {{"rq2.csv", rq2_data(settings)}, {"rq2_iterations.csv", rq2_iteration_data(settings)}},
          {{kFigureFile, to_svg(rq2_figure(settings))}}};
}

}  // namespace neusemslice
