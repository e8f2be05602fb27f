#include "parallel/device.hpp"

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using test_support::message_of;
using testing::HasSubstr;

TEST(ChooseDevice, TheCpuIsAlwaysThere) {
  EXPECT_EQ(choose_device("cpu"), at::Device(at::kCPU));
}

TEST(ChooseDevice, AutoTakesAGpuWhenThereIsOne) {
  EXPECT_EQ(choose_device("auto").is_cuda(), visible_gpus() > 0);
}

TEST(ChooseDevice, AGpuThatIsNotThereIsTheMachinesFault) {
  const std::string beyond = fmt::format("cuda:{}", visible_gpus());
  const std::string message = message_of<EnvironmentError>([&] { choose_device(beyond); });
  EXPECT_THAT(message, HasSubstr(fmt::format("GPU {}", visible_gpus())));
  EXPECT_THAT(message, HasSubstr("--device cpu"));
  EXPECT_THAT(message_of<EnvironmentError>([] { choose_device("cuda:200"); }), HasSubstr("GPU 200"));
}

TEST(ChooseDevice, CudaWithoutAGpuIsTheMachinesFault) {
  if (visible_gpus() > 0) GTEST_SKIP() << "this machine has a GPU";
  EXPECT_THAT(message_of<EnvironmentError>([] { choose_device("cuda"); }), HasSubstr("GPU 0 was asked for"));
}

TEST(ChooseDevice, AnyOtherTextIsTheUsersFault) {
  for (const std::string name : {"", "tpu", "CPU", "cpu:0", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda:0 ",
                                 "cuda: 0", "cuda:99999999999999999999"}) {
    EXPECT_THAT(message_of<InputError>([&] { choose_device(name); }), HasSubstr("'" + name + "'")) << name;
  }
}

TEST(ChooseDevice, EveryLocalRankTakesTheNextGpu) {
  if (visible_gpus() == 0) GTEST_SKIP() << "no GPU visible";
  for (int local_rank = 0; local_rank < 2 * visible_gpus(); ++local_rank) {
    EXPECT_EQ(choose_device("auto", local_rank).index(), local_rank % visible_gpus());
  }
}

TEST(DeviceUuid, TheCpuHasNone) {
  EXPECT_EQ(device_uuid(at::kCPU), "");
}

}  // namespace
}  // namespace neusemslice
