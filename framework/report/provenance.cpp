#include "report/provenance.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/files.hpp"
#include "report/summary.hpp"

namespace neusemslice {
namespace {

Table jobs_table(const SuiteRecord& record) {
  Table table = {"Jobs by state",
                 "Seconds are those of the done jobs; a job that another suite shares is counted here too.",
                 {{"Kind"},
                  {"Done", Align::right},
                  {"Failed", Align::right},
                  {"Skipped", Align::right},
                  {"Waiting", Align::right},
                  {"Seconds", Align::right},
                  {"Peak memory", Align::right}},
                 {}};
  for (const JobKindRecord& kind : record.kinds) {
    std::vector<Cell>& row = table.rows.emplace_back();
    row.push_back({kind.kind});
    for (const std::int64_t count : {kind.done, kind.failed, kind.skipped, kind.waiting}) {
      row.push_back({fmt::format("{}", count)});
    }
    row.push_back({fixed(kind.seconds, 1)});
    row.push_back({kind.peak_memory_bytes > 0 ? human_bytes(kind.peak_memory_bytes) : "–"});
  }
  return table;
}

Table runs_table(const SuiteRecord& record) {
  Table table = {"Runs",
                 "A suite that was stopped and continued has several.",
                 {{"Run"},
                  {"State"},
                  {"Started"},
                  {"Finished"},
                  {"Host"},
                  {"Device"},
                  {"Threads", Align::right},
                  {"Revision"},
                  {"Command"}},
                 {}};
  for (const RunRecord& run : record.runs) {
    table.rows.push_back({{fmt::format("{}", run.id)},
                          {run.state},
                          {run.started_at},
                          {run.finished_at.empty() ? "–" : run.finished_at},
                          {run.host},
                          {run.device},
                          {fmt::format("{}", run.threads)},
                          {run.revision},
                          {run.command}});
  }
  return table;
}

std::string seeds_of(const SettingProgress& progress) {
  std::string seeds;
  for (const std::int64_t seed : progress.seeds) {
    const bool is_done =
        std::find(progress.done_seeds.begin(), progress.done_seeds.end(), seed) != progress.done_seeds.end();
    seeds += fmt::format("{}{}{}", seeds.empty() ? "" : ", ", seed, is_done ? "" : " (not done)");
  }
  return fmt::format("{}: seeds {}.", progress.setting, seeds);
}

std::string latest_run(const SuiteRecord& record) {
  if (record.runs.empty()) return "No run is recorded.";
  const RunRecord& run = record.runs.back();
  return fmt::format("Latest run: \"{}\", revision {}, on {} ({}, {} thread{}), started {}, {}.", run.command,
                     run.revision, run.host, run.device, run.threads, run.threads == 1 ? "" : "s", run.started_at,
                     run.finished_at.empty() ? "state " + run.state : "finished " + run.finished_at);
}

std::string job_totals(const SuiteRecord& record) {
  JobKindRecord sum;
  for (const JobKindRecord& kind : record.kinds) {
    sum.done += kind.done;
    sum.failed += kind.failed;
    sum.skipped += kind.skipped;
    sum.waiting += kind.waiting;
    sum.seconds += kind.seconds;
    sum.peak_memory_bytes = std::max(sum.peak_memory_bytes, kind.peak_memory_bytes);
  }
  return fmt::format("Jobs: {} done in {}, {} failed, {} skipped, {} waiting; peak memory {}.", sum.done,
                     human_seconds(sum.seconds), sum.failed, sum.skipped, sum.waiting,
                     human_bytes(sum.peak_memory_bytes));
}

}  // namespace

Section provenance_section(const SuiteRecord& record) {
  Section section = {"Provenance", {}, false};
  section.blocks.push_back(Paragraph{fmt::format("Suite {}. {}", record.suite, job_totals(record))});
  List seeds;
  for (const SettingProgress& progress : record.settings) seeds.items.push_back(seeds_of(progress));
  section.blocks.push_back(seeds);
  section.blocks.push_back(jobs_table(record));
  section.blocks.push_back(runs_table(record));
  if (!record.runs.empty()) {
    section.blocks.push_back(Verbatim{"Versions (latest run)", record.runs.back().versions});
    section.blocks.push_back(Verbatim{"Config (latest run)", record.runs.back().config});
  }
  return section;
}

Section short_provenance_section(const SuiteRecord& record) {
  return {"Provenance",
          {Paragraph{fmt::format("Suite {}. {} {}", record.suite, job_totals(record), latest_run(record))}},
          false};
}

}  // namespace neusemslice
