#include "scheduling/coordinator.hpp"

#include <algorithm>
#include <numeric>

#include <spdlog/spdlog.h>

#include "core/error.hpp"
#include "core/stop.hpp"
#include "parallel/failure.hpp"

namespace neusemslice {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kPatience = 100ms;  // how long a stop or a death may go unnoticed
constexpr auto kWindDown = 60s;    // for jobs under way to stop
constexpr auto kWindDownAfterDeath = 2s;
constexpr auto kLeftAlone = 60s;  // for the other ranks of a job that failed on one

StopReason reason_for(ExitCode code) {
  switch (code) {
    case ExitCode::interrupted:
      return StopReason::interrupted;
    case ExitCode::terminated:
      return StopReason::terminated;
    case ExitCode::requeue:
      return StopReason::requeue;
    default:
      return StopReason::abandoned;
  }
}

}  // namespace

Coordinator::Coordinator(const JobGraph& graph, Store& store, RunRecord& record, Schedule schedule, World& world,
                         const Watch& watch, CoordinatorMailbox& mailbox)
    : graph_(graph),
      store_(store),
      record_(record),
      schedule_(std::move(schedule)),
      world_(world),
      watch_(watch),
      mailbox_(mailbox),
      progress_("run", record.to_do(), "jobs"),
      idle_(static_cast<std::size_t>(world.size())) {
  std::iota(idle_.begin(), idle_.end(), 0);
}

void Coordinator::run() {
  try {
    work_through();
  } catch (const std::exception& error) {
    wind_down();
    say_farewell(failure_of(error).code);
    throw;
  }
  say_farewell(record_.summary().failed.empty() ? ExitCode::done : ExitCode::some_jobs_failed);
}

void Coordinator::work_through() {
  while (!running_.empty() || schedule_.has_ready()) {
    end_if_a_rank_died();
    end_if_ranks_were_left_alone();
    throw_if_stopped();
    hand_out();
    wait_for_report();
    store_.refresh_snapshot();
  }
}

void Coordinator::end_if_a_rank_died() const {
  const std::optional<int> dead = watch_.dead_rank();
  if (!dead) return;
  throw Error(fmt::format("rank {} has not been heard of: its process or its host is dead; what was done is kept, the "
                          "same command continues",
                          rank_name(world_.places().at(static_cast<std::size_t>(*dead)))),
              ExitCode::retry);
}

/// A rank that fails tells those it shares the job with, but where it could not they wait for it in vain.
void Coordinator::end_if_ranks_were_left_alone() const {
  for (const auto& [job, running] : running_) {
    if (!running.trouble || Clock::now() < running.trouble_since + kLeftAlone) continue;
    throw Error(fmt::format("{}: {}; the ranks that shared it did not hear of that", job_name(graph_.jobs()[job]),
                            running.trouble->message),
                ExitCode::retry);
  }
}

void Coordinator::hand_out() {
  for (const Assignment& assignment : schedule_.assign(idle_)) {
    const std::string order = encode(task_for(assignment));
    for (const int rank : assignment.ranks) {
      std::erase(idle_, rank);
      mailbox_.send(rank, order);
    }
    running_[assignment.job] = {
        .leader = assignment.ranks.front(), .ranks = assignment.ranks, .lead = {}, .trouble = {}, .trouble_since = {}};
    progress_.update(record_.ended(), job_name(graph_.jobs()[assignment.job]));
  }
}

Task Coordinator::task_for(const Assignment& assignment) {
  Task task{.job = assignment.job, .ranks = assignment.ranks, .inputs = {}};
  for (const std::string& input : graph_.jobs()[assignment.job].inputs) task.inputs[input] = store_.artifacts(input);
  return task;
}

void Coordinator::wait_for_report() {
  const std::optional<Letter> letter = mailbox_.receive(kPatience);
  if (letter) take(letter->from, decode_report(letter->bytes));
}

void Coordinator::take(int rank, Report report) {
  const std::size_t job = report.job;
  Running& running = running_.at(job);
  std::erase(running.ranks, rank);
  idle_.insert(std::ranges::upper_bound(idle_, rank), rank);
  if (report.ending == Ending::fatal) {  // the others of the job may wait for this rank in vain
    if (running.ranks.empty()) running_.erase(job);
    throw Error(report.message, report.code);
  }
  if (report.ending != Ending::done) {
    running.trouble = std::move(report);
    running.trouble_since = Clock::now();
  } else if (rank == running.leader) {
    running.lead = std::move(report);
  }
  if (!running.ranks.empty()) return;
  const Running ended = std::move(running);
  running_.erase(job);
  settle(job, ended);
}

void Coordinator::settle(std::size_t job, const Running& ended) {
  const Job& what = graph_.jobs()[job];
  if (!ended.trouble) {
    record_.done(what, ended.lead.value().result, ended.lead->effort);
    schedule_.done(job);
  } else if (ended.trouble->ending == Ending::failed) {
    progress_.clear();  // a log line follows
    record_.failed(what, ended.trouble->message);
    for (const std::size_t hopeless : schedule_.failed(job)) record_.skipped(graph_.jobs()[hopeless]);
  } else {
    throw_stopped(reason_for(ended.trouble->code));
  }
  progress_.update(record_.ended());
}

bool Coordinator::is_a_living_rank_at_work() const {
  const int dead = watch_.dead_rank().value_or(-1);
  return std::ranges::any_of(running_, [dead](const auto& entry) {
    return std::ranges::any_of(entry.second.ranks, [dead](int rank) { return rank != dead; });
  });
}

/// Jobs under way are stopped where they can be; what ends well meanwhile is recorded.
void Coordinator::wind_down() {
  if (!running_.empty()) request_stop(StopReason::abandoned);  // where a signal came before, its reason stays
  const auto start = Clock::now();
  const auto is_time_left = [&] {
    return Clock::now() < start + (watch_.dead_rank() ? kWindDownAfterDeath : kWindDown);
  };
  while (is_a_living_rank_at_work() && is_time_left()) {
    try {
      wait_for_report();
    } catch (const std::exception& error) {
      spdlog::debug("while the run ends: {}", error.what());
    }
  }
  has_lost_ranks_ = !running_.empty() || watch_.dead_rank().has_value();
}

/// Rank 0's own worker first: it waits in this process, whatever becomes of the others.
void Coordinator::say_farewell(ExitCode code) {
  progress_.clear();
  for (int rank = 0; rank < world_.size(); ++rank) {
    try {
      if (rank == 0 || !has_lost_ranks_) mailbox_.send(rank, encode(Farewell{code}));
    } catch (const std::exception& error) {
      spdlog::error("rank {} could not be told to leave: {}",
                    rank_name(world_.places().at(static_cast<std::size_t>(rank))), error.what());
      has_lost_ranks_ = true;
    }
  }
}

}  // namespace neusemslice
