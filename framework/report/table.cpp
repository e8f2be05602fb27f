#include "report/table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.hpp"
#include "core/text.hpp"
#include "report/escape.hpp"

namespace neusemslice {
namespace {

constexpr std::size_t kRowsOfAPage = 40;
constexpr std::size_t kHeadingWidth = 14;

void check_shape(const Table& table) {
  for (const std::vector<Cell>& row : table.rows) {
    require(row.size() == table.columns.size(), "table '{}': a row has {} cells for {} columns", table.title,
            row.size(), table.columns.size());
  }
}

/// Every cell of a row through `format`, joined by `separator`.
template <typename Cells, typename Format>
std::string join(const Cells& cells, std::string_view separator, Format format) {
  std::vector<std::string> parts;
  for (const auto& cell : cells) parts.push_back(format(cell));
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string markdown_cell(const Cell& cell) {
  const std::string text = escape_markdown(cell.text);
  return cell.strong ? fmt::format("**{}**", text) : text;
}

std::string latex_cell(const Cell& cell) {
  const std::string text = escape_latex(cell.text);
  return cell.strong ? fmt::format("\\textbf{{{}}}", text) : text;
}

std::string html_cell(const Cell& cell, Align align) {
  const std::string text = escape_xml(cell.text);
  return fmt::format("<td{}>{}</td>", align == Align::right ? " class=\"number\"" : "",
                     cell.strong ? fmt::format("<strong>{}</strong>", text) : text);
}

/// The words of `text` in lines of at most `width` characters; a longer word has a line of its own.
std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  for (const std::string& word : split(text, ' ')) {
    if (!lines.empty() && lines.back().size() + 1 + word.size() <= width) {
      lines.back() += " " + word;
    } else {
      lines.push_back(word);
    }
  }
  return lines;
}

/// Long headings are stacked, so that the numbers decide how wide a column is.
std::string latex_heading(const Column& column) {
  const std::vector<std::string> lines = wrap(column.heading, kHeadingWidth);
  if (lines.size() < 2) return escape_latex(column.heading);
  return fmt::format("\\shortstack[{}]{{{}}}", column.align == Align::right ? "r" : "l",
                     join(lines, "\\\\", [](const std::string& line) { return escape_latex(line); }));
}

std::string latex_alignment(const Table& table) {
  return join(table.columns, "", [](const Column& column) { return column.align == Align::right ? "r" : "l"; });
}

std::string latex_caption(const Table& table) {
  return fmt::format("\\caption{{{}. {}}}\\label{{tab:{}}}", escape_latex(table.title), escape_latex(table.caption),
                     slug(table.title));
}

std::string latex_rows(const Table& table) {
  std::string rows;
  for (const std::vector<Cell>& row : table.rows) rows += join(row, " & ", latex_cell) + " \\\\\n";
  return rows;
}

/// A table too wide for the page shrinks.
std::string latex_float(const Table& table) {
  return fmt::format(
      "\\begin{{table}}[htbp]\n\\centering\\small\n{}\n\\resizebox{{\\ifdim\\width>"
      "\\linewidth\\linewidth\\else\\width\\fi}}"
      "{{!}}{{%\n\\begin{{tabular}}{{{}}}\n\\toprule\n{} \\\\\n\\midrule\n{}"
      "\\bottomrule\n\\end{{tabular}}}}\n\\end{{table}}\n",
      latex_caption(table), latex_alignment(table), join(table.columns, " & ", latex_heading), latex_rows(table));
}

std::string latex_over_pages(const Table& table) {
  const std::string headings = join(table.columns, " & ", latex_heading);
  return fmt::format(
      "{{\\footnotesize\\setlength{{\\tabcolsep}}{{3pt}}\n\\begin{{longtable}}{{{}}}\n{} \\\\\n\\toprule\n{} "
      "\\\\\n\\midrule\n\\endfirsthead\n\\toprule\n{} "
      "\\\\\n"
      "\\midrule\n\\endhead\n\\bottomrule\n\\endfoot\n{}\\end{{longtable}}}}\n",
      latex_alignment(table), latex_caption(table), headings, headings, latex_rows(table));
}

}  // namespace

std::string to_markdown(const Table& table) {
  check_shape(table);
  std::string text = fmt::format("**{}**\n\n", escape_markdown(table.title));
  text += fmt::format("| {} |\n",
                      join(table.columns, " | ", [](const Column& column) { return escape_markdown(column.heading); }));
  text += fmt::format("|{}|\n", join(table.columns, "|", [](const Column& column) {
                        return column.align == Align::right ? " ---: " : " --- ";
                      }));
  for (const std::vector<Cell>& row : table.rows) text += fmt::format("| {} |\n", join(row, " | ", markdown_cell));
  if (!table.caption.empty()) text += fmt::format("\n{}\n", escape_markdown(table.caption));
  return text;
}

std::string to_latex(const Table& table) {
  check_shape(table);
  return table.rows.size() > kRowsOfAPage ? latex_over_pages(table) : latex_float(table);
}

std::string to_csv(const Table& table) {
  check_shape(table);
  std::string text = join(table.columns, ",", [](const Column& column) { return escape_csv(column.heading); }) + "\r\n";
  for (const std::vector<Cell>& row : table.rows) {
    text += join(row, ",", [](const Cell& cell) { return escape_csv(cell.text); }) + "\r\n";
  }
  return text;
}

std::string to_html(const Table& table) {
  check_shape(table);
  std::string text = fmt::format("<figure class=\"table\">\n<figcaption><strong>{}.</strong> {}</figcaption>\n",
                                 escape_xml(table.title), escape_xml(table.caption));
  text += "<div class=\"scroll\"><table>\n<thead><tr>";
  for (const Column& column : table.columns) {
    text += fmt::format("<th scope=\"col\"{}>{}</th>", column.align == Align::right ? " class=\"number\"" : "",
                        escape_xml(column.heading));
  }
  text += "</tr></thead>\n<tbody>\n";
  for (const std::vector<Cell>& row : table.rows) {
    text += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) text += html_cell(row[i], table.columns[i].align);
    text += "</tr>\n";
  }
  return text + "</tbody>\n</table></div>\n</figure>\n";
}

}  // namespace neusemslice
