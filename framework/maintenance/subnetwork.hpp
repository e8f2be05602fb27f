#pragma once

#include "data/tasks.hpp"
#include "models/network.hpp"
#include "models/units.hpp"
#include "training/trainable.hpp"

namespace neusemslice {

// A network whose units are shared out between tasks (method.md section 7, RQ4): each task is predicted by its own
// units alone, every other one masked. Such a sub-network is the network shrunken to these units (restructure.hpp), and
// it is trained as that: its logits are those of the masks, and there is nothing else it could change.

/// The units that none of `used` keeps, for every layer. Throws InputError, naming the layer, where none is left.
KeptUnits free_units(const UnitGraph& units, const std::vector<KeptUnits>& used);

/// `inner`, units of the network shrunken to `outer`, by their numbers in the whole network.
KeptUnits units_within(const KeptUnits& outer, const KeptUnits& inner);

/// Of a network that is shrunken to one task's units, the parameters that no other task's units have: weights with an
/// end among its units, the biases and batch norm of its units, and of the output layer only the rows of `categories`.
/// The output layer's bias, and layers without units, are part of every sub-network and do not train.
TrainableParameters own_parameters(const Network& part, const UnitGraph& units, const Categories& categories);

/// Puts a network that was shrunken to `kept` back into the whole one it was cut from: in place, and no entry of
/// another task's sub-network changes.
void put_back(Network& network, const UnitGraph& units, const KeptUnits& kept, const Network& part);

}  // namespace neusemslice
