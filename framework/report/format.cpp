#include "report/format.hpp"

#include <algorithm>
#include <set>

#include <fmt/ranges.h>

#include "core/error.hpp"
#include "core/text.hpp"

namespace neusemslice {
namespace {

const std::vector<std::string>& format_names() {
  static const std::vector<std::string> names = {"md", "latex", "csv", "svg", "html"};
  return names;
}

ReportFormat parse_one(const std::string& name) {
  const std::vector<std::string>& names = format_names();
  const auto found = std::find(names.begin(), names.end(), name);
  require_input(found != names.end(), "--format: unknown format '{}'{}", name, suggestion(name, names));
  return all_report_formats()[static_cast<std::size_t>(found - names.begin())];
}

}  // namespace

const std::vector<ReportFormat>& all_report_formats() {
  static const std::vector<ReportFormat> formats = {ReportFormat::markdown, ReportFormat::latex, ReportFormat::csv,
                                                    ReportFormat::svg, ReportFormat::html};
  return formats;
}

std::vector<ReportFormat> parse_report_formats(std::string_view names) {
  std::set<ReportFormat> formats;
  for (const std::string& name : split(names, ',')) formats.insert(parse_one(name));
  require_input(!formats.empty(), "--format: no format given; known: {}", fmt::join(format_names(), ", "));
  return {formats.begin(), formats.end()};
}

}  // namespace neusemslice
