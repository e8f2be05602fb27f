#include <gmock/gmock.h>

#include "core/error.hpp"
#include "models/zoo.hpp"

namespace neusemslice {
namespace {

using testing::ElementsAre;

Architecture paper_mlp() {
  return make_mlp({1, 28, 28}, {512, 256}, 10);
}

TEST(Mlp, HasThePapersNumberOfParameters) {
  // 784 * 512 + 512 + 512 * 256 + 256 + 256 * 10 + 10
  EXPECT_EQ(parameter_count(paper_mlp()), 535'818);
}

TEST(Mlp, NamesAndShapesAreAStateDictsInTheOrderOfTheLayers) {
  EXPECT_THAT(parameter_shapes(paper_mlp()),
              ElementsAre(ParameterShape{"fc1.weight", {512, 784}}, ParameterShape{"fc1.bias", {512}},
                          ParameterShape{"fc2.weight", {256, 512}}, ParameterShape{"fc2.bias", {256}},
                          ParameterShape{"fc3.weight", {10, 256}}, ParameterShape{"fc3.bias", {10}}));
}

TEST(Mlp, TakesAnyWidthsAndInputs) {
  const Architecture mlp = make_mlp({3, 4, 5}, {7}, 2);
  EXPECT_THAT(parameter_shapes(mlp),
              ElementsAre(ParameterShape{"fc1.weight", {7, 60}}, ParameterShape{"fc1.bias", {7}},
                          ParameterShape{"fc2.weight", {2, 7}}, ParameterShape{"fc2.bias", {2}}));
}

TEST(MakeArchitecture, ReadsTheConfigAndRefusesUnknownNames) {
  EXPECT_EQ(make_architecture({.name = "mlp", .hidden = {512, 256}}, {1, 28, 28}, 10), paper_mlp());
  EXPECT_THROW(make_architecture({.name = "transformer", .hidden = {}}, {1, 28, 28}, 10), InputError);
}

}  // namespace
}  // namespace neusemslice
