#include "report/provenance.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/files.hpp"
#include "report/summary.hpp"
#include "report/versions.hpp"

namespace neusemslice {
namespace {

JobKindRecord total(const std::vector<JobKindRecord>& kinds) {
  JobKindRecord sum;
  sum.kind = "all";
  for (const JobKindRecord& kind : kinds) {
    sum.done += kind.done;
    sum.failed += kind.failed;
    sum.skipped += kind.skipped;
    sum.waiting += kind.waiting;
    sum.seconds += kind.seconds;
    sum.peak_memory_bytes = std::max(sum.peak_memory_bytes, kind.peak_memory_bytes);
  }
  return sum;
}

std::vector<Cell> jobs_row(const JobKindRecord& kind) {
  std::vector<Cell> row = {{kind.kind}};
  for (const std::int64_t count : {kind.done, kind.failed, kind.skipped, kind.waiting}) {
    row.push_back({fmt::format("{}", count)});
  }
  row.push_back({fixed(kind.seconds, 1)});
  row.push_back({kind.peak_memory_bytes > 0 ? human_bytes(kind.peak_memory_bytes) : "–"});
  return row;
}

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
  for (const JobKindRecord& kind : record.kinds) table.rows.push_back(jobs_row(kind));
  table.rows.push_back(jobs_row(total(record.kinds)));
  for (Cell& cell : table.rows.back()) cell.strong = true;
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

Table versions_table(const RunRecord& run) {
  Table table = {"Versions", "Of the latest run.", {{"What"}, {"Version"}}, {}};
  for (const auto& [library, version] : read_versions(run.versions)) table.rows.push_back({{library}, {version}});
  return table;
}

std::string versions_text(const RunRecord& run) {
  std::vector<std::string> parts;
  for (const auto& [library, version] : read_versions(run.versions)) parts.push_back(library + " " + version);
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string seeds_of(const SuiteRecord& record, const SettingProgress& progress) {
  std::string seeds;
  for (const std::int64_t seed : progress.seeds) {
    const bool is_done =
        std::find(progress.done_seeds.begin(), progress.done_seeds.end(), seed) != progress.done_seeds.end();
    seeds += fmt::format("{}{}{}", seeds.empty() ? "" : ", ", seed, is_done ? "" : " (not done)");
  }
  return fmt::format("{}: seeds {}.", record.title_of(progress.setting), seeds);
}

std::string latest_run(const SuiteRecord& record) {
  if (record.runs.empty()) return "No run is recorded.";
  const RunRecord& run = record.runs.back();
  return fmt::format("Latest run: \"{}\", revision {}, on {} ({}, {} thread{}), started {}, {}; {}.", run.command,
                     run.revision, run.host, run.device, run.threads, run.threads == 1 ? "" : "s", run.started_at,
                     run.finished_at.empty() ? "state " + run.state : "finished " + run.finished_at,
                     versions_text(run));
}

/// " (train 45.1 s, restructure 24.5 s)"; nothing when no job is done.
std::string seconds_by_kind(const SuiteRecord& record) {
  std::vector<std::string> parts;
  for (const JobKindRecord& kind : record.kinds) {
    if (kind.done > 0) parts.push_back(fmt::format("{} {}", kind.kind, human_seconds(kind.seconds)));
  }
  return parts.empty() ? "" : fmt::format(" ({})", fmt::join(parts, ", "));
}

std::string job_totals(const SuiteRecord& record) {
  const JobKindRecord sum = total(record.kinds);
  return fmt::format("Jobs: {} done, {} of work over all ranks{}, {} failed, {} skipped, {} waiting; peak memory {}.",
                     sum.done, human_seconds(sum.seconds), seconds_by_kind(record), sum.failed, sum.skipped,
                     sum.waiting, human_bytes(sum.peak_memory_bytes));
}

}  // namespace

Section provenance_section(const SuiteRecord& record) {
  Section section = {"Provenance", {}, false};
  section.blocks.push_back(Paragraph{fmt::format("Suite {}. {}", record.suite, job_totals(record))});
  List seeds;
  for (const SettingProgress& progress : record.settings) seeds.items.push_back(seeds_of(record, progress));
  section.blocks.push_back(seeds);
  section.blocks.push_back(jobs_table(record));
  section.blocks.push_back(runs_table(record));
  if (!record.runs.empty()) {
    section.blocks.push_back(versions_table(record.runs.back()));
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
