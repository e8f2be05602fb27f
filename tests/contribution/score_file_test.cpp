#include "contribution/score_file.hpp"

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "support/problem.hpp"

namespace neusemslice {
namespace {

using namespace test_support;
using testing::ElementsAre;
using testing::Key;

Scores two_layers() {
  Scores scores;
  for (const std::string layer : {"features.0", "classifier.1"}) {
    for (const std::string metric : {"avg", "taylor"}) {
      scores[layer][metric] = {random_tensor(1, layer + metric, {3, 4}, -1, 1).to(at::kDouble),
                               random_tensor(2, layer + metric, {4}, -1, 1).to(at::kDouble)};
    }
  }
  return scores;
}

TEST(ScoreTensors, AreNamedByLayerAndMetric) {
  EXPECT_THAT(score_tensors(two_layers(), at::kFloat),
              ElementsAre(Key("classifier.1/avg"), Key("classifier.1/avg/global"), Key("classifier.1/taylor"),
                          Key("classifier.1/taylor/global"), Key("features.0/avg"), Key("features.0/avg/global"),
                          Key("features.0/taylor"), Key("features.0/taylor/global")));
}

TEST(ScoreTensors, ComeBackExactlyAsFloat64) {
  const Scores scores = two_layers();
  const Scores read = scores_of(score_tensors(scores, at::kDouble));
  ASSERT_EQ(read.size(), 2U);
  for (const auto& [layer, metrics] : scores) {
    for (const auto& [metric, table] : metrics) {
      EXPECT_TRUE(bits_equal(read.at(layer).at(metric).by_category, table.by_category));
      EXPECT_TRUE(bits_equal(read.at(layer).at(metric).global, table.global));
    }
  }
}

TEST(ScoreTensors, ForPeopleAreFloat32) {
  for (const auto& entry : score_tensors(two_layers(), at::kFloat)) EXPECT_EQ(entry.second.scalar_type(), at::kFloat);
}

TEST(ScoreTensors, RefuseANameWithoutALayer) {
  EXPECT_THROW(scores_of({{"avg", at::zeros({1, 1})}}), InputError);
}

}  // namespace
}  // namespace neusemslice
