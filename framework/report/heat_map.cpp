#include "report/heat_map.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

#include "core/error.hpp"
#include "report/escape.hpp"
#include "report/svg_style.hpp"
#include "report/ticks.hpp"

namespace neusemslice {
namespace {

constexpr std::size_t kRowsWithText = 16;
constexpr std::size_t kRowsWithNotes = 48;
constexpr int kExtent = 740;
constexpr int kSmallestCell = 7;
constexpr int kLargestCell = 46;
constexpr int kLabelSize = 11;
constexpr int kLabelSpacing = 16;  // between baselines, so that slanted labels do not touch
constexpr double kTop = 66;
constexpr double kMargin = 16;
constexpr double kBarWidth = 16;
constexpr double kBarHeight = 120;  // at least
constexpr int kBarSteps = 60;

struct Colour {
  double red;
  double green;
  double blue;
};

/// Viridis at tenths (Smith and van der Walt, public domain), linear between.
constexpr std::array<Colour, 11> kViridis = {{{68, 1, 84},
                                              {72, 36, 117},
                                              {65, 68, 135},
                                              {53, 95, 141},
                                              {42, 120, 142},
                                              {33, 145, 140},
                                              {34, 168, 132},
                                              {68, 191, 112},
                                              {122, 209, 81},
                                              {189, 223, 38},
                                              {253, 231, 37}}};

Colour colour_of(double value) {
  const double place = std::clamp(value, 0.0, 1.0) * static_cast<double>(kViridis.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(place), kViridis.size() - 2);
  const double share = place - static_cast<double>(below);
  const Colour& a = kViridis[below];
  const Colour& b = kViridis[below + 1];
  return {std::lerp(a.red, b.red, share), std::lerp(a.green, b.green, share), std::lerp(a.blue, b.blue, share)};
}

std::string hexadecimal(const Colour& colour) {
  return fmt::format("#{:02x}{:02x}{:02x}", std::lround(colour.red), std::lround(colour.green),
                     std::lround(colour.blue));
}

/// White on dark cells, black on light ones, by the contrast that the eye sees.
std::string_view ink_on(const Colour& colour) {
  const double luma = 0.2126 * colour.red + 0.7152 * colour.green + 0.0722 * colour.blue;
  return luma < 120 ? "#ffffff" : "#000000";
}

/// Bold letters are wider, and fonts differ.
double bold_width(std::string_view text, int size) {
  return 1.25 * text_width(text, size);
}

/// The matrix's place in the document.
struct Grid {
  double left;
  int cell;
  std::size_t rows;

  [[nodiscard]] double start(std::size_t index) const { return static_cast<double>(index) * cell; }
  [[nodiscard]] double x(std::size_t column) const { return left + start(column); }
  [[nodiscard]] double y(std::size_t row) const { return kTop + start(row); }
  [[nodiscard]] double extent() const { return start(rows); }
};

double longest_label(const HeatMap& map) {
  double longest = 0;
  for (const std::string& label : map.labels) longest = std::max(longest, text_width(label, kLabelSize));
  return longest;
}

std::string cell_svg(const HeatMap& map, const Grid& grid, std::size_t row, std::size_t column) {
  const double value = map.values[row][column];
  const std::string rectangle =
      fmt::format(R"(<rect x="{:.0f}" y="{:.0f}" width="{}" height="{}" fill="{}")", grid.x(column), grid.y(row),
                  grid.cell, grid.cell, hexadecimal(colour_of(value)));
  if (grid.rows > kRowsWithNotes) return rectangle + "/>\n";
  return fmt::format("{}><title>{}, {}: {:.4f}</title></rect>\n", rectangle, escape_xml(map.labels[row]),
                     escape_xml(map.labels[column]), value);
}

std::string cell_text(const HeatMap& map, const Grid& grid, std::size_t row, std::size_t column) {
  const double value = map.values[row][column];
  return fmt::format(R"(<text x="{:.1f}" y="{:.1f}" fill="{}">{:.3f}</text>)"
                     "\n",
                     grid.x(column) + grid.cell / 2.0, grid.y(row) + grid.cell / 2.0 + 4, ink_on(colour_of(value)),
                     value);
}

/// `draw` of every cell, row by row, in a group of its own.
template <typename Draw>
std::string all_cells(const HeatMap& map, const Grid& grid, std::string_view attributes, const Draw& draw) {
  std::string svg = fmt::format("<g {}>\n", attributes);
  for (std::size_t row = 0; row < grid.rows; ++row) {
    for (std::size_t column = 0; column < grid.rows; ++column) svg += draw(map, grid, row, column);
  }
  return svg + "</g>\n";
}

std::string cells(const HeatMap& map, const Grid& grid) {
  std::string svg = all_cells(map, grid, R"(shape-rendering="crispEdges")", cell_svg);
  // The pointer shall find the cell under the text.
  constexpr std::string_view text = R"(text-anchor="middle" font-size="11" pointer-events="none")";
  return grid.rows <= kRowsWithText ? svg + all_cells(map, grid, text, cell_text) : svg;
}

std::string labels(const HeatMap& map, const Grid& grid) {
  const auto step = static_cast<std::size_t>((kLabelSpacing + grid.cell - 1) / grid.cell);
  const double below = kTop + grid.extent() + 14;
  std::string svg;
  for (std::size_t i = 0; i < grid.rows; i += step) {
    const double middle = grid.start(i) + grid.cell / 2.0;
    const double x = grid.left + middle + 4;
    svg += text_svg(grid.left - 7, kTop + middle + 4, map.labels[i], Anchor::end, kLabelSize);
    svg += fmt::format("<g transform=\"rotate(-45 {:.1f} {:.1f})\">\n{}</g>\n", x, below,
                       text_svg(x, below, map.labels[i], Anchor::end, kLabelSize));
  }
  return svg;
}

/// The scale of colours, 1 on top.
std::string colour_bar(const HeatMap& map, double left, double height) {
  std::string svg = text_svg(left, kTop - 12, map.scale, Anchor::start, 12, true);
  svg += "<g shape-rendering=\"crispEdges\">\n";
  for (int step = 0; step < kBarSteps; ++step) {
    // Each reaches down to the end, under those that follow, so that there are no gaps.
    const double top = height * step / kBarSteps;
    svg += fmt::format(R"(<rect x="{:.1f}" y="{:.1f}" width="{:.0f}" height="{:.1f}" fill="{}"/>)"
                       "\n",
                       left, kTop + top, kBarWidth, height - top, hexadecimal(colour_of(1 - (step + 0.5) / kBarSteps)));
  }
  svg += "</g>\n";
  const std::vector<double> positions = ticks(0, 1, 5);
  const std::vector<std::string> names = tick_labels(positions);
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const double y = kTop + height * (1 - positions[i]);
    svg += text_svg(left + kBarWidth + 6, y + 4, names[i], Anchor::start, kLabelSize);
  }
  return svg;
}

void require_square(const HeatMap& map) {
  const std::size_t rows = map.labels.size();
  require(rows > 0 && map.values.size() == rows, "a heat map of {} labels has {} rows", rows, map.values.size());
  for (const std::vector<double>& row : map.values) {
    require(row.size() == rows, "a heat map of {} labels has a row of {} values", rows, row.size());
    for (const double value : row) require(std::isfinite(value), "a heat map has a value of {}", value);
  }
}

}  // namespace

std::string to_svg(const HeatMap& map) {
  require_square(map);
  const std::size_t rows = map.labels.size();
  const double label_width = longest_label(map);
  const Grid grid{.left = std::ceil(kMargin + label_width + 12),
                  .cell = std::clamp(kExtent / static_cast<int>(rows), kSmallestCell, kLargestCell),
                  .rows = rows};
  const double bar_height = std::max(grid.extent(), kBarHeight);
  const double bar_left = grid.left + grid.extent() + 26;
  const double bar_right = bar_left + std::max(kBarWidth + 34, bold_width(map.scale, 12));
  const double width = std::ceil(std::max(bar_right, kMargin + bold_width(map.title, 16)) + kMargin);
  const double slanted = 22 + label_width * 0.72;
  const double height = std::ceil(kTop + std::max(grid.extent() + slanted, bar_height + 6) + kMargin);
  return opening_svg(map.title, map.description, width, height, fmt::format(R"( style="max-width:{:.0f}px")", width)) +
         cells(map, grid) + labels(map, grid) + colour_bar(map, bar_left, bar_height) + "</svg>\n";
}

}  // namespace neusemslice
