#pragma once

#include <string>

#include <SQLiteCpp/SQLiteCpp.h>

#include "report/report_files.hpp"

/// RQ4 (paper section 5.5, Table 6): can a model learn new categories without forgetting the old ones? Made by
///   neusemslice run configs/suites/rq4.yaml     (paper scale; small: configs/suites/rq4-small.yaml)
///   neusemslice report WORKSPACE
namespace neusemslice {

/// Its files: rq4.md, rq4.tex, rq4.csv, rq4.svg, rq4.html.
QuestionReport rq4_report(SQLite::Database& database, const std::string& suite);

}  // namespace neusemslice
