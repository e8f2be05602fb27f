#pragma once

#include <cstdint>

#include <ATen/ATen.h>

#include "data/dataset.hpp"
#include "models/network.hpp"

namespace neusemslice {

// Adversarial images (baselines.md section 4). Images are fractions of the pixel range, float32 in [0, 1]; epsilon and
// step are in the same unit. Normalisation is part of the network, so it changes nothing about them. Every image is
// attacked on its own: batches change nothing.

enum class AttackNorm { infinity, two };

struct AttackOptions {
  AttackNorm norm = AttackNorm::infinity;
  double epsilon = 0;  ///< the farthest that an image moves in the norm
  double step = 0;     ///< PGD: of each iteration, at most epsilon
  std::int64_t iterations = 1;
  bool random_start = false;  ///< PGD: from a uniform draw within epsilon, from the stream (seed, "attack start")
  bool targeted = false;      ///< the labels are what the network shall say, instead of what it shall not
};

/// Goodfellow et al. 2014: one step of epsilon along the sign of the gradient of the cross entropy (or, in the 2-norm,
/// along the gradient), clipped to [0, 1]. `images`: (samples, channels, height, width), `labels`: int64. An epsilon of
/// zero returns the images. On the network's device.
at::Tensor fgsm(const Network& network, const Normalisation& normalisation, const at::Tensor& images,
                const at::Tensor& labels, const AttackOptions& options);

/// Madry et al. 2017: `iterations` steps, each followed by a projection onto the ball of epsilon around the image and
/// by clipping. Throws InputError where the step is larger than epsilon.
at::Tensor pgd(const Network& network, const Normalisation& normalisation, const at::Tensor& images,
               const at::Tensor& labels, const AttackOptions& options, std::uint64_t seed);

/// Adversarial images as uint8, as a file of images would hold them, within `epsilon` of the original's (uint8) in the
/// norm and in range: the nearest such pixel values in the infinity norm; in the 2-norm the nearest pixel values, but
/// where their image leaves the ball, those that were rounded up the farthest are rounded down until it does not.
at::Tensor to_pixels(const at::Tensor& adversarial, const at::Tensor& original, AttackNorm norm, double epsilon);

}  // namespace neusemslice
