#include "core/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace neusemslice {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Split, KeepsEmptyPartsOfATextThatIsNotEmpty) {
  EXPECT_THAT(split("", ','), IsEmpty());
  EXPECT_THAT(split("a", ','), ElementsAre("a"));
  EXPECT_THAT(split("a,b,,c", ','), ElementsAre("a", "b", "", "c"));
  EXPECT_THAT(split(",a,", ','), ElementsAre("", "a", ""));
  EXPECT_THAT(split(",", ','), ElementsAre("", ""));
}

TEST(NearestWord, ForgivesSlipsAndNothingMore) {
  const std::vector<std::string> known = {"epochs", "batch_size", "learning_rate"};
  EXPECT_EQ(nearest_word("epoch", known), "epochs");
  EXPECT_EQ(nearest_word("epohcs", known), "epochs");
  EXPECT_EQ(nearest_word("lerning-rate", known), "learning_rate");
  EXPECT_EQ(nearest_word("optimizer", known), "");
  EXPECT_EQ(nearest_word("epochs", {}), "");
}

TEST(NearestWord, TakesTheFirstOfEquallyNearOnes) {
  EXPECT_EQ(nearest_word("bat", {"cat", "hat"}), "cat");
}

TEST(Suggestion, NamesTheNearWordOrAllKnownOnes) {
  EXPECT_EQ(suggestion("tailor", {"avg", "taylor"}), "; did you mean 'taylor'?");
  EXPECT_EQ(suggestion("entropy", {"avg", "var"}), "; known: avg, var");
}

TEST(FirstLine, DropsWhatFollowsALineBreak) {
  EXPECT_EQ(first_line("no break"), "no break");
  EXPECT_EQ(first_line("out of memory\nException raised from ..."), "out of memory");
  EXPECT_EQ(first_line("one\r\ntwo"), "one");
  EXPECT_EQ(first_line(""), "");
}

TEST(ShellWord, LeavesPlainTextAndQuotesTheRest) {
  EXPECT_EQ(shell_word("configs/suites/rq1-mlp.yaml"), "configs/suites/rq1-mlp.yaml");
  EXPECT_EQ(shell_word("seeds=[0,1]"), "'seeds=[0,1]'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word(""), "''");
}

}  // namespace
}  // namespace neusemslice
