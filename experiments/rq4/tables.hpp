#pragma once

#include <vector>

#include "report/table.hpp"
#include "rq4/results.hpp"

namespace neusemslice {

/// Table 6 of one setting: accuracy on every task and its average after the last one, with two tasks the paper's
/// beside.
Table rq4_main_table(const Rq4Setting& setting);

/// Average accuracy, forgetting and backward transfer, and what each method costs: parameters trained, time, bytes
/// kept.
Table rq4_cost_table(const Rq4Setting& setting);

/// Accuracy on every task after each step, of one method.
Table rq4_matrix_table(const Rq4Setting& setting, const Rq4Outcome& outcome);

/// For machines: every setting, method, step and task.
Table rq4_data(const std::vector<Rq4Setting>& settings);

}  // namespace neusemslice
