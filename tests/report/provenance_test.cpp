#include "report/provenance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/versions.hpp"

namespace neusemslice {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

SuiteRecord small_record() {
  SuiteRecord record;
  record.suite = "small";
  record.runs.push_back({.id = 1, .state = "done", .versions = R"({"fmt":90100,"libtorch":"2.11.0"})"});
  record.kinds = {{.kind = "train", .done = 2, .seconds = 45.06},
                  {.kind = "slice", .done = 3, .failed = 1, .seconds = 0.5}};
  return record;
}

std::string to_html(const Section& section) {
  std::string html;
  for (const Block& block : section.blocks) {
    if (const Table* table = std::get_if<Table>(&block)) html += to_html(*table);
  }
  return html;
}

TEST(Versions, AreReadable) {
  EXPECT_THAT(read_versions(R"({"libtorch":"2.11.0","fmt":90100,"cuda":null})"),
              ElementsAre(Pair("cuda", "null"), Pair("fmt", "9.1.0"), Pair("libtorch", "2.11.0")));
  EXPECT_THAT(read_versions("libtorch 2.11.0"), ElementsAre(Pair("versions", "libtorch 2.11.0")));
}

TEST(Provenance, ShortFormSumsSecondsByKind) {
  const std::string text = to_markdown(Document{"", {}, {short_provenance_section(small_record())}});
  EXPECT_THAT(text, AllOf(HasSubstr("5 done, 45.6 s of work over all ranks (train 45.1 s, slice 500 ms), 1 failed"),
                          HasSubstr("; fmt 9.1.0, libtorch 2.11.0.")));
}

TEST(Provenance, LongFormHasTheTotalAndTheVersions) {
  const std::string html = to_html(provenance_section(small_record()));
  EXPECT_THAT(html, AllOf(HasSubstr("<strong>all</strong>"), HasSubstr("<strong>45.6</strong>"),
                          HasSubstr("<td>libtorch</td><td>2.11.0</td>")));
}

}  // namespace
}  // namespace neusemslice
