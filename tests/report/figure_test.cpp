#include "report/figure.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "report/ticks.hpp"
#include "report/well_formed.hpp"

namespace neusemslice {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Figure small_figure() {
  Panel panel;
  panel.title = "a < b & \"c\"";
  panel.x = {"x", 0, 10};
  panel.y = {"y", 0, 100};
  panel.reference = 98;
  panel.series = {{0, 0, {{0, 98, 97, 99, "first"}, {10, 50, 40, 60, "<last>"}}}, {1, 1, {}}};
  panel.marks = {{5, 90, "claim"}};
  return {"Title",
          "Words",
          {"Metric", {"avg", "var"}, "Strategy", {"semantic", "global"}, "original", "paper"},
          {panel},
          2};
}

TEST(Ticks, AreRoundAndReachBothEnds) {
  EXPECT_THAT(ticks(0, 100, 5), ElementsAre(0, 20, 40, 60, 80, 100));
  EXPECT_THAT(tick_labels(ticks(93, 99, 8)), ElementsAre("93", "94", "95", "96", "97", "98", "99"));
  EXPECT_THAT(tick_labels(ticks(-0.1, 0.1, 4)), ElementsAre("-0.10", "-0.05", "0.00", "0.05", "0.10"));
  EXPECT_THROW(ticks(1, 1, 5), Error);
}

TEST(Figure, IsWellFormedXml) {
  EXPECT_TRUE(testing_support::is_well_formed_xml(to_svg(small_figure())));
}

TEST(Figure, WithoutPanelsIsWellFormedXml) {
  Figure figure = small_figure();
  figure.panels.clear();
  EXPECT_TRUE(testing_support::is_well_formed_xml(to_svg(figure)));
}

TEST(Figure, IsTheSameBytesTwice) {
  EXPECT_EQ(to_svg(small_figure()), to_svg(small_figure()));
}

TEST(Figure, BandGoesThereAndBack) {
  // The plotting area spans x 68..596 and y 68..392 of the document: 97 is at 77.7, 40 at 262.4.
  EXPECT_THAT(to_svg(small_figure()), HasSubstr("<polygon points=\"68.0,71.2 596.0,197.6 596.0,262.4 68.0,77.7 \""));
}

TEST(Figure, SingleSeedHasNoBand) {
  Figure figure = small_figure();
  for (Point& point : figure.panels[0].series[0].points) point.y_low = point.y_high = point.y;
  EXPECT_THAT(to_svg(figure), Not(HasSubstr("fill-opacity")));
}

TEST(Figure, NamedPlacesHaveWhiskersInsteadOfLines) {
  Figure figure = small_figure();
  figure.panels[0].x = {"", -0.5, 1.5, {"one", "two\nlines"}};
  figure.panels[0].series = {{0, 0, {{0, 98, 97, 99, ""}, {1, 50, 40, 60, ""}}}};
  figure.panels[0].reference.reset();
  const std::string svg = to_svg(figure);
  EXPECT_TRUE(testing_support::is_well_formed_xml(svg));
  EXPECT_THAT(svg, HasSubstr(">lines</text>"));
  // Place 1 is three quarters along the plotting area, 68 to 596; 40 and 60 of 100 are at 262.4 and 197.6.
  EXPECT_THAT(svg, HasSubstr("x1=\"464.0\" y1=\"197.6\" x2=\"464.0\" y2=\"262.4\" stroke=\"#0072B2\""));
  EXPECT_THAT(svg, Not(HasSubstr("<polyline")));
}

TEST(Figure, NothingIsDrawnOutsideTheAxes) {
  Figure figure = small_figure();
  figure.panels[0].y.low = 60;
  EXPECT_THAT(to_svg(figure), HasSubstr("<title>first</title>"));
  EXPECT_THAT(to_svg(figure), Not(HasSubstr("<title>&lt;last&gt;</title>")));
}

}  // namespace
}  // namespace neusemslice
