#include "report/natural_order.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace neusemslice {
namespace {

TEST(NaturalOrder, DigitsCountAsNumbers) {
  std::vector<std::string> layers = {"features.10", "features.3",       "features.3.conv2",
                                     "fc",          "features.3.conv1", "conv1"};
  std::sort(layers.begin(), layers.end(), [](const auto& a, const auto& b) { return natural_less(a, b); });
  EXPECT_THAT(layers,
              testing::ElementsAre("conv1", "fc", "features.3", "features.3.conv1", "features.3.conv2", "features.10"));
}

TEST(NaturalOrder, EqualNumbersAreToldApartByTheirDigits) {
  EXPECT_TRUE(natural_less("f01", "f1"));
  EXPECT_FALSE(natural_less("f1", "f01"));
  EXPECT_FALSE(natural_less("f1", "f1"));
  EXPECT_TRUE(natural_less("f2", "f123456789012345678901234567890"));
}

}  // namespace
}  // namespace neusemslice
