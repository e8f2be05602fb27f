#pragma once

#include <string>

#include <SQLiteCpp/SQLiteCpp.h>

#include "report/report_files.hpp"

/// The pilot study (paper section 3, Tables 1 to 3): how much accuracy is lost when the units of one band of the
/// ranking are masked? Made by
///   neusemslice run configs/suites/pilot.yaml     (paper scale; small: configs/suites/pilot-small.yaml)
///   neusemslice report WORKSPACE
namespace neusemslice {

/// Its files: pilot.md, pilot.tex, pilot.csv, pilot.svg, pilot.html.
QuestionReport pilot_report(SQLite::Database& database, const std::string& suite);

}  // namespace neusemslice
