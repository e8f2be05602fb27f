#include "training/trainer.hpp"

#include <cmath>

#include <ATen/core/grad_mode.h>

#include "core/error.hpp"
#include "core/stop.hpp"
#include "training/optimizer.hpp"

namespace neusemslice {
namespace {

/// Sums kept on the device, so that no step waits for the host.
struct EpochSums {
  at::Tensor loss;
  at::Tensor correct;

  explicit EpochSums(at::Device device)
      : loss(at::zeros({}, at::TensorOptions(at::kDouble).device(device))),
        correct(at::zeros({}, at::TensorOptions(at::kLong).device(device))) {}

  void add(const at::Tensor& batch_loss, const at::Tensor& logits, const at::Tensor& labels) {
    at::NoGradGuard no_grad;
    loss.add_(batch_loss.detach().to(at::kDouble) * labels.size(0));
    correct.add_(logits.argmax(1).eq(labels).sum());
  }
};

EpochSums run_epoch(Network& network, Optimizer& optimizer, const Dataset& dataset, const at::Tensor& order,
                    std::int64_t batch_size, double learning_rate) {
  EpochSums sums(network.device());
  for (const at::Tensor& positions : order.split(batch_size)) {
    throw_if_stopped();
    const at::Tensor batch = gather_images(dataset.training.images, positions, dataset.normalisation, network.device());
    const at::Tensor labels = dataset.training.labels.index_select(0, positions).to(network.device());
    const at::Tensor logits = forward(network, batch);
    const at::Tensor loss = at::cross_entropy_loss(logits, labels);
    optimizer.step(loss, learning_rate);
    sums.add(loss, logits, labels);
  }
  return sums;
}

}  // namespace

std::vector<EpochRecord> train(Network& network, const Dataset& dataset, const TrainingSplit& split,
                               const RecipeConfig& recipe, std::uint64_t seed, const TrainableParameters& trainable,
                               const std::function<void(const EpochRecord&)>& on_epoch) {
  const auto samples = static_cast<double>(split.training.numel());
  require_input(samples > 0, "{}: no training samples are left beside the validation part", dataset.name);
  Optimizer optimizer(network, trainable, recipe);
  std::vector<EpochRecord> records;
  for (std::int64_t epoch = 0; epoch < recipe.epochs; ++epoch) {
    EpochRecord record{.epoch = epoch + 1, .learning_rate = learning_rate_at(recipe, epoch)};
    const EpochSums sums = run_epoch(network, optimizer, dataset, shuffled(split.training, seed, epoch),
                                     recipe.batch_size, record.learning_rate);
    record.training_loss = sums.loss.item<double>() / samples;
    record.training_accuracy = static_cast<double>(sums.correct.item<std::int64_t>()) / samples;
    require(std::isfinite(record.training_loss),
            "training {}: the loss became {} in epoch {}; lower recipe.learning_rate ({})", network.architecture.name,
            record.training_loss, record.epoch, recipe.learning_rate);
    record.validation_accuracy =
        evaluate(network, dataset.training, dataset.normalisation, dataset.categories(), split.validation).accuracy();
    records.push_back(record);
    if (on_epoch) on_epoch(record);
  }
  return records;
}

}  // namespace neusemslice
