#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/progress.hpp"
#include "parallel/mail.hpp"
#include "parallel/watch.hpp"
#include "scheduling/messages.hpp"
#include "scheduling/run_record.hpp"
#include "scheduling/schedule.hpp"

namespace neusemslice {

/// Hands ready jobs to idle ranks until none is left, and records each as it ends. It alone uses the store. Lives on
/// rank 0 in a thread of its own, beside that rank's worker.
class Coordinator {
 public:
  /// Every argument must outlive the coordinator.
  Coordinator(const JobGraph& graph, Store& store, RunRecord& record, Schedule schedule, World& world,
              const Watch& watch, CoordinatorMailbox& mailbox);

  /// Returns when all that can be done is done. Throws what ended the run before that: a stop, a rank that died, a
  /// failing machine, a store that cannot be written. Either way every worker is told to leave, with the same code.
  void run();

  /// After run() threw: whether a rank can no longer be waited for, because it is dead or did not end its job.
  [[nodiscard]] bool has_lost_ranks() const { return has_lost_ranks_; }

 private:
  /// A job under way: the ranks that still work on it, and what the leading one reported.
  struct Running {
    int leader = 0;
    std::vector<int> ranks;
    std::optional<Report> lead;
    std::optional<Report> trouble;
    std::chrono::steady_clock::time_point trouble_since;
  };

  void work_through();
  void end_if_a_rank_died() const;
  void end_if_ranks_were_left_alone() const;
  void hand_out();
  void wait_for_report();
  void take(int rank, Report report);
  void settle(std::size_t job, const Running& ended);
  void wind_down();
  [[nodiscard]] bool is_a_living_rank_at_work() const;
  void say_farewell(ExitCode code);
  [[nodiscard]] Task task_for(const Assignment& assignment);

  const JobGraph& graph_;
  Store& store_;
  RunRecord& record_;
  Schedule schedule_;
  World& world_;
  const Watch& watch_;
  CoordinatorMailbox& mailbox_;
  Progress progress_;
  std::vector<int> idle_;  ///< ascending
  std::map<std::size_t, Running> running_;
  bool has_lost_ranks_ = false;
};

}  // namespace neusemslice
