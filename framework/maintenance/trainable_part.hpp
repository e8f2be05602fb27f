#pragma once

#include <string>
#include <vector>

#include "models/network.hpp"
#include "models/units.hpp"
#include "training/trainable.hpp"

namespace neusemslice {

/// The parameters of the sub-network of the kept units (method.md section 7): a weight where both of its ends are kept,
/// the network's inputs and outputs counting as kept; biases and batch norm of kept units; the last layer's bias. They
/// are as many as the shrunken network has. Layers that `kept` does not name keep all; one that keeps nothing has no
/// parameter that trains.
TrainableParameters trainable_slice(const Network& network, const UnitGraph& units, const KeptUnits& kept);

/// Throws InputError unless each is a convolution or linear layer of the network.
void require_layers(const Architecture& architecture, const std::vector<std::string>& layers);

/// Weights and biases of whole layers (`state_dict` prefixes), as DeepArc trains them: no batch norm. InputError names
/// a layer that the network does not have.
TrainableParameters trainable_layers(const Network& network, const std::vector<std::string>& layers);

/// What of `part` lies in parameters that `whole`, whose regions are whole tensors, trains too.
TrainableParameters in_both(const TrainableParameters& part, const TrainableParameters& whole);

/// TPR: the share of all parameters that trains.
double trained_parameter_ratio(const Network& network, const TrainableParameters& trainable);

}  // namespace neusemslice
