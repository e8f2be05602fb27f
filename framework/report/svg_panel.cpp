#include "report/svg_panel.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/text.hpp"
#include "report/svg_style.hpp"
#include "report/ticks.hpp"

namespace neusemslice {
namespace {

constexpr double kLeft = 58;
constexpr double kRight = 14;
constexpr double kTop = 30;
constexpr double kBottom = 46;

/// The plotting area, and the way from values to places in it.
class PlotArea {
 public:
  PlotArea(const Panel& panel, const Frame& frame)
      : left(frame.x + kLeft),
        top(frame.y + kTop),
        right(frame.x + frame.width - kRight),
        bottom(frame.y + frame.height - kBottom),
        x_(panel.x),
        y_(panel.y) {}

  [[nodiscard]] double x(double value) const { return left + (value - x_.low) / (x_.high - x_.low) * (right - left); }
  [[nodiscard]] double y(double value) const { return bottom - (value - y_.low) / (y_.high - y_.low) * (bottom - top); }
  [[nodiscard]] bool shows(double x_value, double y_value) const {
    return x_.low <= x_value && x_value <= x_.high && y_.low <= y_value && y_value <= y_.high;
  }

  const double left;
  const double top;
  const double right;
  const double bottom;

 private:
  const Axis& x_;
  const Axis& y_;
};

std::string grid_line(double x1, double y1, double x2, double y2) {
  return fmt::format(R"(<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="#e4e4e4"/>)"
                     "\n",
                     x1, y1, x2, y2);
}

std::string names_below(const Axis& axis, const PlotArea& area) {
  std::string svg;
  for (std::size_t i = 0; i < axis.names.size(); ++i) {
    const double x = area.x(static_cast<double>(i));
    svg += grid_line(x, area.top, x, area.bottom);
    double y = area.bottom + 16;
    for (const std::string& line : split(axis.names[i], '\n')) {
      svg += text_svg(x, y, line, Anchor::middle, 9);
      y += 13;
    }
  }
  return svg;
}

std::string horizontal_axis(const Axis& axis, const PlotArea& area) {
  if (!axis.names.empty()) return names_below(axis, area);
  std::string svg;
  const std::vector<double> positions = ticks(axis.low, axis.high, 10);
  const std::vector<std::string> labels = tick_labels(positions);
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const double x = area.x(positions[i]);
    svg += grid_line(x, area.top, x, area.bottom);
    svg += text_svg(x, area.bottom + 16, labels[i], Anchor::middle, 11);
  }
  return svg + text_svg((area.left + area.right) / 2, area.bottom + 35, axis.label, Anchor::middle);
}

std::string vertical_axis(const Axis& axis, const PlotArea& area) {
  std::string svg;
  const std::vector<double> positions = ticks(axis.low, axis.high, 8);
  const std::vector<std::string> labels = tick_labels(positions);
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const double y = area.y(positions[i]);
    svg += grid_line(area.left, y, area.right, y);
    svg += text_svg(area.left - 7, y + 4, labels[i], Anchor::end, 11);
  }
  const double x = area.left - 42;
  const double middle = (area.top + area.bottom) / 2;
  return svg + fmt::format("<g transform=\"rotate(-90 {:.1f} {:.1f})\">\n{}</g>\n", x, middle,
                           text_svg(x, middle, axis.label, Anchor::middle));
}

std::string places(const std::vector<Point>& points, const PlotArea& area, double Point::*y) {
  std::string text;
  for (const Point& point : points) text += fmt::format("{:.1f},{:.1f} ", area.x(point.x), area.y(point.*y));
  return text;
}

std::string band(const Series& series, const PlotArea& area) {
  const bool is_flat = std::all_of(series.points.begin(), series.points.end(),
                                   [](const Point& point) { return point.y_low == point.y_high; });
  if (is_flat) return "";
  const std::vector<Point> backwards(series.points.rbegin(), series.points.rend());
  return fmt::format(R"(<polygon points="{}{}" fill="{}" fill-opacity="{}"/>)"
                     "\n",
                     places(series.points, area, &Point::y_high), places(backwards, area, &Point::y_low),
                     series_colour(series.colour), line_style(series.style).band_opacity);
}

std::string line(const Series& series, const PlotArea& area) {
  const LineStyle style = line_style(series.style);
  return fmt::format(
      R"(<polyline points="{}" fill="none" stroke="{}" stroke-width="{}" stroke-dasharray="{}" stroke-opacity="{}" )"
      R"(stroke-linejoin="round"/>)"
      "\n",
      places(series.points, area, &Point::y), series_colour(series.colour), style.width, style.dash, style.opacity);
}

std::string markers(const Series& series, const PlotArea& area) {
  std::string svg;
  for (const Point& point : series.points) {
    if (!area.shows(point.x, point.y)) continue;
    svg += marker_svg(series.style, area.x(point.x), area.y(point.y), series_colour(series.colour), point.note);
  }
  return svg;
}

std::string whiskers(const Series& series, const PlotArea& area) {
  std::string svg;
  for (const Point& point : series.points) {
    if (point.y_low == point.y_high) continue;
    svg += fmt::format(R"(<line x1="{0:.1f}" y1="{1:.1f}" x2="{0:.1f}" y2="{2:.1f}" stroke="{3}" stroke-width="1.5"/>)"
                       "\n",
                       area.x(point.x), area.y(point.y_high), area.y(point.y_low), series_colour(series.colour));
  }
  return svg;
}

/// All bands under all lines; the first style above the others.
std::string all_series(const Panel& panel, const PlotArea& area) {
  std::vector<Series> ordered = panel.series;
  std::stable_sort(ordered.begin(), ordered.end(), [](const Series& a, const Series& b) { return a.style > b.style; });
  std::string svg;
  if (!panel.x.names.empty()) {
    for (const Series& series : ordered) svg += whiskers(series, area) + markers(series, area);
    return svg;
  }
  for (const Series& series : ordered) svg += band(series, area);
  for (const Series& series : ordered) svg += line(series, area) + markers(series, area);
  return svg;
}

std::string reference_line(double value, const PlotArea& area) {
  return fmt::format(
      R"(<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="#444444" stroke-width="1.3" stroke-dasharray="2 3"/>)"
      "\n",
      area.left, area.y(value), area.right, area.y(value));
}

std::string rectangle(const PlotArea& area, std::string_view attributes) {
  return fmt::format(R"(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" {}/>)"
                     "\n",
                     area.left, area.top, area.right - area.left, area.bottom - area.top, attributes);
}

}  // namespace

std::string panel_svg(const Panel& panel, const Frame& frame, std::size_t number) {
  const PlotArea area(panel, frame);
  std::string svg = text_svg(area.left, frame.y + kTop - 10, panel.title, Anchor::start, 14, true);
  svg += horizontal_axis(panel.x, area) + vertical_axis(panel.y, area);
  svg += fmt::format("<clipPath id=\"panel-{}\">{}</clipPath>\n<g clip-path=\"url(#panel-{})\">\n", number,
                     rectangle(area, ""), number);
  if (panel.reference) svg += reference_line(*panel.reference, area);
  svg += all_series(panel, area);
  for (const Mark& mark : panel.marks) {
    if (area.shows(mark.x, mark.y)) svg += star_svg(area.x(mark.x), area.y(mark.y), mark.note);
  }
  return svg + "</g>\n" + rectangle(area, R"(fill="none" stroke="#888888")");
}

}  // namespace neusemslice
