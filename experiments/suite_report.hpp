#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "report/format.hpp"

namespace neusemslice {

struct WrittenReport {
  std::string suite;
  std::vector<std::filesystem::path> files;
};

/// Writes the report on the question that a suite asks, in the asked formats, into `folder` (WORKSPACE/report when
/// empty). An empty `suite` means the only one in the workspace.
WrittenReport write_report(const std::filesystem::path& workspace, const std::vector<ReportFormat>& formats,
                           const std::filesystem::path& folder = {}, const std::string& suite = {});

}  // namespace neusemslice
