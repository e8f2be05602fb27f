#include "data/split.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/random.hpp"

namespace neusemslice {
namespace {

std::vector<std::int64_t> to_vector(const at::Tensor& indices) {
  const at::Tensor flat = indices.contiguous();
  const auto* data = flat.const_data_ptr<std::int64_t>();
  return {data, data + flat.numel()};
}

at::Tensor to_indices(const std::vector<std::int64_t>& values) {
  return at::tensor(values, at::TensorOptions(at::kLong));
}

}  // namespace

TrainingSplit split_training(const at::Tensor& labels, std::int64_t categories, std::int64_t validation_percent,
                             std::uint64_t seed) {
  RandomStream stream(seed, "validation split");
  std::vector<std::int64_t> training;
  std::vector<std::int64_t> validation;
  for (const at::Tensor& of_category : positions_by_category(labels, categories, 0)) {
    std::vector<std::int64_t> members = to_vector(of_category);
    stream.shuffle(members);
    const auto held_out = (static_cast<std::int64_t>(members.size()) * validation_percent + 50) / 100;
    validation.insert(validation.end(), members.begin(), members.begin() + held_out);
    training.insert(training.end(), members.begin() + held_out, members.end());
  }
  std::ranges::sort(training);
  std::ranges::sort(validation);
  return {to_indices(training), to_indices(validation)};
}

std::vector<at::Tensor> positions_by_category(const at::Tensor& labels, std::int64_t categories, std::int64_t limit,
                                              const at::Tensor& positions) {
  const std::vector<std::int64_t> all_labels = to_vector(labels);
  const std::vector<std::int64_t> candidates = to_vector(positions.defined() ? positions : at::arange(labels.size(0)));
  std::vector<std::vector<std::int64_t>> members(static_cast<std::size_t>(categories));
  for (const std::int64_t position : candidates) {
    const std::int64_t label = all_labels.at(static_cast<std::size_t>(position));
    require(label >= 0 && label < categories, "sample {} has category {} of {}", position, label, categories);
    auto& of_category = members[static_cast<std::size_t>(label)];
    if (limit == 0 || static_cast<std::int64_t>(of_category.size()) < limit) of_category.push_back(position);
  }
  std::vector<at::Tensor> result;
  for (const auto& of_category : members) result.push_back(to_indices(of_category));
  return result;
}

at::Tensor shuffled(const at::Tensor& positions, std::uint64_t seed, std::int64_t epoch) {
  std::vector<std::int64_t> order = to_vector(positions);
  RandomStream(seed, fmt::format("shuffle/epoch {}", epoch)).shuffle(order);
  return to_indices(order);
}

}  // namespace neusemslice
