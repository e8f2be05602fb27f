// RQ3 from suite to report, and the same steps on the user's own files.
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

nlohmann::json document(std::vector<std::string> arguments) {
  arguments.emplace_back("--json");
  const Outcome outcome = run(arguments);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  return nlohmann::json::parse(outcome.out, nullptr, /*allow_exceptions=*/false);
}

std::vector<std::string> study_arguments(const SmallStudy& study, const fs::path& workspace) {
  return study.run_arguments(workspace, {"-o", "question=rq3", "-o", "readapt.samples=100", "-o", "readapt.epochs=30",
                                         "-o", "settings.*.readapt_learning_rate_factor=3", "-o",
                                         "settings.*.critical_layers=[fc1]", "-o", "settings.*.recipe.epochs=4", "-o",
                                         "settings.*.attack={fgsm_epsilon: 0.05, pgd_epsilon: 0.05, pgd_step: 0.02}"});
}

/// A small study of RQ3, run once for all tests.
class ReadaptationProgram : public testing::Test {
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

TEST_F(ReadaptationProgram, EveryMethodRetrainsItsShareOfTheParameters) {
  EXPECT_EQ(
      rows(workspace(), "SELECT attack, count(DISTINCT method), count(*) FROM rq3 GROUP BY attack ORDER BY attack"),
      "fgsm|4|4\npgd|4|4\n");
  EXPECT_EQ(value("SELECT count(*) FROM rq3 WHERE method = 'full' AND trained_parameters <> parameters"), "0");
  EXPECT_EQ(value("SELECT DISTINCT trained_parameters FROM rq3 WHERE method = 'deeparc'"), "12560") << "16 * 785";
  EXPECT_EQ(value("SELECT count(*) FROM rq3 WHERE method = 'slice' AND trained_parameters <> (SELECT parameters FROM "
                  "chosen_slices)"),
            "0")
      << "TPR = 1 - CR of the slice";
  EXPECT_EQ(
      value("SELECT count(*) FROM rq3 AS b, rq3 AS s WHERE b.method = 'both' AND s.method IN ('slice', 'deeparc') "
            "AND b.trained_parameters > s.trained_parameters"),
      "0");
}

TEST_F(ReadaptationProgram, AttacksAndRetrainingDoWhatTheyShould) {
  EXPECT_EQ(value("SELECT count(*) FROM attacked_models WHERE attacked_accuracy < accuracy"), "4")
      << "two attacks on training and on test images";
  EXPECT_EQ(
      value("SELECT count(*) FROM rq3 AS r JOIN attacked_models AS a USING (attack) WHERE a.split = 'training' AND "
            "r.method = 'full' AND r.retrained_accuracy <= a.attacked_accuracy"),
      "0")
      << "the samples retrained on are learned";
}

TEST_F(ReadaptationProgram, TheReportHasTable5InEveryFormat) {
  const Outcome report = run({"report", workspace().string()});
  EXPECT_EQ(report.exit_code, 0) << report.err;
  for (const char* name : {"rq3.md", "rq3.tex", "rq3.html"}) {
    const std::string text = read_file(workspace() / "report" / name);
    for (const char* word : {"TPR", "RAA", "NeuSemSlice+DeepArc", "PGD"}) EXPECT_THAT(text, HasSubstr(word)) << name;
  }
  EXPECT_THAT(unmatched_artifacts(workspace()), IsEmpty());
}

TEST_F(ReadaptationProgram, KilledAgainAndAgainItEndsWithTheSameTable) {
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

TEST_F(ReadaptationProgram, TwoRanksGiveTheSameTable) {
  const TemporaryFolder folder;
  const fs::path ranks = folder / "workspace";
  const Outcome outcome = run(study_arguments(*study_, ranks), {}, 2);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(results(ranks), results(workspace()));
}

TEST_F(ReadaptationProgram, RanksTheLayersOnceForAllAttacksWhereTheSettingListsNone) {
  auto arguments = study_arguments(*study_, *study_ / "ranked");
  arguments.insert(arguments.end(), {"-o", "settings.*.critical_layers=[]", "-o", "readapt.deeparc_layers=1", "-o",
                                     "readapt.methods=[full, deeparc]"});
  const Outcome outcome = run(arguments);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(rows(*study_ / "ranked",
                 "SELECT count(*), count(DISTINCT trained_parameters), max(trained_parameters < parameters) FROM rq3 "
                 "WHERE method = 'deeparc'"),
            "2|1|1\n");
}

TEST_F(ReadaptationProgram, RefusesLayersThatTheNetworkLacksBeforeItBegins) {
  auto arguments = study_arguments(*study_, *study_ / "refused");
  arguments.insert(arguments.end(), {"-o", "settings.*.critical_layers=[conv9]", "--dry-run"});
  const Outcome outcome = run(arguments);
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("'conv9' is no convolution or linear layer of it"));
}

TEST_F(ReadaptationProgram, ItsStepsWorkOnTheUsersFiles) {
  const std::string weights =
      (workspace() / value("SELECT path FROM artifacts AS a JOIN jobs AS j ON j.key = a.job WHERE "
                           "j.kind = 'train'"))
          .string();
  const std::string slice =
      (workspace() / value("SELECT path FROM artifacts AS a JOIN jobs AS j ON j.key = a.job WHERE "
                           "j.kind = 'choose'"))
          .string();
  const std::vector<std::string> model = {"--weights",     weights,      "--dataset",
                                          "fashion-mnist", "--data-dir", study_->path("data")};
  const auto with = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), model.begin(), model.end());
    return arguments;
  };
  const std::string samples = study_->path("adversarial.safetensors");
  const auto attacked =
      document(with({"attack", "--attack", "pgd", "--epsilon", "0.05", "--samples", "100", "--out", samples}));
  EXPECT_LT(attacked["test_attacked_accuracy"], attacked["test_accuracy"]);
  const auto aimed = document(with({"attack", "--attack", "pgd", "--epsilon", "0.3", "--step", "0.05", "--target", "2",
                                    "--out", study_->path("aimed.safetensors")}));
  EXPECT_EQ(aimed["target"], 2);
  EXPECT_GT(aimed["test_taken_for_target"], 0.3) << "by chance a tenth or less";
  const std::string out = study_->path("readapted.safetensors");
  const auto readapted = document(with({"readapt", "--adversarial", samples, "--slice", slice, "--layers", "fc1",
                                        "--learning-rate", "0.001", "--out", out}));
  EXPECT_LT(readapted["trained_parameter_ratio"], 1);
  EXPECT_GT(readapted["adversarial_accuracy_after"], readapted["adversarial_accuracy_before"]);
  EXPECT_FALSE(fs::exists(out + ".checkpoint"));

  const auto refused = [&](const std::vector<std::string>& arguments, const std::string& message) {
    const Outcome outcome = run(with(arguments));
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr(message));
  };
  refused({"readapt", "--adversarial", weights, "--out", out}, "it holds no adversarial training samples");
  refused({"readapt", "--adversarial", samples, "--layers", "conv1", "--out", out}, "'conv1'");
  const std::string both =
      (workspace() / value("SELECT path FROM artifacts WHERE name = 'adversarial.safetensors'")).string();
  refused({"readapt", "--adversarial", both, "--out", out}, "it holds samples of 2 attacks; --attack says which");
  document(with({"readapt", "--adversarial", both, "--attack", "pgd", "--epochs", "1", "--out", out}));
  refused({"readapt", "--adversarial", samples, "--attack", "fgsm", "--out", out}, "no samples of --attack fgsm");
  const Outcome other_images = run({"readapt", "--weights", weights, "--dataset", "fashion-mnist", "--data-dir",
                                    "/usr/share/datasets/fashion-mnist", "--adversarial", samples, "--out", out});
  EXPECT_EQ(other_images.exit_code, 2);
  EXPECT_THAT(other_images.err, HasSubstr("made of other images than those of fashion-mnist"));
  refused({"attack", "--target", "10", "--out", samples}, "--target");
  refused({"attack", "--attack", "pgd", "--epsilon", "0.01", "--step", "0.1", "--out", samples}, "larger than epsilon");
}

}  // namespace
}  // namespace neusemslice
