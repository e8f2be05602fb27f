#pragma once

#include <string>
#include <vector>

#include "config/suite.hpp"
#include "scheduling/job_data.hpp"

namespace neusemslice {

/// A way of learning another task (method.md section 7, RQ4).
struct LearnMethod {
  std::string name;                 ///< original, retrain, replay, deeparc, slice or slice_replay
  std::int64_t replay_percent = 0;  ///< of the earlier tasks' training images
};

/// What a learn job of the sliced methods builds on: the slice of the task that `base` learned last.
struct ChosenSlice {
  std::string choose;
  std::string score;
};

/// Teaches the network that `base` (a train job, or the learn job of the task before) left the task number `step` of
/// `tasks`. `slice` is empty for methods without one; "original" learns nothing, and only evaluates. Leaves the network
/// and every task's accuracy; with slices also tasks.json, the sub-network that learned the task, and the earlier
/// tasks' slices, delta-coded.
std::string add_learn_job(JobGraph& graph, const SuiteConfig& suite, const SettingConfig& setting,
                          const std::string& base, const std::vector<Categories>& tasks, std::size_t step,
                          const LearnMethod& method, const ChosenSlice& slice = {});

JobOutput run_learn_job(JobData& data, const Job& job, const JobContext& context);

}  // namespace neusemslice
