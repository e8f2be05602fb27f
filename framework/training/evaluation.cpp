#include "training/evaluation.hpp"

#include <algorithm>
#include <numeric>

#include <ATen/core/grad_mode.h>

#include "core/stop.hpp"
#include "data/batch_source.hpp"

namespace neusemslice {
namespace {

constexpr std::int64_t kLargestBatch = 1000;
constexpr std::int64_t kMemory = 1'000'000'000;  // bytes, for the values of a batch

std::vector<std::int64_t> counts(const at::Tensor& labels, std::int64_t categories) {
  const at::Tensor binned = labels.bincount({}, categories);
  return {binned.const_data_ptr<std::int64_t>(), binned.const_data_ptr<std::int64_t>() + categories};
}

}  // namespace

std::int64_t Evaluation::total_samples() const {
  return std::accumulate(samples.begin(), samples.end(), std::int64_t{0});
}
std::int64_t Evaluation::total_correct() const {
  return std::accumulate(correct.begin(), correct.end(), std::int64_t{0});
}

double Evaluation::accuracy() const {
  const std::int64_t total = total_samples();
  return total == 0 ? 0.0 : static_cast<double>(total_correct()) / static_cast<double>(total);
}

double least_accuracy(double accuracy, double points) {
  constexpr double kRounding = 1e-12;  // far below one image's share
  return accuracy - points / 100 - kRounding;
}

std::int64_t evaluation_batch(const Architecture& architecture) {
  const auto bytes = most_live_values(architecture) * static_cast<std::int64_t>(sizeof(float));
  return std::clamp<std::int64_t>(kMemory / bytes, 1, kLargestBatch);
}

Evaluation evaluate(const Network& network, const LabelledImages& images, const Normalisation& normalisation,
                    std::int64_t categories, const at::Tensor& positions, const TapMasks& masks) {
  at::NoGradGuard no_grad;
  const at::Tensor chosen = positions.defined() ? positions : at::arange(images.size());
  std::vector<at::Tensor> hits;
  BatchSource batches(images, normalisation, network.device(), chosen, evaluation_batch(network.architecture));
  while (!batches.done()) {
    throw_if_stopped();
    const Batch batch = batches.next();
    if (batch.labels.numel() == 0) break;
    hits.push_back(forward(network, batch.images, masks).argmax(1).eq(batch.labels));
  }
  const at::Tensor labels = images.labels.index_select(0, chosen);
  const at::Tensor correct = hits.empty() ? at::zeros({0}, at::kBool) : at::cat(hits).cpu();
  return {counts(labels, categories), counts(labels.masked_select(correct), categories)};
}

}  // namespace neusemslice
