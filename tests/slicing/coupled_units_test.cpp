// Slices of networks whose layers are added together: the members of a group keep the same units.
#include <functional>

#include <gmock/gmock.h>

#include "core/files.hpp"
#include "models/network_builder.hpp"
#include "slicing/slice.hpp"
#include "slicing/slice_file.hpp"
#include "support/problem.hpp"
#include "support/reference.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using namespace test_support;
using testing::HasSubstr;
using Units = std::vector<std::int64_t>;

/// A stem, and one residual block that adds "second" to it.
Architecture residual(std::int64_t stem_channels, std::int64_t first_channels) {
  NetworkBuilder builder("residual", {1, 4, 4});
  builder.convolution("stem", stem_channels, 3, 1, 1, true);
  const std::int64_t stem = builder.relu();
  builder.convolution("first", first_channels, 3, 1, 1, true);
  builder.relu();
  builder.convolution("second", stem_channels, 3, 1, 1, true);
  builder.add(builder.last(), stem);
  builder.relu();
  builder.flatten();
  builder.linear("fc", 2);
  return std::move(builder).build(Initialisation::he);
}

/// Four units in the stem and three in the free layer, scored by "avg" for two categories.
struct Sliceable {
  UnitGraph units = derive_units(residual(4, 3));
  Scores scores;
  SimilarityCurves curves;

  Sliceable() {
    scores["stem"]["avg"] = {to_tensor(Rows{{4, 3, 2, 1}, {4, 1, 2, 3}}), to_tensor(Row{4, 0, 3, 0})};
    scores["first"]["avg"] = {to_tensor(Rows{{3, 2, 1}, {1, 2, 3}}), to_tensor(Row{1, 2, 3})};
    scores["second"]["avg"] = {to_tensor(Rows{{1, 2, 4, 3}, {1, 2, 4, 3}}), to_tensor(Row{0, 0, 2, 3})};
    for (const UnitLayer& layer : units.layers) curves[layer.name]["avg"] = at::ones({2, layer.units + 1}, at::kDouble);
  }
};

TEST(CoupledUnits, OfAGlobalSliceAreThoseThatAnyMemberKeeps) {
  const Sliceable given;
  const Slice slice = global_slice(given.units, given.scores, "avg", 25);
  EXPECT_EQ(slice.kept, (KeptUnits{{"stem", {0, 3}}, {"first", {2}}, {"second", {0, 3}}}));
  EXPECT_TRUE(slice.rescued.empty());
}

TEST(CoupledUnits, OfACategorySliceAreThoseThatAnyMemberKeepsForAnyCategory) {
  const Sliceable given;
  SingleCommunicator alone;
  EXPECT_EQ(category_slice(given.units, given.scores, "avg", 50, alone).kept,
            (KeptUnits{{"stem", {0, 1, 2, 3}}, {"first", {0, 1, 2}}, {"second", {0, 1, 2, 3}}}));
  EXPECT_EQ(category_slice(given.units, given.scores, "avg", 25, alone).kept,
            (KeptUnits{{"stem", {0, 2}}, {"first", {0, 2}}, {"second", {0, 2}}}));
}

TEST(CoupledUnits, AreKeptForAMemberAloneAndNeedNoRescueThen) {
  Sliceable given;
  SingleCommunicator alone;
  given.curves["second"]["avg"][1] = to_tensor(Row{0, 0.5, 1, 1, 1});  // category 1 needs its units 2 and 3
  const Slice slice = semantic_slice(given.units, given.scores, given.curves, "avg", 0.9, 1, alone);
  EXPECT_EQ(slice.kept.at("stem"), (Units{2, 3}));
  EXPECT_EQ(slice.kept.at("second"), (Units{2, 3}));
  EXPECT_EQ(slice.rescued, (std::vector<std::string>{"first"}));
}

TEST(CoupledUnits, OfWhichNothingIsKeptKeepTheBestOfTheMembersSum) {
  const Sliceable given;
  SingleCommunicator alone;
  const Slice slice = semantic_slice(given.units, given.scores, given.curves, "avg", 0.9, 1, alone);
  // Sums of the global scores: 4, 0, 5, 3. Unit 2 is the best of neither member alone.
  EXPECT_EQ(slice.kept, (KeptUnits{{"stem", {2}}, {"first", {2}}, {"second", {2}}}));
  EXPECT_EQ(slice.rescued, (std::vector<std::string>{"stem", "first", "second"}));
}

// ---- Whatever the scores ----

struct RandomCase {
  UnitGraph units = derive_units(residual(13, 9));
  Scores scores;
  SimilarityCurves curves;

  explicit RandomCase(std::uint64_t seed) {
    for (const UnitLayer& layer : units.layers) {
      const auto numbers = [&](const std::string& purpose, at::IntArrayRef shape) {
        return random_tensor(seed, purpose + layer.name, shape, 0, 1).to(at::kDouble);
      };
      scores[layer.name]["avg"] = {numbers("categories", {5, layer.units}), numbers("global", {layer.units})};
      curves[layer.name]["avg"] = std::get<0>(numbers("curves", {5, layer.units + 1}).sort(1));
    }
  }
};

using Cut = std::function<Slice(const RandomCase&, Communicator&)>;

const std::vector<std::pair<std::string, Cut>> kCuts = {
    {"global",
     [](const RandomCase& given, Communicator&) { return global_slice(given.units, given.scores, "avg", 20); }},
    {"category",
     [](const RandomCase& given, Communicator& communicator) {
       return category_slice(given.units, given.scores, "avg", 5, communicator);
     }},
    {"semantic", [](const RandomCase& given, Communicator& communicator) {
       return semantic_slice(given.units, given.scores, given.curves, "avg", 0.2, 1, communicator);
     }}};

/// As if nothing were added: every layer is a group of its own.
RandomCase uncoupled(const RandomCase& given) {
  RandomCase result = given;
  result.units.groups.clear();
  for (std::size_t i = 0; i < result.units.layers.size(); ++i) {
    result.units.layers[i].group = i;
    result.units.groups.push_back({.layers = {i}});
  }
  return result;
}

Units union_of(const Units& a, const Units& b) {
  Units united;
  std::ranges::set_union(a, b, std::back_inserter(united));
  return united;
}

TEST(CoupledUnits, AreTheUnionOfWhatTheMembersWouldKeepAlone) {
  SingleCommunicator alone;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const RandomCase given(seed);
    for (const auto& [name, cut] : kCuts) {
      SCOPED_TRACE(fmt::format("{} {}", name, seed));
      const Slice apart = cut(uncoupled(given), alone);
      const Slice together = cut(given, alone);
      if (!apart.rescued.empty()) continue;  // a rescued member would add its own best unit to the union
      EXPECT_EQ(together.kept.at("stem"), union_of(apart.kept.at("stem"), apart.kept.at("second")));
      EXPECT_EQ(together.kept.at("second"), together.kept.at("stem"));
      EXPECT_EQ(together.kept.at("first"), apart.kept.at("first"));
    }
  }
}

TEST(CoupledUnits, AreValidAndDependOnNoOrderOfMembersOrCategories) {
  SingleCommunicator alone;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const RandomCase given(seed);
    RandomCase reordered = given;
    for (UnitGroup& group : reordered.units.groups) std::ranges::reverse(group.layers);
    for (const UnitLayer& layer : given.units.layers) {
      at::Tensor& scores = reordered.scores.at(layer.name).at("avg").by_category;
      at::Tensor& curves = reordered.curves.at(layer.name).at("avg");
      scores = scores.flip(0);
      curves = curves.flip(0);
    }
    for (const auto& [name, cut] : kCuts) {
      const Slice slice = cut(given, alone);
      EXPECT_EQ(cut(reordered, alone), slice) << name;
      for (const UnitGroup& group : given.units.groups) {
        EXPECT_NE(kept_of_group(given.units, group, slice.kept), nullptr) << "throws unless the members agree";
      }
    }
  }
}

// ---- Slice files ----

TEST(CoupledUnits, OfASliceFileMustAgree) {
  const TemporaryFolder folder;
  const UnitGraph units = derive_units(residual(4, 3));
  const auto complaint_about = [&](const std::string& layers) {
    write_file_atomically(folder / "slice.json", "{\"layers\":" + layers + "}");
    return message_of<InputError>([&] { read_slice(folder / "slice.json", units); });
  };
  EXPECT_THAT(complaint_about(R"({"stem":[0],"second":[1]})"), HasSubstr("'stem' and 'second' must keep the same"));
  EXPECT_THAT(complaint_about(R"({"stem":[0]})"), HasSubstr("'stem' and 'second'"));
  EXPECT_THAT(complaint_about(R"({"second":[0]})"), HasSubstr("'stem' and 'second'"));
  write_file_atomically(folder / "slice.json", R"({"layers":{"stem":[0,2],"second":[0,2]}})");
  EXPECT_EQ(read_slice(folder / "slice.json", units).kept, (KeptUnits{{"stem", {0, 2}}, {"second", {0, 2}}}));
}

}  // namespace
}  // namespace neusemslice
