#pragma once

#include <ATen/ATen.h>

namespace neusemslice {

/// The curve sim(k), k = 0..N, (units + 1) float64 on the host, from what each unit of an order adds: <K_j, M> and the
/// growth of |M_k|^2, (units) float64 each. A layer whose |M| is zero is as well described by the empty slice.
at::Tensor prefix_similarity(const at::Tensor& numerators, const at::Tensor& growth);

}  // namespace neusemslice
