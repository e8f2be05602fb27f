#pragma once

#include <map>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "config/suite.hpp"
#include "data/dataset.hpp"
#include "models/network.hpp"
#include "models/units.hpp"
#include "parallel/communicator.hpp"

namespace neusemslice {

/// Scores of one layer by one metric, float64 on the host.
struct ScoreTable {
  at::Tensor by_category;  ///< (categories, units)
  at::Tensor global;       ///< (units), over all samples
};

/// Scores by layer and metric: scores.at("fc1").at("taylor").
using Scores = std::map<std::string, std::map<std::string, ScoreTable>>;

/// The five contribution metrics of method.md section 2, for all layers, all categories and global, in one pass over
/// the samples: one forward, one ordinary backward (Taylor) and one DeepLIFT backward, both only down to the first tap
/// and together as one product a layer (way_down.hpp). A batch has `config.batch_size` samples or as many as fit the
/// memory (batch_size.hpp). `positions[c]` are the samples of category c; a batch never mixes categories,
/// so sums by category are plain column sums and do not depend on who computes which category. Parts that no metric of
/// `config.metrics` needs are not computed.
///
/// Taylor's gradient is that of the sum of the samples' own cross entropies, so each row of dL/dz is its sample's.
/// DeepLIFT's target is the logit of category c (which is the sample's own label).
Scores score_contributions(const Network& network, const UnitGraph& units, const LabelledImages& images,
                           const Normalisation& normalisation, const std::vector<at::Tensor>& positions,
                           const ContributionConfig& config);

/// The same by several ranks: each sums its share of the categories, and every rank gets the whole result, bit for bit
/// that of one rank, for the sums are added in the order of the categories. Collective.
Scores score_contributions(const Network& network, const UnitGraph& units, const LabelledImages& images,
                           const Normalisation& normalisation, const std::vector<at::Tensor>& positions,
                           const ContributionConfig& config, Communicator& communicator);

/// DeepLIFT attributions of every unit for one batch to the logit `target`, by layer: (samples, units), summed over
/// positions. `reference` is one baseline input of shape (1, ...).
std::map<std::string, at::Tensor> deeplift_attributions(const Network& network, const UnitGraph& units,
                                                        const at::Tensor& batch, const at::Tensor& reference,
                                                        std::int64_t target);

}  // namespace neusemslice
