#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "config/dataset.hpp"
#include "config/model.hpp"
#include "config/node.hpp"

namespace neusemslice {

/// What happens to training images at random (data/augmentation.hpp).
struct AugmentationConfig {
  std::int64_t crop_padding = 0;  ///< black pixels around the image that crops may reach into
  bool flip = false;              ///< half of the images are mirrored

  [[nodiscard]] bool is_used() const { return crop_padding > 0 || flip; }
  bool operator==(const AugmentationConfig&) const = default;
};

/// How a model is trained.
struct RecipeConfig {
  std::string optimizer = "adam";  ///< adam or sgd
  double learning_rate = 1e-3;
  double momentum = 0.9;              ///< of sgd
  double weight_decay = 0.0;          ///< L2, added to the gradient
  std::string schedule = "constant";  ///< constant, cosine (to zero over all epochs) or step
  std::int64_t step_epochs = 10;      ///< step: every so many epochs ...
  double step_factor = 0.1;           ///< ... the learning rate is multiplied by this
  std::int64_t epochs = 10;
  std::int64_t batch_size = 128;
  AugmentationConfig augmentation;

  bool operator==(const RecipeConfig&) const = default;
};

/// How a setting's images are attacked (maintenance/attack.hpp): in fractions of the pixel range.
struct AttackConfig {
  std::string norm = "infinity";  ///< infinity or two
  double fgsm_epsilon = 0.1;
  double pgd_epsilon = 0.1;
  double pgd_step = 0.02;
  std::int64_t pgd_iterations = 10;
  bool random_start = true;  ///< of PGD

  bool operator==(const AttackConfig&) const = default;
};

/// A model, its data and its recipe: one of the paper's six settings, or the user's own.
struct SettingConfig {
  std::string name;
  std::string title;
  ModelConfig model;
  DatasetConfig dataset;
  WeightsConfig weights;
  RecipeConfig recipe;
  double pruning_rate = 0.05;                    ///< RQ2: the share of the weights left that an iteration removes
  AttackConfig attack;                           ///< RQ3
  double readapt_learning_rate_factor = 0.1;     ///< RQ3: retraining's learning rate, constant, over the recipe's
  std::vector<std::string> critical_layers;      ///< RQ3: those that DeepArc retrains; none: it ranks them itself
  std::vector<std::vector<std::int64_t>> tasks;  ///< RQ4: categories, in the order learned; none: the two halves

  bool operator==(const SettingConfig&) const = default;
};

/// The recipe of a model that is trained already: other epochs, at the learning rate times the factor, constant.
RecipeConfig fine_tuning(RecipeConfig recipe, std::int64_t epochs, double learning_rate_factor);

/// method.md section 2.
struct ContributionConfig {
  std::vector<std::string> metrics = {"avg", "var", "ens", "deeplift", "taylor"};
  std::int64_t samples_per_category = 0;  ///< the first n in file order; 0 = all
  std::int64_t batch_size = 512;
  std::string deeplift_baseline = "zeros";  ///< zeros or mean
  std::string taylor_reduction = "sample";  ///< sample or batch

  bool operator==(const ContributionConfig&) const = default;
};

/// method.md section 3.
struct SimilarityConfig {
  std::int64_t samples_per_category = 256;  ///< the first n in file order; 0 = all
  bool centered = false;
  std::string features = "positions";  ///< positions or mean
  std::int64_t memory_mb = 512;        ///< bound of the scan's working memory

  bool operator==(const SimilarityConfig&) const = default;
};

/// method.md section 4.
struct SlicingConfig {
  std::vector<std::string> strategies = {"global", "category", "semantic"};
  std::vector<std::int64_t> percentages = {10, 20, 30, 40, 50, 60, 70, 80, 90, 100};
  std::vector<double> thresholds = {0.90, 0.91, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99};
  std::int64_t interval = 1;

  bool operator==(const SlicingConfig&) const = default;
};

/// The pilot study's bands of ranks (method.md section 7).
struct PilotConfig {
  std::vector<std::int64_t> band_edges = {0, 10, 20, 30, 40, 50};  ///< percent; neighbours are a band

  bool operator==(const PilotConfig&) const = default;
};

/// DeepArc in RQ1 (baselines.md section 1).
struct DeepArcConfig {
  bool enabled = true;
  double threshold = 0.99;               ///< layers more alike than this are redundant
  std::string similarity = "uncentred";  ///< uncentred, biased or debiased CKA
  std::int64_t samples = 2560;           ///< training samples the layers are compared on, drawn by the seed; 0 = all
  std::int64_t sewing_epochs = 1;        ///< of the setting's recipe, for sewing layers alone

  bool operator==(const DeepArcConfig&) const = default;
};

/// Iterative pruning in RQ2 (method.md section 7).
struct PruningConfig {
  std::vector<std::string> methods = {"lamp", "global", "uniform_plus", "erk"};
  double slice_tolerance = 0.5;       ///< points of validation accuracy that the slice may lose
  double tolerance = 1;               ///< points that a pruned model may lose before pruning stops
  std::int64_t epochs = 1;            ///< of fine-tuning after each pruning, by the setting's recipe ...
  double learning_rate_factor = 0.1;  ///< ... at its learning rate times this, constant
  std::int64_t max_iterations = 100;

  bool operator==(const PruningConfig&) const = default;
};

/// Re-adaptation to adversarial samples in RQ3 (method.md section 7).
struct ReadaptConfig {
  std::vector<std::string> attacks = {"fgsm", "pgd"};
  std::vector<std::string> methods = {"full", "deeparc", "slice", "both"};
  std::int64_t samples = 1000;      ///< training images that are attacked, and test images for the attacks afterwards
  double slice_tolerance = 4;       ///< points of validation accuracy that the slice may lose
  std::int64_t deeparc_layers = 5;  ///< how many layers or blocks DeepArc's own ranking takes
  std::int64_t epochs = 20;         ///< of every method, by the setting's recipe at its readapt_learning_rate_factor

  bool operator==(const ReadaptConfig&) const = default;
};

/// Learning one task after the other in RQ4 (method.md section 7).
struct IncrementConfig {
  std::vector<std::string> methods = {"retrain", "replay", "deeparc", "slice", "slice_replay"};
  std::vector<std::int64_t> replay_percentages = {5, 10, 100};
  std::int64_t slice_replay_percentage = 10;  ///< what slice_replay fine-tunes the earlier tasks' slices on ...
  double learning_rate_factor = 0.1;          ///< ... at the recipe's learning rate times this, constant
  double slice_tolerance = 4;                 ///< points of validation accuracy that a task's slice may lose

  bool operator==(const IncrementConfig&) const = default;
};

/// One research question over settings and seeds: all that `neusemslice run` needs to know.
struct SuiteConfig {
  std::string name;
  std::string question = "rq1";
  std::vector<SettingConfig> settings;
  std::vector<std::int64_t> seeds = {0, 1, 2, 3, 4};
  std::int64_t validation_percent = 10;  ///< of the training set, held out for every choice
  ContributionConfig contribution;
  SimilarityConfig similarity;
  SlicingConfig slicing;
  PilotConfig pilot;
  DeepArcConfig deeparc;
  PruningConfig pruning;
  ReadaptConfig readapt;
  IncrementConfig increment;

  bool operator==(const SuiteConfig&) const = default;
};

/// Reads and checks one setting; `path` names its place in the whole, for messages.
SettingConfig read_setting(const ConfigNode& node, const std::string& path);

/// Reads configs/settings/<name>.yaml or any other setting file.
SettingConfig load_setting(const std::filesystem::path& path, const std::vector<std::string>& overrides = {});

/// Reads a suite. Each text in its `settings` names a file `settings/<name>.yaml` beside the suite's folder or in it,
/// or is a path ending in .yaml; overrides reach into settings by name: settings.mlp-mnist.recipe.epochs=3,
/// settings.*.dataset=mnist.
SuiteConfig load_suite(const std::filesystem::path& path, const std::vector<std::string>& overrides = {});

/// The resolved suite as YAML with every key; reading it back gives an equal suite.
std::string print_suite(const SuiteConfig& suite);

/// Reads what print_suite wrote, or any suite whose settings are written out.
SuiteConfig read_suite(const ConfigNode& node);

}  // namespace neusemslice
