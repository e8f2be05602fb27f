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

at::Tensor UnitMoments::variance() const {
  return squared_deviations_ / static_cast<double>(count_);
}

}  // namespace neusemslice
