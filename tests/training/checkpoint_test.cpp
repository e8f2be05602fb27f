#include "training/checkpoint.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/hash.hpp"
#include "models/network_builder.hpp"
#include "models/safetensors.hpp"
#include "support/problem.hpp"
#include "support/temporary_folder.hpp"
#include "training/trainer.hpp"

namespace neusemslice {
namespace {

using namespace test_support;
using testing::HasSubstr;

constexpr std::int64_t kBatches = 4;  // an epoch: 180 training samples in fifties
constexpr std::int64_t kEpochs = 3;
const std::string kIdentity = "job 42";

/// One training: everything that `train` is given, with the network as it is at the beginning.
struct Case {
  std::string name;
  RecipeConfig recipe;
  TrainableParameters trainable;
  Network network;
};

Problem problem_to_train() {
  return random_problem(31, {.samples = 200});
}

/// What draws random numbers while it trains, and measures.
Network with_dropout_and_batch_norm() {
  NetworkBuilder builder("small", {1, 3, 2});
  builder.convolution("convolution", 5, 3, 1, 1, true);
  builder.batch_norm("norm");
  builder.relu();
  builder.dropout(0.3);
  builder.flatten();
  builder.linear("linear", 6);
  builder.relu();
  builder.dropout(0.5);
  builder.linear("logits", 3);
  return make_network(std::move(builder).build(Initialisation::he), 3);
}

RecipeConfig recipe_of(const std::string& optimizer, double momentum, double weight_decay) {
  return {.optimizer = optimizer,
          .learning_rate = 0.05,
          .momentum = momentum,
          .weight_decay = weight_decay,
          .schedule = "cosine",
          .epochs = kEpochs,
          .batch_size = 50};
}

RecipeConfig augmented(RecipeConfig recipe) {
  recipe.augmentation = {.crop_padding = 1, .flip = true};
  return recipe;
}

Case case_with_dropout_and_batch_norm() {
  const Network network = with_dropout_and_batch_norm();
  return {"dropout and batch norm", recipe_of("sgd", 0.9, 0), train_everything(network), network};
}

std::vector<Case> cases() {
  const Network mlp = problem_to_train().network;
  const TrainableParameters everything = train_everything(mlp);
  const at::Tensor entries = at::arange(35).remainder(3).eq(0).view({5, 7});
  const TrainableParameters parts = {
      {"fc1.weight", {.rows = index_tensor({1, 4}), .columns = index_tensor({0, 2, 5}), .entries = {}}},
      {"fc2.weight", {.rows = {}, .columns = {}, .entries = entries}},
      {"fc3.bias", {}}};
  return {{"adam", recipe_of("adam", 0, 0.01), everything, mlp},
          {"adam on parts", recipe_of("adam", 0, 0), parts, mlp},
          {"sgd", recipe_of("sgd", 0, 0.01), everything, mlp},
          {"sgd with momentum", recipe_of("sgd", 0.9, 0), everything, mlp},
          {"sgd with momentum on parts", recipe_of("sgd", 0.9, 0.01), parts, mlp},
          case_with_dropout_and_batch_norm(),
          {"augmented", augmented(recipe_of("sgd", 0.9, 0)), everything, mlp}};
}

/// What came of a training, or of a process of one that was stopped.
struct Outcome {
  Network network;
  TrainingRecord record;
  bool stopped = false;
};

/// As a new process would: from the initial values and what the checkpoint holds.
Outcome run(const Case& training, const TrainingOptions& options) {
  const Problem problem = problem_to_train();
  const TrainingSplit split = split_training(problem.dataset.training.labels, 3, 10, 0);
  Outcome outcome{.network = training.network.clone()};
  try {
    outcome.record = train(outcome.network, problem.dataset, split, training.recipe, 7, training.trainable, options);
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "stopped");
    outcome.stopped = true;
  }
  return outcome;
}

TrainingOptions with_checkpoint(const std::filesystem::path& path) {
  return {.checkpoint = path, .identity = kIdentity};
}

/// Stops when that many batches have been trained here.
TrainingOptions stopping_after(std::int64_t batches, const std::filesystem::path& path) {
  TrainingOptions options = with_checkpoint(path);
  options.between_batches = [batches]() mutable {
    if (batches-- == 0) throw Error("stopped");
  };
  return options;
}

void expect_equal(const TensorMap& actual, const TensorMap& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (const auto& [name, tensor] : expected) EXPECT_TRUE(bits_equal(actual.at(name), tensor)) << name;
}

void expect_same(const Outcome& actual, const Outcome& expected) {
  EXPECT_FALSE(actual.stopped);
  expect_equal(actual.network.parameters, expected.network.parameters);
  expect_equal(actual.network.buffers, expected.network.buffers);
  EXPECT_EQ(actual.record.epochs, expected.record.epochs);
}

nlohmann::json progress_in(const std::filesystem::path& path) {
  return nlohmann::json::parse(read_safetensors_file(path).metadata.at("progress"));
}

/// All that was logged while this lives.
class LogCapture {
 public:
  LogCapture() {
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)));
    spdlog::set_pattern("%l: %v");
  }
  ~LogCapture() { spdlog::set_default_logger(before_); }
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  [[nodiscard]] std::string text() const { return text_.str(); }

 private:
  std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
  std::ostringstream text_;
};

// ---- Stopped by a signal, or killed: in processes of their own, which must begin before this one differentiates ----

const Case kAdam{"adam", recipe_of("adam", 0, 0), train_everything(problem_to_train().network),
                 problem_to_train().network};

TEST(CheckpointDeathTest, AStopWhileTheEpochIsEvaluatedKeepsAllItsBatches) {
  const TemporaryFolder folder;
  const auto stopped_in_evaluation = [&] {
    TrainingOptions options = with_checkpoint(folder / "state");
    options.between_batches = [batch = 0]() mutable {
      if (++batch == kBatches) request_stop(StopReason::terminated);
    };
    Network network = kAdam.network.clone();
    const Problem problem = problem_to_train();
    const TrainingSplit split = split_training(problem.dataset.training.labels, 3, 10, 0);
    try {
      train(network, problem.dataset, split, kAdam.recipe, 7, kAdam.trainable, options);
    } catch (const Error& error) {
      std::_Exit(static_cast<int>(error.code()));
    }
    std::_Exit(0);
  };
  EXPECT_EXIT(stopped_in_evaluation(), testing::ExitedWithCode(143), "");
  EXPECT_EQ(progress_in(folder / "state").at("batch"), kBatches);
  EXPECT_TRUE(progress_in(folder / "state").at("epochs").empty());
}

TEST(CheckpointDeathTest, AKilledProcessLeavesItsLastEpoch) {
  const TemporaryFolder folder;
  const auto killed_in_second_epoch = [&] {
    TrainingOptions options = with_checkpoint(folder / "state");
    options.between_batches = [batch = 0]() mutable {
      if (++batch == kBatches + 2) std::raise(SIGKILL);
    };
    run(kAdam, options);
  };
  EXPECT_EXIT(killed_in_second_epoch(), testing::KilledBySignal(SIGKILL), "");
  EXPECT_EQ(progress_in(folder / "state").at("batch"), 0);
  EXPECT_EQ(progress_in(folder / "state").at("epochs").size(), 1U);
  std::vector<std::int64_t> ran_here;
  TrainingOptions options = with_checkpoint(folder / "state");
  options.on_epoch = [&](const EpochRecord& epoch) { ran_here.push_back(epoch.epoch); };
  expect_same(run(kAdam, options), run(kAdam, {}));
  EXPECT_EQ(ran_here, (std::vector<std::int64_t>{2, 3}));
}

// ---- Stopped between batches ----

TEST(Checkpoint, ATrainingStoppedAnywhereEndsAsIfUndisturbed) {
  for (const Case& training : cases()) {
    SCOPED_TRACE(training.name);
    const Outcome undisturbed = run(training, {});
    for (std::int64_t batches = 0; batches < kEpochs * kBatches; ++batches) {
      SCOPED_TRACE(fmt::format("stopped after {} batches", batches));
      const TemporaryFolder folder;
      EXPECT_TRUE(run(training, stopping_after(batches, folder / "state")).stopped);
      expect_same(run(training, with_checkpoint(folder / "state")), undisturbed);
    }
  }
}

TEST(Checkpoint, ATrainingStoppedAfterEveryBatchPassesThroughTheSameStates) {
  for (const Case& training : cases()) {
    SCOPED_TRACE(training.name);
    const TemporaryFolder folder;
    for (std::int64_t batches = 1; batches < kEpochs * kBatches; ++batches) {
      SCOPED_TRACE(fmt::format("after {} batches", batches));
      EXPECT_TRUE(run(training, stopping_after(1, folder / "by one")).stopped);
      EXPECT_TRUE(run(training, stopping_after(batches, folder / fmt::format("at once {}", batches))).stopped);
      const SafetensorsFile by_one = read_safetensors_file(folder / "by one");
      const SafetensorsFile at_once = read_safetensors_file(folder / fmt::format("at once {}", batches));
      expect_equal(by_one.tensors, at_once.tensors);
      auto progress = progress_in(folder / "by one");
      progress["seconds"] = progress_in(folder / fmt::format("at once {}", batches)).at("seconds");
      EXPECT_EQ(progress, progress_in(folder / fmt::format("at once {}", batches)));
    }
    expect_same(run(training, stopping_after(1, folder / "by one")), run(training, {}));
  }
}

TEST(Checkpoint, HoldsTheMethodsStateAndNothingElse) {
  const TemporaryFolder folder;
  const auto names_after = [&](const Case& training) {
    run(training, stopping_after(1, folder / training.name));
    std::vector<std::string> names;
    for (const auto& entry : read_safetensors(folder / training.name)) names.push_back(entry.first);
    return names;
  };
  const TrainableParameters bias = {{"fc3.bias", {}}};
  const Network mlp = problem_to_train().network;
  EXPECT_THAT(names_after({"adam", recipe_of("adam", 0, 0), bias, mlp}),
              testing::ElementsAre("first_moment/fc3.bias", "parameter/fc3.bias", "second_moment/fc3.bias",
                                   "steps/fc3.bias", "sum/correct", "sum/loss"));
  EXPECT_THAT(names_after({"momentum", recipe_of("sgd", 0.9, 0), bias, mlp}),
              testing::ElementsAre("first_moment/fc3.bias", "parameter/fc3.bias", "sum/correct", "sum/loss"));
  EXPECT_THAT(names_after({"sgd", recipe_of("sgd", 0, 0), bias, mlp}),
              testing::ElementsAre("parameter/fc3.bias", "sum/correct", "sum/loss"));
  EXPECT_THAT(names_after({"norm", recipe_of("sgd", 0, 0), {{"logits.bias", {}}}, with_dropout_and_batch_norm()}),
              testing::ElementsAre("buffer/norm.running_mean", "buffer/norm.running_var", "parameter/logits.bias",
                                   "sum/correct", "sum/loss"));
}

TEST(Checkpoint, CountsTheSecondsOfStoppedProcesses) {
  const TemporaryFolder folder;
  run(kAdam, stopping_after(3, folder / "state"));
  const double first = progress_in(folder / "state").at("seconds");
  EXPECT_GT(first, 0);
  run(kAdam, stopping_after(3, folder / "state"));
  const double both = progress_in(folder / "state").at("seconds");
  EXPECT_GT(both, first);
  EXPECT_EQ(run(kAdam, with_checkpoint(folder / "state")).record.earlier_seconds, both);
}

TEST(Checkpoint, AFinishedTrainingDoesNotNeedIt) {
  const TemporaryFolder folder;
  const Outcome finished = run(kAdam, with_checkpoint(folder / "state"));
  std::filesystem::remove(folder / "state");
  expect_same(run(kAdam, with_checkpoint(folder / "state")), finished);
  EXPECT_EQ(finished.record.epochs.size(), 3U);
  EXPECT_EQ(finished.record.earlier_seconds, 0);
}

// ---- When it is saved ----

TEST(Checkpoint, ASecondSaveWaitsForWorkToSave) {
  const TemporaryFolder folder;
  Network network = kAdam.network.clone();
  const Optimizer optimizer(network, kAdam.trainable, kAdam.recipe);
  TrainingState state(network);
  Checkpoint checkpoint(folder / "state", kIdentity);
  checkpoint.save_if_cheap(optimizer, state);
  EXPECT_EQ(progress_in(folder / "state").at("batch"), 0);
  state.batch = 1;
  checkpoint.save_if_cheap(optimizer, state);
  EXPECT_EQ(progress_in(folder / "state").at("batch"), 0);
  checkpoint.save(optimizer, state);
  EXPECT_EQ(progress_in(folder / "state").at("batch"), 1);
}

TEST(Checkpoint, APartOfTheNextOneDoesNotHarmIt) {
  const TemporaryFolder folder;
  run(kAdam, stopping_after(5, folder / "state"));
  // What a process leaves that is killed before the rename.
  write_file_atomically(folder / "state.1234.nss-tmp", read_file(folder / "state").substr(0, 100));
  const Outcome resumed = run(kAdam, with_checkpoint(folder / "state"));
  EXPECT_GT(resumed.record.earlier_seconds, 0);
  EXPECT_GT(resumed.record.seconds, resumed.record.earlier_seconds);
  expect_same(resumed, run(kAdam, {}));
}

TEST(Checkpoint, TrainingGoesOnWhereNoneCanBeWritten) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "file", "in the way of a folder");
  const LogCapture log;
  expect_same(run(kAdam, with_checkpoint(folder / "file" / "state")), run(kAdam, {}));
  EXPECT_THAT(log.text(), HasSubstr("warning: no checkpoint was saved, training goes on"));
}

// ---- Files that do not fit ----

/// The warning that trying the file gives; it must change nothing.
std::string complaint_about(const std::filesystem::path& path, const Case& training = kAdam,
                            const std::string& identity = kIdentity) {
  const LogCapture log;
  Network network = training.network.clone();
  Optimizer optimizer(network, training.trainable, training.recipe);
  TrainingState state(network);
  Checkpoint(path, identity).restore(optimizer, state);
  expect_equal(network.parameters, training.network.parameters);
  expect_equal(network.buffers, training.network.buffers);
  EXPECT_TRUE(state.epochs.empty());
  EXPECT_EQ(state.batch, 0);
  EXPECT_EQ(state.loss_sum.item<double>(), 0);
  EXPECT_EQ(state.seconds, 0);
  return log.text();
}

TEST(CheckpointRefuses, AnyFileWithAChangedByte) {
  const TemporaryFolder folder;
  run(kAdam, stopping_after(5, folder / "state"));
  const std::string whole = read_file(folder / "state");
  for (std::size_t place = 0; place < whole.size(); place += 3) {
    std::string damaged = whole;
    damaged[place] = static_cast<char>(damaged[place] ^ 1);
    std::ofstream(folder / "damaged", std::ios::binary) << damaged;
    EXPECT_THAT(complaint_about(folder / "damaged"), HasSubstr("starts from the beginning")) << "byte " << place;
  }
}

TEST(CheckpointRefuses, AFileThatEndsEarly) {
  const TemporaryFolder folder;
  run(kAdam, stopping_after(5, folder / "state"));
  const std::string whole = read_file(folder / "state");
  for (const std::size_t length : {std::size_t{0}, std::size_t{7}, whole.size() / 2, whole.size() - 1}) {
    write_file_atomically(folder / "short", whole.substr(0, length));
    EXPECT_THAT(complaint_about(folder / "short"), HasSubstr("not a sound safetensors file")) << length;
  }
}

TEST(CheckpointRefuses, AFileOfAnotherTraining) {
  const TemporaryFolder folder;
  run(kAdam, stopping_after(5, folder / "state"));
  EXPECT_THAT(complaint_about(folder / "state", kAdam, "job 43"), HasSubstr("belongs to 'job 42' instead of 'job 43'"));
  const Case sgd{"sgd", recipe_of("sgd", 0.9, 0), kAdam.trainable, kAdam.network};
  const Case part{"part", kAdam.recipe, {{"fc1.weight", {}}}, kAdam.network};
  EXPECT_THAT(complaint_about(folder / "state", sgd), HasSubstr("not those of this training"));
  EXPECT_THAT(complaint_about(folder / "state", part), HasSubstr("not those of this training"));
}

TEST(CheckpointRefuses, RunningStatisticsOfAnotherNetwork) {
  const TemporaryFolder folder;
  const Case training = case_with_dropout_and_batch_norm();
  run(training, stopping_after(5, folder / "state"));
  SafetensorsFile file = read_safetensors_file(folder / "state");
  file.metadata.erase("sha256");
  const auto complaint_with = [&](const std::string& name, const at::Tensor& buffer) {
    SafetensorsFile changed = file;
    changed.tensors.at("buffer/norm.running_mean") = at::ones({5});
    changed.tensors.erase(name);
    if (buffer.defined()) changed.tensors.emplace(name, buffer);
    changed.metadata.emplace("sha256", sha256_hex(safetensors_bytes(changed.tensors, changed.metadata)));
    write_safetensors(folder / "changed", changed.tensors, changed.metadata);
    return complaint_about(folder / "changed", training);
  };
  EXPECT_THAT(complaint_with("buffer/norm.running_var", {}), HasSubstr("not those of this training"));
  EXPECT_THAT(complaint_with("buffer/norm.running_var", at::ones({6})), HasSubstr("not those of this training"));
  EXPECT_THAT(complaint_with("buffer/another.running_var", at::ones({5})), HasSubstr("not those of this training"));
}

TEST(CheckpointRefuses, OtherFiles) {
  const TemporaryFolder folder;
  write_safetensors(folder / "model", {{"fc1.weight", at::ones({7, 6})}}, {{"format", "pt"}});
  EXPECT_THAT(complaint_about(folder / "model"), HasSubstr("its format is 'pt'"));
  create_folder(folder / "folder");
  EXPECT_THAT(complaint_about(folder / "folder"), HasSubstr("it is a folder"));
}

TEST(CheckpointRefuses, WithOneLineAndTrainsFromTheBeginning) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "state", "no checkpoint");
  const LogCapture log;
  const Outcome outcome = run(kAdam, with_checkpoint(folder / "state"));
  EXPECT_EQ(outcome.record.earlier_seconds, 0);
  EXPECT_THAT(log.text(), testing::StartsWith("warning: checkpoint " + (folder / "state").string()));
  EXPECT_EQ(std::ranges::count(log.text(), '\n'), 1);
  expect_same(outcome, run(kAdam, {}));
}

}  // namespace
}  // namespace neusemslice
