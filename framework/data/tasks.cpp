#include "data/tasks.hpp"

#include <algorithm>
#include <numeric>

#include "core/error.hpp"
#include "core/random.hpp"

namespace neusemslice {
namespace {

std::vector<Categories> halves(std::int64_t categories) {
  Categories first(static_cast<std::size_t>(categories / 2));
  Categories second(static_cast<std::size_t>(categories - categories / 2));
  std::iota(first.begin(), first.end(), std::int64_t{0});
  std::iota(second.begin(), second.end(), categories / 2);
  return {first, second};
}

}  // namespace

std::vector<Categories> tasks_of(const std::vector<Categories>& given, const Dataset& dataset) {
  const std::int64_t count = dataset.categories();
  require_input(count >= 2, "{}: one category alone makes no two tasks", dataset.name);
  for (const Categories& task : given) {
    for (const std::int64_t category : task) {
      require_input(0 <= category && category < count, "tasks: {} has categories 0 to {}, not {}", dataset.name,
                    count - 1, category);
    }
  }
  return given.empty() ? halves(count) : given;
}

at::Tensor positions_of(const Categories& categories, const at::Tensor& labels, const at::Tensor& positions) {
  const at::Tensor wanted = at::tensor(categories, at::TensorOptions(at::kLong));
  const at::Tensor candidates = positions.defined() ? positions : at::arange(labels.size(0), at::kLong);
  return candidates.masked_select(at::isin(labels.index_select(0, candidates), wanted));
}

TrainingSplit split_of(const Categories& categories, const at::Tensor& labels, const TrainingSplit& split) {
  return {positions_of(categories, labels, split.training), positions_of(categories, labels, split.validation)};
}

at::Tensor replayed_positions(const Categories& categories, const at::Tensor& labels, const at::Tensor& positions,
                              std::int64_t percent, std::uint64_t seed) {
  RandomStream stream(seed, "replay");
  Categories in_order = categories;
  std::ranges::sort(in_order);
  std::vector<std::int64_t> drawn;
  for (const std::int64_t category : in_order) {
    const at::Tensor of_category = positions_of({category}, labels, positions).contiguous();
    std::vector<std::int64_t> members(of_category.const_data_ptr<std::int64_t>(),
                                      of_category.const_data_ptr<std::int64_t>() + of_category.numel());
    stream.shuffle(members);
    const auto all = static_cast<std::int64_t>(members.size());
    const std::int64_t count = std::min(all, std::max<std::int64_t>(1, (all * percent + 50) / 100));
    drawn.insert(drawn.end(), members.begin(), members.begin() + count);
  }
  std::ranges::sort(drawn);
  return at::tensor(drawn, at::TensorOptions(at::kLong));
}

}  // namespace neusemslice
