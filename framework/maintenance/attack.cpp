#include "maintenance/attack.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/error.hpp"
#include "core/random.hpp"
#include "core/stop.hpp"
#include "training/evaluation.hpp"

namespace neusemslice {
namespace {

constexpr double kLeastSquare = 1e-12;               // of a vector that is brought to a length
constexpr std::int64_t kBatchBytes = 2'000'000'000;  // of the values of a batch and their gradients

/// (samples, 1, 1, 1).
at::Tensor lengths(const at::Tensor& vectors) {
  return vectors.square().sum({1, 2, 3}, /*keepdim=*/true).clamp_min(kLeastSquare).sqrt();
}

class Attack {
 public:
  Attack(const Network& network, const Normalisation& normalisation, const AttackOptions& options)
      : network_(network), normaliser_(normalisation, network.device()), options_(options) {}

  /// One step of `length` from the images, which stay in range.
  [[nodiscard]] at::Tensor step(const at::Tensor& images, const at::Tensor& labels, double length) const {
    const at::Tensor gradient = gradient_at(images, labels);
    const at::Tensor direction = options_.norm == AttackNorm::infinity ? gradient.sign() : gradient / lengths(gradient);
    return (images + direction * (options_.targeted ? -length : length)).clamp_(0, 1);
  }

  /// The change brought back into the ball of epsilon.
  [[nodiscard]] at::Tensor projected(const at::Tensor& change) const {
    if (options_.norm == AttackNorm::infinity) return change.clamp(-options_.epsilon, options_.epsilon);
    return change * (options_.epsilon / lengths(change)).clamp_max(1);
  }

 private:
  /// Of the summed cross entropy, so that each image's own does not depend on the batch. The parameters have none.
  [[nodiscard]] at::Tensor gradient_at(const at::Tensor& images, const at::Tensor& labels) const {
    at::AutoGradMode with_gradients(true);
    const at::Tensor input = images.detach().clone().set_requires_grad(true);
    const at::Tensor logits = forward(network_, normaliser_.of_fractions(input));
    const at::Tensor loss = at::cross_entropy_loss(logits, labels, {}, at::Reduction::Sum);
    return torch::autograd::grad({loss}, {input}).front();
  }

  const Network& network_;
  Normaliser normaliser_;
  const AttackOptions& options_;
};

void check(const AttackOptions& options) {
  require_input(std::isfinite(options.epsilon) && options.epsilon >= 0, "attack: epsilon {} must be 0 or more",
                options.epsilon);
  require_input(options.iterations >= 1, "attack: {} iterations: at least one is needed", options.iterations);
}

/// As many images as `evaluate` takes, or fewer: the way back holds every node's output and its gradient.
std::int64_t attack_batch(const Architecture& architecture) {
  std::int64_t values = 0;
  for (const auto& shape : node_shapes(architecture)) values += c10::multiply_integers(shape);
  const auto bytes = 2 * values * static_cast<std::int64_t>(sizeof(float));
  return std::clamp<std::int64_t>(kBatchBytes / bytes, 1, evaluation_batch(architecture));
}

/// Calls `attack` with the images batch by batch.
template <typename AttackBatch>
at::Tensor in_batches(const Network& network, const at::Tensor& images, const at::Tensor& labels,
                      const AttackBatch& attack) {
  at::NoGradGuard no_grad;
  const at::Tensor on_device = images.to(network.device());
  if (images.size(0) == 0) return on_device;
  const std::int64_t batch = attack_batch(network.architecture);
  const std::vector<at::Tensor> image_batches = on_device.split(batch);
  const std::vector<at::Tensor> label_batches = labels.to(network.device()).split(batch);
  std::vector<at::Tensor> attacked;
  for (std::size_t i = 0; i < image_batches.size(); ++i) {
    throw_if_stopped();
    attacked.push_back(attack(image_batches[i], label_batches[i]));
  }
  return at::cat(attacked);
}

/// Uniform within +-epsilon, value by value in their order.
at::Tensor random_change(const at::Tensor& images, double epsilon, RandomStream& stream) {
  at::Tensor change = at::empty(images.sizes(), at::kFloat);
  auto* const values = change.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < change.numel(); ++i) {
    values[i] = static_cast<float>(epsilon * (2 * stream.uniform() - 1));
  }
  return change.to(images.device());
}

}  // namespace

at::Tensor fgsm(const Network& network, const Normalisation& normalisation, const at::Tensor& images,
                const at::Tensor& labels, const AttackOptions& options) {
  check(options);
  if (options.epsilon == 0) return images;
  const Attack attack(network, normalisation, options);
  return in_batches(network, images, labels, [&](const at::Tensor& batch, const at::Tensor& batch_labels) {
    return attack.step(batch, batch_labels, options.epsilon);
  });
}

at::Tensor pgd(const Network& network, const Normalisation& normalisation, const at::Tensor& images,
               const at::Tensor& labels, const AttackOptions& options, std::uint64_t seed) {
  check(options);
  require_input(options.step >= 0 && options.step <= options.epsilon,
                "attack: a step of {} is larger than epsilon ({}) or negative", options.step, options.epsilon);
  if (options.epsilon == 0) return images;
  const Attack attack(network, normalisation, options);
  RandomStream start(seed, "attack start");
  return in_batches(network, images, labels, [&](const at::Tensor& batch, const at::Tensor& batch_labels) {
    at::Tensor moved = batch;
    if (options.random_start) {
      moved = (batch + attack.projected(random_change(batch, options.epsilon, start))).clamp_(0, 1);
    }
    for (std::int64_t i = 0; i < options.iterations; ++i) {
      const at::Tensor stepped = attack.step(moved, batch_labels, options.step);
      moved = (batch + attack.projected(stepped - batch)).clamp_(0, 1);
    }
    return moved;
  });
}

namespace {

/// Changes as whole numbers. Rounded to the nearest, an image's may be longer than `longest` (2-norm): then as many as
/// needed become those towards zero, which are not longer than the exact ones, from the one that was rounded away from
/// zero the farthest on.
at::Tensor rounded_within(const at::Tensor& change, double longest) {
  const at::Tensor exact = change.flatten(1);
  const at::Tensor nearest = exact.round();
  const at::Tensor shorter = exact.trunc();
  const auto [away, order] = (nearest.abs() - exact.abs()).sort(/*stable=*/true, 1, /*descending=*/true);
  const at::Tensor gain = (nearest.square() - shorter.square()).gather(1, order);
  const at::Tensor gained_before = gain.cumsum(1) - gain;
  const at::Tensor excess = nearest.square().sum(1, true) - longest * longest;
  const at::Tensor is_shortened = at::zeros_like(order, at::kBool).scatter(1, order, gained_before < excess);
  return at::where(is_shortened, shorter, nearest).view(change.sizes());
}

}  // namespace

at::Tensor to_pixels(const at::Tensor& adversarial, const at::Tensor& original, AttackNorm norm, double epsilon) {
  const at::Tensor before = original.to(adversarial.device(), at::kDouble);
  at::Tensor change = adversarial.to(at::kDouble) * 255;
  if (norm == AttackNorm::infinity) {
    // A pixel moves by whole steps; 255 epsilon may miss a whole number by its rounding.
    const double steps = std::floor(255 * epsilon + 1e-6);
    change.round_().sub_(before).clamp_(-steps, steps);
  } else {
    change = rounded_within(change.sub_(before), 255 * epsilon);
  }
  return change.add_(before).clamp_(0, 255).to(at::kByte);
}

}  // namespace neusemslice
