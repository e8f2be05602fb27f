#include "scheduling/runner.hpp"

#include <algorithm>
#include <chrono>

#include <spdlog/spdlog.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/memory.hpp"
#include "core/progress.hpp"
#include "core/stop.hpp"
#include "core/text.hpp"

namespace neusemslice {
namespace {

using Clock = std::chrono::steady_clock;

/// A failure of the machine or a stop ends the run; anything else is the job's own.
bool ends_the_run(const Error& error) {
  return error.code() == ExitCode::interrupted || error.code() == ExitCode::terminated ||
         error.code() == ExitCode::requeue || error.code() == ExitCode::environment;
}

JobResult do_job(const Job& job, const JobFunctions& functions) {
  const auto function = functions.find(job.kind);
  require(function != functions.end(), "nothing is known to do a job of kind '{}'", job.kind);
  return function->second(job);
}

/// How one attempt at a job ended.
struct Attempt {
  JobResult result;
  std::string failure;  ///< one line; empty when all went well
  double seconds = 0;
};

/// Does the job and keeps what went wrong; throws only what ends the run.
Attempt attempt(const Job& job, const JobFunctions& functions) {
  const auto start = Clock::now();
  Attempt made;
  try {
    made.result = do_job(job, functions);
  } catch (const Error& error) {
    if (ends_the_run(error)) throw;
    made.failure = error.what();
  } catch (const std::exception& error) {
    made.failure = fmt::format("unexpected error: {}", first_line(error.what()));
  }
  made.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return made;
}

/// One run of a graph: where its jobs stand, in memory and in the store.
class GraphRun {
 public:
  GraphRun(const JobGraph& graph, Store& store, std::int64_t run)
      : store_(store), run_(run), states_(store.states(graph.rows())) {
    summary_.total = static_cast<std::int64_t>(graph.jobs().size());
    summary_.done_before = std::ranges::count(states_, JobState::done, &std::pair<const std::string, JobState>::second);
  }

  [[nodiscard]] NextStep step_for(const Job& job) const { return next_step(job, states_); }
  [[nodiscard]] const RunSummary& summary() const { return summary_; }

  void skip(const Job& job) {
    store_.record_skipped(row_of(job), run_, "a job it needs failed");
    states_[job.key] = JobState::skipped;
    ++summary_.skipped;
  }

  void record(const Job& job, const Attempt& made) { made.failure.empty() ? succeed(job, made) : fail(job, made); }

 private:
  void succeed(const Job& job, const Attempt& made) {
    store_.record_done(row_of(job), run_, made.result, made.seconds, peak_memory_bytes());
    states_[job.key] = JobState::done;
    ++summary_.done_now;
    // A terminal shows the bar instead; a log keeps one line a job.
    const auto level = terminal_style().is_terminal ? spdlog::level::debug : spdlog::level::info;
    spdlog::log(level, "{}: done in {}", job_name(job), human_seconds(made.seconds));
  }

  void fail(const Job& job, const Attempt& made) {
    store_.record_failed(row_of(job), run_, made.failure);
    states_[job.key] = JobState::failed;
    summary_.failed.push_back({job_name(job), made.failure});
    spdlog::error("{} failed: {}", job_name(job), made.failure);
  }

  Store& store_;
  std::int64_t run_;
  std::map<std::string, JobState> states_;
  RunSummary summary_;
};

}  // namespace

std::string job_name(const Job& job) {
  std::string what = job.kind;
  if (job.parameters.contains("strategy")) {
    what += fmt::format(" {} {} {}", job.parameters["strategy"].get<std::string>(),
                        job.parameters["metric"].get<std::string>(), job.parameters["level"].dump());
  }
  return fmt::format("{} of {}, seed {}", what, job.setting, job.seed);
}

NextStep next_step(const Job& job, const std::map<std::string, JobState>& states) {
  if (states.at(job.key) == JobState::done) return NextStep::keep;
  switch (readiness(job, states)) {
    case Readiness::ready:
      return NextStep::perform;
    case Readiness::hopeless:
      return NextStep::skip;
    case Readiness::blocked:
      break;
  }
  throw Error(fmt::format("{} comes before a job it needs", job_name(job)));
}

RunSummary run_jobs(const JobGraph& graph, Store& store, std::int64_t run, const JobFunctions& functions) {
  GraphRun graph_run(graph, store, run);
  Progress progress("run", graph_run.summary().total - graph_run.summary().done_before, "jobs");
  std::int64_t ended = 0;
  for (const Job& job : graph.jobs()) {
    const NextStep step = graph_run.step_for(job);
    if (step == NextStep::keep) continue;
    throw_if_stopped();
    progress.update(ended, job_name(job));
    if (step == NextStep::skip) {
      graph_run.skip(job);
    } else {
      const Attempt made = attempt(job, functions);
      if (!made.failure.empty()) progress.clear();  // a log line follows
      graph_run.record(job, made);
    }
    progress.update(++ended);
  }
  return graph_run.summary();
}

}  // namespace neusemslice
