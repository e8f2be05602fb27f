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

/// Algorithm 1 as it is written: for every k the Gram matrix of the first k units of `order` is built anew and compared
/// with that of all units. features: (samples, units, positions).
Row algorithm_one_curve(const at::Tensor& features, const std::vector<std::int64_t>& order, bool centered);

at::Tensor to_tensor(const Row& row);
at::Tensor to_tensor(const Rows& rows);
Row to_row(const at::Tensor& tensor);

}  // namespace neusemslice::test_support
