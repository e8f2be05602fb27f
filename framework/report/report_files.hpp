#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "report/document.hpp"
#include "report/format.hpp"
#include "report/table.hpp"

namespace neusemslice {

/// A table for machines: "rq1.csv".
struct DataFile {
  std::string name;
  Table table;
};

/// A figure as a file of its own: "rq1.svg".
struct FigureFile {
  std::string name;
  std::string svg;
};

/// All that one question's report says. `document` makes the text for a format; what the formats share is the same.
struct QuestionReport {
  std::string name;  ///< of the question; its files are NAME.md, NAME.tex and NAME.html
  std::function<Document(ReportFormat)> document;
  std::vector<DataFile> data;
  std::vector<FigureFile> figures;
};

/// Writes the files of the asked formats, each atomically, and returns them in the order of the formats.
std::vector<std::filesystem::path> write_report_files(const QuestionReport& report,
                                                      const std::vector<ReportFormat>& formats,
                                                      const std::filesystem::path& folder);

}  // namespace neusemslice
