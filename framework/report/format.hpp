#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace neusemslice {

enum class ReportFormat { markdown, latex, csv, svg, html };

/// Every format, in the order above.
const std::vector<ReportFormat>& all_report_formats();

/// "md,csv" as formats, in the order above, each once; InputError with a suggestion for an unknown one, or for none.
/// The names are md, latex, csv, svg and html.
std::vector<ReportFormat> parse_report_formats(std::string_view names);

}  // namespace neusemslice
