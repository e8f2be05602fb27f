#include "report/table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "report/csv.hpp"

namespace neusemslice {
namespace {

using testing::HasSubstr;
using testing::Not;

Table small_table() {
  return {"T & T", "50 % only", {{"Name"}, {"Value", Align::right}}, {{{"a|b, c"}, {"1.00 ± 0.50", true}}}};
}

TEST(Table, MarkdownIsOneLineARow) {
  EXPECT_EQ(to_markdown(small_table()),
            "**T & T**\n\n| Name | Value |\n| --- | ---: |\n| a\\|b, c | **1.00 ± 0.50** |\n\n50 % only\n");
}

TEST(Table, CsvFollowsRfc4180) {
  EXPECT_EQ(to_csv(small_table()), "Name,Value\r\n\"a|b, c\",1.00 ± 0.50\r\n");
}

TEST(Table, LatexUsesBooktabs) {
  const std::string latex = to_latex(small_table());
  EXPECT_THAT(latex, HasSubstr("\\begin{tabular}{lr}\n\\toprule\nName & Value \\\\\n\\midrule\n"));
  EXPECT_THAT(latex, HasSubstr("a|b, c & \\textbf{1.00 $\\pm$ 0.50} \\\\\n\\bottomrule\n\\end{tabular}}"));
  EXPECT_THAT(latex, HasSubstr("\\caption{T \\& T. 50 \\% only}\\label{tab:t-t}"));
}

TEST(Table, LongLatexHeadingsAreStacked) {
  Table table = small_table();
  table.columns = {{"50 % of many words"}, {"CR % for ≤ 1 points", Align::right}};
  EXPECT_THAT(to_latex(table), HasSubstr("\\shortstack[l]{50 \\% of many\\\\words} & "
                                         "\\shortstack[r]{CR \\% for $\\leq$ 1\\\\points} \\\\\n\\midrule"));
}

TEST(Table, LongLatexTableGoesOverPages) {
  Table table = small_table();
  table.rows.assign(41, table.rows.front());
  EXPECT_THAT(to_latex(table), HasSubstr("\\begin{longtable}{lr}"));
  EXPECT_THAT(to_latex(table), Not(HasSubstr("\\begin{tabular}")));
}

TEST(Table, HtmlEscapesCells) {
  Table table = small_table();
  table.rows.front().front().text = "<b>";
  EXPECT_THAT(to_html(table), HasSubstr("<td>&lt;b&gt;</td><td class=\"number\"><strong>1.00 ± 0.50</strong></td>"));
}

TEST(Table, WithoutRowsIsStillATable) {
  Table table = small_table();
  table.rows.clear();
  EXPECT_EQ(to_csv(table), "Name,Value\r\n");
  EXPECT_THAT(to_html(table), HasSubstr("<tbody>\n</tbody>"));
}

TEST(Table, RaggedRowIsRefused) {
  Table table = small_table();
  table.rows.front().pop_back();
  EXPECT_THROW(to_markdown(table), Error);
}

TEST(Csv, ReadsBackWhatATableWrites) {
  Table table = small_table();
  table.rows.push_back({{"say \"no\"\r\nor yes"}, {""}});
  const std::vector<CsvRecord> records = parse_csv(to_csv(table));
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].at("Name"), "a|b, c");
  EXPECT_EQ(records[1].at("Name"), "say \"no\"\r\nor yes");
  EXPECT_EQ(records[1].at("Value"), "");
}

TEST(Csv, RecordOfAnotherLengthIsRefused) {
  EXPECT_THROW(parse_csv("a,b\n1,2\n3\n"), InputError);
}

}  // namespace
}  // namespace neusemslice
