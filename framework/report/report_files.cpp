#include "report/report_files.hpp"

#include "core/files.hpp"
#include "report/page.hpp"

namespace neusemslice {
namespace {

/// Name and content of every file of one format.
std::vector<std::pair<std::string, std::string>> files_of(const QuestionReport& report, ReportFormat format) {
  std::vector<std::pair<std::string, std::string>> files;
  switch (format) {
    case ReportFormat::markdown:
      files.emplace_back(report.name + ".md", to_markdown(report.document(format)));
      break;
    case ReportFormat::latex:
      files.emplace_back(report.name + ".tex", to_latex(report.document(format)));
      break;
    case ReportFormat::csv:
      for (const DataFile& file : report.data) files.emplace_back(file.name, to_csv(file.table));
      break;
    case ReportFormat::svg:
      for (const FigureFile& file : report.figures) files.emplace_back(file.name, file.svg);
      break;
    case ReportFormat::html:
      files.emplace_back(report.name + ".html", to_html(report.document(format)));
      break;
  }
  return files;
}

}  // namespace

std::vector<std::filesystem::path> write_report_files(const QuestionReport& report,
                                                      const std::vector<ReportFormat>& formats,
                                                      const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> written;
  for (const ReportFormat format : formats) {
    for (const auto& [name, content] : files_of(report, format)) {
      written.push_back(folder / name);
      write_file_atomically(written.back(), content);
    }
  }
  return written;
}

}  // namespace neusemslice
