#pragma once

#include <string>
#include <vector>

namespace neusemslice {

enum class Align { left, right };

struct Column {
  std::string heading;
  Align align = Align::left;
};

/// Text that is already formatted; `strong` marks the best of a group.
struct Cell {
  std::string text;
  bool strong = false;
};

/// A plain value, made once and printed in every format. Each row has as many cells as there are columns; the functions
/// below throw Error otherwise.
struct Table {
  std::string title;
  std::string caption;
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
};

/// A GitHub table under its title in bold, the caption after it.
std::string to_markdown(const Table& table);

/// A booktabs table, shrunk to the width of the page when it is wider; one that is longer than a page is a longtable.
std::string to_latex(const Table& table);

/// The headings and the rows after RFC 4180 (lines end in CR LF), without title and caption.
std::string to_csv(const Table& table);

/// A figure element with a caption and a table.
std::string to_html(const Table& table);

}  // namespace neusemslice
