#include "report/heat_map.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "report/well_formed.hpp"

namespace neusemslice {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Layers 0, 1, 2, ... of which neighbours resemble each other most.
HeatMap map_of(std::size_t layers) {
  HeatMap map = {.title = "Layers <of> a & b", .description = "Words", .scale = "CKA", .labels = {}, .values = {}};
  for (std::size_t i = 0; i < layers; ++i) {
    map.labels.push_back("layer" + std::to_string(i));
    map.values.emplace_back();
    for (std::size_t j = 0; j < layers; ++j) {
      const double distance = static_cast<double>(i < j ? j - i : i - j);
      map.values.back().push_back(1 - distance / static_cast<double>(layers));
    }
  }
  return map;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(HeatMap, IsWellFormedXmlAtEverySize) {
  for (const std::size_t layers : {1U, 2U, 16U, 17U, 48U, 100U}) {
    EXPECT_TRUE(testing_support::is_well_formed_xml(to_svg(map_of(layers)))) << layers;
  }
}

TEST(HeatMap, IsTheSameBytesTwice) {
  EXPECT_EQ(to_svg(map_of(5)), to_svg(map_of(5)));
}

TEST(HeatMap, HasTheEndsOfTheScaleAtZeroAndOneAndBeyond) {
  HeatMap map = map_of(2);
  map.values = {{1, 0}, {-0.2, 1.5}};
  const std::string svg = to_svg(map);
  const auto cell = [](const std::string& colour, const std::string& note) {
    return HasSubstr("fill=\"" + colour + "\"><title>" + note + "</title>");
  };
  EXPECT_THAT(svg, cell("#fde725", "layer0, layer0: 1.0000"));
  EXPECT_THAT(svg, cell("#440154", "layer0, layer1: 0.0000"));
  EXPECT_THAT(svg, cell("#440154", "layer1, layer0: -0.2000"));
  EXPECT_THAT(svg, cell("#fde725", "layer1, layer1: 1.5000"));
}

TEST(HeatMap, PutsRowsDownwardsAndColumnsToTheRight) {
  HeatMap map = map_of(2);
  map.labels = {"", ""};  // cells of 46 pixels begin at x 28, y 66
  map.values = {{0, 1}, {0, 0}};
  EXPECT_THAT(to_svg(map), HasSubstr("<rect x=\"74\" y=\"66\" width=\"46\" height=\"46\" fill=\"#fde725\">"));
}

TEST(HeatMap, WritesValuesIntoCellsInAColourThatCanBeRead) {
  const std::string svg = to_svg(map_of(4));
  EXPECT_THAT(svg, HasSubstr("fill=\"#000000\">1.000</text>"));
  EXPECT_THAT(svg, HasSubstr("fill=\"#ffffff\">0.250</text>"));
}

TEST(HeatMap, HasLessInItsCellsTheMoreThereAre) {
  EXPECT_THAT(to_svg(map_of(16)), HasSubstr(">1.000</text>"));
  EXPECT_THAT(to_svg(map_of(17)), Not(HasSubstr(">1.000</text>")));
  EXPECT_THAT(to_svg(map_of(48)), HasSubstr("<title>layer3, layer3: 1.0000</title>"));
  EXPECT_THAT(to_svg(map_of(49)), Not(HasSubstr("<title>layer3, layer3: 1.0000</title>")));
}

TEST(HeatMap, ShowsEveryLabelOnBothSidesWhereThereIsRoom) {
  EXPECT_EQ(count(to_svg(map_of(33)), ">layer17</text>"), 2U);
  EXPECT_EQ(count(to_svg(map_of(100)), ">layer17</text>"), 0U);  // every third
  EXPECT_EQ(count(to_svg(map_of(100)), ">layer18</text>"), 2U);
}

TEST(HeatMap, IsNotDrawnOfWhatIsNoMatrix) {
  HeatMap ragged = map_of(3);
  ragged.values[1].pop_back();
  EXPECT_THROW((void)to_svg(ragged), Error);
  HeatMap undefined = map_of(2);
  undefined.values[0][1] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW((void)to_svg(undefined), Error);
  EXPECT_THROW((void)to_svg(map_of(0)), Error);
}

}  // namespace
}  // namespace neusemslice
