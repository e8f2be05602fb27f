#include "training/checkpoint.hpp"

#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "core/error.hpp"
#include "models/safetensors.hpp"
#include "training/checked_file.hpp"

namespace neusemslice {
namespace {

using Json = nlohmann::json;

constexpr auto kFormat = "neusemslice.checkpoint/1";
constexpr auto kLossSum = "sum/loss";
constexpr auto kCorrectSum = "sum/correct";
constexpr auto kBuffer = "buffer/";
constexpr int kWorkPerSave = 50;  // at least so many times the last save's cost lie between two

/// Numbers print as their shortest text that reads back as the same double.
std::string print_progress(const TrainingState& state) {
  Json epochs = Json::array();
  for (const EpochRecord& epoch : state.epochs) {
    epochs.push_back({{"epoch", epoch.epoch},
                      {"learning_rate", epoch.learning_rate},
                      {"training_loss", epoch.training_loss},
                      {"training_accuracy", epoch.training_accuracy},
                      {"validation_accuracy", epoch.validation_accuracy}});
  }
  return Json{{"epochs", epochs}, {"batch", state.batch}, {"seconds", state.seconds}}.dump();
}

void read_progress(const std::string& text, TrainingState& state) {
  const Json json = Json::parse(text);
  for (const Json& epoch : json.at("epochs")) {
    state.epochs.push_back({epoch.at("epoch"), epoch.at("learning_rate"), epoch.at("training_loss"),
                            epoch.at("training_accuracy"), epoch.at("validation_accuracy")});
  }
  state.batch = json.at("batch");
  state.seconds = json.at("seconds");
}

/// What a state holds as tensors, sharing memory with it.
TensorMap tensors_of(const TrainingState& state) {
  TensorMap tensors = {{kLossSum, state.loss_sum}, {kCorrectSum, state.correct_sum}};
  for (const auto& [name, buffer] : state.running_statistics) tensors.emplace(kBuffer + name, buffer);
  return tensors;
}

/// Throws unless the file fits.
void load(SafetensorsFile file, Optimizer& optimizer, TrainingState& state) {
  TrainingState loaded = state;  // whose tensors are the same ones
  read_progress(file.metadata["progress"], loaded);
  TensorMap own = tensors_of(loaded);
  TensorMap saved;
  for (const auto& entry : own) saved.insert(file.tensors.extract(entry.first));
  require(have_same_layout(own, saved) && optimizer.load_state(file.tensors),
          "its tensors are not those of this training");
  for (auto& [name, tensor] : own) tensor.copy_(saved.at(name));
  state = std::move(loaded);
}

}  // namespace

Checkpoint::Checkpoint(std::filesystem::path path, std::string identity)
    : path_(std::move(path)), identity_(std::move(identity)), last_save_(Clock::now()) {}

void Checkpoint::restore(Optimizer& optimizer, TrainingState& state) const {
  if (path_.empty() || !std::filesystem::exists(path_)) return;
  try {
    load(read_checked(path_, kFormat, identity_), optimizer, state);
  } catch (const std::exception& error) {
    spdlog::warn("checkpoint {} is not used, training starts from the beginning: {}", path_.string(), error.what());
  }
}

void Checkpoint::save(const Optimizer& optimizer, const TrainingState& state) {
  if (path_.empty()) return;
  const Clock::time_point start = Clock::now();
  TensorMap tensors = optimizer.state();
  tensors.merge(tensors_of(state));
  try {
    write_checked(path_, tensors, {{"progress", print_progress(state)}}, kFormat, identity_);
  } catch (const Error& error) {
    spdlog::warn("no checkpoint was saved, training goes on: {}", error.what());
  }
  last_save_ = Clock::now();
  last_cost_ = last_save_ - start;
}

void Checkpoint::save_if_cheap(const Optimizer& optimizer, const TrainingState& state) {
  if (Clock::now() - last_save_ >= kWorkPerSave * last_cost_) save(optimizer, state);
}

}  // namespace neusemslice
