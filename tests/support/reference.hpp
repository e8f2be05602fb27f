#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "support/problem.hpp"

/// The mathematics of method.md in float64 as plain loops over samples and units, for networks of linear layers with a
/// ReLU between them. Written from the text and not from the program; slow, and meant to be read.
namespace neusemslice::test_support {

using Row = std::vector<double>;
using Rows = std::vector<Row>;

/// One linear layer: weight[output][input].
struct DenseLayer {
  std::string name;
  Rows weight;
  Row bias;
};

std::vector<DenseLayer> dense_layers(const Network& network);

/// What one sample meets on its way: z = W a + b of every layer and a = ReLU(z) of every layer but the last, whose a
/// are the logits.
struct Trace {
  Rows z;
  Rows a;
};

Trace trace(const std::vector<DenseLayer>& layers, const Row& input);

/// One image as the network's input: (pixel / 255 - mean) / deviation, in float64.
Row input_row(const LabelledImages& images, const Normalisation& normalisation, std::int64_t position);

Row softmax(const Row& logits);

/// dL/dz of every layer for one sample, L the cross entropy of `label`.
Rows cross_entropy_gradients(const std::vector<DenseLayer>& layers, const Trace& trace, std::int64_t label);

/// DeepLIFT's multipliers at the tap of every layer (rescale rule), for the logit `target`; the last row is at the
/// logits.
Rows deeplift_multipliers(const std::vector<DenseLayer>& layers, const Trace& trace, const Trace& reference,
                          std::int64_t target);

/// A unit's scores: [category][unit], and global.
struct ReferenceTable {
  Rows by_category;
  Row global;
};

/// Section 2 of method.md: scores.at("fc1").at("taylor"), with "taylor.batch" and "deeplift.mean" beside the five.
std::map<std::string, std::map<std::string, ReferenceTable>> reference_scores(const Problem& problem);

/// The same network with float64 parameters and running statistics.
Network in_float64(const Network& network);

/// Values of every node for one sample, (1, ...) float64.
std::vector<at::Tensor> exact_values(const Network& exact, const at::Tensor& sample);

/// DeepLIFT's multipliers at the output of every node of any network for the logit `target`, float64: ReLUs and max
/// poolings in plain loops by the rules of method.md section 2, everything else by LibTorch's own differentiation of
/// that one node. `values` and `reference` are exact_values of the sample and of the baseline.
std::vector<at::Tensor> exact_multipliers(const Network& exact, const std::vector<at::Tensor>& values,
                                          const std::vector<at::Tensor>& reference, std::int64_t target);

/// dL/d(output of every node) of one sample's cross entropy, float64, by LibTorch's own differentiation of the whole.
std::vector<at::Tensor> exact_gradients(const Network& exact, const at::Tensor& sample, std::int64_t label);

/// Section 2 of method.md for any network: scores.at("conv1").at("taylor").
std::map<std::string, std::map<std::string, ReferenceTable>> exact_scores(const Problem& problem);

/// Algorithm 1 as it is written: for every k the Gram matrix of the first k units of `order` is built anew and compared
/// with that of all units. features: (samples, units, positions).
Row algorithm_one_curve(const at::Tensor& features, const std::vector<std::int64_t>& order, bool centered);

at::Tensor to_tensor(const Row& row);
at::Tensor to_tensor(const Rows& rows);
Row to_row(const at::Tensor& tensor);

}  // namespace neusemslice::test_support
