#pragma once

#include <string>

#include "report/figure.hpp"

namespace neusemslice {

/// Where a panel stands in the document, title and axis labels included.
struct Frame {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
};

/// One panel: grid, axes, bands, lines, markers, stars. `number` keeps the names inside the document apart.
std::string panel_svg(const Panel& panel, const Frame& frame, std::size_t number);

}  // namespace neusemslice
