#pragma once

#include <vector>

#include "report/table.hpp"
#include "rq1/claims.hpp"
#include "rq1/results.hpp"

namespace neusemslice {

/// The main table: a line for each strategy and metric with the test accuracy at 50 % compression, and the most
/// compressed slice that loses at most 0.5, 1 and 4 points of validation accuracy, with its test accuracy.
Table rq1_main_table(const Rq1Setting& setting);

/// Semantic slicing's test accuracy minus each rival's at equal compression, a line for each metric.
Table rq1_comparison_table(const Rq1Setting& setting);

/// Every level of every strategy and metric.
Table rq1_complete_table(const Rq1Setting& setting);

/// The units that each layer keeps in the semantic slices that lose at most 1 point of validation accuracy, a line for
/// each layer and a column for each metric.
Table rq1_layers_table(const Rq1Setting& setting);

/// What DeepArc removes, a line for each setting that has it.
Table rq1_deeparc_table(const std::vector<Rq1Setting>& settings);

Table rq1_claims_table(const std::vector<Rq1ClaimOutcome>& outcomes);

/// The seconds that each metric took, beside the paper's.
Table rq1_seconds_table(const std::vector<Rq1Setting>& settings);

/// For machines: the complete tables of all settings as numbers, in percent.
Table rq1_complete_data(const std::vector<Rq1Setting>& settings);

/// For machines: a line for each seed's slice as the view `rq1` has it, in fractions.
Table rq1_seed_data(const std::vector<Rq1Setting>& settings);

}  // namespace neusemslice
