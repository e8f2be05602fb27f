// Golden cases through the program itself: `neusemslice slice` against numbers from independent float64
// implementations. The small case lives beside this file (golden/small/reference.py makes it); the large one, an MLP on
// MNIST, lies outside the repository and is looked for in the environment variable NEUSEMSLICE_GOLDEN and in
// ../shared/golden/mnist_mlp beside the source tree.
#include <cmath>
#include <cstdlib>
#include <ostream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "core/files.hpp"
#include "models/safetensors.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using test_support::TemporaryFolder;

const std::vector<std::string> kMetrics = {"avg", "var", "ens", "deeplift", "taylor"};
const std::vector<std::string> kLayers = {"fc1", "fc2"};

// method.md: scores within 1e-4 of the layer-and-metric's largest and, where a score exceeds 1e-3 of it, 1e-4 relative.
constexpr double kScores = 1e-4;
constexpr double kWorthComparing = 1e-3;
constexpr double kCurves = 1e-5;

struct Case {
  std::string name;
  fs::path folder;
  std::string dataset;
  fs::path data_dir;
  std::int64_t score_samples = 0;
  std::int64_t similarity_samples = 0;
  std::vector<std::string> thresholds;
  std::vector<std::string> interval_thresholds;
  std::vector<std::string> global_percentages;
  std::vector<std::string> category_percentages;
};

void PrintTo(const Case& given, std::ostream* out) {
  *out << given.name;
}

fs::path source_dir() {
  return NEUSEMSLICE_SOURCE_DIR;
}

Case small_case() {
  return {"Small",
          source_dir() / "tests/golden/small",
          "fashion-mnist",
          "/usr/share/datasets/fashion-mnist",
          20,
          12,
          {"0.80", "0.95", "0.99"},
          {"0.90"},
          {"10", "50", "100"},
          {"10", "50"}};
}

Case mnist_case() {
  const char* elsewhere = std::getenv("NEUSEMSLICE_GOLDEN");
  const fs::path shared = source_dir().parent_path() / "shared";
  return {"Mnist",
          elsewhere != nullptr ? fs::path(elsewhere) : shared / "golden/mnist_mlp",
          "mnist",
          shared / "data/mnist",
          200,
          64,
          {"0.90", "0.95", "0.99"},
          {"0.90", "0.99"},
          {"10", "50"},
          {"20", "70"}};
}

Json read_json(const fs::path& path) {
  return Json::parse(read_file(path));
}

/// Numbers of one comparison that were furthest off, kept for the test's report.
struct Worst {
  double to_largest = 0;
  double relative = 0;
};

void compare_scores(const at::Tensor& actual, const at::Tensor& expected, const std::string& name, Worst& worst) {
  ASSERT_EQ(actual.sizes(), expected.sizes()) << name;
  const at::Tensor difference = (actual.to(at::kDouble) - expected).abs();
  const double largest = expected.abs().max().item<double>();
  const double to_largest = difference.max().item<double>() / largest;
  EXPECT_LE(to_largest, kScores) << name;
  const at::Tensor relative = (difference / expected.abs()).masked_select(expected.abs() > kWorthComparing * largest);
  EXPECT_LE(relative.max().item<double>(), kScores) << name;
  worst.to_largest = std::max(worst.to_largest, to_largest);
  worst.relative = std::max(worst.relative, relative.max().item<double>());
}

class Golden : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const Case& given = GetParam();
    if (!fs::exists(given.folder / "golden.json")) {
      GTEST_SKIP() << given.folder << " is not here: set NEUSEMSLICE_GOLDEN to the folder of the golden case";
    }
    if (!fs::exists(given.data_dir)) GTEST_SKIP() << given.data_dir << " is not here: the case's data set is missing";
    golden_ = read_json(given.folder / "golden.json");
    slices_ = read_json(given.folder / "slices.json");
    scores_ = read_safetensors(given.folder / "scores.safetensors");
    curves_ = read_safetensors(given.folder / "similarity.safetensors");
  }

  /// Runs `neusemslice slice` on the case with these further options, or remembers that it has; the files lie in the
  /// folder returned.
  const TemporaryFolder& slice(const std::string& options) {
    const Case& given = GetParam();
    std::unique_ptr<TemporaryFolder>& folder = runs_[given.name + " " + options];
    if (folder != nullptr) return *folder;
    folder = std::make_unique<TemporaryFolder>();
    const std::string command = fmt::format(
        "{} slice --model mlp --weights {} --dataset {} --data-dir {} --score-samples {} --similarity-samples {} "
        "--threads 1 --out {} {} > {} 2>&1",
        NEUSEMSLICE_PROGRAM, (given.folder / "model.safetensors").string(), given.dataset, given.data_dir.string(),
        given.score_samples, given.similarity_samples, folder->path().string(), options,
        (*folder / "printed.txt").string());
    const int status = std::system(command.c_str());
    require(status == 0, "{}\n{}", command, read_file(*folder / "printed.txt"));
    return *folder;
  }

  /// Every metric's slice of one run against the golden ones of `strategy` at `level`.
  void compare_slices(const TemporaryFolder& out, const std::string& strategy, const std::string& level) {
    const Json document = read_json(out / "slice.json");
    EXPECT_EQ(document["layers"], document["slices"]["avg"]["layers"])
        << "the file begins with the first metric's slice";
    for (const std::string& metric : kMetrics) {
      SCOPED_TRACE(strategy + " " + level + " " + metric);
      const Json& actual = document["slices"][metric];
      const Json& expected = slices_[strategy][metric][level];
      EXPECT_EQ(actual["layers"], expected["layers"]);
      EXPECT_EQ(actual["rescued"], expected["rescued"]);
      EXPECT_EQ(actual["metric"], metric);
      EXPECT_EQ(actual["parameters_before"], golden_["parameters"]);
      EXPECT_EQ(actual["parameters_after"], expected["parameters"]);
      EXPECT_NEAR(actual["compression_rate"].get<double>(), expected["cr"].get<double>(), 1e-12);
      EXPECT_NEAR(actual["accuracy_before"].get<double>(), golden_["accuracy"].get<double>(), 1e-12);
      EXPECT_NEAR(actual["accuracy_after"].get<double>(), expected["accuracy"].get<double>(), 1e-12);
      EXPECT_EQ(actual.value("k", Json()), expected.value("k", Json()));
    }
  }

  void compare_curves(const TemporaryFolder& out, const std::string& metric, const std::string& suffix, double& worst) {
    const TensorMap actual = read_safetensors(out / "similarity.safetensors");
    for (const std::string& layer : kLayers) {
      const at::Tensor& expected = curves_.at(layer + "/" + metric + suffix);
      const at::Tensor& curve = actual.at(layer + "/" + metric);
      ASSERT_EQ(curve.sizes(), expected.sizes());
      const double difference = (curve.to(at::kDouble) - expected).abs().max().item<double>();
      EXPECT_LE(difference, kCurves) << layer << " " << metric << suffix;
      worst = std::max(worst, difference);
    }
  }

  static void TearDownTestSuite() { runs_.clear(); }

  static inline std::map<std::string, std::unique_ptr<TemporaryFolder>> runs_;
  Json golden_;
  Json slices_;
  TensorMap scores_;
  TensorMap curves_;
};

TEST_P(Golden, ScoresAndCurvesOfAllFiveMetrics) {
  const TemporaryFolder& out = slice("--threshold " + GetParam().thresholds.front());
  const TensorMap actual = read_safetensors(out / "scores.safetensors");
  EXPECT_EQ(actual.size(), 20U);
  Worst scores;
  double curves = 0;
  for (const std::string& metric : kMetrics) {
    for (const std::string& layer : kLayers) {
      for (const std::string suffix : {"", "/global"}) {
        const std::string name = layer + "/" + metric + suffix;
        EXPECT_EQ(actual.at(name).scalar_type(), at::kFloat);
        compare_scores(actual.at(name), scores_.at(name), name, scores);
      }
    }
    compare_curves(out, metric, "", curves);
  }
  RecordProperty("scores_to_largest", fmt::format("{:.2e}", scores.to_largest));
  RecordProperty("scores_relative", fmt::format("{:.2e}", scores.relative));
  RecordProperty("curves", fmt::format("{:.2e}", curves));
}

TEST_P(Golden, TaylorByBatchAndDeepLiftFromTheMean) {
  const TemporaryFolder& out =
      slice("--metrics taylor,deeplift --taylor-reduction batch --deeplift-baseline mean --strategy global");
  const TensorMap actual = read_safetensors(out / "scores.safetensors");
  Worst worst;
  for (const std::string& layer : kLayers) {
    compare_scores(actual.at(layer + "/taylor"), scores_.at(layer + "/taylor.batch"), layer + "/taylor.batch", worst);
    compare_scores(actual.at(layer + "/deeplift"), scores_.at(layer + "/deeplift.mean"), layer + "/deeplift.mean",
                   worst);
  }
  RecordProperty("scores_relative", fmt::format("{:.2e}", worst.relative));
}

TEST_P(Golden, CentredCurve) {
  const TemporaryFolder& out = slice("--metrics deeplift --centered");
  double worst = 0;
  compare_curves(out, "deeplift", "/centered", worst);
  RecordProperty("curves", fmt::format("{:.2e}", worst));
}

TEST_P(Golden, SemanticSlices) {
  for (const std::string& threshold : GetParam().thresholds) {
    compare_slices(slice("--threshold " + threshold), "semantic", threshold);
  }
}

TEST_P(Golden, SemanticSlicesByIntervalsOfTen) {
  for (const std::string& threshold : GetParam().interval_thresholds) {
    compare_slices(slice("--interval 10 --threshold " + threshold), "semantic_interval10", threshold);
  }
}

TEST_P(Golden, GlobalSlices) {
  for (const std::string& percent : GetParam().global_percentages) {
    compare_slices(slice("--strategy global --percent " + percent), "global", percent);
  }
}

TEST_P(Golden, CategorySlices) {
  for (const std::string& percent : GetParam().category_percentages) {
    compare_slices(slice("--strategy category --percent " + percent), "category", percent);
  }
}

TEST_P(Golden, OneMetricAloneGivesTheSameFileAsAmongFive) {
  const std::string level = "--threshold " + GetParam().thresholds.back();
  const Json five = read_json(slice(level) / "slice.json");
  const Json alone = read_json(slice(level + " --metrics taylor") / "slice.json");
  EXPECT_EQ(alone["layers"], five["slices"]["taylor"]["layers"]);
  EXPECT_EQ(alone["metric"], "taylor");
}

INSTANTIATE_TEST_SUITE_P(Cases, Golden, testing::Values(small_case(), mnist_case()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace neusemslice
