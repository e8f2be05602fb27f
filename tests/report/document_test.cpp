#include "report/document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/page.hpp"
#include "report/well_formed.hpp"

namespace neusemslice {
namespace {

using testing::HasSubstr;
using testing::Not;

Document small_document() {
  return {"A & B",
          {"It holds.", "1 < 2"},
          {{"First section",
            {Paragraph{"50 % of <it>"}, List{{"one", "two"}}, Image{"a.svg", "what it shows", "<svg></svg>"}},
            false},
           {"Second", {Verbatim{"Config", "a: <b>\nc: 1"}, Table{"T", "", {{"h"}}, {{{"cell"}}}}}, true}}};
}

TEST(Document, MarkdownLinksImagesAndKeepsVerbatimText) {
  const std::string text = to_markdown(small_document());
  EXPECT_THAT(text, testing::StartsWith("# A & B\n\n- It holds.\n- 1 \\< 2\n\n## First section\n\n50 % of \\<it\\>\n"));
  EXPECT_THAT(text, HasSubstr("![what it shows](a.svg)"));
  EXPECT_THAT(text, HasSubstr("Config:\n\n````\na: <b>\nc: 1\n````\n"));
}

TEST(Document, LatexIsAFragment) {
  const std::string text = to_latex(small_document());
  EXPECT_THAT(text, HasSubstr("\\subsection*{First section}\n\n50 \\% of <it>\n"));
  EXPECT_THAT(text, HasSubstr("\\begin{verbatim}\na: <b>\nc: 1\n\\end{verbatim}"));
  EXPECT_THAT(text, Not(HasSubstr("\\begin{document}")));
}

TEST(Page, IsBalancedAndFetchesNothing) {
  EXPECT_TRUE(testing_support::is_self_contained_html(to_html(small_document())));
}

TEST(Page, FoldsLongSectionsAndLinksToEach) {
  const std::string html = to_html(small_document());
  EXPECT_THAT(html, HasSubstr("<a href=\"#first-section\">First section</a>"));
  EXPECT_THAT(html, HasSubstr("<section id=\"first-section\">\n<h2>First section</h2>"));
  EXPECT_THAT(html, HasSubstr("<section id=\"second\">\n<details><summary>Second</summary>"));
  EXPECT_THAT(html, HasSubstr("<pre>a: &lt;b&gt;\nc: 1</pre>"));
}

}  // namespace
}  // namespace neusemslice
