// RQ4 from suite to report, and the same step on the user's own files.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/text.hpp"
#include "integration/process.hpp"
#include "integration/small_study.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using namespace test_support;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

/// Three tasks, in an order of their own.
std::vector<std::string> study_arguments(const SmallStudy& study, const fs::path& workspace) {
  return study.run_arguments(
      workspace, {"-o", "question=rq4", "-o", "increment.replay_percentages=[10]", "-o",
                  "settings.*.tasks=[[8, 1, 0], [2, 3], [9, 5]]", "-o", "settings.*.recipe={epochs: 6, batch_size: 16}",
                  "-o", "settings.*.model.hidden=[64, 32]"});
}

/// A small study of RQ4, run once for all tests.
class LearningProgram : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!fs::exists("/usr/share/datasets/fashion-mnist")) return;
    study_ = std::make_unique<SmallStudy>();
    const Outcome outcome = run(study_arguments(*study_, workspace()));
    require(outcome.exit_code == 0, "the study failed: {}{}", outcome.out, outcome.err);
  }
  static void TearDownTestSuite() { study_.reset(); }
  void SetUp() override { SKIP_WITHOUT_FASHION_MNIST(); }

  static fs::path workspace() { return *study_ / "workspace"; }
  static std::string value(const std::string& sql) { return split(rows(workspace(), sql), '\n').front(); }

  static inline std::unique_ptr<SmallStudy> study_;
};

TEST_F(LearningProgram, EveryMethodLearnsEveryTask) {
  EXPECT_EQ(rows(workspace(), "SELECT method, count(DISTINCT step), count(*) FROM rq4 GROUP BY method ORDER BY method"),
            "original|1|3\nreplay|2|6\nretrain|2|6\nslice|2|6\nslice_replay|2|6\n")
      << "DeepArc has no answer for an MLP";
  EXPECT_EQ(value("SELECT DISTINCT categories FROM rq4 WHERE task = 0"), "8 1 0");
  EXPECT_EQ(value("SELECT count(*) FROM rq4 WHERE method <> 'original' AND task = step AND accuracy <= 0.5"), "0")
      << "of two categories, once they are learned:\n"
      << rows(workspace(), "SELECT method, step, task, accuracy FROM rq4 WHERE task = step");
  EXPECT_EQ(value("SELECT sum(samples) FROM category_evaluations AS e JOIN jobs AS j ON j.key = e.job WHERE j.kind = "
                  "'train' AND e.split = 'test' AND category NOT IN (0, 1, 8)"),
            "0")
      << "the first model is that of its task alone";
}

TEST_F(LearningProgram, WithSlicesAnEarlierTaskKeepsItsAccuracyToTheLastImage) {
  const std::string first =
      "SELECT t.correct FROM task_accuracies AS t JOIN learnings AS l USING (job) WHERE t.task = 0 "
      "AND l.method = 'slice' AND l.step = ";
  EXPECT_EQ(value(first + "1"), value(first + "2"));
  EXPECT_EQ(
      value(first + "1"),
      value("SELECT e.correct FROM evaluations AS e JOIN job_inputs AS i ON i.input = e.job JOIN learnings AS l ON "
            "l.job = i.job WHERE i.position = 1 AND l.method = 'slice' AND l.step = 1 AND e.split = 'test'"))
      << "the slice's own, before the second task";
}

TEST_F(LearningProgram, KeepsWhatItSays) {
  EXPECT_EQ(value("SELECT count(*) FROM rq4 WHERE replayed_samples * 785 <> replay_bytes"), "0");
  EXPECT_EQ(value("SELECT count(*) FROM rq4 WHERE (method IN ('replay', 'slice_replay')) <> (replayed_samples > 0)"),
            "0");
  EXPECT_EQ(value("SELECT count(*) FROM learnings AS l JOIN artifacts AS a USING (job) WHERE a.name = 'kept_units.bin' "
                  "AND a.bytes = l.slice_bytes"),
            "4");
  EXPECT_THAT(unmatched_artifacts(workspace()), IsEmpty());
}

TEST_F(LearningProgram, TheReportHasTheMatrixInEveryFormat) {
  const Outcome report = run({"report", workspace().string()});
  EXPECT_EQ(report.exit_code, 0) << report.err;
  for (const char* name : {"rq4.md", "rq4.tex", "rq4.html"}) {
    const std::string text = read_file(workspace() / "report" / name);
    for (const char* word : {"BWT", "NeuSemSlice+Replay", "accuracy after each step"}) {
      EXPECT_THAT(text, HasSubstr(word)) << name;
    }
  }
}

TEST_F(LearningProgram, KilledAgainAndAgainItEndsWithTheSameTable) {
  const TemporaryFolder folder;
  const fs::path killed = folder / "workspace";
  int kills = -1;
  for (int code = -1; code != 0; ++kills) {
    Process process(study_arguments(*study_, killed));
    const auto end = std::chrono::steady_clock::now() + 200ms * (kills + 2);
    while (!process.has_ended() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
    process.send(SIGKILL);
    code = process.wait().exit_code;
  }
  EXPECT_GE(kills, 2) << "the study is too short to be killed so often";
  EXPECT_EQ(results(killed), results(workspace()));
}

TEST_F(LearningProgram, TheUsersModelLearnsInItsFreeUnits) {
  const auto file_of = [&](const char* kind) {
    return (workspace() / value(std::string("SELECT path FROM artifacts AS a JOIN jobs AS j ON j.key = a.job WHERE "
                                            "a.name IN ('model.safetensors', 'slice.json') AND j.kind = '") +
                                kind + "' LIMIT 1"))
        .string();
  };
  const std::string slice = (workspace() / value("SELECT a.path FROM artifacts AS a JOIN job_inputs AS i ON i.input = "
                                                 "a.job JOIN learnings AS l ON l.job = i.job WHERE i.position = 1 AND "
                                                 "l.step = 1 AND a.name = 'slice.json' LIMIT 1"))
                                .string();
  const auto with = [&](std::vector<std::string> arguments, const std::string& weights) {
    arguments.insert(arguments.end(), {"--weights", weights, "--dataset", "fashion-mnist", "--data-dir",
                                       study_->path("data"), "--json"});
    return arguments;
  };
  const std::string out = study_->path("extended");
  const Outcome outcome = run(with(
      {"extend", "--slice", slice, "--categories", "2,3", "--epochs", "8", "--learning-rate", "0.01", "--out", out},
      file_of("train")));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto document = nlohmann::json::parse(outcome.out);
  EXPECT_GT(document["task_accuracies"][1], 0.5);
  EXPECT_FALSE(fs::exists(out + "/extend.checkpoint"));
  for (int task = 1; task <= 2; ++task) {
    const Outcome evaluated = run(
        with({"evaluate", "--tasks", out + "/tasks.json", "--task", std::to_string(task)}, out + "/model.safetensors"));
    ASSERT_EQ(evaluated.exit_code, 0) << evaluated.err;
    EXPECT_EQ(nlohmann::json::parse(evaluated.out)["accuracy"], document["task_accuracies"][task - 1]);
  }
  const auto refused = [&](const std::vector<std::string>& arguments, const std::string& message) {
    const Outcome refusal = run(with(arguments, file_of("train")));
    EXPECT_EQ(refusal.exit_code, 2);
    EXPECT_THAT(refusal.err, HasSubstr(message));
  };
  refused({"extend", "--slice", slice, "--categories", "2,10", "--out", out}, "has 0 to 9, not 10");
  refused({"extend", "--categories", "2", "--out", out}, "--slice is required");
  refused({"extend", "--slice", slice, "--known", "0,1,2", "--categories", "2", "--out", out},
          "has been learned already");
  refused({"evaluate", "--tasks", out + "/tasks.json", "--task", "3"}, "has tasks 1 to 2, not 3");
}

/// slice, extend, evaluate, and then again within what the second task has learned.
TEST_F(LearningProgram, TheUsersModelLearnsTaskAfterTask) {
  const std::string weights = (workspace() / value("SELECT path FROM artifacts AS a JOIN jobs AS j ON j.key = a.job "
                                                   "WHERE a.name = 'model.safetensors' AND j.kind = 'train' LIMIT 1"))
                                  .string();
  const auto step = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--dataset", "fashion-mnist", "--data-dir", study_->path("data"), "--json"});
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return nlohmann::json::parse(outcome.out, nullptr, false);
  };
  const auto slice = [&](const std::string& model, const std::string& file, const char* categories,
                         const char* threshold, const std::string& out) {
    return step({"slice", "--model", model, "--weights", file, "--categories", categories, "--metrics", "avg",
                 "--threshold", threshold, "--out", out});
  };
  const auto extend = [&](const std::string& file, std::vector<std::string> units, const char* categories,
                          const std::string& out) {
    units.insert(units.begin(), {"extend", "--weights", file, "--categories", categories, "--epochs", "20",
                                 "--learning-rate", "0.01", "--out", out});
    return step(units);
  };
  const std::string first = study_->path("first");
  const std::string second = study_->path("second");
  const std::string third = study_->path("third");
  slice("mlp", weights, "8,1,0", "0.8", first);
  const auto two =
      extend(weights, {"--slice", first + "/slice.json", "--scores", first + "/scores.safetensors", "--known", "8,1,0"},
             "2,3", second);
  slice(second + "/subnetwork.yaml", second + "/subnetwork.safetensors", "2,3", "0.8", third);
  const auto three = extend(
      second + "/model.safetensors",
      {"--tasks", second + "/tasks.json", "--slice", third + "/slice.json", "--scores", third + "/scores.safetensors"},
      "9,5", third);
  ASSERT_EQ(three["task_accuracies"].size(), 3U);
  EXPECT_EQ(three["task_accuracies"][0], two["task_accuracies"][0]) << "nothing of the first is forgotten";
  EXPECT_GT(three["task_accuracies"][1], 0.5);
  EXPECT_GT(three["task_accuracies"][2], 0.5);
}

TEST_F(LearningProgram, ASliceThatLeavesNothingFreeIsRefusedUntilItsScoresAreGiven) {
  const std::string weights = (workspace() / value("SELECT path FROM artifacts AS a JOIN jobs AS j ON j.key = a.job "
                                                   "WHERE a.name = 'model.safetensors' AND j.kind = 'train' LIMIT 1"))
                                  .string();
  const std::string out = study_->path("whole");
  const std::vector<std::string> data = {"--weights",     weights,      "--dataset",
                                         "fashion-mnist", "--data-dir", study_->path("data")};
  const auto with_data = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), data.begin(), data.end());
    return run(arguments);
  };
  ASSERT_EQ(
      with_data({"slice", "--strategy", "global", "--percent", "100", "--metrics", "avg", "--out", out}).exit_code, 0);
  const Outcome refused =
      with_data({"extend", "--slice", out + "/slice.json", "--categories", "2", "--epochs", "1", "--out", out});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("it keeps all 64 units of layer 'fc1', so none is left for another task"));
  const Outcome learned = with_data({"extend", "--slice", out + "/slice.json", "--scores", out + "/scores.safetensors",
                                     "--categories", "2", "--epochs", "1", "--out", out});
  EXPECT_EQ(learned.exit_code, 0) << learned.err;
}

}  // namespace
}  // namespace neusemslice
