#include "training/trainer.hpp"

#include <chrono>
#include <cmath>
#include <optional>

#include <ATen/core/grad_mode.h>

#include "core/error.hpp"
#include "data/augmentation.hpp"
#include "data/batch_source.hpp"
#include "training/checkpoint.hpp"
#include "training/optimizer.hpp"

namespace neusemslice {
namespace {

class Training {
 public:
  Training(Network& network, const Dataset& dataset, const TrainingSplit& split, const RecipeConfig& recipe,
           std::uint64_t seed, const TrainableParameters& trainable, const TrainingOptions& options)
      : network_(network),
        dataset_(dataset),
        split_(split),
        recipe_(recipe),
        seed_(seed),
        options_(options),
        measured_(measured_channels(network.architecture, trainable)),
        optimizer_(network, trainable, recipe),
        state_(network),
        checkpoint_(options.checkpoint, options.identity) {}

  TrainingRecord run() {
    checkpoint_.restore(optimizer_, state_);
    earlier_seconds_ = state_.seconds;
    while (epoch() < recipe_.epochs) {
      run_batches();
      const EpochRecord record = end_epoch();
      if (options_.on_epoch) options_.on_epoch(record);
      if (epoch() < recipe_.epochs) {
        not_counted([&] { checkpoint_.save_if_cheap(optimizer_, timed_state()); });
      }
    }
    return {state_.epochs, earlier_seconds_, timed_state().seconds};
  }

 private:
  [[nodiscard]] std::int64_t epoch() const { return static_cast<std::int64_t>(state_.epochs.size()); }

  void run_batches() {
    BatchSource batches = batches_of(dataset_.training);
    std::optional<BatchSource> twins;
    if (options_.twins != nullptr) twins.emplace(batches_of(*options_.twins));
    const double learning_rate = learning_rate_at(recipe_, epoch());
    while (!batches.done()) {
      saved_if_it_throws(options_.between_batches);
      Batch batch = batches.next();
      if (twins) batch.images = at::cat({batch.images, twins->next().images});
      run_batch(batch, learning_rate);
      ++state_.batch;
      has_progressed_ = true;
    }
  }

  /// Of the epoch that runs, from its next batch on.
  [[nodiscard]] BatchSource batches_of(const LabelledImages& images) const {
    return {images,
            dataset_.normalisation,
            network_.device(),
            shuffled(split_.training, seed_, epoch()),
            recipe_.batch_size,
            state_.batch,
            augmentation()};
  }

  /// Of the epoch that runs.
  [[nodiscard]] std::optional<Augmentation> augmentation() const {
    if (!recipe_.augmentation.is_used()) return std::nullopt;
    return Augmentation(recipe_.augmentation, dataset_.training, split_.training.numel(), seed_, epoch(),
                        network_.device());
  }

  /// Twins stand behind the images; the labels are those of both.
  void run_batch(const Batch& batch, double learning_rate) {
    const std::string dropout = fmt::format("dropout/epoch {}/batch {}", epoch(), state_.batch);
    const std::vector<at::Tensor> logits =
        forward_training(network_, batch.images, seed_, dropout, measured_, optimizer_.blocks())
            .split(batch.labels.size(0));
    at::Tensor loss = at::cross_entropy_loss(logits.front(), batch.labels);
    if (logits.size() > 1) loss = loss + at::cross_entropy_loss(logits.back(), batch.labels);
    optimizer_.step(loss, learning_rate);
    if (options_.after_step) options_.after_step(network_);
    at::NoGradGuard no_grad;
    state_.loss_sum.add_(loss.detach().to(at::kDouble) * batch.labels.size(0));
    state_.correct_sum.add_(logits.front().argmax(1).eq(batch.labels).sum());
  }

  EpochRecord end_epoch() {
    const auto samples = static_cast<double>(split_.training.numel());
    EpochRecord record{.epoch = epoch() + 1, .learning_rate = learning_rate_at(recipe_, epoch())};
    record.training_loss = state_.loss_sum.item<double>() / samples;
    record.training_accuracy = static_cast<double>(state_.correct_sum.item<std::int64_t>()) / samples;
    require(std::isfinite(record.training_loss),
            "training {}: the loss became {} in epoch {}; lower recipe.learning_rate ({})", network_.architecture.name,
            record.training_loss, record.epoch, recipe_.learning_rate);
    saved_if_it_throws([&] { record.validation_accuracy = validation_accuracy(); });
    state_.epochs.push_back(record);
    state_.batch = 0;
    state_.loss_sum.zero_();
    state_.correct_sum.zero_();
    return record;
  }

  [[nodiscard]] double validation_accuracy() const {
    return evaluate(network_, dataset_.training, dataset_.normalisation, dataset_.categories(), split_.validation)
        .accuracy();
  }

  /// What is called between batches throws in order to stop, and nothing may be lost then.
  template <typename Action>
  void saved_if_it_throws(const Action& action) {
    try {
      action();
    } catch (const Error&) {
      if (has_progressed_) checkpoint_.save(optimizer_, timed_state());
      throw;
    }
  }

  /// The clock stands still meanwhile.
  template <typename Action>
  void not_counted(const Action& action) {
    const auto begin = std::chrono::steady_clock::now();
    action();
    start_ += std::chrono::steady_clock::now() - begin;
  }

  const TrainingState& timed_state() {
    const std::chrono::duration<double> here = std::chrono::steady_clock::now() - start_;
    state_.seconds = earlier_seconds_ + here.count();
    return state_;
  }

  Network& network_;
  const Dataset& dataset_;
  const TrainingSplit& split_;
  const RecipeConfig& recipe_;
  std::uint64_t seed_;
  const TrainingOptions& options_;
  MeasuredChannels measured_;
  Optimizer optimizer_;
  TrainingState state_;
  Checkpoint checkpoint_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double earlier_seconds_ = 0;
  bool has_progressed_ = false;  ///< since it was restored; if not, the file says it all, and stays as it is
};

}  // namespace

TrainingRecord train(Network& network, const Dataset& dataset, const TrainingSplit& split, const RecipeConfig& recipe,
                     std::uint64_t seed, const TrainableParameters& trainable, const TrainingOptions& options) {
  require_input(split.training.numel() > 0, "{}: no training samples are left beside the validation part",
                dataset.name);
  return Training(network, dataset, split, recipe, seed, trainable, options).run();
}

}  // namespace neusemslice
