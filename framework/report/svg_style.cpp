#include "report/svg_style.hpp"

#include <array>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "report/escape.hpp"

namespace neusemslice {
namespace {

constexpr std::array<std::string_view, 7> kColours = {"#0072B2", "#E69F00", "#009E73", "#CC79A7",
                                                      "#D55E00", "#56B4E9", "#000000"};
constexpr std::array<LineStyle, 4> kStyles = {
    {{"none", 2.2, 1.0, 0.15}, {"7 3", 1.4, 0.85, 0.06}, {"1.5 3", 1.6, 0.85, 0.06}, {"7 3 1.5 3", 1.4, 0.85, 0.06}}};
constexpr std::string_view kInk = "#222222";

std::string element(std::string_view name, const std::string& attributes, std::string_view note) {
  if (note.empty()) return fmt::format("<{} {}/>\n", name, attributes);
  return fmt::format("<{} {}><title>{}</title></{}>\n", name, attributes, escape_xml(note), name);
}

/// The corners of a star with `tips` tips, the first one up.
std::string star_points(double x, double y, int tips, double outer, double inner) {
  std::string points;
  for (int corner = 0; corner < 2 * tips; ++corner) {
    const double radius = corner % 2 == 0 ? outer : inner;
    const double angle = std::numbers::pi * (static_cast<double>(corner) / tips - 0.5);
    points += fmt::format("{}{:.1f},{:.1f}", corner == 0 ? "" : " ", x + radius * std::cos(angle),
                          y + radius * std::sin(angle));
  }
  return points;
}

}  // namespace

std::string opening_svg(std::string_view title, std::string_view description, double width, double height,
                        std::string_view attributes) {
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} "
             "{1:.0f}\" role=\"img\" font-family=\"Helvetica, Arial, 'Liberation Sans', sans-serif\"{4}>\n"
             "<title>{2}</title>\n<desc>{3}</desc>\n<rect width=\"{0:.0f}\" height=\"{1:.0f}\" fill=\"#ffffff\"/>\n",
             width, height, escape_xml(title), escape_xml(description), attributes) +
         text_svg(16, 26, title, Anchor::start, 16, true);
}

std::string_view series_colour(std::size_t index) {
  return kColours[index % kColours.size()];
}

LineStyle line_style(std::size_t index) {
  return kStyles[index % kStyles.size()];
}

std::string marker_svg(std::size_t style, double x, double y, std::string_view colour, std::string_view note) {
  switch (style % kStyles.size()) {
    case 0:
      return element("circle", fmt::format(R"(cx="{:.1f}" cy="{:.1f}" r="3.2" fill="{}")", x, y, colour), note);
    case 1:
      return element("rect",
                     fmt::format(R"(x="{:.1f}" y="{:.1f}" width="5" height="5" fill="{}")", x - 2.5, y - 2.5, colour),
                     note);
    case 2:
      return element("polygon",
                     fmt::format(R"(points="{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}" fill="{}")", x, y - 3.6, x + 3.4,
                                 y + 2.6, x - 3.4, y + 2.6, colour),
                     note);
    default:
      return element("polygon", fmt::format(R"(points="{}" fill="{}")", star_points(x, y, 2, 3.8, 2.7), colour), note);
  }
}

std::string star_svg(double x, double y, std::string_view note) {
  return element("polygon",
                 fmt::format(R"(points="{}" fill="#ffffff" stroke="{}" stroke-width="1.4" stroke-linejoin="round")",
                             star_points(x, y, 5, 8.5, 3.6), kInk),
                 note);
}

std::string text_svg(double x, double y, std::string_view text, Anchor anchor, int size, bool bold) {
  constexpr std::array<std::string_view, 3> anchors = {"start", "middle", "end"};
  return fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="{}" font-size="{}"{} fill="{}">{}</text>)"
                     "\n",
                     x, y, anchors[static_cast<std::size_t>(anchor)], size, bold ? R"( font-weight="bold")" : "", kInk,
                     escape_xml(text));
}

double text_width(std::string_view text, int size) {
  constexpr std::string_view narrow = "fijlrt .,:;'|!()";
  double width = 0;
  for (const char c : text) width += narrow.find(c) == std::string_view::npos ? 0.62 : 0.34;
  return width * size;
}

}  // namespace neusemslice
