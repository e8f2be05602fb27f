#include "models/storage_size.hpp"

#include <gmock/gmock.h>
#include <zlib.h>

#include "models/weights.hpp"
#include "models/zoo.hpp"
#include "support/problem.hpp"

namespace neusemslice {
namespace {

using namespace test_support;

/// 20 inputs, a hidden layer of 10, 2 categories; no entry of any parameter is zero.
Network full_network() {
  Network network{make_mlp({1, 4, 5}, {10}, 2), {}};
  network.parameters = {{"fc1.weight", random_tensor(1, "fc1.weight", {10, 20}, 1, 2)},
                        {"fc1.bias", random_tensor(1, "fc1.bias", {10}, 1, 2)},
                        {"fc2.weight", random_tensor(1, "fc2.weight", {2, 10}, 1, 2)},
                        {"fc2.bias", random_tensor(1, "fc2.bias", {2}, 1, 2)}};
  return network;
}

/// zlib's own format has 6 bytes around the compressed ones, gzip's 18.
std::int64_t gzip_bytes(const std::string& bytes) {
  std::string out(compressBound(bytes.size()), '\0');
  uLongf size = out.size();
  EXPECT_EQ(
      compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()),
      Z_OK);
  return static_cast<std::int64_t>(size) + 12;
}

TEST(StorageSize, OfAFullNetworkIsItsFileSinceSparseRowsWouldBeLarger) {
  const Network network = full_network();
  const StorageSize size = storage_size(network);
  EXPECT_EQ(size.dense, static_cast<std::int64_t>(network_bytes(network).size()));
  EXPECT_EQ(size.csr, size.dense);
  EXPECT_EQ(size.gzip, gzip_bytes(network_bytes(network)));
  EXPECT_EQ(nonzero_parameters(network), 232);
}

TEST(StorageSize, CountsSparseRowsOnlyForTensorsThatTheyMakeSmaller) {
  Network network = full_network();
  const std::int64_t dense = storage_size(network).dense;
  network.parameters.at("fc1.weight").view({-1}).slice(0, 30).zero_();  // 30 of 200 are left
  network.parameters.at("fc2.weight").view({-1}).slice(0, 11).zero_();  // 11 of 20
  const StorageSize size = storage_size(network);
  EXPECT_EQ(size.dense, dense) << "zeros cost as much as any value";
  // fc1: 200 values become 30 values, 30 columns and 11 row starts. fc2 would need 11 + 11 + 3 words for its 20.
  EXPECT_EQ(size.csr, dense - 4 * (200 - 71));
  EXPECT_EQ(size.gzip, gzip_bytes(network_bytes(network)));
  EXPECT_LT(size.gzip, dense - 4 * 100);
  EXPECT_EQ(nonzero_parameters(network), 232 - 170 - 9);
}

TEST(StorageSize, TakesTheFiltersOfAConvolutionForRows) {
  Network network = make_network(make_architecture({.name = "lenet5"}, {1, 28, 28}, 10), 1);
  const std::int64_t before = storage_size(network).csr;
  at::Tensor filters;
  for (auto& entry : network.parameters) {
    if (entry.second.dim() == 4) filters = entry.second;
  }
  ASSERT_TRUE(filters.defined());
  filters.zero_();
  EXPECT_EQ(storage_size(network).csr, before - 4 * (filters.numel() - filters.size(0) - 1));
}

}  // namespace
}  // namespace neusemslice
