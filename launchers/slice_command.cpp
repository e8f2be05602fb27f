// neusemslice slice: scores, similarity curves and slice of the user's own model, in one command.
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "contribution/score_file.hpp"
#include "core/files.hpp"
#include "maintenance/restructure.hpp"
#include "parallel/communicator.hpp"
#include "program.hpp"
#include "scoring_options.hpp"
#include "similarity/curve_file.hpp"
#include "slicing/slice_file.hpp"
#include "training/evaluation.hpp"

namespace neusemslice {
namespace {

using Json = nlohmann::json;

struct SliceOptions {
  UserModelOptions user;
  ScoringOptions scoring;
  SimilarityConfig similarity;
  std::string strategy = "semantic";
  double threshold = 0.95;
  std::int64_t percent = 50;
  std::int64_t interval = 1;
  std::string out;
};

/// The rows of these categories, where any are named.
Scores of_categories(Scores scores, const Categories& categories) {
  if (categories.empty()) return scores;
  const at::Tensor rows = at::tensor(categories, at::kLong);
  for (auto& [layer, metrics] : scores) {
    for (auto& [metric, table] : metrics) table.by_category = table.by_category.index_select(0, rows);
  }
  return scores;
}

Slice cut(const SliceOptions& options, const UserModel& user, const Scores& scores, const SimilarityCurves& curves,
          const std::string& metric) {
  SingleCommunicator communicator;
  if (options.strategy == "global") return global_slice(user.units, scores, metric, options.percent);
  if (options.strategy == "category") {
    return category_slice(user.units, of_categories(scores, options.scoring.categories), metric, options.percent,
                          communicator);
  }
  return semantic_slice(user.units, scores, curves, metric, options.threshold, options.interval, communicator);
}

/// On the chosen categories.
double test_accuracy(const SliceOptions& options, const UserModel& user, const Network& network) {
  const LabelledImages& test = user.dataset.test;
  at::Tensor positions;
  if (!options.scoring.categories.empty()) positions = positions_of(options.scoring.categories, test.labels);
  return evaluate(network, test, user.dataset.normalisation, user.dataset.categories(), positions).accuracy();
}

/// The k of every category, by layer.
Json crossings(const SliceOptions& options, const SimilarityCurves& curves, const std::string& metric) {
  Json json = Json::object();
  for (const auto& [layer, metrics] : curves) {
    const at::Tensor& rows = metrics.at(metric);
    for (std::int64_t category = 0; category < rows.size(0); ++category) {
      json[layer].push_back(first_crossing(rows[category], options.threshold, options.interval));
    }
  }
  return json;
}

Json describe(const SliceOptions& options, const UserModel& user, const Slice& slice, const SimilarityCurves& curves,
              double accuracy_before) {
  const Network shrunken = shrink(user.network, user.units, slice.kept);
  const std::int64_t before = parameter_count(user.network.architecture);
  const std::int64_t after = parameter_count(shrunken.architecture);
  Json json = slice_to_json(slice);
  json["compression_rate"] = compression_rate(after, before);
  json["parameters_before"] = before;
  json["parameters_after"] = after;
  json["accuracy_before"] = accuracy_before;
  json["accuracy_after"] = test_accuracy(options, user, shrunken);
  if (slice.strategy == "semantic") json["k"] = crossings(options, curves, slice.metric);
  return json;
}

void print_summary(const Json& slice, const std::filesystem::path& path) {
  fmt::print("{} slice by {}: {} of {} parameters ({:.2f} % removed), test accuracy {:.2f} % (before: {:.2f} %)\n",
             slice["strategy"].get<std::string>(), slice["metric"].get<std::string>(),
             slice["parameters_after"].get<std::int64_t>(), slice["parameters_before"].get<std::int64_t>(),
             100 * slice["compression_rate"].get<double>(), 100 * slice["accuracy_after"].get<double>(),
             100 * slice["accuracy_before"].get<double>());
  for (const auto& [layer, kept] : slice["layers"].items()) fmt::print("  {}: {} units kept\n", layer, kept.size());
  fmt::print("  {}\n", path.string());
}

ExitCode slice_model(const SliceOptions& options, bool as_json) {
  const ContributionConfig config = scoring_config(options.scoring);
  require_input(std::isfinite(options.threshold), "--threshold: {} is no number from 0 to 1", options.threshold);
  const UserModel user = load_user_model(options.user);
  const std::filesystem::path out(options.out);
  create_folder(out);  // or fail before the long part
  const Scores scores = score_user_model(user, options.scoring, config);
  const std::vector<at::Tensor> positions =
      chosen_positions(user, options.scoring, options.similarity.samples_per_category);
  const SimilarityCurves curves = scan_similarities(user.network, user.units, user.dataset.training,
                                                    user.dataset.normalisation, positions, scores, options.similarity);
  const double before = test_accuracy(options, user, user.network);
  Json slices = Json::object();
  for (const std::string& metric : config.metrics) {
    slices[metric] = describe(options, user, cut(options, user, scores, curves, metric), curves, before);
  }
  Json document = slices[config.metrics.front()];
  if (config.metrics.size() > 1) document["slices"] = slices;
  write_files_atomically({{out / "scores.safetensors", safetensors_bytes(score_tensors(scores, at::kFloat))},
                          {out / "similarity.safetensors", safetensors_bytes(curve_tensors(curves, at::kFloat))},
                          {out / "slice.json", document.dump() + "\n"}});
  if (as_json) {
    document["schema"] = "neusemslice.slice/1";
    fmt::print("{}\n", document.dump());
    return ExitCode::done;
  }
  for (const std::string& metric : config.metrics) print_summary(slices[metric], out / "slice.json");
  return ExitCode::done;
}

void add_cut_options(CLI::App& command, SliceOptions& options) {
  command.add_option("--strategy", options.strategy, "How units are chosen")
      ->check(CLI::IsMember({"semantic", "category", "global"}))
      ->capture_default_str();
  command.add_option("--threshold", options.threshold, "semantic: least similarity to the whole layer")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--percent", options.percent, "global, category: share of the units to keep")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command.add_option("--interval", options.interval, "semantic: units added at a time (Algorithm 1's i)")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      .add_option("--similarity-samples", options.similarity.samples_per_category,
                  "Training samples of each category to compare on, in file order; 0 = all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_flag("--centered", options.similarity.centered,
                   "Centre both Gram matrices (CKA of Kornblith et al. 2019)");
  command.add_option("--features", options.similarity.features, "Compare all positions of a unit, or their mean")
      ->check(CLI::IsMember({"positions", "mean"}))
      ->capture_default_str();
  command.add_option("--memory-mb", options.similarity.memory_mb, "Bound of the similarity scan's memory")
      ->check(CLI::Range(1, 1 << 24))
      ->capture_default_str();
}

}  // namespace

void add_slice_command(CLI::App& app, Program& program) {
  auto options = std::make_shared<SliceOptions>();
  CLI::App* command = app.add_subcommand("slice", "Cut the semantic slice of your own model");
  command->footer(
      "Writes scores.safetensors, similarity.safetensors and slice.json into OUT; with several metrics, slice.json is\n"
      "that of the first, and holds all of them under \"slices\".\n\n"
      "Example:\n  neusemslice slice --model mlp --weights model.safetensors --dataset mnist --metrics taylor "
      "--threshold 0.95 --out OUT");
  add_user_model_options(*command, options->user);
  add_scoring_options(*command, options->scoring);
  add_cut_options(*command, *options);
  command->add_option("--out", options->out, "Folder for the three files")->required();
  command->callback(
      [options, &program] { program.action = [options, &program] { return slice_model(*options, program.json); }; });
}

}  // namespace neusemslice
