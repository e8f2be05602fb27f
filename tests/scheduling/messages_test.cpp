#include "scheduling/messages.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace neusemslice {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Messages, ATaskArrivesAsItWasSent) {
  const Task sent{.job = 7, .ranks = {1, 4}, .inputs = {{"key", {{"model", "artifacts/model", 5'000'000'000, "ab"}}}}};
  const auto got = std::get<Task>(decode_order(encode(Order(sent))));
  EXPECT_EQ(got.job, 7U);
  EXPECT_THAT(got.ranks, ElementsAre(1, 4));
  ASSERT_THAT(got.inputs.at("key"), SizeIs(1));
  EXPECT_EQ(got.inputs.at("key")[0].path, "artifacts/model");
  EXPECT_EQ(got.inputs.at("key")[0].bytes, 5'000'000'000);
}

TEST(Messages, AFarewellCarriesTheCodeOfAll) {
  EXPECT_EQ(std::get<Farewell>(decode_order(encode(Order(Farewell{ExitCode::requeue})))).code, ExitCode::requeue);
}

TEST(Messages, EveryRowOfAReportArrivesBitByBit) {
  Report sent{.job = 3, .ending = Ending::failed, .message = "naïve \"x\"", .code = ExitCode::input};
  sent.result.epochs = {{1, 0.1, std::nextafter(0.3, 1), 0.5, std::numeric_limits<double>::denorm_min()}};
  sent.result.evaluations = {{"test", {3, 0}, {2, 0}}};
  sent.result.metric_seconds = {{"avg", 10, 1.0 / 3}};
  sent.result.slice = SliceRow{.strategy = "semantic",
                               .metric = "avg",
                               .level = 0.95,
                               .parameters = 1,
                               .original_parameters = 2,
                               .layers = {{"fc1", 5, 3, true}}};
  sent.result.layer_removal = LayerRemovalRow{.threshold = 0.99,
                                              .similarity = "biased",
                                              .modularity = 0.25,
                                              .parameters = 3,
                                              .original_parameters = 4,
                                              .removed = {"features.3"},
                                              .layers = {"features.0"},
                                              .layer_similarities = {1.0 / 3}};
  sent.result.pruning = PruningRow{.method = "erk",
                                   .start = "slice",
                                   .rate = 0.05,
                                   .stopped_by = "accuracy",
                                   .iterations = 1,
                                   .parameters = 5,
                                   .original_parameters = 6,
                                   .dense_bytes = 7,
                                   .csr_bytes = 8,
                                   .gzip_bytes = 9,
                                   .history = {{1, 5, 2.0 / 3, 1.0 / 3}}};
  sent.result.attacks = {{"pgd", "test", 10, 3, 9}};
  sent.result.readaptation = ReadaptationRow{.attack = "fgsm",
                                             .method = "both",
                                             .trained_parameters = 10,
                                             .parameters = 11,
                                             .samples = 12,
                                             .retrained_correct = 13,
                                             .reattack_samples = 14,
                                             .reattacked_correct = 15,
                                             .seconds = 1.0 / 3};
  sent.result.learning = LearningRow{.method = "slice_replay",
                                     .replay_percent = 10,
                                     .step = 1,
                                     .trained_parameters = 2,
                                     .parameters = 3,
                                     .replayed_samples = 4,
                                     .replay_bytes = 5,
                                     .slice_bytes = 6,
                                     .plain_slice_bytes = 7,
                                     .seconds = 1.0 / 3,
                                     .tasks = {{1, "5 6", 9, 8}}};
  sent.result.artifacts = {{"slice.json", "artifacts/slice/x", 9, "cd"}};
  sent.effort = {.seconds = 0.1 + 0.2, .peak_memory_bytes = 1LL << 40, .ranks = 3};

  const Report got = decode_report(encode(sent));
  // Does not compile when a member is added: set it above, and look for it below.
  [[maybe_unused]] const auto& [epochs, evaluations, metric_seconds, slice, removal, pruning, attacks, readaptation,
                                learning, artifacts] = got.result;
  EXPECT_EQ(got.job, 3U);
  EXPECT_EQ(got.ending, Ending::failed);
  EXPECT_EQ(got.message, sent.message);
  EXPECT_EQ(got.code, ExitCode::input);
  ASSERT_THAT(got.result.epochs, SizeIs(1));
  EXPECT_EQ(got.result.epochs[0].training_loss, std::nextafter(0.3, 1));
  EXPECT_EQ(got.result.epochs[0].validation_accuracy, std::numeric_limits<double>::denorm_min());
  EXPECT_THAT(got.result.evaluations.at(0).correct, ElementsAre(2, 0));
  EXPECT_EQ(got.result.metric_seconds.at(0).seconds, 1.0 / 3);
  ASSERT_TRUE(got.result.slice.has_value());
  EXPECT_EQ(got.result.slice->level, 0.95);
  EXPECT_TRUE(got.result.slice->layers.at(0).rescued);
  ASSERT_TRUE(got.result.layer_removal.has_value());
  EXPECT_EQ(got.result.layer_removal->similarity, "biased");
  EXPECT_EQ(got.result.layer_removal->original_parameters, 4);
  EXPECT_THAT(got.result.layer_removal->removed, ElementsAre("features.3"));
  EXPECT_THAT(got.result.layer_removal->layer_similarities, ElementsAre(1.0 / 3));
  ASSERT_TRUE(pruning.has_value());
  EXPECT_EQ(pruning->method + pruning->start + pruning->stopped_by, "erksliceaccuracy");
  EXPECT_EQ(pruning->rate, 0.05);
  EXPECT_THAT(std::vector({pruning->iterations, pruning->parameters, pruning->original_parameters, pruning->dense_bytes,
                           pruning->csr_bytes, pruning->gzip_bytes}),
              ElementsAre(1, 5, 6, 7, 8, 9));
  ASSERT_THAT(pruning->history, SizeIs(1));
  EXPECT_EQ(pruning->history[0].validation_accuracy, 2.0 / 3);
  ASSERT_THAT(attacks, SizeIs(1));
  EXPECT_EQ(attacks[0].attack + attacks[0].split, "pgdtest");
  EXPECT_THAT(std::vector({attacks[0].samples, attacks[0].correct, attacks[0].benign_correct}), ElementsAre(10, 3, 9));
  ASSERT_TRUE(readaptation.has_value());
  EXPECT_EQ(readaptation->attack + readaptation->method, "fgsmboth");
  EXPECT_THAT(
      std::vector({readaptation->trained_parameters, readaptation->parameters, readaptation->samples,
                   readaptation->retrained_correct, readaptation->reattack_samples, readaptation->reattacked_correct}),
      ElementsAre(10, 11, 12, 13, 14, 15));
  EXPECT_EQ(readaptation->seconds, 1.0 / 3);
  ASSERT_TRUE(learning.has_value());
  EXPECT_EQ(learning->method, "slice_replay");
  EXPECT_THAT(std::vector({learning->step, learning->trained_parameters, learning->parameters,
                           learning->replayed_samples, learning->replay_bytes, learning->slice_bytes,
                           learning->plain_slice_bytes, learning->replay_percent}),
              ElementsAre(1, 2, 3, 4, 5, 6, 7, 10));
  EXPECT_EQ(learning->seconds, 1.0 / 3);
  ASSERT_THAT(learning->tasks, SizeIs(1));
  EXPECT_EQ(learning->tasks[0].categories, "5 6");
  EXPECT_THAT(std::vector({learning->tasks[0].task, learning->tasks[0].samples, learning->tasks[0].correct}),
              ElementsAre(1, 9, 8));
  EXPECT_EQ(got.result.artifacts.at(0).sha256, "cd");
  EXPECT_EQ(got.effort.seconds, 0.1 + 0.2);
  EXPECT_EQ(got.effort.peak_memory_bytes, 1LL << 40);
  EXPECT_EQ(got.effort.ranks, 3);
}

TEST(Messages, ALossThatIsNoNumberArrivesAsNone) {
  Report sent;
  sent.result.epochs = {{1, 0.1, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), 0}};
  const Report got = decode_report(encode(sent));
  EXPECT_TRUE(std::isnan(got.result.epochs.at(0).training_loss));
  EXPECT_TRUE(std::isinf(got.result.epochs.at(0).training_accuracy));
  EXPECT_FALSE(got.result.slice.has_value());
  EXPECT_THAT(got.result.artifacts, IsEmpty());
}

}  // namespace
}  // namespace neusemslice
