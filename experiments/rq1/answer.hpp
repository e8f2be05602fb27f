#pragma once

#include <string>
#include <vector>

#include "report/suite_record.hpp"
#include "rq1/results.hpp"

namespace neusemslice {

/// The answer to RQ1 in sentences made of the numbers: one for each setting (what each strategy keeps at 50 %
/// compression with the metric that validation accuracy chooses, and how the strategies stand at equal compression),
/// and one for what the suite still lacks.
std::vector<std::string> rq1_answer(const std::vector<Rq1Setting>& settings, const SuiteRecord& record);

}  // namespace neusemslice
