#include "baselines/cka.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace neusemslice {
namespace {

constexpr std::int64_t kFeaturesAtATime = 8192;  // 8 MB for 256 examples: stays in a cache

/// Less the mean row. The first row goes before it, so that equal rows give exactly zero and not the rounding of a
/// mean.
at::Tensor without_mean(const at::Tensor& rows) {
  at::Tensor difference = rows - rows.slice(0, 0, 1);
  return difference.sub_(difference.mean(0, true));
}

at::Tensor u_centred(at::Tensor gram) {
  const std::int64_t n = gram.size(0);
  require(n >= fewest_examples(CkaVariant::debiased), "debiased CKA needs 4 examples, not {}", n);
  gram.fill_diagonal_(0);
  at::Tensor means = gram.sum(0).div_(static_cast<double>(n - 2));
  means -= means.sum() / static_cast<double>(2 * (n - 1));
  gram.sub_(means.unsqueeze(0)).sub_(means.unsqueeze(1));
  return gram.fill_diagonal_(0);
}

at::Tensor double_centred(at::Tensor gram) {
  at::Tensor means = gram.mean(0);
  means -= means.mean() / 2;
  return gram.sub_(means.unsqueeze(0)).sub_(means.unsqueeze(1));
}

}  // namespace

const char* variant_name(CkaVariant variant) {
  switch (variant) {
    case CkaVariant::debiased:
      return "debiased";
    case CkaVariant::biased:
      return "biased";
    case CkaVariant::uncentred:
      return "uncentred";
  }
  throw Error("no such variant of CKA");
}

std::int64_t fewest_examples(CkaVariant variant) {
  switch (variant) {
    case CkaVariant::debiased:
      return 4;
    case CkaVariant::biased:
      return 2;
    case CkaVariant::uncentred:
      return 1;
  }
  throw Error("no such variant of CKA");
}

at::Tensor gram_matrix(const at::Tensor& activations, CkaVariant variant) {
  const at::Tensor rows = activations.flatten(1);
  at::Tensor gram = at::zeros({rows.size(0), rows.size(0)}, rows.options().dtype(at::kDouble));
  for (std::int64_t begin = 0; begin < rows.size(1); begin += kFeaturesAtATime) {
    const at::Tensor features = rows.slice(1, begin, begin + kFeaturesAtATime);
    const at::Tensor part = variant == CkaVariant::uncentred ? features : without_mean(features);
    gram += at::mm(part, part.t());
  }
  switch (variant) {
    case CkaVariant::debiased:
      return u_centred(std::move(gram));
    case CkaVariant::biased:
      return double_centred(std::move(gram));
    case CkaVariant::uncentred:
      return gram;
  }
  throw Error("no such variant of CKA");
}

void CkaSums::add(const at::Tensor& grams) {
  require(grams.dim() == 3 && grams.size(0) == layers_ && grams.scalar_type() == at::kDouble,
          "Gram matrices of {} layers are to be added, not of {}", layers_, grams.size(0));
  const at::Tensor flat = grams.flatten(1);
  const at::Tensor products = at::mm(flat, flat.t());
  if (products_.defined()) {
    products_ += products;
  } else {
    products_ = products;
  }
}

at::Tensor CkaSums::value() const {
  require(products_.defined(), "no batch was added");
  const at::Tensor products = products_.cpu();
  at::Tensor norms = products.diagonal().sqrt();
  norms = norms.masked_fill(norms.eq(0), 1);  // such a row and column are zero already
  at::Tensor value = products / at::outer(norms, norms);
  return value.fill_diagonal_(1);
}

double cka(const at::Tensor& first, const at::Tensor& second, CkaVariant variant) {
  CkaSums sums(2);
  sums.add(at::stack({gram_matrix(first, variant), gram_matrix(second, variant)}));
  return sums.value()[0][1].item<double>();
}

}  // namespace neusemslice
