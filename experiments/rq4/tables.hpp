#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "report/table.hpp"
#include "rq4/results.hpp"

namespace neusemslice {

/// The paper's Table 6 as it prints it: "/" where it has the method but no value, a dash where it has neither. Columns
/// are "average_percent" and those of `published_column`, for task A (0) and B (1).
std::string published_learning(const Rq4Setting& setting, const Rq4Method& method, const char* column);
const char* published_column(std::size_t task);

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
