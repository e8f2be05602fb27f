#include "store/schema.hpp"

#include <string>

#include <fmt/format.h>

#include "core/error.hpp"

namespace neusemslice {
namespace {

constexpr std::string_view kVersion1 = R"sql(
CREATE TABLE runs (
  id          INTEGER PRIMARY KEY,
  suite       TEXT    NOT NULL,
  state       TEXT    NOT NULL CHECK (state IN ('running', 'done', 'failed', 'stopped')),
  config      TEXT    NOT NULL,
  command     TEXT    NOT NULL,
  started_at  TEXT    NOT NULL,
  finished_at TEXT,
  host        TEXT    NOT NULL,
  process_id  INTEGER NOT NULL,
  device      TEXT    NOT NULL,
  threads     INTEGER NOT NULL,
  revision    TEXT    NOT NULL,
  versions    TEXT    NOT NULL
) STRICT;

CREATE TABLE jobs (
  key               TEXT    PRIMARY KEY,
  kind              TEXT    NOT NULL,
  setting           TEXT    NOT NULL,
  seed              INTEGER NOT NULL,
  parameters        TEXT    NOT NULL,
  state             TEXT    NOT NULL CHECK (state IN ('waiting', 'done', 'failed', 'skipped')),
  message           TEXT    NOT NULL DEFAULT '',
  attempts          INTEGER NOT NULL DEFAULT 0,
  run_id            INTEGER REFERENCES runs (id),
  finished_at       TEXT,
  seconds           REAL,
  peak_memory_bytes INTEGER
) STRICT;

CREATE TABLE job_inputs (
  job      TEXT    NOT NULL REFERENCES jobs (key),
  position INTEGER NOT NULL,
  input    TEXT    NOT NULL REFERENCES jobs (key),
  PRIMARY KEY (job, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX job_inputs_by_input ON job_inputs (input);

CREATE TABLE suite_jobs (
  suite TEXT NOT NULL,
  job   TEXT NOT NULL REFERENCES jobs (key),
  PRIMARY KEY (suite, job)
) STRICT, WITHOUT ROWID;

CREATE TABLE artifacts (
  job    TEXT    NOT NULL REFERENCES jobs (key),
  name   TEXT    NOT NULL,
  path   TEXT    NOT NULL,
  bytes  INTEGER NOT NULL,
  sha256 TEXT    NOT NULL,
  PRIMARY KEY (job, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE epochs (
  job                 TEXT    NOT NULL REFERENCES jobs (key),
  epoch               INTEGER NOT NULL,
  learning_rate       REAL    NOT NULL,
  training_loss       REAL    NOT NULL,
  training_accuracy   REAL    NOT NULL,
  validation_accuracy REAL    NOT NULL,
  PRIMARY KEY (job, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE evaluations (
  job      TEXT    NOT NULL REFERENCES jobs (key),
  split    TEXT    NOT NULL CHECK (split IN ('validation', 'test')),
  samples  INTEGER NOT NULL,
  correct  INTEGER NOT NULL,
  accuracy REAL    NOT NULL,
  PRIMARY KEY (job, split)
) STRICT, WITHOUT ROWID;

CREATE TABLE category_evaluations (
  job      TEXT    NOT NULL REFERENCES jobs (key),
  split    TEXT    NOT NULL CHECK (split IN ('validation', 'test')),
  category INTEGER NOT NULL,
  samples  INTEGER NOT NULL,
  correct  INTEGER NOT NULL,
  PRIMARY KEY (job, split, category)
) STRICT, WITHOUT ROWID;

CREATE TABLE metric_seconds (
  job     TEXT    NOT NULL REFERENCES jobs (key),
  metric  TEXT    NOT NULL,
  samples INTEGER NOT NULL,
  seconds REAL    NOT NULL,
  PRIMARY KEY (job, metric)
) STRICT, WITHOUT ROWID;

CREATE TABLE slices (
  job                 TEXT    PRIMARY KEY REFERENCES jobs (key),
  strategy            TEXT    NOT NULL CHECK (strategy IN ('global', 'category', 'semantic')),
  metric              TEXT    NOT NULL,
  level               REAL    NOT NULL,
  parameters          INTEGER NOT NULL,
  original_parameters INTEGER NOT NULL,
  compression_rate    REAL    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE slice_layers (
  job     TEXT    NOT NULL REFERENCES jobs (key),
  layer   TEXT    NOT NULL,
  units   INTEGER NOT NULL,
  kept    INTEGER NOT NULL,
  rescued INTEGER NOT NULL CHECK (rescued IN (0, 1)),
  PRIMARY KEY (job, layer)
) STRICT, WITHOUT ROWID;

CREATE VIEW trained_models AS
SELECT w.suite, j.setting, j.seed, j.key AS job, v.accuracy AS validation_accuracy, t.accuracy AS test_accuracy, j.seconds
FROM jobs AS j
JOIN suite_jobs AS w ON w.job = j.key
JOIN evaluations AS v ON v.job = j.key AND v.split = 'validation'
JOIN evaluations AS t ON t.job = j.key AND t.split = 'test'
WHERE j.kind = 'train' AND j.state = 'done';

CREATE VIEW rq1 AS
SELECT w.suite, j.setting, j.seed, s.strategy, s.metric, s.level, s.compression_rate, s.parameters, s.original_parameters,
       v.accuracy AS validation_accuracy, t.accuracy AS test_accuracy,
       mv.accuracy AS original_validation_accuracy, mt.accuracy AS original_test_accuracy, s.job AS slice_job
FROM slices AS s
JOIN job_inputs AS i ON i.input = s.job
JOIN jobs AS j ON j.key = i.job AND j.kind = 'restructure' AND j.state = 'done'
JOIN suite_jobs AS w ON w.job = j.key
JOIN evaluations AS v ON v.job = j.key AND v.split = 'validation'
JOIN evaluations AS t ON t.job = j.key AND t.split = 'test'
JOIN job_inputs AS m ON m.job = j.key AND m.position = 0
JOIN evaluations AS mv ON mv.job = m.input AND mv.split = 'validation'
JOIN evaluations AS mt ON mt.job = m.input AND mt.split = 'test';
)sql";

// A run may have many ranks, and several of them may do a job together.
constexpr std::string_view kVersion2 = R"sql(
ALTER TABLE jobs ADD COLUMN ranks INTEGER;

CREATE TABLE run_ranks (
  run_id      INTEGER NOT NULL REFERENCES runs (id),
  rank        INTEGER NOT NULL,
  host        TEXT    NOT NULL,
  process_id  INTEGER NOT NULL,
  local_rank  INTEGER NOT NULL,
  device      TEXT    NOT NULL,
  device_uuid TEXT    NOT NULL,
  threads     INTEGER NOT NULL,
  PRIMARY KEY (run_id, rank)
) STRICT, WITHOUT ROWID;
)sql";

// The pilot study's masked models, and DeepArc.
constexpr std::string_view kVersion3 = R"sql(
CREATE TABLE layer_removals (
  job                 TEXT    PRIMARY KEY REFERENCES jobs (key),
  threshold           REAL    NOT NULL,
  similarity          TEXT    NOT NULL,
  modularity          REAL    NOT NULL,
  parameters          INTEGER NOT NULL,
  original_parameters INTEGER NOT NULL,
  compression_rate    REAL    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE removed_layers (
  job   TEXT NOT NULL REFERENCES jobs (key),
  layer TEXT NOT NULL,
  PRIMARY KEY (job, layer)
) STRICT, WITHOUT ROWID;

CREATE TABLE layer_similarities (
  job         TEXT    NOT NULL REFERENCES jobs (key),
  position    INTEGER NOT NULL,
  other       INTEGER NOT NULL,
  layer       TEXT    NOT NULL,
  other_layer TEXT    NOT NULL,
  similarity  REAL    NOT NULL,
  PRIMARY KEY (job, position, other)
) STRICT, WITHOUT ROWID;

CREATE VIEW pilot AS
SELECT w.suite, j.setting, j.seed, json_extract(j.parameters, '$.scope') AS scope,
       json_extract(j.parameters, '$.metric') AS metric, json_extract(j.parameters, '$.band_from') AS band_from,
       json_extract(j.parameters, '$.band_to') AS band_to, c.category, c.samples, c.correct,
       CAST(c.correct AS REAL) / c.samples AS accuracy, j.key AS job
FROM jobs AS j
JOIN suite_jobs AS w ON w.job = j.key
JOIN category_evaluations AS c ON c.job = j.key AND c.split = 'test'
WHERE j.kind = 'mask' AND j.state = 'done' AND c.samples > 0;

CREATE VIEW deeparc AS
SELECT w.suite, j.setting, j.seed, r.threshold, r.similarity, r.modularity, r.compression_rate, r.parameters,
       r.original_parameters, (SELECT count(*) FROM removed_layers AS l WHERE l.job = j.key) AS removed_layers,
       v.accuracy AS validation_accuracy, t.accuracy AS test_accuracy,
       mv.accuracy AS original_validation_accuracy, mt.accuracy AS original_test_accuracy, j.key AS job
FROM layer_removals AS r
JOIN jobs AS j ON j.key = r.job AND j.state = 'done'
JOIN suite_jobs AS w ON w.job = j.key
JOIN evaluations AS v ON v.job = j.key AND v.split = 'validation'
JOIN evaluations AS t ON t.job = j.key AND t.split = 'test'
JOIN job_inputs AS m ON m.job = j.key AND m.position = 0
JOIN evaluations AS mv ON mv.job = m.input AND mv.split = 'validation'
JOIN evaluations AS mt ON mt.job = m.input AND mt.split = 'test';
)sql";

// RQ2: models pruned weight by weight, again and again.
constexpr std::string_view kVersion4 = R"sql(
CREATE TABLE prunings (
  job                 TEXT    PRIMARY KEY REFERENCES jobs (key),
  method              TEXT    NOT NULL,
  start               TEXT    NOT NULL CHECK (start IN ('model', 'slice')),
  rate                REAL    NOT NULL,
  stopped_by          TEXT    NOT NULL CHECK (stopped_by IN ('accuracy', 'iterations', 'method')),
  iterations          INTEGER NOT NULL,
  parameters          INTEGER NOT NULL,
  original_parameters INTEGER NOT NULL,
  compression_rate    REAL    NOT NULL,
  dense_bytes         INTEGER NOT NULL,
  csr_bytes           INTEGER NOT NULL,
  gzip_bytes          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE pruning_iterations (
  job                 TEXT    NOT NULL REFERENCES jobs (key),
  iteration           INTEGER NOT NULL,
  parameters          INTEGER NOT NULL,
  compression_rate    REAL    NOT NULL,
  validation_accuracy REAL    NOT NULL,
  test_accuracy       REAL    NOT NULL,
  PRIMARY KEY (job, iteration)
) STRICT, WITHOUT ROWID;

CREATE VIEW chosen_slices AS
SELECT w.suite, j.setting, j.seed, json_extract(j.parameters, '$.tolerance') AS tolerance, s.metric,
       s.level AS threshold, s.compression_rate, s.parameters, s.original_parameters, v.accuracy AS validation_accuracy,
       t.accuracy AS test_accuracy, mv.accuracy AS original_validation_accuracy, mt.accuracy AS original_test_accuracy,
       j.key AS job
FROM slices AS s
JOIN jobs AS j ON j.key = s.job AND j.kind = 'choose' AND j.state = 'done'
JOIN suite_jobs AS w ON w.job = j.key
JOIN evaluations AS v ON v.job = j.key AND v.split = 'validation'
JOIN evaluations AS t ON t.job = j.key AND t.split = 'test'
JOIN job_inputs AS m ON m.job = j.key AND m.position = 0
JOIN evaluations AS mv ON mv.job = m.input AND mv.split = 'validation'
JOIN evaluations AS mt ON mt.job = m.input AND mt.split = 'test';

CREATE VIEW rq2 AS
SELECT w.suite, j.setting, j.seed, p.method, p.start, p.rate, p.stopped_by, p.iterations, p.compression_rate, p.parameters,
       p.original_parameters, p.dense_bytes, p.csr_bytes, p.gzip_bytes, v.accuracy AS validation_accuracy,
       t.accuracy AS test_accuracy, mv.accuracy AS original_validation_accuracy, mt.accuracy AS original_test_accuracy,
       j.key AS job
FROM prunings AS p
JOIN jobs AS j ON j.key = p.job AND j.state = 'done'
JOIN suite_jobs AS w ON w.job = j.key
JOIN evaluations AS v ON v.job = j.key AND v.split = 'validation'
JOIN evaluations AS t ON t.job = j.key AND t.split = 'test'
JOIN job_inputs AS m ON m.job = j.key AND m.position = 0
JOIN evaluations AS mv ON mv.job = m.input AND mv.split = 'validation'
JOIN evaluations AS mt ON mt.job = m.input AND mt.split = 'test';
)sql";

// RQ3: attacks, and models retrained on what they made.
constexpr std::string_view kVersion5 = R"sql(
CREATE TABLE attacks (
  job            TEXT    NOT NULL REFERENCES jobs (key),
  attack         TEXT    NOT NULL,
  split          TEXT    NOT NULL CHECK (split IN ('training', 'test')),
  samples        INTEGER NOT NULL,
  correct        INTEGER NOT NULL,
  benign_correct INTEGER NOT NULL,
  PRIMARY KEY (job, attack, split)
) STRICT, WITHOUT ROWID;

CREATE TABLE readaptations (
  job                TEXT    PRIMARY KEY REFERENCES jobs (key),
  attack             TEXT    NOT NULL,
  method             TEXT    NOT NULL CHECK (method IN ('full', 'deeparc', 'slice', 'both')),
  trained_parameters INTEGER NOT NULL,
  parameters         INTEGER NOT NULL,
  samples            INTEGER NOT NULL,
  retrained_correct  INTEGER NOT NULL,
  reattack_samples   INTEGER NOT NULL,
  reattacked_correct INTEGER NOT NULL,
  seconds            REAL    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE VIEW attacked_models AS
SELECT w.suite, j.setting, j.seed, a.attack, a.split, a.samples, CAST(a.benign_correct AS REAL) / a.samples AS accuracy,
       CAST(a.correct AS REAL) / a.samples AS attacked_accuracy, j.key AS job
FROM attacks AS a
JOIN jobs AS j ON j.key = a.job AND j.state = 'done'
JOIN suite_jobs AS w ON w.job = j.key;

CREATE VIEW rq3 AS
SELECT w.suite, j.setting, j.seed, r.attack, r.method, r.trained_parameters, r.parameters,
       CAST(r.trained_parameters AS REAL) / r.parameters AS trained_parameter_ratio,
       CAST(r.retrained_correct AS REAL) / r.samples AS retrained_accuracy,
       CAST(r.reattacked_correct AS REAL) / r.reattack_samples AS reattack_accuracy, r.seconds,
       t.accuracy AS test_accuracy, mt.accuracy AS original_test_accuracy, j.key AS job
FROM readaptations AS r
JOIN jobs AS j ON j.key = r.job AND j.state = 'done'
JOIN suite_jobs AS w ON w.job = j.key
JOIN evaluations AS t ON t.job = j.key AND t.split = 'test'
JOIN job_inputs AS m ON m.job = j.key AND m.position = 0
JOIN evaluations AS mt ON mt.job = m.input AND mt.split = 'test';
)sql";

// RQ4: models taught one task after the other.
constexpr std::string_view kVersion6 = R"sql(
CREATE TABLE learnings (
  job                TEXT    PRIMARY KEY REFERENCES jobs (key),
  method             TEXT    NOT NULL
    CHECK (method IN ('original', 'retrain', 'replay', 'deeparc', 'slice', 'slice_replay')),
  replay_percent     INTEGER NOT NULL,
  step               INTEGER NOT NULL,
  trained_parameters INTEGER NOT NULL,
  parameters         INTEGER NOT NULL,
  replayed_samples   INTEGER NOT NULL,
  replay_bytes       INTEGER NOT NULL,
  slice_bytes        INTEGER NOT NULL,
  plain_slice_bytes  INTEGER NOT NULL,
  seconds            REAL    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE task_accuracies (
  job        TEXT    NOT NULL REFERENCES jobs (key),
  task       INTEGER NOT NULL,
  categories TEXT    NOT NULL,
  samples    INTEGER NOT NULL,
  correct    INTEGER NOT NULL,
  PRIMARY KEY (job, task)
) STRICT, WITHOUT ROWID;

CREATE VIEW rq4 AS
SELECT w.suite, j.setting, j.seed, l.method, l.replay_percent, l.step, a.task, a.categories,
       CAST(a.correct AS REAL) / a.samples AS accuracy, l.trained_parameters, l.parameters, l.replayed_samples,
       l.replay_bytes, l.slice_bytes, l.plain_slice_bytes, l.seconds, j.key AS job
FROM learnings AS l
JOIN jobs AS j ON j.key = l.job AND j.state = 'done'
JOIN suite_jobs AS w ON w.job = j.key
JOIN task_accuracies AS a ON a.job = j.key;
)sql";

}  // namespace

const std::vector<std::string_view>& schema_migrations() {
  static const std::vector<std::string_view> migrations = {kVersion1, kVersion2, kVersion3,
                                                           kVersion4, kVersion5, kVersion6};
  return migrations;
}

int newest_schema_version() {
  return static_cast<int>(schema_migrations().size());
}

int checked_schema_version(SQLite::Database& database, const std::filesystem::path& path) {
  const int version = database.execAndGet("PRAGMA user_version").getInt();
  require_input(
      version <= newest_schema_version(),
      "{}: its schema is version {}, this program knows up to version {}: use a newer neusemslice, or another "
      "workspace",
      path.string(), version, newest_schema_version());
  return version;
}

void migrate(SQLite::Database& database, const std::filesystem::path& path) {
  for (int version = checked_schema_version(database, path); version < newest_schema_version(); ++version) {
    SQLite::Transaction transaction(database);
    database.exec(std::string(schema_migrations()[static_cast<std::size_t>(version)]));
    database.exec(fmt::format("PRAGMA user_version = {}", version + 1));
    transaction.commit();
  }
}

}  // namespace neusemslice
