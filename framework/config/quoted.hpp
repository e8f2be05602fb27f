#pragma once

#include <string>
#include <vector>

namespace neusemslice {

/// A text as YAML reads it back, with quotation marks where it needs them.
std::string quoted(const std::string& text);

/// The same for a list on one line.
std::string quoted_list(const std::vector<std::string>& texts);

}  // namespace neusemslice
