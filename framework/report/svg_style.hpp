#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace neusemslice {

/// The start of a document on white, up to its visible title: baseline at 26, from 16 on. `attributes` are added to the
/// root; "</svg>" is left to the caller.
std::string opening_svg(std::string_view title, std::string_view description, double width, double height,
                        std::string_view attributes = "");

/// Okabe and Ito's palette without yellow, which vanishes on white; goes round after seven.
std::string_view series_colour(std::size_t index);

/// How the lines of one style look; goes round after four.
struct LineStyle {
  std::string_view dash;  ///< a stroke-dasharray
  double width;
  double opacity;
  double band_opacity;
};
LineStyle line_style(std::size_t index);

/// The marker of a style at a place: disc, square, triangle, diamond. A note appears where the pointer rests.
std::string marker_svg(std::size_t style, double x, double y, std::string_view colour, std::string_view note);

/// A hollow five-pointed star.
std::string star_svg(double x, double y, std::string_view note);

enum class Anchor { start, middle, end };

/// One line of text with its baseline at y.
std::string text_svg(double x, double y, std::string_view text, Anchor anchor = Anchor::start, int size = 12,
                     bool bold = false);

/// About how wide `text_svg` comes out; fonts differ, so leave some room.
double text_width(std::string_view text, int size = 12);

}  // namespace neusemslice
