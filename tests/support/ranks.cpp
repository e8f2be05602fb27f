// The main of test programs that run on several ranks.
#include "support/ranks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "parallel/together.hpp"

namespace neusemslice::test_support {
namespace {

World* the_world = nullptr;

}  // namespace

World& world() {
  return *the_world;
}

Communicator& all_ranks() {
  std::vector<int> ranks;
  for (int rank = 0; rank < world().size(); ++rank) ranks.push_back(rank);
  return world().group(ranks);
}

SharedFolder::SharedFolder() : path_(gather_texts(all_ranks(), own_.path().string()).front()) {}

SharedFolder::~SharedFolder() {
  all_ranks().barrier();
}

}  // namespace neusemslice::test_support

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  neusemslice::World world;
  world.share_devices(at::kCPU, 1);
  neusemslice::test_support::the_world = &world;
  return RUN_ALL_TESTS();
}
