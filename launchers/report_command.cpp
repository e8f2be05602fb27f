#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "program.hpp"
#include "report/format.hpp"
#include "suite_report.hpp"

namespace neusemslice {
namespace {

struct ReportOptions {
  std::string workspace;
  std::string formats = "md,latex,csv,svg,html";
  std::string folder;
  std::string suite;
};

void print_json(const WrittenReport& written) {
  nlohmann::ordered_json document = {{"schema", "neusemslice.report/1"}, {"suite", written.suite}};
  document["files"] = nlohmann::json::array();
  for (const std::filesystem::path& file : written.files) document["files"].push_back(file.string());
  fmt::print("{}\n", document.dump(2));
}

ExitCode report(const ReportOptions& options, bool json) {
  const std::vector<ReportFormat> formats = parse_report_formats(options.formats);
  const WrittenReport written = write_report(options.workspace, formats, options.folder, options.suite);
  if (json) {
    print_json(written);
  } else {
    for (const std::filesystem::path& file : written.files) fmt::print("{}\n", file.string());
  }
  return ExitCode::done;
}

}  // namespace

void add_report_command(CLI::App& app, Program& program) {
  auto options = std::make_shared<ReportOptions>();
  CLI::App* command = app.add_subcommand("report", "Write a workspace's tables and figures, measured beside published");
  command->add_option("workspace", options->workspace, "The folder that `neusemslice run` filled")
      ->required()
      ->type_name("WORKSPACE");
  command->add_option("--format", options->formats, "Any of md,latex,csv,svg,html")->capture_default_str();
  command->add_option("--out", options->folder, "Where to write (default: WORKSPACE/report)")->type_name("DIR");
  command->add_option("--suite", options->suite, "Which suite, when the workspace holds several")->type_name("NAME");
  command->footer("Example: neusemslice report workspaces/rq1-mlp --format html,csv");
  command->callback(
      [options, &program] { program.action = [options, &program] { return report(*options, program.json); }; });
}

}  // namespace neusemslice
