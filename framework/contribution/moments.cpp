#include "contribution/moments.hpp"

#include "contribution/score_kernels.hpp"

namespace neusemslice {

void UnitMoments::add(const at::Tensor& values) {
  if (values.size(0) == 0) return;
  const BatchMoments moments = batch_moments(values);
  UnitMoments batch;
  batch.count_ = values.size(0);
  batch.mean_ = moments.mean;
  batch.squared_deviations_ = moments.squared_deviations;
  merge(batch);
}

void UnitMoments::merge(const UnitMoments& other) {
  if (other.count_ == 0) return;
  if (count_ == 0) {
    *this = {other};
    return;
  }
  const auto total = static_cast<double>(count_ + other.count_);
  const auto mine = static_cast<double>(count_);
  const auto theirs = static_cast<double>(other.count_);
  const at::Tensor difference = other.mean_ - mean_;
  mean_ = mean_ + difference * (theirs / total);
  squared_deviations_ = squared_deviations_ + other.squared_deviations_ + difference.square() * (mine * theirs / total);
  count_ += other.count_;
}

at::Tensor UnitMoments::packed(std::int64_t units) const {
  at::Tensor rows = at::zeros({3, units}, at::kDouble);
  if (count_ == 0) return rows;
  rows[0].fill_(static_cast<double>(count_));
  rows[1].copy_(mean_);
  rows[2].copy_(squared_deviations_);
  return rows;
}

UnitMoments UnitMoments::unpacked(const at::Tensor& rows) {
  UnitMoments moments;
  moments.count_ = static_cast<std::int64_t>(rows[0][0].item<double>());
  if (moments.count_ == 0) return moments;
  moments.mean_ = rows[1];
  moments.squared_deviations_ = rows[2];
  return moments;
}

at::Tensor UnitMoments::variance() const {
  return squared_deviations_ / static_cast<double>(count_);
}

}  // namespace neusemslice
