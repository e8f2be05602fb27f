#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "scheduling/job_graph.hpp"

namespace neusemslice {

/// A job by its position in the graph, and the ranks that do it together, ascending; the first one leads.
struct Assignment {
  std::size_t job = 0;
  std::vector<int> ranks;

  bool operator==(const Assignment&) const = default;
};

/// What the schedule knows of a job before it is done.
struct JobEstimate {
  double seconds = 1;  ///< on one rank
  int most_ranks = 1;  ///< among how many ranks it can be divided
};

/// Which job each idle rank does next. No clock, no messages: events in, assignments out, so the same events give the
/// same schedule, and a cluster is tested or foretold without one.
///
/// - Longest first: a job's rank in the queue is its own expected seconds plus those of the longest chain that waits
///   for it.
/// - Among equals a rank takes a job of the model it has worked on last, whose weights and scores it still holds; else
///   of the model with most jobs left that no other rank is at.
/// - Ranks that find no job of their own join the ones that can be divided, the costliest share first, unless a share
///   would last less than kLeastShareSeconds.
class Schedule {
 public:
  /// `states` of every job; a job that is neither done nor beyond hope is to be done. `estimates` in the graph's order.
  Schedule(const JobGraph& graph, const std::map<std::string, JobState>& states, std::vector<JobEstimate> estimates);

  /// Gives work to ranks that have none (ascending); those left without one stay idle.
  std::vector<Assignment> assign(const std::vector<int>& idle);

  /// Whether a job waits for nothing but a rank.
  [[nodiscard]] bool has_ready() const { return ready_count_ > 0; }

  /// The job has ended well: what waited for it alone becomes ready.
  void done(std::size_t job);

  /// The job has failed: gives what can no longer be done, in the graph's order, and forgets it.
  std::vector<std::size_t> failed(std::size_t job);

 private:
  /// Ready jobs of one priority, by model.
  using Models = std::map<std::size_t, std::deque<std::size_t>>;

  void find_dependents();
  void find_priorities();
  void make_ready(std::size_t job);
  std::size_t take_for(int rank);
  [[nodiscard]] Models::iterator choose_model(Models& models, int rank);
  void widen(std::vector<Assignment>& assignments, std::vector<int> spare);

  const JobGraph& graph_;
  std::vector<JobEstimate> estimates_;
  std::vector<bool> is_open_;  ///< still to be done
  std::vector<std::vector<std::size_t>> dependents_;
  std::vector<int> open_inputs_;    ///< inputs that are not done yet
  std::vector<double> priority_;    ///< seconds of the longest chain from here on
  std::vector<std::size_t> model_;  ///< jobs of one setting and seed have one number
  std::map<double, Models, std::greater<>> ready_;
  std::size_t ready_count_ = 0;
  std::map<int, std::size_t> model_at_;  ///< by rank, the model it has worked on last
};

/// Below this many seconds a rank a job is not divided further: making the ranks ready costs about as much.
constexpr double kLeastShareSeconds = 0.25;

}  // namespace neusemslice
