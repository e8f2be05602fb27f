#pragma once

#include <string>
#include <variant>
#include <vector>

#include "report/table.hpp"

namespace neusemslice {

struct Paragraph {
  std::string text;
};

struct List {
  std::vector<std::string> items;
};

/// Text to be shown as it stands, such as a config.
struct Verbatim {
  std::string title;
  std::string text;
};

/// An SVG document and the name of the file that also holds it.
struct Image {
  std::string file;
  std::string description;
  std::string svg;
};

using Block = std::variant<Paragraph, List, Verbatim, Image, Table>;

struct Section {
  std::string title;
  std::vector<Block> blocks;
  bool is_folded = false;  ///< long: on a page it opens when asked for
};

/// What a report says, once for every format. `answer` is what to read when one reads nothing else.
struct Document {
  std::string title;
  std::vector<std::string> answer;
  std::vector<Section> sections;
};

/// One file; images are links to their files.
std::string to_markdown(const Document& document);

/// A fragment for \input: needs the packages booktabs, graphicx and longtable; images are left out.
std::string to_latex(const Document& document);

}  // namespace neusemslice
