#include "data/subset.hpp"

#include <gmock/gmock.h>

namespace neusemslice {
namespace {

Dataset two_categories() {
  Dataset dataset;
  dataset.category_names = {"a", "b"};
  dataset.training.images = at::arange(6, at::kByte).view({6, 1, 1, 1});
  dataset.training.labels = at::tensor({1, 0, 1, 1, 0, 0});
  dataset.test.images = at::arange(2, at::kByte).view({2, 1, 1, 1});
  dataset.test.labels = at::tensor({0, 1});
  dataset.fingerprint = "whole";
  return dataset;
}

TEST(FirstSamples, TakesTheFirstOfEachCategoryInFileOrder) {
  const Dataset few = first_samples(two_categories(), 2, 0);
  EXPECT_TRUE(few.training.images.flatten().equal(at::tensor({0, 1, 2, 4}, at::kByte)));
  EXPECT_TRUE(few.training.labels.equal(at::tensor({1, 0, 1, 0})));
  EXPECT_EQ(few.test.size(), 2);
}

TEST(FirstSamples, HasItsOwnFingerprintUnlessItIsTheWhole) {
  EXPECT_EQ(first_samples(two_categories(), 0, 0).fingerprint, "whole");
  EXPECT_NE(first_samples(two_categories(), 2, 0).fingerprint, "whole");
  EXPECT_NE(first_samples(two_categories(), 2, 0).fingerprint, first_samples(two_categories(), 2, 1).fingerprint);
}

TEST(FirstSamples, TakesWhatThereIsWhereACategoryHasFewer) {
  EXPECT_EQ(first_samples(two_categories(), 100, 1).training.size(), 6);
}

}  // namespace
}  // namespace neusemslice
