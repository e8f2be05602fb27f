#include "models/zoo.hpp"

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "models/units.hpp"

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

TEST(DeriveUnits, OfAnMlpAreTheHiddenLayersOnly) {
  const UnitGraph units = derive_units(paper_mlp());
  ASSERT_EQ(units.layers.size(), 2U);
  EXPECT_EQ(units.total_units(), 768);
  EXPECT_EQ(units.layers[0].name, "fc1");
  EXPECT_EQ(units.layers[0].units, 512);
  EXPECT_EQ(units.layers[1].name, "fc2");
  EXPECT_EQ(units.layers[1].units, 256);
}

TEST(DeriveUnits, AreMadeByRowsAndReadByTheNextLayersColumns) {
  const UnitGraph units = derive_units(paper_mlp());
  EXPECT_THAT(units.layers[0].produced_by,
              ElementsAre(ParameterSlot{"fc1.weight", 0, 1}, ParameterSlot{"fc1.bias", 0, 1}));
  EXPECT_THAT(units.layers[0].read_by, ElementsAre(ParameterSlot{"fc2.weight", 1, 1}));
  EXPECT_THAT(units.layers[1].produced_by,
              ElementsAre(ParameterSlot{"fc2.weight", 0, 1}, ParameterSlot{"fc2.bias", 0, 1}));
  EXPECT_THAT(units.layers[1].read_by, ElementsAre(ParameterSlot{"fc3.weight", 1, 1}));
}

TEST(DeriveUnits, TheTapIsTheReluBehindTheProducer) {
  const Architecture mlp = paper_mlp();
  for (const UnitLayer& layer : derive_units(mlp).layers) {
    EXPECT_EQ(mlp.nodes[static_cast<std::size_t>(layer.producer)].name, layer.name);
    EXPECT_EQ(mlp.nodes[static_cast<std::size_t>(layer.tap)].operation, Operation::relu);
    EXPECT_EQ(mlp.nodes[static_cast<std::size_t>(layer.tap)].inputs, std::vector<std::int64_t>{layer.producer});
  }
}

TEST(ShrunkenArchitecture, NarrowsTheLayerAndWhatReadsIt) {
  const Architecture mlp = paper_mlp();
  const KeptUnits kept = {{"fc1", {0, 5, 511}}};
  EXPECT_EQ(shrunken_architecture(mlp, derive_units(mlp), kept), make_mlp({1, 28, 28}, {3, 256}, 10));
  EXPECT_EQ(shrunken_architecture(mlp, derive_units(mlp), {}), mlp);
}

}  // namespace
}  // namespace neusemslice
