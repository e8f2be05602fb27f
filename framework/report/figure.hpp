#pragma once

#include <optional>
#include <string>
#include <vector>

namespace neusemslice {

/// What an axis shows; what lies outside is cut off.
struct Axis {
  std::string label;
  double low = 0;
  double high = 1;
  std::vector<std::string> names = {};  ///< of the places 0, 1, ... instead of numbers; "\n" parts a name's lines
};

struct Point {
  double x = 0;
  double y = 0;
  double y_low = 0;  ///< the band reaches from y_low to y_high
  double y_high = 0;
  std::string note;  ///< shown where the pointer rests
};

/// A line with markers, or where the x axis has names markers alone, each with a whisker; its colour and its style
/// (dash and marker) each say one thing, so fifteen lines need a legend of eight entries. Both are indices into the
/// figure's legend.
struct Series {
  std::size_t colour = 0;
  std::size_t style = 0;
  std::vector<Point> points;
};

/// A value from elsewhere, drawn as a hollow star.
struct Mark {
  double x = 0;
  double y = 0;
  std::string note;
};

struct Panel {
  std::string title;
  Axis x;
  Axis y;
  std::vector<Series> series;
  std::vector<Mark> marks;
  std::optional<double> reference;  ///< a dotted horizontal line
};

/// What the signs mean. The first style is the one to look at: drawn last, solid and heavier.
struct Legend {
  std::string colour_heading;
  std::vector<std::string> colours;
  std::string style_heading;
  std::vector<std::string> styles;
  std::string reference;  ///< what the dotted line is
  std::string mark;       ///< what the stars are; empty when there are none
};

struct Figure {
  std::string title;
  std::string description;  ///< for those who cannot see it
  Legend legend;
  std::vector<Panel> panels;
  std::size_t columns = 2;
};

/// A self-contained SVG document on white: equal figures give equal bytes. Colours are Okabe and Ito's, which stay
/// apart for the colour-blind.
std::string to_svg(const Figure& figure);

}  // namespace neusemslice
