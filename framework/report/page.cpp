#include "report/page.hpp"

#include <fmt/format.h>

#include "report/escape.hpp"

namespace neusemslice {
namespace {

constexpr std::string_view kStyle = R"css(
:root { color-scheme: light dark; --ink: #1d1f23; --soft: #5c626b; --paper: #ffffff; --card: #f4f6f8; --line: #d9dde2; --accent: #0072b2; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --soft: #a0a7b1; --paper: #15171a; --card: #1f2328; --line: #363c44; --accent: #56b4e9; }
}
body { margin: 0 auto; max-width: 78rem; padding: 1.5rem 1.5rem 4rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: .5rem 0 1rem; }
h2, summary { font-size: 1.25rem; font-weight: 600; margin: 2.2rem 0 .6rem; }
summary { cursor: pointer; }
p, li { max-width: 62rem; }
nav { font-size: .9rem; margin: 1rem 0; }
nav a { color: var(--accent); margin-right: 1.2rem; white-space: nowrap; }
.answer { background: var(--card); border-left: 4px solid var(--accent); border-radius: 4px; padding: .4rem 1.2rem; }
.answer p { margin: .6rem 0; }
figure { margin: 1rem 0; }
.image { background: #ffffff; border: 1px solid var(--line); border-radius: 4px; }
.image svg { display: block; width: 100%; height: auto; }
figcaption { font-size: .92rem; color: var(--soft); margin-bottom: .4rem; max-width: 62rem; }
figcaption strong { color: var(--ink); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .22rem .8rem .22rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { border-bottom: 2px solid var(--soft); vertical-align: bottom; }
td.number, th.number { text-align: right; padding: .22rem .2rem .22rem .9rem; }
td.number, td:first-child { white-space: nowrap; }
.number + :not(.number) { padding-left: .9rem; }
tbody tr:hover { background: var(--card); }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 4px; padding: .8rem; overflow-x: auto;
  font: .85rem/1.4 ui-monospace, "DejaVu Sans Mono", Menlo, monospace; }
details details summary { font-size: 1rem; margin: .8rem 0; }
@media print { body { max-width: none; } .scroll { overflow: visible; } }
)css";

struct HtmlBlock {
  std::string operator()(const Paragraph& paragraph) const {
    return fmt::format("<p>{}</p>\n", escape_xml(paragraph.text));
  }
  std::string operator()(const List& list) const {
    std::string html = "<ul>\n";
    for (const std::string& item : list.items) html += fmt::format("<li>{}</li>\n", escape_xml(item));
    return html + "</ul>\n";
  }
  std::string operator()(const Verbatim& verbatim) const {
    return fmt::format("<details><summary>{}</summary>\n<pre>{}</pre></details>\n", escape_xml(verbatim.title),
                       escape_xml(verbatim.text));
  }
  std::string operator()(const Image& image) const {
    return fmt::format("<figure><div class=\"image\">\n{}</div></figure>\n", image.svg);
  }
  std::string operator()(const Table& table) const { return to_html(table); }
};

std::string section_html(const Section& section) {
  std::string html = fmt::format("<section id=\"{}\">\n", slug(section.title));
  const std::string title = escape_xml(section.title);
  html +=
      section.is_folded ? fmt::format("<details><summary>{}</summary>\n", title) : fmt::format("<h2>{}</h2>\n", title);
  for (const Block& block : section.blocks) html += std::visit(HtmlBlock{}, block);
  if (section.is_folded) html += "</details>\n";
  return html + "</section>\n";
}

std::string links(const Document& document) {
  std::string html = "<nav>\n";
  for (const Section& section : document.sections) {
    html += fmt::format("<a href=\"#{}\">{}</a>\n", slug(section.title), escape_xml(section.title));
  }
  return html + "</nav>\n";
}

}  // namespace

std::string to_html(const Document& document) {
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<style>{}</style>\n"
      "</head>\n<body>\n<h1>{}</h1>\n<div class=\"answer\">\n",
      escape_xml(document.title), kStyle, escape_xml(document.title));
  for (const std::string& sentence : document.answer) html += fmt::format("<p>{}</p>\n", escape_xml(sentence));
  html += "</div>\n" + links(document);
  for (const Section& section : document.sections) html += section_html(section);
  return html + "</body>\n</html>\n";
}

}  // namespace neusemslice
