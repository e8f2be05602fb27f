#include "parallel/together.hpp"

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "support/ranks.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using test_support::all_ranks;
using test_support::message_of;
using test_support::world;

TEST(GatherTexts, GivesEveryRanksTextAlsoAnEmptyOne) {
  const std::string own = world().rank() == 0 ? "" : std::string(3, static_cast<char>('a' + world().rank()));
  const std::vector<std::string> texts = gather_texts(all_ranks(), own);
  ASSERT_EQ(texts.size(), static_cast<std::size_t>(world().size()));
  EXPECT_EQ(texts[0], "");
  if (world().size() > 1) {
    EXPECT_EQ(texts[1], "bbb");
  }
}

TEST(Together, EveryRankDoesItsPart) {
  bool done = false;
  together(all_ranks(), [&] { done = true; });
  EXPECT_TRUE(done);
}

TEST(Together, WhenOneRankFailsAllThrowItsErrorAndStayInStep) {
  const int failing = world().size() - 1;
  const auto part = [&] {
    if (world().rank() == failing) throw InputError("no such file");
  };
  try {
    together(all_ranks(), part);
    FAIL() << "rank " << world().rank() << " heard nothing";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "no such file");
    EXPECT_EQ(error.code(), ExitCode::input);
  }
  EXPECT_EQ(gather_texts(all_ranks(), "x").size(), static_cast<std::size_t>(world().size())) << "still in step";
}

TEST(Together, OfSeveralFailuresTheLowestRanksIsTold) {
  const auto part = [] { throw Error(fmt::format("rank {} failed", world().rank())); };
  EXPECT_EQ(message_of<Error>([&] { together(all_ranks(), part); }), "rank 0 failed");
}

TEST(Together, AnUnexpectedErrorIsCutToOneLine) {
  const auto part = [] { throw std::runtime_error("out of memory\nframe #0"); };
  if (world().size() == 1) GTEST_SKIP() << "alone, the error itself goes on";
  EXPECT_EQ(message_of<Error>([&] { together(all_ranks(), part); }), "unexpected error: out of memory");
}

TEST(Together, AGpuThatFailsOnOneRankIsTheMachinesFaultOnAll) {
  const auto part = [] {
    if (world().rank() == 0) throw c10::AcceleratorError({}, 700, "CUDA error: an illegal memory access\nframe #0");
  };
  if (world().size() == 1) GTEST_SKIP() << "alone, the error itself goes on";
  try {
    together(all_ranks(), part);
    FAIL() << "rank " << world().rank() << " heard nothing";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "the GPU failed: CUDA error: an illegal memory access");
    EXPECT_EQ(error.code(), ExitCode::environment);
  }
}

}  // namespace
}  // namespace neusemslice
