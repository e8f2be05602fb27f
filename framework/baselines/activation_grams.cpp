#include "baselines/activation_grams.hpp"

#include <algorithm>

#include <ATen/core/grad_mode.h>

#include "core/stop.hpp"
#include "training/evaluation.hpp"

namespace neusemslice {
namespace {

/// Channels [begin, end) of a layer's output; `place` is its number among the layers asked for.
struct Piece {
  std::int64_t place;
  std::int64_t node;
  std::int64_t begin;
  std::int64_t end;
  std::int64_t features;  ///< values of one image
};

/// Pieces whose values one forward pass collects.
using Pass = std::vector<Piece>;

std::vector<Pass> plan_passes(const Architecture& architecture, const std::vector<ComparedLayer>& layers,
                              std::int64_t images, std::int64_t bytes) {
  const auto shapes = node_shapes(architecture);
  std::vector<Pass> passes(1);
  std::int64_t room = bytes;
  for (std::size_t place = 0; place < layers.size(); ++place) {
    const auto& shape = shapes[static_cast<std::size_t>(layers[place].output)];
    const std::int64_t area = c10::multiply_integers(shape) / shape[0];
    const std::int64_t of_channel = images * area * static_cast<std::int64_t>(sizeof(float));
    for (std::int64_t begin = 0; begin < shape[0];) {
      if (room < of_channel && !passes.back().empty()) {
        passes.emplace_back();
        room = bytes;
      }
      const std::int64_t count = std::clamp<std::int64_t>(room / of_channel, 1, shape[0] - begin);
      passes.back().push_back(
          {static_cast<std::int64_t>(place), layers[place].output, begin, begin + count, count * area});
      room -= count * of_channel;
      begin += count;
    }
  }
  return passes;
}

/// (images, features) of each piece.
std::vector<at::Tensor> collect(const Network& network, const Pass& pass, const Normalisation& normalisation,
                                const at::Tensor& images) {
  const Normaliser normaliser(normalisation, network.device());
  std::vector<at::Tensor> values;
  std::vector<std::int64_t> visited;
  for (const Piece& piece : pass) {
    values.push_back(at::empty({images.size(0), piece.features}, at::device(network.device()).dtype(at::kFloat)));
    visited.push_back(piece.node);
  }
  std::int64_t first = 0;
  for (const at::Tensor& batch : images.split(evaluation_batch(network.architecture))) {
    throw_if_stopped();
    forward(network, normaliser(batch.to(network.device())), {}, visited,
            [&](std::int64_t node, const at::Tensor& value) {
              for (std::size_t i = 0; i < pass.size(); ++i) {
                if (pass[i].node != node) continue;
                values[i]
                    .slice(0, first, first + batch.size(0))
                    .copy_(value.slice(1, pass[i].begin, pass[i].end).flatten(1));
              }
            });
    first += batch.size(0);
  }
  return values;
}

}  // namespace

at::Tensor activation_grams(const Network& network, const std::vector<ComparedLayer>& layers,
                            const Normalisation& normalisation, const at::Tensor& images, CkaVariant variant,
                            std::int64_t bytes) {
  at::NoGradGuard no_grad;
  const std::int64_t count = images.size(0);
  at::Tensor grams = at::zeros({static_cast<std::int64_t>(layers.size()), count, count},
                               at::device(network.device()).dtype(at::kDouble));
  for (const Pass& pass : plan_passes(network.architecture, layers, count, bytes)) {
    std::vector<at::Tensor> values = collect(network, pass, normalisation, images);
    for (std::size_t i = 0; i < pass.size(); ++i) {
      grams[pass[i].place].add_(gram_matrix(values[i], variant));  // centring is linear: a sum over channels
      values[i].reset();
    }
  }
  return grams;
}

}  // namespace neusemslice
