#include "contribution/moments.hpp"

namespace neusemslice {

void UnitMoments::add(const at::Tensor& values) {
  if (values.size(0) == 0) return;
  UnitMoments batch;
  batch.count_ = values.size(0);
  const at::Tensor exact = values.to(at::kDouble);
  batch.mean_ = exact.mean(0);
  batch.squared_deviations_ = (exact - batch.mean_).square_().sum(0);
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

at::Tensor UnitMoments::variance() const { return squared_deviations_ / static_cast<double>(count_); }

}  // namespace neusemslice
