#include "baselines/iterative_pruning.hpp"

#include <chrono>
#include <numeric>
#include <optional>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "core/error.hpp"
#include "core/random.hpp"
#include "models/zoo.hpp"
#include "training/checked_file.hpp"
#include "training/trainer.hpp"

namespace neusemslice {
namespace {

using Json = nlohmann::json;

constexpr auto kFormat = "neusemslice.pruning/1";
constexpr auto kKept = "kept/";

std::int64_t total(const std::vector<std::int64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

Json to_json(const std::vector<PruningStep>& history) {
  Json steps = Json::array();
  for (const PruningStep& step : history) {
    steps.push_back({step.iteration, step.parameters, step.validation_accuracy, step.test_accuracy});
  }
  return steps;
}

std::vector<PruningStep> history_from(const Json& json) {
  std::vector<PruningStep> history;
  for (const Json& step : json) history.push_back({step.at(0), step.at(1), step.at(2), step.at(3)});
  return history;
}

class Pruning {
 public:
  Pruning(const Network& network, const Dataset& dataset, const TrainingSplit& split, const PruningPlan& plan,
          const PruningCheckpoint& checkpoint)
      : network_(network.clone()),
        weights_(prunable_weights(network_)),
        dataset_(dataset),
        split_(split),
        plan_(plan),
        checkpoint_(checkpoint) {}

  PrunedModel run() {
    restore();
    if (history_.empty()) history_.push_back(evaluated());
    PruningEnd end = PruningEnd::iterations;
    Network held = network_.clone();
    while (iteration() < plan_.max_iterations) {
      if (!prune()) {
        end = PruningEnd::method;
        break;
      }
      fine_tune();
      history_.push_back(evaluated());
      if (history_.back().validation_accuracy < plan_.least_validation_accuracy) {
        end = PruningEnd::accuracy;
        break;
      }
      held = network_.clone();
      save();
    }
    const std::int64_t iterations = iteration() - (end == PruningEnd::accuracy ? 1 : 0);
    return {std::move(held), history_, iterations, end, earlier_seconds_};
  }

 private:
  [[nodiscard]] std::int64_t iteration() const { return static_cast<std::int64_t>(history_.size()) - 1; }

  [[nodiscard]] PruningStep evaluated() const {
    const auto accuracy = [&](const LabelledImages& images, const at::Tensor& positions) {
      return evaluate(network_, images, dataset_.normalisation, dataset_.categories(), positions).accuracy();
    };
    std::int64_t pruned = 0;
    for (const PrunableWeight& weight : weights_) pruned += weight.values.numel();
    pruned -= total(kept_counts(weights_));
    return {static_cast<std::int64_t>(history_.size()), parameter_count(network_.architecture) - pruned,
            accuracy(dataset_.training, split_.validation), accuracy(dataset_.test, {})};
  }

  /// False where nothing can go any more.
  bool prune() {
    const auto counts = counts_after_pruning(weights_, plan_.method, plan_.rate);
    if (!counts || total(*counts) == total(kept_counts(weights_))) return false;
    keep_largest(weights_, *counts);
    zero_pruned(network_, weights_);
    return true;
  }

  void fine_tune() {
    if (plan_.recipe.epochs == 0) return;
    const std::string iteration_name = fmt::format("pruning/iteration {}", history_.size());
    const TrainingRecord record = train(network_, dataset_, split_, plan_.recipe,
                                        RandomStream(plan_.seed, iteration_name).next(), train_everything(network_),
                                        {.between_batches = checkpoint_.between_batches,
                                         .after_step = [&](Network& network) { zero_pruned(network, weights_); },
                                         .checkpoint = training_file(),
                                         .identity = checkpoint_.identity + "/" + iteration_name});
    earlier_seconds_ += record.earlier_seconds;
    std::error_code ignored;  // there may be none
    std::filesystem::remove(training_file(), ignored);
  }

  [[nodiscard]] std::filesystem::path training_file() const {
    if (checkpoint_.path.empty()) return {};
    return checkpoint_.path.string() + ".training";
  }

  /// Sharing memory with the state.
  [[nodiscard]] TensorMap tensors() const {
    TensorMap tensors = network_.parameters;
    tensors.insert(network_.buffers.begin(), network_.buffers.end());
    for (const PrunableWeight& weight : weights_) tensors.emplace(kKept + weight.name, weight.kept);
    return tensors;
  }

  void save() const {
    if (checkpoint_.path.empty()) return;
    const std::chrono::duration<double> here = std::chrono::steady_clock::now() - start_;
    const Json progress = {{"history", to_json(history_)}, {"seconds", earlier_seconds_ + here.count()}};
    try {
      write_checked(checkpoint_.path, tensors(), {{"progress", progress.dump()}}, kFormat, checkpoint_.identity);
    } catch (const Error& error) {
      spdlog::warn("no checkpoint was saved, pruning goes on: {}", error.what());
    }
  }

  void restore() {
    if (checkpoint_.path.empty() || !std::filesystem::exists(checkpoint_.path)) return;
    try {
      const SafetensorsFile file = read_checked(checkpoint_.path, kFormat, checkpoint_.identity);
      TensorMap own = tensors();
      require(have_same_layout(own, file.tensors), "its tensors are not those of this network");
      const Json progress = Json::parse(file.metadata.at("progress"));
      std::vector<PruningStep> history = history_from(progress.at("history"));
      earlier_seconds_ = progress.at("seconds");
      for (auto& [name, tensor] : own) tensor.copy_(file.tensors.at(name));
      history_ = std::move(history);
    } catch (const std::exception& error) {
      spdlog::warn("checkpoint {} is not used, pruning starts from the beginning: {}", checkpoint_.path.string(),
                   error.what());
    }
  }

  Network network_;
  std::vector<PrunableWeight> weights_;  ///< of network_
  const Dataset& dataset_;
  const TrainingSplit& split_;
  const PruningPlan& plan_;
  const PruningCheckpoint& checkpoint_;
  std::vector<PruningStep> history_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double earlier_seconds_ = 0;
};

}  // namespace

PrunedModel prune_iteratively(const Network& network, const Dataset& dataset, const TrainingSplit& split,
                              const PruningPlan& plan, const PruningCheckpoint& checkpoint) {
  return Pruning(network, dataset, split, plan, checkpoint).run();
}

}  // namespace neusemslice
