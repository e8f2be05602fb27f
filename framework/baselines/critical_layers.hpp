#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "baselines/compared_layers.hpp"
#include "data/dataset.hpp"
#include "models/network.hpp"

namespace neusemslice {

// Which layers an attack breaks: DeepArc's repair (Ren et al., ICSE 2023) retrains only those.

/// How much of the similarity between the activations of benign examples and of their adversarial twins each layer
/// loses: score_0 = 0, score_i = sum over the attacks of (d_(i-1) - d_i). `similarities[attack][layer]` is d, biased
/// CKA in DeepArc. Every attack gives as many layers.
std::vector<double> similarity_losses(const std::vector<std::vector<double>>& similarities);

/// The positions of the `count` largest losses, largest first, ties by lower position. Never the first layer, which
/// has no layer before it to compare with; all the others when there are fewer.
std::vector<std::size_t> critical_layers(const std::vector<double>& losses, std::size_t count);

/// Biased CKA between each layer's activations of the images and of their twins, all as one batch, in evaluation mode:
/// [attack][layer], `twins` being the images' twins under each attack. Activations are held as in activation_grams.hpp.
std::vector<std::vector<double>> twin_similarities(const Network& network, const std::vector<ComparedLayer>& layers,
                                                   const Normalisation& normalisation, const at::Tensor& images,
                                                   const std::vector<at::Tensor>& twins);

/// The convolutions and linear layers (`state_dict` prefixes) that lie within the layers or blocks at `places`.
std::vector<std::string> layers_within(const Architecture& architecture, const std::vector<ComparedLayer>& layers,
                                       const std::vector<std::size_t>& places);

}  // namespace neusemslice
