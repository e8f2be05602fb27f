#pragma once

#include <string>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include "report/report_files.hpp"
#include "report/suite_record.hpp"
#include "rq1/results.hpp"

/// RQ1: how much accuracy do global, category-wise and semantic slices keep at which compression? Made by
///   neusemslice run configs/suites/rq1-mlp.yaml     (all seeds; small: configs/quickstart.yaml)
///   neusemslice report WORKSPACE
namespace neusemslice {

/// All that RQ1's report says, as values.
struct Rq1Report {
  SuiteRecord record;
  std::vector<Rq1Setting> settings;
};

Rq1Report read_rq1_report(SQLite::Database& database, const std::string& suite);

/// The document for a format; what they share is the same text. Only html carries configs and every run, only md and
/// html carry times; equal databases give equal bytes.
Document rq1_document(const Rq1Report& report, ReportFormat format);

/// Its files: rq1.md, rq1.tex, rq1.csv and rq1_seeds.csv, rq1.svg and rq1_layers_<setting>.svg, rq1.html.
QuestionReport rq1_report(SQLite::Database& database, const std::string& suite);

}  // namespace neusemslice
