#include "report/figure.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "report/svg_panel.hpp"
#include "report/svg_style.hpp"

namespace neusemslice {
namespace {

constexpr double kPanelWidth = 600;
constexpr double kPanelHeight = 400;
constexpr double kTitleHeight = 38;
constexpr double kLegendRow = 24;
constexpr double kMargin = 10;
constexpr double kSampleWidth = 34;

/// A row of samples with their names, laid out from left to right.
class LegendRow {
 public:
  LegendRow(std::string_view heading, double x, double y) : x_(x), y_(y) {
    svg_ += text_svg(x_, y_ + 4, heading, Anchor::start, 12, true);
    x_ += text_width(heading) + 20;
  }

  /// `sample` draws within kSampleWidth from a given x.
  template <typename Sample>
  void add(std::string_view name, Sample sample) {
    svg_ += sample(x_, y_) + text_svg(x_ + kSampleWidth + 7, y_ + 4, name);
    x_ += kSampleWidth + text_width(name) + 28;
  }

  [[nodiscard]] const std::string& svg() const { return svg_; }

 private:
  double x_;
  double y_;
  std::string svg_;
};

std::string sample_line(double x, double y, std::string_view colour, double width, std::string_view dash) {
  return fmt::format(
      R"(<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="{}" stroke-width="{}" stroke-dasharray="{}"/>)"
      "\n",
      x, y, x + kSampleWidth, y, colour, width, dash);
}

std::string colour_row(const Legend& legend, double x, double y) {
  LegendRow row(legend.colour_heading, x, y);
  for (std::size_t i = 0; i < legend.colours.size(); ++i) {
    row.add(legend.colours[i],
            [i](double at_x, double at_y) { return sample_line(at_x, at_y, series_colour(i), 5, "none"); });
  }
  return row.svg();
}

std::string style_row(const Legend& legend, double x, double y) {
  LegendRow row(legend.style_heading, x, y);
  for (std::size_t i = 0; i < legend.styles.size(); ++i) {
    row.add(legend.styles[i], [i](double at_x, double at_y) {
      const LineStyle style = line_style(i);
      return sample_line(at_x, at_y, "#444444", style.width, style.dash) +
             marker_svg(i, at_x + kSampleWidth / 2, at_y, "#444444", "");
    });
  }
  if (!legend.reference.empty()) {
    row.add(legend.reference, [](double at_x, double at_y) { return sample_line(at_x, at_y, "#444444", 1.3, "2 3"); });
  }
  if (!legend.mark.empty()) {
    row.add(legend.mark, [](double at_x, double at_y) { return star_svg(at_x + kSampleWidth / 2, at_y, ""); });
  }
  return row.svg();
}

}  // namespace

std::string to_svg(const Figure& figure) {
  const std::size_t columns = std::max<std::size_t>(1, std::min(figure.columns, figure.panels.size()));
  const std::size_t rows = (figure.panels.size() + columns - 1) / columns;
  const double panels_end = kTitleHeight + static_cast<double>(rows) * kPanelHeight;
  const double width = 2 * kMargin + static_cast<double>(columns) * kPanelWidth;
  std::string svg = opening_svg(figure.title, figure.description, width, panels_end + 3 * kLegendRow);
  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    const auto column = static_cast<double>(i % columns);
    const auto row = static_cast<double>(i / columns);
    const Frame frame = {kMargin + column * kPanelWidth, kTitleHeight + row * kPanelHeight, kPanelWidth, kPanelHeight};
    svg += panel_svg(figure.panels[i], frame, i);
  }
  svg += colour_row(figure.legend, kMargin + 6, panels_end + kLegendRow);
  svg += style_row(figure.legend, kMargin + 6, panels_end + 2 * kLegendRow);
  return svg + "</svg>\n";
}

}  // namespace neusemslice
