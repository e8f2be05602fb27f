#include "store/store.hpp"

#include <set>

#include <SQLiteCpp/VariadicBind.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/hash.hpp"
#include "store/schema.hpp"

namespace neusemslice {
namespace {

constexpr int kBusyTimeoutMs = 10'000;
constexpr std::size_t kKeyDigits = 16;  // of a job's key, in the names of its files

std::filesystem::path database_path(const std::filesystem::path& workspace) {
  return workspace / "results.db";
}

/// SQLite's own errors as one line that names the file.
template <typename Body>
auto with_database(const std::filesystem::path& workspace, const Body& body) {
  try {
    return body();
  } catch (const SQLite::Exception& error) {
    throw InputError(fmt::format("{}: {}; check that the folder is writable, the disk not full and the file a database",
                                 database_path(workspace).string(), error.what()));
  } catch (const std::filesystem::filesystem_error& error) {
    throw InputError(
        fmt::format("{}: {}; check the folder's permissions", error.path1().string(), error.code().message()));
  }
}

void refuse_newer_schema(SQLite::Database& database, const std::filesystem::path& workspace) {
  const int version = database.execAndGet("PRAGMA user_version").getInt();
  const int known = static_cast<int>(schema_migrations().size());
  require_input(
      version <= known,
      "{}: its schema has version {}, this program knows up to {}: use the newer program, or another workspace",
      database_path(workspace).string(), version, known);
}

SQLite::Database open_for_writing(const std::filesystem::path& workspace) {
  return with_database(workspace, [&] {
    SQLite::Database database(database_path(workspace).string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE,
                              kBusyTimeoutMs);
    refuse_newer_schema(database, workspace);
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = NORMAL");
    database.exec("PRAGMA foreign_keys = ON");
    return database;
  });
}

std::filesystem::path made_folder(const std::filesystem::path& workspace) {
  create_folder(workspace / "artifacts");
  return workspace;
}

std::string artifact_path(const JobRow& job, const std::string& name) {
  return fmt::format("artifacts/{}/{}-{}", job.kind, job.key.substr(0, kKeyDigits), name);
}

/// True for the names that artifact_path gives, and those of their unfinished files; what else lies there is not ours.
bool has_artifact_name(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  return name.size() > kKeyDigits && name[kKeyDigits] == '-' &&
         name.find_first_not_of("0123456789abcdef") == kKeyDigits;
}

bool artifacts_present(SQLite::Database& database, const std::filesystem::path& workspace, const std::string& job) {
  SQLite::Statement query(database, "SELECT path, bytes FROM artifacts WHERE job = ?");
  query.bind(1, job);
  while (query.executeStep()) {
    std::error_code error;
    const auto size = std::filesystem::file_size(workspace / query.getColumn(0).getString(), error);
    if (error || static_cast<std::int64_t>(size) != query.getColumn(1).getInt64()) return false;
  }
  return true;
}

}  // namespace

std::string to_string(JobState state) {
  switch (state) {
    case JobState::waiting:
      return "waiting";
    case JobState::done:
      return "done";
    case JobState::failed:
      return "failed";
    case JobState::skipped:
      return "skipped";
  }
  return "";
}

std::map<std::string, JobState> read_job_states(SQLite::Database& database, const std::filesystem::path& workspace,
                                                const std::vector<JobRow>& jobs) {
  std::map<std::string, JobState> states;
  SQLite::Statement query(database, "SELECT state FROM jobs WHERE key = ?");
  for (const JobRow& job : jobs) {
    query.bind(1, job.key);
    const bool done = query.executeStep() && query.getColumn(0).getString() == "done";
    query.reset();
    const bool intact = done && artifacts_present(database, workspace, job.key);
    if (done && !intact)
      spdlog::warn("{} of {} seed {}: its files are gone, it runs again", job.kind, job.setting, job.seed);
    states[job.key] = intact ? JobState::done : JobState::waiting;
  }
  return states;
}

std::map<std::string, double> read_mean_seconds(SQLite::Database& database) {
  std::map<std::string, double> seconds;
  SQLite::Statement query(database, "SELECT kind, avg(seconds) FROM jobs WHERE state = 'done' GROUP BY kind");
  while (query.executeStep()) seconds[query.getColumn(0).getString()] = query.getColumn(1).getDouble();
  return seconds;
}

Store::Store(const std::filesystem::path& workspace)
    : workspace_(made_folder(workspace)), lock_(workspace_), database_(open_for_writing(workspace_)) {
  with_database(workspace_, [&] {
    migrate();
    remove_orphans();
  });
}

Store::~Store() {
  // Without the write-ahead log the database is one file, which also a read-only disk can show. A reader may be in the
  // way; then the log stays, which is as good for everything else.
  try {
    database_.setBusyTimeout(0);
    database_.exec("PRAGMA journal_mode = DELETE");
  } catch (const SQLite::Exception& error) {
    spdlog::debug("{}: the write-ahead log stays: {}", database_path(workspace_).string(), error.what());
  }
}

void Store::migrate() {
  const auto& steps = schema_migrations();
  const int version = database_.execAndGet("PRAGMA user_version").getInt();
  for (auto step = static_cast<std::size_t>(version); step < steps.size(); ++step) {
    SQLite::Transaction transaction(database_);
    database_.exec(std::string(steps[step]));
    database_.exec(fmt::format("PRAGMA user_version = {}", step + 1));
    transaction.commit();
  }
  database_.exec(
      "UPDATE runs SET state = 'stopped' WHERE state = 'running'");  // their process is gone: we hold the lock
}

void Store::remove_orphans() {
  std::set<std::string> known;
  SQLite::Statement query(database_, "SELECT path FROM artifacts");
  while (query.executeStep()) known.insert(query.getColumn(0).getString());
  std::vector<std::filesystem::path> orphans;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(workspace_ / "artifacts")) {
    if (!entry.is_regular_file() || !has_artifact_name(entry.path())) continue;
    const std::string path = entry.path().lexically_relative(workspace_).string();  // `artifacts` may be a link
    if (!known.contains(path)) orphans.push_back(entry.path());
  }
  for (const auto& orphan : orphans) std::filesystem::remove(orphan);
  if (!orphans.empty())
    spdlog::info("{}: removed {} unfinished files of a stopped run", workspace_.string(), orphans.size());
}

std::int64_t Store::begin_run(const RunInfo& info) {
  return with_database(workspace_, [&] {
    SQLite::Statement insert(
        database_,
        "INSERT INTO runs (suite, state, config, command, started_at, host, process_id, device, threads, "
        "revision, versions) VALUES (?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    insert.bind(1, info.suite);
    insert.bind(2, info.config);
    insert.bind(3, info.command);
    insert.bind(4, utc_now());
    insert.bind(5, host_name());
    insert.bind(6, static_cast<std::int64_t>(::getpid()));
    insert.bind(7, info.device);
    insert.bind(8, info.threads);
    insert.bind(9, info.revision);
    insert.bind(10, info.versions);
    insert.exec();
    return static_cast<std::int64_t>(database_.getLastInsertRowid());
  });
}

void Store::finish_run(std::int64_t run, const std::string& state) {
  with_database(workspace_, [&] {
    SQLite::Statement update(database_, "UPDATE runs SET state = ?, finished_at = ? WHERE id = ?");
    update.bind(1, state);
    update.bind(2, utc_now());
    update.bind(3, run);
    update.exec();
  });
}

void Store::register_jobs(const std::string& suite, const std::vector<JobRow>& jobs) {
  with_database(workspace_, [&] {
    SQLite::Transaction transaction(database_);
    SQLite::Statement forget(database_, "DELETE FROM suite_jobs WHERE suite = ?");
    forget.bind(1, suite);
    forget.exec();
    SQLite::Statement insert_job(database_,
                                 "INSERT OR IGNORE INTO jobs (key, kind, setting, seed, parameters, state) "
                                 "VALUES (?, ?, ?, ?, ?, 'waiting')");
    SQLite::Statement insert_input(database_,
                                   "INSERT OR IGNORE INTO job_inputs (job, position, input) VALUES (?, ?, ?)");
    SQLite::Statement insert_member(database_, "INSERT INTO suite_jobs (suite, job) VALUES (?, ?)");
    for (const JobRow& job : jobs) {
      SQLite::bind(insert_job, job.key, job.kind, job.setting, job.seed, job.parameters);
      insert_job.exec();
      insert_job.reset();
      for (std::size_t i = 0; i < job.inputs.size(); ++i) {
        SQLite::bind(insert_input, job.key, static_cast<std::int64_t>(i), job.inputs[i]);
        insert_input.exec();
        insert_input.reset();
      }
      SQLite::bind(insert_member, suite, job.key);
      insert_member.exec();
      insert_member.reset();
    }
    transaction.commit();
  });
}

std::map<std::string, JobState> Store::states(const std::vector<JobRow>& jobs) {
  return with_database(workspace_, [&] { return read_job_states(database_, workspace_, jobs); });
}

void Store::insert_evaluation(const std::string& job, const EvaluationRow& row) {
  std::int64_t samples = 0;
  std::int64_t correct = 0;
  SQLite::Statement insert_category(database_, "INSERT INTO category_evaluations VALUES (?, ?, ?, ?, ?)");
  for (std::size_t category = 0; category < row.samples.size(); ++category) {
    SQLite::bind(insert_category, job, row.split, static_cast<std::int64_t>(category), row.samples[category],
                 row.correct[category]);
    insert_category.exec();
    insert_category.reset();
    samples += row.samples[category];
    correct += row.correct[category];
  }
  SQLite::Statement insert(database_, "INSERT INTO evaluations VALUES (?, ?, ?, ?, ?)");
  const double accuracy = samples == 0 ? 0.0 : static_cast<double>(correct) / static_cast<double>(samples);
  SQLite::bind(insert, job, row.split, samples, correct, accuracy);
  insert.exec();
}

void Store::insert_slice(const std::string& job, const SliceRow& slice) {
  SQLite::Statement insert(database_, "INSERT INTO slices VALUES (?, ?, ?, ?, ?, ?, ?)");
  const double rate = 1.0 - static_cast<double>(slice.parameters) / static_cast<double>(slice.original_parameters);
  SQLite::bind(insert, job, slice.strategy, slice.metric, slice.level, slice.parameters, slice.original_parameters,
               rate);
  insert.exec();
  SQLite::Statement insert_layer(database_, "INSERT INTO slice_layers VALUES (?, ?, ?, ?, ?)");
  for (const SliceLayerRow& layer : slice.layers) {
    SQLite::bind(insert_layer, job, layer.layer, layer.units, layer.kept, static_cast<int>(layer.rescued));
    insert_layer.exec();
    insert_layer.reset();
  }
}

void Store::insert_result(const JobRow& job, const JobResult& result) {
  for (const char* table :
       {"artifacts", "epochs", "evaluations", "category_evaluations", "metric_seconds", "slice_layers", "slices"}) {
    SQLite::Statement clear(database_, fmt::format("DELETE FROM {} WHERE job = ?", table));
    clear.bind(1, job.key);
    clear.exec();
  }
  for (const EpochRow& epoch : result.epochs) {
    SQLite::Statement insert(database_, "INSERT INTO epochs VALUES (?, ?, ?, ?, ?, ?)");
    SQLite::bind(insert, job.key, epoch.epoch, epoch.learning_rate, epoch.training_loss, epoch.training_accuracy,
                 epoch.validation_accuracy);
    insert.exec();
  }
  for (const EvaluationRow& evaluation : result.evaluations) insert_evaluation(job.key, evaluation);
  for (const MetricSecondsRow& row : result.metric_seconds) {
    SQLite::Statement insert(database_, "INSERT INTO metric_seconds VALUES (?, ?, ?, ?)");
    SQLite::bind(insert, job.key, row.metric, row.samples, row.seconds);
    insert.exec();
  }
  if (result.slice) insert_slice(job.key, *result.slice);
  for (const Artifact& artifact : result.artifacts) {
    SQLite::Statement insert(database_, "INSERT INTO artifacts VALUES (?, ?, ?, ?, ?)");
    SQLite::bind(insert, job.key, artifact.name, artifact_path(job, artifact.name),
                 static_cast<std::int64_t>(artifact.bytes.size()), sha256_hex(artifact.bytes));
    insert.exec();
  }
}

void Store::end_job(const JobRow& job, std::int64_t run, JobState state, const std::string& message) {
  SQLite::Statement update(
      database_,
      "UPDATE jobs SET state = ?, message = ?, attempts = attempts + ?, run_id = ?, finished_at = ? "
      "WHERE key = ?");
  SQLite::bind(update, to_string(state), message, state == JobState::skipped ? 0 : 1, run, utc_now(), job.key);
  update.exec();
}

void Store::record_done(const JobRow& job, std::int64_t run, const JobResult& result, double seconds,
                        std::int64_t peak_memory) {
  for (const Artifact& artifact : result.artifacts) {
    write_file_atomically(workspace_ / artifact_path(job, artifact.name), artifact.bytes);
  }
  with_database(workspace_, [&] {
    SQLite::Transaction transaction(database_);
    insert_result(job, result);
    end_job(job, run, JobState::done, "");
    SQLite::Statement measure(database_, "UPDATE jobs SET seconds = ?, peak_memory_bytes = ? WHERE key = ?");
    SQLite::bind(measure, seconds, peak_memory, job.key);
    measure.exec();
    transaction.commit();
  });
}

void Store::record_failed(const JobRow& job, std::int64_t run, const std::string& message) {
  with_database(workspace_, [&] { end_job(job, run, JobState::failed, message); });
}

void Store::record_skipped(const JobRow& job, std::int64_t run, const std::string& message) {
  with_database(workspace_, [&] { end_job(job, run, JobState::skipped, message); });
}

std::filesystem::path Store::artifact(const std::string& job, const std::string& name) {
  return with_database(workspace_, [&] {
    SQLite::Statement query(database_, "SELECT path, sha256 FROM artifacts WHERE job = ? AND name = ?");
    SQLite::bind(query, job, name);
    require(query.executeStep(), "job {} left no {}", job, name);
    std::filesystem::path path = workspace_ / query.getColumn(0).getString();
    require(sha256_file(path) == query.getColumn(1).getString(),
            "{}: its contents are no longer those that were written: delete it and run again", path.string());
    return path;
  });
}

}  // namespace neusemslice
