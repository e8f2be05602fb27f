#pragma once

#include <string>

#include <SQLiteCpp/SQLiteCpp.h>

#include "report/report_files.hpp"

/// RQ3 (paper section 5.4, Table 5): is retraining only the critical units enough against adversarial samples? Made by
///   neusemslice run configs/suites/rq3.yaml     (paper scale; small: configs/suites/rq3-small.yaml)
///   neusemslice report WORKSPACE
namespace neusemslice {

/// Its files: rq3.md, rq3.tex, rq3.csv, rq3.svg, rq3.html.
QuestionReport rq3_report(SQLite::Database& database, const std::string& suite);

}  // namespace neusemslice
