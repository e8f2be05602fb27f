#pragma once

#include <string>

#include "report/document.hpp"

namespace neusemslice {

/// The document as one HTML file that needs nothing else: style and images inside, no script, readable in light and
/// dark and in print. Folded sections open with a click.
std::string to_html(const Document& document);

}  // namespace neusemslice
