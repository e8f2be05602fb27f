#pragma once

#include <string>
#include <string_view>

namespace neusemslice {

/// Text for an HTML or XML element or a double-quoted attribute. Control characters that XML forbids become U+FFFD.
std::string escape_xml(std::string_view text);

/// Text for LaTeX's running text, in a document encoded as UTF-8; the signs ± − ≤ become their commands.
std::string escape_latex(std::string_view text);

/// Text for a Markdown paragraph, list item or table cell, on one line.
std::string escape_markdown(std::string_view text);

/// A field as RFC 4180 wants it: quoted when it holds a comma, a quote or a line end.
std::string escape_csv(std::string_view text);

/// "Kept units: mlp-mnist" gives "kept-units-mlp-mnist": for anchors and labels.
std::string slug(std::string_view text);

}  // namespace neusemslice
