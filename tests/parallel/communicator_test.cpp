// Every backend gives what a plain loop over the ranks would.
#include <chrono>
#include <cmath>
#include <memory>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "parallel/device.hpp"
#include "parallel/nccl_communicator.hpp"
#include "support/ranks.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using test_support::all_ranks;
using test_support::message_of;
using test_support::world;
using testing::HasSubstr;
using testing::SizeIs;

/// The communicator of all ranks over the backend that the parameter names: "host" or "gpu".
class EveryBackend : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "host") return;
    if (world().size() == 1) GTEST_SKIP() << "one rank needs no NCCL";
    if (visible_gpus() < world().size())
      GTEST_SKIP() << "NCCL needs a GPU for each of " << world().size() << " ranks, this host shows " << visible_gpus();
    device_ = at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(world().own_place().local_rank));
    MPI_Comm copy = MPI_COMM_NULL;
    MPI_Comm_dup(world().mail_channel(), &copy);
    nccl_ = make_nccl_communicator(std::make_unique<MpiCommunicator>(MpiHandle(copy)), device_);
  }

  [[nodiscard]] Communicator& ranks() const { return nccl_ ? *nccl_ : all_ranks(); }
  [[nodiscard]] at::TensorOptions options(at::ScalarType type) const { return at::TensorOptions(type).device(device_); }

  at::Device device_ = at::kCPU;
  std::unique_ptr<Communicator> nccl_;
};

INSTANTIATE_TEST_SUITE_P(Backends, EveryBackend, testing::Values("host", "gpu"),
                         [](const auto& backend) { return backend.param; });

TEST_P(EveryBackend, NumbersTheRanks) {
  EXPECT_EQ(ranks().size(), world().size());
  EXPECT_EQ(ranks().rank(), world().rank());
}

TEST_P(EveryBackend, SumsOverTheRanksInEveryType) {
  for (const at::ScalarType type : {at::kByte, at::kLong, at::kFloat, at::kDouble}) {
    at::Tensor values = at::full({3}, ranks().rank() + 1, options(type));
    ranks().all_reduce_sum(values);
    const int n = ranks().size();
    EXPECT_TRUE(values.cpu().equal(at::full({3}, n * (n + 1) / 2, type))) << at::toString(type);
  }
}

TEST_P(EveryBackend, UnitesByteMasks) {
  at::Tensor mask = at::zeros({6}, options(at::kByte));
  mask[ranks().rank()].fill_(1);  // each rank marks one unit; units 4 and 5 are nobody's
  ranks().all_reduce_max(mask);
  at::Tensor expected = at::zeros({6}, at::kByte);
  expected.slice(0, 0, ranks().size()).fill_(1);
  EXPECT_TRUE(mask.cpu().equal(expected));
}

TEST_P(EveryBackend, TakesTheLargestOfNegativeNumbersToo) {
  at::Tensor values = at::full({2}, -1.5 - ranks().rank(), options(at::kDouble));
  ranks().all_reduce_max(values);
  EXPECT_TRUE(values.cpu().equal(at::full({2}, -1.5, at::kDouble)));
}

TEST_P(EveryBackend, GathersRaggedArraysInTheOrderOfRanks) {
  // Rank r has r rows, rank 0 none.
  const at::Tensor own = at::full({ranks().rank(), 2}, ranks().rank(), options(at::kFloat));
  const std::vector<at::Tensor> all = ranks().all_gather(own);
  ASSERT_THAT(all, SizeIs(ranks().size()));
  for (int rank = 0; rank < ranks().size(); ++rank) {
    EXPECT_TRUE(all[static_cast<std::size_t>(rank)].cpu().equal(at::full({rank, 2}, rank, at::kFloat))) << rank;
  }
}

TEST_P(EveryBackend, GathersNothingFromNobody) {
  for (const at::Tensor& of_rank : ranks().all_gather(at::empty({0, 7}, options(at::kDouble)))) {
    EXPECT_EQ(of_rank.size(0), 0);
    EXPECT_EQ(of_rank.size(1), 7);
  }
}

TEST_P(EveryBackend, DoublesArriveBitByBit) {
  const auto awkward = [](int rank) { return std::nextafter(0.1 * (rank + 1), 1.0); };
  const at::Tensor own = at::full({1}, awkward(ranks().rank()), options(at::kDouble));
  const std::vector<at::Tensor> all = ranks().all_gather(own);
  for (int rank = 0; rank < ranks().size(); ++rank) {
    EXPECT_EQ(all[static_cast<std::size_t>(rank)].item<double>(), awkward(rank));
  }
}

TEST_P(EveryBackend, BroadcastsFromAnyRank) {
  for (int root = 0; root < ranks().size(); ++root) {
    at::Tensor values = at::full({4}, ranks().rank(), options(at::kLong));
    ranks().broadcast(values, root);
    EXPECT_TRUE(values.cpu().equal(at::full({4}, root, at::kLong)));
  }
}

TEST_P(EveryBackend, ABarrierLetsNobodyPassBeforeAllHaveCome) {
  for (int late = 0; late < ranks().size(); ++late) {
    if (ranks().rank() == late) std::this_thread::sleep_for(std::chrono::milliseconds(60));
    const auto arrival = std::chrono::system_clock::now().time_since_epoch() / std::chrono::microseconds(1);
    ranks().barrier();
    const auto departure = std::chrono::system_clock::now().time_since_epoch() / std::chrono::microseconds(1);
    for (const at::Tensor& of_rank : ranks().all_gather(at::full({1}, arrival, options(at::kLong)))) {
      EXPECT_LE(of_rank.item<std::int64_t>(), departure) << "left before another had come";
    }
  }
}

TEST_P(EveryBackend, RefusesWhatItCannotSendBeforeAnyRankWaits) {
  if (ranks().size() == 1) GTEST_SKIP() << "one rank sends nothing";
  at::Tensor halves = at::zeros({2}, options(at::kHalf));
  EXPECT_THAT(message_of<Error>([&] { ranks().all_reduce_sum(halves); }), HasSubstr("Half cannot be sent"));
  at::Tensor strided = at::zeros({4, 4}, options(at::kFloat)).t().slice(1, 0, 2);
  EXPECT_THAT(message_of<Error>([&] { ranks().broadcast(strided, 0); }), HasSubstr("must be contiguous"));
}

}  // namespace
}  // namespace neusemslice
