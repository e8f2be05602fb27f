#include "report/suite_record.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "report/stored_config.hpp"

namespace neusemslice {
namespace {

constexpr std::size_t kMessagesShown = 5;

std::vector<RunRecord> read_runs(SQLite::Database& database, const std::string& suite) {
  SQLite::Statement query(
      database,
      "SELECT id, state, config, command, started_at, coalesce(finished_at, '') AS finished_at, host, "
      "device, threads, revision, versions FROM runs WHERE suite = ? ORDER BY id");
  query.bind(1, suite);
  std::vector<RunRecord> runs;
  while (query.executeStep()) {
    const auto text = [&query](const char* column) { return query.getColumn(column).getString(); };
    runs.push_back({.id = query.getColumn("id").getInt64(),
                    .state = text("state"),
                    .config = text("config"),
                    .command = text("command"),
                    .started_at = text("started_at"),
                    .finished_at = text("finished_at"),
                    .host = text("host"),
                    .device = text("device"),
                    .threads = query.getColumn("threads").getInt64(),
                    .revision = text("revision"),
                    .versions = text("versions")});
  }
  return runs;
}

std::vector<JobKindRecord> read_kinds(SQLite::Database& database, const std::string& suite) {
  SQLite::Statement query(database,
                          "SELECT kind, sum(state = 'done'), sum(state = 'failed'), sum(state = 'skipped'), "
                          "sum(state = 'waiting'), coalesce(sum(CASE WHEN state = 'done' THEN seconds END), 0.0), "
                          "coalesce(max(peak_memory_bytes), 0) "
                          "FROM suite_jobs JOIN jobs ON key = job WHERE suite = ? GROUP BY kind ORDER BY 6 DESC, kind");
  query.bind(1, suite);
  std::vector<JobKindRecord> kinds;
  while (query.executeStep()) {
    kinds.push_back({.kind = query.getColumn(0).getString(),
                     .done = query.getColumn(1).getInt64(),
                     .failed = query.getColumn(2).getInt64(),
                     .skipped = query.getColumn(3).getInt64(),
                     .waiting = query.getColumn(4).getInt64(),
                     .seconds = query.getColumn(5).getDouble(),
                     .peak_memory_bytes = query.getColumn(6).getInt64()});
  }
  return kinds;
}

std::vector<JobFailure> read_failures(SQLite::Database& database, const std::string& suite) {
  SQLite::Statement query(database,
                          "SELECT kind, setting, seed, message FROM suite_jobs JOIN jobs ON key = job "
                          "WHERE suite = ? AND state = 'failed' ORDER BY setting, seed, kind, key");
  query.bind(1, suite);
  std::vector<JobFailure> failures;
  while (query.executeStep()) {
    failures.push_back({query.getColumn(0).getString(), query.getColumn(1).getString(), query.getColumn(2).getInt64(),
                        query.getColumn(3).getString()});
  }
  return failures;
}

std::vector<SettingProgress> read_progress(SQLite::Database& database, const std::string& suite) {
  SQLite::Statement query(database,
                          "SELECT setting, seed, min(state = 'done') FROM suite_jobs JOIN jobs ON key = job "
                          "WHERE suite = ? GROUP BY setting, seed ORDER BY setting, seed");
  query.bind(1, suite);
  std::vector<SettingProgress> settings;
  while (query.executeStep()) {
    const std::string setting = query.getColumn(0).getString();
    if (settings.empty() || settings.back().setting != setting) settings.push_back({setting, {}, {}});
    settings.back().seeds.push_back(query.getColumn(1).getInt64());
    if (query.getColumn(2).getInt() == 1) settings.back().done_seeds.push_back(query.getColumn(1).getInt64());
  }
  return settings;
}

/// What several runs' configs call a setting, the newest says.
std::map<std::string, std::string> read_titles(const std::vector<RunRecord>& runs) {
  std::map<std::string, std::string> titles;
  for (const RunRecord& run : runs) {
    for (const auto& [name, title] : setting_titles(run.config)) titles[name] = title;
  }
  return titles;
}

std::int64_t count(const SuiteRecord& record, std::int64_t JobKindRecord::*state) {
  std::int64_t sum = 0;
  for (const JobKindRecord& kind : record.kinds) sum += kind.*state;
  return sum;
}

std::string jobs_that(std::int64_t number, std::string_view verb) {
  return fmt::format("{} job{} {}", number, number == 1 ? "" : "s", verb);
}

void tell_failures(const SuiteRecord& record, std::vector<std::string>& sentences) {
  if (record.failures.empty()) return;
  std::string sentence = jobs_that(static_cast<std::int64_t>(record.failures.size()), "failed: ");
  const std::size_t shown = std::min(record.failures.size(), kMessagesShown);
  for (std::size_t i = 0; i < shown; ++i) {
    const JobFailure& job = record.failures[i];
    sentence += fmt::format("{}{}, seed {}, {}: {}", i == 0 ? "" : "; ", record.title_of(job.setting), job.seed,
                            job.kind, job.message);
  }
  if (shown < record.failures.size()) sentence += fmt::format("; and {} more", record.failures.size() - shown);
  sentences.push_back(sentence + ".");
}

}  // namespace

std::string SuiteRecord::title_of(const std::string& setting) const {
  const auto found = titles.find(setting);
  return found == titles.end() ? setting : found->second;
}

std::vector<std::string> setting_names(SQLite::Database& database, const std::string& suite) {
  SQLite::Statement query(
      database, "SELECT DISTINCT setting FROM suite_jobs JOIN jobs ON key = job WHERE suite = ? ORDER BY setting");
  query.bind(1, suite);
  std::vector<std::string> names;
  while (query.executeStep()) names.push_back(query.getColumn(0).getString());
  return names;
}

SuiteRecord read_suite_record(SQLite::Database& database, const std::string& suite) {
  SuiteRecord record = {suite,
                        read_runs(database, suite),
                        read_kinds(database, suite),
                        read_failures(database, suite),
                        read_progress(database, suite),
                        {}};
  record.question = question_of(record.runs.empty() ? std::string() : record.runs.back().config);
  record.titles = read_titles(record.runs);
  return record;
}

std::vector<std::string> shortcomings(const SuiteRecord& record) {
  if (record.settings.empty()) return {"No job of this suite has been planned yet."};
  std::vector<std::string> sentences;
  for (const SettingProgress& progress : record.settings) {
    if (progress.done_seeds.size() == progress.seeds.size()) continue;
    sentences.push_back(fmt::format("{}: {} of {} seeds done.", record.title_of(progress.setting),
                                    progress.done_seeds.size(), progress.seeds.size()));
  }
  tell_failures(record, sentences);
  const std::int64_t skipped = count(record, &JobKindRecord::skipped);
  if (skipped > 0) sentences.push_back(jobs_that(skipped, "skipped, because what they need failed."));
  const std::int64_t waiting = count(record, &JobKindRecord::waiting);
  if (waiting > 0) sentences.push_back(jobs_that(waiting, "not done yet: the same neusemslice run command continues."));
  return sentences;
}

}  // namespace neusemslice
