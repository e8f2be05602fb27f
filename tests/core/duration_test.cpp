#include "core/duration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using namespace std::chrono_literals;
using test_support::message_of;
using testing::HasSubstr;

TEST(ParseDuration, ReadsWhatPeopleAndBatchSystemsWrite) {
  EXPECT_EQ(parse_duration("90s"), 90s);
  EXPECT_EQ(parse_duration("45m"), 45min);
  EXPECT_EQ(parse_duration("4h"), 4h);
  EXPECT_EQ(parse_duration("2d"), 48h);
  EXPECT_EQ(parse_duration("01:30"), 90s);
  EXPECT_EQ(parse_duration("04:00:10"), 4h + 10s);
  EXPECT_EQ(parse_duration("1-02:03:04"), 26h + 3min + 4s);
  EXPECT_EQ(parse_duration("100:00:00"), 100h);
}

TEST(ParseDuration, RefusesWhatCouldMeanTwoThingsOrNothing) {
  for (const std::string text : {"", "60", "-5s", "0s", "00:00", "1:60", "1:2:3:4", "1-2", "1-02:03", "h", "4 h", "4hh",
                                 "1.5h", "1e3s", "99999999999999999999s", "a:b", ":", "1:", "-1:00"}) {
    EXPECT_THAT(message_of<InputError>([&] { parse_duration(text); }), HasSubstr("'" + text + "' is no length of time"))
        << text;
  }
}

}  // namespace
}  // namespace neusemslice
