#pragma once

#include <map>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "contribution/scorer.hpp"
#include "parallel/communicator.hpp"
#include "similarity/scan.hpp"

namespace neusemslice {

/// sim(k) by layer and metric: (categories, units + 1) float64 on the host.
using SimilarityCurves = std::map<std::string, std::map<std::string, at::Tensor>>;

/// The curves of every layer, metric and category, units in the order of that category's scores. `positions[c]` are the
/// samples of category c. Features and working memory stay within `config.memory_mb`: as many layers go forward
/// together as fit (scan_plan.hpp), and a layer that does not fit alone comes by blocks of its units
/// (streamed_pairs.hpp).
SimilarityCurves scan_similarities(const Network& network, const UnitGraph& units, const LabelledImages& images,
                                   const Normalisation& normalisation, const std::vector<at::Tensor>& positions,
                                   const Scores& scores, const SimilarityConfig& config);

/// The same by several ranks: each does its share of the categories, and every rank gets all curves, bit for bit those
/// of one rank. Collective.
SimilarityCurves scan_similarities(const Network& network, const UnitGraph& units, const LabelledImages& images,
                                   const Normalisation& normalisation, const std::vector<at::Tensor>& positions,
                                   const Scores& scores, const SimilarityConfig& config, Communicator& communicator);

}  // namespace neusemslice
