#include "report/document.hpp"

#include <fmt/format.h>

#include "report/escape.hpp"

namespace neusemslice {
namespace {

struct MarkdownBlock {
  std::string operator()(const Paragraph& paragraph) const { return escape_markdown(paragraph.text) + "\n"; }
  std::string operator()(const List& list) const {
    std::string text;
    for (const std::string& item : list.items) text += fmt::format("- {}\n", escape_markdown(item));
    return text;
  }
  std::string operator()(const Verbatim& verbatim) const {
    return fmt::format("{}:\n\n````\n{}\n````\n", escape_markdown(verbatim.title), verbatim.text);
  }
  std::string operator()(const Image& image) const {
    return fmt::format("![{}]({})\n", escape_markdown(image.description), image.file);
  }
  std::string operator()(const Table& table) const { return to_markdown(table); }
};

struct LatexBlock {
  std::string operator()(const Paragraph& paragraph) const { return escape_latex(paragraph.text) + "\n"; }
  std::string operator()(const List& list) const {
    std::string text = "\\begin{itemize}\n";
    for (const std::string& item : list.items) text += fmt::format("\\item {}\n", escape_latex(item));
    return text + "\\end{itemize}\n";
  }
  std::string operator()(const Verbatim& verbatim) const {
    return fmt::format("{}:\n\\begin{{verbatim}}\n{}\n\\end{{verbatim}}\n", escape_latex(verbatim.title),
                       verbatim.text);
  }
  std::string operator()(const Image& image) const { return fmt::format("% Figure: {}\n", image.file); }
  std::string operator()(const Table& table) const { return to_latex(table); }
};

}  // namespace

std::string to_markdown(const Document& document) {
  std::string text = fmt::format("# {}\n\n{}", escape_markdown(document.title), MarkdownBlock{}(List{document.answer}));
  for (const Section& section : document.sections) {
    text += fmt::format("\n## {}\n", escape_markdown(section.title));
    for (const Block& block : section.blocks) text += fmt::format("\n{}", std::visit(MarkdownBlock{}, block));
  }
  return text;
}

std::string to_latex(const Document& document) {
  std::string text = fmt::format("% Needs \\usepackage{{booktabs,graphicx,longtable}}.\n\\section*{{{}}}\n{}",
                                 escape_latex(document.title), LatexBlock{}(List{document.answer}));
  for (const Section& section : document.sections) {
    text += fmt::format("\n\\subsection*{{{}}}\n", escape_latex(section.title));
    for (const Block& block : section.blocks) text += fmt::format("\n{}", std::visit(LatexBlock{}, block));
  }
  return text;
}

}  // namespace neusemslice
