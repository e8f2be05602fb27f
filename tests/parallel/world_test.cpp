#include "parallel/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "core/error.hpp"
#include "core/host.hpp"
#include "support/ranks.hpp"

namespace neusemslice {
namespace {

using test_support::world;
using testing::HasSubstr;
using testing::SizeIs;

TEST(World, EveryRankKnowsWhereEveryOtherRuns) {
  const std::vector<RankPlace>& places = world().places();
  ASSERT_THAT(places, SizeIs(world().size()));
  for (int rank = 0; rank < world().size(); ++rank) {
    const RankPlace& place = places[static_cast<std::size_t>(rank)];
    EXPECT_EQ(place.rank, rank);
    EXPECT_EQ(place.host, host_name());
    EXPECT_EQ(place.local_rank, rank) << "all ranks of this test share a host";
    EXPECT_GE(place.core_share, 1);
  }
  EXPECT_EQ(places[static_cast<std::size_t>(world().rank())].process_id, ::getpid());
}

TEST(World, AGroupHoldsExactlyItsRanksAndIsMadeOnce) {
  // Every pair of neighbours, so that each rank is in several groups, of which some are made at the same time.
  for (int first = 0; first + 1 < world().size(); ++first) {
    if (world().rank() != first && world().rank() != first + 1) continue;
    Communicator& pair = world().group({first, first + 1});
    EXPECT_EQ(pair.size(), 2);
    EXPECT_EQ(pair.rank(), world().rank() - first);
    at::Tensor sum = at::full({1}, world().rank(), at::kLong);
    pair.all_reduce_sum(sum);
    EXPECT_EQ(sum.item<std::int64_t>(), 2 * first + 1);
    EXPECT_EQ(&world().group({first, first + 1}), &pair);
  }
}

TEST(World, AGroupOfOneNeedsNobody) {
  EXPECT_EQ(world().group({world().rank()}).size(), 1);
}

TEST(SharedGpuWarning, NamesTheRanksThatShareOne) {
  RankPlace first{.rank = 0, .device = "cuda:0", .device_uuid = "GPU-a"};
  RankPlace second{.rank = 1, .device = "cuda:0", .device_uuid = "GPU-b"};
  EXPECT_EQ(shared_gpu_warning({first, second}), "");
  second.device_uuid = "GPU-a";
  EXPECT_THAT(shared_gpu_warning({first, second}), HasSubstr("ranks 0 and 1 share GPU-a"));
  EXPECT_EQ(shared_gpu_warning({{.rank = 0}, {.rank = 1}}), "") << "CPUs are meant to be shared";
}

TEST(MixedDevices, AreRefusedWithBothRanksNames) {
  const RankPlace on_gpu{.rank = 0, .host = "a", .device = "cuda:0"};
  const RankPlace on_cpu{.rank = 1, .host = "b", .device = "cpu"};
  EXPECT_NO_THROW(refuse_mixed_devices({on_gpu, on_gpu}));
  EXPECT_NO_THROW(refuse_mixed_devices({on_cpu, on_cpu}));
  try {
    refuse_mixed_devices({on_gpu, on_cpu});
    FAIL() << "it said nothing";
  } catch (const EnvironmentError& error) {
    EXPECT_THAT(error.what(), HasSubstr("rank 1 on b (process 0) computes on the CPU and rank 0 on a (process 0) on "
                                        "cuda:0"));
  }
}

}  // namespace
}  // namespace neusemslice
