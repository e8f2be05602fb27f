#pragma once

#include <string>
#include <vector>

namespace neusemslice {

/// A square matrix of values in [0, 1] as a picture; the first row is on top.
struct HeatMap {
  std::string title;
  std::string description;  ///< for those who cannot see it
  std::string scale;        ///< what the values are
  std::vector<std::string> labels;
  std::vector<std::vector<double>> values;  ///< what lies outside [0, 1] has the colour of the nearer end
};

/// A self-contained SVG document on white: equal maps give equal bytes. Colours are those of viridis, whose steps look
/// even, also to the colour-blind and in grey. Up to 16 rows the values stand in the cells, up to 48 they appear where
/// the pointer rests. Where there are too many labels to read, only every second, third, ... is shown. In a page the
/// picture does not grow beyond its own size. Throws Error unless there is a finite value for each pair of labels.
std::string to_svg(const HeatMap& map);

}  // namespace neusemslice
