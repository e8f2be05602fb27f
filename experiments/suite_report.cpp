#include "suite_report.hpp"

#include "core/error.hpp"
#include "pilot/report.hpp"
#include "report/suite_record.hpp"
#include "rq1/report.hpp"
#include "rq2/report.hpp"
#include "rq3/report.hpp"
#include "rq4/report.hpp"
#include "store/results_database.hpp"

namespace neusemslice {
namespace {

QuestionReport report_on(const std::string& question, SQLite::Database& database, const std::string& suite) {
  if (question == "pilot") return pilot_report(database, suite);
  if (question == "rq2") return rq2_report(database, suite);
  if (question == "rq3") return rq3_report(database, suite);
  if (question == "rq4") return rq4_report(database, suite);
  require_input(question == "rq1", "suite {}: this program knows no report on '{}'", suite, question);
  return rq1_report(database, suite);
}

}  // namespace

WrittenReport write_report(const std::filesystem::path& workspace, const std::vector<ReportFormat>& formats,
                           const std::filesystem::path& folder, const std::string& suite) {
  SQLite::Database database = open_results(workspace);
  const std::string chosen = choose_suite(database, suite);
  SQLite::Transaction one_reading(database);
  const QuestionReport report = report_on(read_suite_record(database, chosen).question, database, chosen);
  return {chosen, write_report_files(report, formats, folder.empty() ? workspace / "report" : folder)};
}

}  // namespace neusemslice
