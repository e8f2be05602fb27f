#pragma once

#include <string>

namespace neusemslice::testing_support {

/// Python's XML parser takes it.
bool is_well_formed_xml(const std::string& text);

/// Every element is closed in order, and there is nothing that a browser would fetch or run.
bool is_self_contained_html(const std::string& text);

}  // namespace neusemslice::testing_support
