#include "scheduling/job_graph.hpp"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using test_support::message_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

using Json = nlohmann::json;

TEST(JobGraph, EqualJobsAreOneJob) {
  JobGraph graph;
  const std::string first = graph.add("train", 1, "mlp", 0, {{"epochs", 3}}, {});
  const std::string again = graph.add("train", 1, "mlp", 0, {{"epochs", 3}}, {});
  EXPECT_EQ(first, again);
  EXPECT_THAT(graph.jobs(), SizeIs(1));
  EXPECT_THAT(first, SizeIs(64));
}

TEST(JobGraph, WhateverDeterminesTheResultChangesTheKey) {
  JobGraph graph;
  const std::string input = graph.add("data", 1, "mlp", 0, {}, {});
  const std::string other_input = graph.add("data", 1, "mlp", 1, {}, {});
  std::set<std::string> keys;
  keys.insert(graph.add("train", 1, "mlp", 0, {{"epochs", 3}}, {input}));
  keys.insert(graph.add("score", 1, "mlp", 0, {{"epochs", 3}}, {input}));
  keys.insert(graph.add("train", 2, "mlp", 0, {{"epochs", 3}}, {input}));
  keys.insert(graph.add("train", 1, "cnn", 0, {{"epochs", 3}}, {input}));
  keys.insert(graph.add("train", 1, "mlp", 1, {{"epochs", 3}}, {input}));
  keys.insert(graph.add("train", 1, "mlp", 0, {{"epochs", 4}}, {input}));
  keys.insert(graph.add("train", 1, "mlp", 0, {{"epochs", 3}, {"batch", 1}}, {input}));
  keys.insert(graph.add("train", 1, "mlp", 0, {{"epochs", 3}}, {other_input}));
  keys.insert(graph.add("train", 1, "mlp", 0, {{"epochs", 3}}, {input, other_input}));
  keys.insert(graph.add("train", 1, "mlp", 0, {{"epochs", 3}}, {other_input, input}));
  keys.insert(graph.add("train", 1, "mlp", 0, {{"epochs", 3}}, {}));
  EXPECT_THAT(keys, SizeIs(11));
}

TEST(JobGraph, TheOrderOfParametersDoesNotChangeTheKey) {
  JobGraph graph;
  const std::string one = graph.add("train", 1, "mlp", 0, Json::parse(R"({"a": 1, "b": {"c": 2, "d": 3}})"), {});
  const std::string other = graph.add("train", 1, "mlp", 0, Json::parse(R"({"b": {"d": 3, "c": 2}, "a": 1})"), {});
  EXPECT_EQ(one, other);
}

// Workspaces that people have would do everything again if this changed unnoticed.
TEST(JobGraph, TheKeyIsTheSha256OfTheCanonicalJson) {
  JobGraph graph;
  const std::string key = graph.add("train", 1, "mlp", 7, {{"level", 0.95}}, {});
  // printf '%s' '{"inputs":[],"kind":"train","parameters":{"level":0.95},"seed":7,"setting":"mlp","version":1}' |
  // sha256sum
  EXPECT_EQ(key, "6a3d4ccbbc7e4138741a6aadf7f642af629041b43ab1a83199680a32825df022");
}

TEST(JobGraph, InputsStandBeforeTheJobsThatNeedThem) {
  JobGraph graph;
  const std::string train = graph.add("train", 1, "mlp", 0, {}, {});
  const std::string score = graph.add("score", 1, "mlp", 0, {}, {train});
  graph.add("train", 1, "mlp", 1, {}, {});
  graph.add("slice", 1, "mlp", 0, {}, {train, score});
  std::set<std::string> seen;
  for (const Job& job : graph.jobs()) {
    for (const std::string& input : job.inputs) EXPECT_TRUE(seen.contains(input)) << job.kind;
    seen.insert(job.key);
  }
}

TEST(JobGraph, AnInputThatIsNotInTheGraphIsRefused) {
  JobGraph graph;
  EXPECT_EQ(message_of<Error>([&] { graph.add("score", 1, "mlp", 0, {}, {"abc"}); }),
            "score: input abc is not in the graph");
  EXPECT_EQ(message_of<Error>([&] { static_cast<void>(graph.at("abc")); }), "no job abc");
}

TEST(JobGraph, RowsSayWhatTheJobsAre) {
  JobGraph graph;
  const std::string train = graph.add("train", 1, "mlp", 3, {{"b", 1}, {"a", "x"}}, {});
  const std::string score = graph.add("score", 1, "mlp", 3, {}, {train});
  const std::vector<JobRow> rows = graph.rows();
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].key, train);
  EXPECT_EQ(rows[0].kind, "train");
  EXPECT_EQ(rows[0].setting, "mlp");
  EXPECT_EQ(rows[0].seed, 3);
  EXPECT_EQ(rows[0].parameters, R"({"a":"x","b":1})");
  EXPECT_THAT(rows[1].inputs, ElementsAre(train));
  EXPECT_EQ(graph.at(score).kind, "score");
}

Readiness readiness_with(JobState first, JobState second) {
  return readiness(Job{.inputs = {"a", "b"}}, {{"a", first}, {"b", second}});
}

TEST(Readiness, FollowsTheInputs) {
  using enum JobState;
  EXPECT_EQ(readiness(Job{}, {}), Readiness::ready);
  EXPECT_EQ(readiness_with(done, done), Readiness::ready);
  EXPECT_EQ(readiness_with(done, waiting), Readiness::blocked);
  EXPECT_EQ(readiness_with(waiting, failed), Readiness::hopeless);
  EXPECT_EQ(readiness_with(skipped, done), Readiness::hopeless);
}

}  // namespace
}  // namespace neusemslice
