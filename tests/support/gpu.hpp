#pragma once

#include <ATen/ATen.h>
#include <gmock/gmock.h>

namespace neusemslice::test_support {

/// Base of the tests that need a GPU: where there is none they are skipped, and say so.
class OnAGpu : public testing::Test {
 protected:
  void SetUp() override {
    if (!at::hasCUDA()) GTEST_SKIP() << "no GPU visible: what CUDA computes was not compared with the CPU";
  }

  const at::Device gpu_{at::kCUDA, 0};
};

}  // namespace neusemslice::test_support
