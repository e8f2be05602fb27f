#include "core/progress.hpp"

#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace neusemslice {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(ProgressLine, ShowsBarCountTimeLeftAndDetail) {
  EXPECT_EQ(progress_line("run", 12, 48, "jobs", 60, "train", 200),
            "run  [======>                 ]  12/48 jobs  3 min 00 s left  train");
}

TEST(ProgressLine, KnowsNoTimeLeftBeforeTheFirstAndAfterTheLast) {
  EXPECT_EQ(progress_line("run", 0, 4, "jobs", 10, "", 200), "run  [>                       ]  0/4 jobs");
  EXPECT_EQ(progress_line("run", 4, 4, "jobs", 10, "", 200), "run  [========================]  4/4 jobs");
}

TEST(ProgressLine, NothingToDoIsAnEmptyBar) {
  EXPECT_EQ(progress_line("run", 0, 0, "jobs", 0, "", 200), "run  [>                       ]  0/0 jobs");
}

TEST(ProgressLine, MoreThanAllIsAFullBar) {
  EXPECT_THAT(progress_line("fetch", 7, 4, "MB", 1, "", 200),
              AllOf(HasSubstr("[========================]"), Not(HasSubstr("left"))));
}

TEST(ProgressLine, LeavesTheLastColumnOfTheTerminalFree) {
  for (const int width : {0, 1, 10, 40, 80}) {
    const std::string line = progress_line("run", 12, 48, "jobs", 60, "slice semantic taylor 0.95 of mlp-mnist", width);
    EXPECT_LT(static_cast<int>(line.size()), std::max(width, 1)) << width;
  }
}

/// Stderr is whatever the test was started with, so only what must be off is tested here; tests/integration has a
/// terminal.
TEST(TerminalStyle, NoColorAndDumbTerminalsTurnColourOff) {
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(detect_terminal_style().colour);
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(detect_terminal_style().colour);
  EXPECT_FALSE(detect_terminal_style().is_terminal);
}

TEST(Progress, IsSilentWhenQuietAndBeforeItsFirstInterval) {
  testing::internal::CaptureStderr();
  {
    set_terminal_style({.quiet = true, .is_terminal = true});
    Progress quiet("run", 3, "jobs");
    quiet.update(1);
    set_terminal_style({});
    Progress plain("run", 3, "jobs");
    plain.update(1);
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Progress, RedrawsOneLineOnATerminalAndClearsIt) {
  testing::internal::CaptureStderr();
  {
    set_terminal_style({.is_terminal = true});
    Progress progress("run", 2, "jobs");
    progress.update(0);
    progress.update(1);  // within the interval: not drawn
    progress.update(2);
  }
  set_terminal_style({});
  const std::string drawn = testing::internal::GetCapturedStderr();
  EXPECT_EQ(
      drawn,
      "\r\033[Krun  [>                       ]  0/2 jobs\r\033[Krun  [========================]  2/2 jobs\r\033[K");
}

}  // namespace
}  // namespace neusemslice
