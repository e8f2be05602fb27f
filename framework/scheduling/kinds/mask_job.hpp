#pragma once

#include <string>

#include "scheduling/job_data.hpp"

namespace neusemslice {

/// Units ranked from `from` % to `to` % of every layer.
struct MaskBand {
  std::int64_t from = 0;
  std::int64_t to = 0;
};

/// Test accuracy with one band of units masked (pilot study, Tables 1 to 3). Scope "global": the band of the global
/// ranking, on all test samples; "category": for each category the band of its own ranking, on that category's samples.
std::string add_mask_job(JobGraph& graph, const std::string& score, const std::string& metric, const std::string& scope,
                         MaskBand band);

JobOutput run_mask_job(JobData& data, const Job& job, const JobContext& context);

}  // namespace neusemslice
