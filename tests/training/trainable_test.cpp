#include "training/trainable.hpp"

#include <gmock/gmock.h>

#include "models/zoo.hpp"
#include "support/problem.hpp"

namespace neusemslice {
namespace {

using namespace test_support;

at::Tensor counting(std::int64_t rows, std::int64_t columns) {
  return at::arange(rows * columns).to(at::kFloat).view({rows, columns});
}

at::Tensor mask_of(std::int64_t rows, std::int64_t columns, const std::vector<std::int64_t>& flat_positions) {
  at::Tensor mask = at::zeros({rows * columns}, at::kBool);
  mask.index_fill_(0, index_tensor(flat_positions), true);
  return mask.view({rows, columns});
}

/// The entries of a 3 x 4 tensor that a region reaches, in order: found by gathering the entries' own numbers.
std::vector<std::int64_t> reached(const TrainableRegion& region) {
  const at::Tensor part = gather_region(counting(3, 4), region).flatten().to(at::kLong);
  return {part.const_data_ptr<std::int64_t>(), part.const_data_ptr<std::int64_t>() + part.numel()};
}

using Entries = std::vector<std::int64_t>;

TEST(TrainableRegion, WithNothingGivenIsTheWholeTensor) {
  EXPECT_TRUE(is_whole({}));
  EXPECT_EQ(reached({}).size(), 12U);
}

TEST(TrainableRegion, RowsAndColumnsMeetInTheirIntersection) {
  EXPECT_EQ(reached({.rows = index_tensor({0, 2}), .columns = {}, .entries = {}}), (Entries{0, 1, 2, 3, 8, 9, 10, 11}));
  EXPECT_EQ(reached({.rows = {}, .columns = index_tensor({3}), .entries = {}}), (Entries{3, 7, 11}));
  EXPECT_EQ(reached({.rows = index_tensor({1, 2}), .columns = index_tensor({0, 3}), .entries = {}}),
            (Entries{4, 7, 8, 11}));
}

TEST(TrainableRegion, EntriesReachAnySet) {
  EXPECT_EQ(reached({.rows = {}, .columns = {}, .entries = mask_of(3, 4, {0, 6, 11})}), (Entries{0, 6, 11}));
}

TEST(TrainableRegion, ScatteringWritesTheRegionAndNothingElse) {
  const std::vector<TrainableRegion> regions = {
      {},
      {.rows = index_tensor({0, 2}), .columns = {}, .entries = {}},
      {.rows = {}, .columns = index_tensor({3, 1}), .entries = {}},
      {.rows = index_tensor({2, 1}), .columns = index_tensor({0, 3}), .entries = {}},
      {.rows = {}, .columns = {}, .entries = mask_of(3, 4, {0, 6, 11})},
  };
  for (const TrainableRegion& region : regions) {
    at::Tensor tensor = counting(3, 4);
    scatter_region(tensor, region, gather_region(tensor, region) + 100);
    at::Tensor expected = counting(3, 4).flatten();
    for (const std::int64_t entry : reached(region)) expected[entry] += 100;
    EXPECT_TRUE(at::equal(tensor, expected.view({3, 4}))) << tensor;
  }
}

TEST(TrainableCount, AddsUpTheEntriesThatTrain) {
  const Network t = net_t();
  EXPECT_EQ(trainable_count(t, train_everything(t)), 9 + 8 + 6);
  EXPECT_EQ(trainable_count(t, {}), 0);
  const TrainableParameters some = {
      {"fc1.weight", {.rows = index_tensor({1}), .columns = index_tensor({0}), .entries = {}}},
      {"fc3.bias", {.rows = index_tensor({1}), .columns = {}, .entries = {}}},
      {"fc2.weight", {.rows = {}, .columns = index_tensor({0, 2}), .entries = {}}}};
  EXPECT_EQ(trainable_count(t, some), 1 + 1 + 4);
}

TEST(TrainableCount, OfAPapersSliceIsWhatTheTableImplies) {
  // baselines.md section 8: 165 first-layer units and 78 second-layer units of MLP-MNIST are 26.74 % of all parameters.
  const Network network = make_network(make_mlp({1, 28, 28}, {512, 256}, 10), 0);
  const at::Tensor first = at::arange(165);
  const at::Tensor second = at::arange(78);
  const TrainableParameters slice = {{"fc1.weight", {.rows = first, .columns = {}, .entries = {}}},
                                     {"fc1.bias", {.rows = first, .columns = {}, .entries = {}}},
                                     {"fc2.weight", {.rows = second, .columns = first, .entries = {}}},
                                     {"fc2.bias", {.rows = second, .columns = {}, .entries = {}}},
                                     {"fc3.weight", {.rows = {}, .columns = second, .entries = {}}},
                                     {"fc3.bias", {}}};
  EXPECT_EQ(trainable_count(network, slice), 165 * 785 + 78 * 166 + 10 * 78 + 10);
}

}  // namespace
}  // namespace neusemslice
