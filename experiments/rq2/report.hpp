#pragma once

#include <string>

#include <SQLiteCpp/SQLiteCpp.h>

#include "report/report_files.hpp"

/// RQ2 (paper section 5.3, Table 4): does incremental pruning get further, sooner, from the semantic slice? Made by
///   neusemslice run configs/suites/rq2.yaml     (paper scale; small: configs/suites/rq2-small.yaml)
///   neusemslice report WORKSPACE
namespace neusemslice {

/// Its files: rq2.md, rq2.tex, rq2.csv, rq2_iterations.csv, rq2.svg, rq2.html.
QuestionReport rq2_report(SQLite::Database& database, const std::string& suite);

}  // namespace neusemslice
