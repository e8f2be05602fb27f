#pragma once

#include <string_view>

namespace neusemslice {

/// Whether `a` comes before `b` when digits count as numbers: "features.3" before "features.10".
bool natural_less(std::string_view a, std::string_view b);

}  // namespace neusemslice
