#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "baselines/compared_layers.hpp"
#include "models/network.hpp"
#include "training/trainable.hpp"

namespace neusemslice {

/// An architecture without some of its layers.
struct LayerRemoval {
  Architecture architecture;
  std::vector<std::string> sewing;           ///< names of the sewing layers that were put in, in order
  std::vector<std::string> kept_parameters;  ///< of the original, in the order of the nodes
};

/// The architecture without the given removable layers: what read a layer's output reads what the layer read. Its
/// producer, batch norm and ReLU go, and of a block everything from its entry to the ReLU behind its addition; pooling
/// and flattening between layers stay.
///
/// Where the output of a run of removed layers had another shape than what now takes its place, a **sewing layer**
/// `sewing.<first layer of the run>` stands for the run: one affine layer with bias and no ReLU, linear for vectors,
/// else the convolution with the smallest kernel and stride that gives the maps their size: 1x1 where the layers kept
/// it or only strode. For an MLP with two hidden layers it is as large as the layer that it replaces.
///
///   make_mlp({1, 28, 28}, {512, 256}, 10) without fc2:  flatten, fc1, ReLU, sewing.fc2 (512 -> 256), fc3
///
/// Throws InputError for a layer that is not removable, and where maps would have to grow.
LayerRemoval remove_layers(const Architecture& architecture, std::vector<ComparedLayer> removed);

/// The network of that architecture: kept parameters and running statistics share the original's memory, sewing layers
/// are drawn from the seed as before training.
Network without_layers(const Network& network, const LayerRemoval& removal, std::uint64_t seed);

/// All of the sewing layers and nothing else: nothing at all where every layer fitted.
TrainableParameters train_sewing(const LayerRemoval& removal);

}  // namespace neusemslice
