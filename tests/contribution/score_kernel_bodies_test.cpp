#include "contribution/score_kernel_bodies.hpp"

#include <gmock/gmock.h>

#include "contribution/sample_sums_plan.hpp"

namespace neusemslice {
namespace {

// ---- The arithmetic of one value, which the loops and the CUDA kernels share ----

const std::vector<float> kValues = {1, 2, 3, 4, 5, 6, 7, 8};  // two samples, two units, two positions
const std::vector<float> kFactors = {1, -1, 2, 0, 3, 1, 0, 1};

TEST(ScoreKernelBodies, DeviationIsTheMeanOverPositionsLessTheShift) {
  const std::vector<double> shift = {1, 10};
  const Deviation body{kValues.data(), shift.data(), 4};
  EXPECT_EQ(body.term(0, 1), 2);
  EXPECT_EQ(body.term(1, 2), 7);
  EXPECT_EQ(body.of_sample(7 + 8, 1, 2), 7.5 - 10);
}

TEST(ScoreKernelBodies, AttributionReadsTheReferenceAtThePlaceInItsSample) {
  const std::vector<float> reference = {1, 1, 1, 5};
  const Attribution body{kValues.data(), reference.data(), kFactors.data(), 4};
  EXPECT_EQ(body.term(1, 0), (5 - 1) * 3);
  EXPECT_EQ(body.term(1, 3), (8 - 5) * 1);
  EXPECT_EQ(body.of_sample(15, 0, 2), 15);
}

TEST(ScoreKernelBodies, SensitivityIsTheProduct) {
  const Sensitivity body{kValues.data(), kFactors.data(), 4};
  EXPECT_EQ(body.term(0, 1), -2);
  EXPECT_EQ(body.term(1, 0), 15);
}

TEST(ScoreKernelBodies, DifferencesAreTakenInFloat64) {
  const float value = 1.0F;
  const float reference = 1e-9F;  // float32 would lose it
  const Attribution body{&value, &reference, &value, 1};
  EXPECT_EQ(body.term(0, 0), 1.0 - static_cast<double>(1e-9F));
}

TEST(ScoreKernelBodies, AReluPassesWhatLiesAboveZero) {
  EXPECT_EQ(relu_gradient(0.5F, 3), 3);
  EXPECT_EQ(relu_gradient(0, 3), 0);
  EXPECT_EQ(relu_gradient(-0.5F, 3), 0);
}

TEST(ScoreKernelBodies, TheRescaleRuleIsTheSlopeOrTheDerivative) {
  EXPECT_EQ(rescaled_multiplier(3, -1, 2), 1.5F);
  EXPECT_EQ(rescaled_multiplier(-1, -2, 2), 0);
  EXPECT_EQ(rescaled_multiplier(3, 3, 2), 2);
  EXPECT_EQ(rescaled_multiplier(-3, -3, 2), 0);
}

// ---- How a GPU cuts a sum ----

TEST(SampleSumsPlan, CoversEverySampleAndUnitOnce) {
  for (const std::int64_t samples : {1, 31, 32, 33, 512, 100'000}) {
    for (const std::int64_t units : {1, 3, 32, 33, 4096, 300'000}) {
      for (const std::int64_t positions : {1, 2, 9, 32, 33, 1024}) {
        const SampleSumsPlan plan = plan_sample_sums({samples, units, positions});
        const std::int64_t units_of_block = SampleSumsPlan::kRow / plan.lanes;
        EXPECT_GE(plan.unit_blocks * units_of_block, units);
        EXPECT_LT((plan.unit_blocks - 1) * units_of_block, units);
        EXPECT_GE(plan.parts * plan.samples_per_part, samples);
        EXPECT_LT((plan.parts - 1) * plan.samples_per_part, samples);
        EXPECT_LE(plan.parts, 65535) << "CUDA's limit";
      }
    }
  }
}

TEST(SampleSumsPlan, FillsAGpuWhereThereIsEnoughToDo) {
  EXPECT_EQ(plan_sample_sums({512, 512, 1}).unit_blocks, 16);
  EXPECT_EQ(plan_sample_sums({512, 512, 1}).parts, 16);  // 32 samples each: four a thread
  EXPECT_EQ(plan_sample_sums({512, 64, 1024}).unit_blocks, 64);
  EXPECT_EQ(plan_sample_sums({512, 4096, 1024}).parts, 1);
}

TEST(SampleSumsPlan, SharesAUnitsPositionsAmongThreadsSoThatTheyReadNeighbours) {
  EXPECT_EQ(plan_sample_sums({512, 512, 1}).lanes, 1);
  EXPECT_EQ(plan_sample_sums({512, 512, 16}).lanes, 8);
  EXPECT_EQ(plan_sample_sums({512, 512, 49}).lanes, 32);
}

}  // namespace
}  // namespace neusemslice
