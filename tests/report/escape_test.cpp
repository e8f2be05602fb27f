#include "report/escape.hpp"

#include <gtest/gtest.h>

namespace neusemslice {
namespace {

TEST(Escape, XmlKeepsTextFromBecomingMarkup) {
  EXPECT_EQ(escape_xml("<script>\"a\" & b</script>"), "&lt;script&gt;&quot;a&quot; &amp; b&lt;/script&gt;");
  EXPECT_EQ(escape_xml(std::string("a\x1b[31m\tb")), "a\uFFFD[31m\tb");
}

TEST(Escape, LatexSpecialsBecomeText) {
  EXPECT_EQ(escape_latex(R"(50 % of a_b & {c} #1 $x^2~\)"),
            R"(50 \% of a\_b \& \{c\} \#1 \$x\textasciicircum{}2\textasciitilde{}\textbackslash{})");
  EXPECT_EQ(escape_latex("1 ± 2 ≤ 3"), "1 $\\pm$ 2 $\\leq$ 3");
}

TEST(Escape, MarkdownCellsStayInTheirCell) {
  EXPECT_EQ(escape_markdown("a|b\n*c*_d_ `e` <f> [g]"), "a\\|b \\*c\\*\\_d\\_ \\`e\\` \\<f\\> \\[g\\]");
}

TEST(Escape, CsvQuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(escape_csv("plain text"), "plain text");
  EXPECT_EQ(escape_csv("a,b"), "\"a,b\"");
  EXPECT_EQ(escape_csv("say \"no\""), "\"say \"\"no\"\"\"");
  EXPECT_EQ(escape_csv("two\nlines"), "\"two\nlines\"");
}

TEST(Slug, IsAnAnchor) {
  EXPECT_EQ(slug("Kept units: mlp-mnist"), "kept-units-mlp-mnist");
  EXPECT_EQ(slug("The paper's claims"), "the-paper-s-claims");
  EXPECT_EQ(slug("(!)"), "");
}

}  // namespace
}  // namespace neusemslice
