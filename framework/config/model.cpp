#include "config/model.hpp"

#include <filesystem>

#include <fmt/ranges.h>

#include "config/quoted.hpp"
#include "core/error.hpp"
#include "core/files.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMaxWidth = 1 << 20;

/// The file under `key`, as an absolute path; empty where there is none.
std::string read_file_name(ConfigReader& reader, const std::string& key) {
  const std::string name = reader.text(key, "");
  if (name.empty()) return name;
  const ConfigNode& value = *reader.raw(key);
  const fs::path folder = value.line > 0 ? fs::path(value.file).parent_path() : fs::path();
  return fs::absolute(folder / name).lexically_normal().string();
}

}  // namespace

const std::vector<std::string>& model_names() {
  static const std::vector<std::string> kNames = {
      "mlp",         "lenet5",         "alexnet-cifar",  "vgg11",          "vgg13",          "vgg16",    "vgg19",
      "vgg11-cifar", "vgg13-cifar",    "vgg16-cifar",    "vgg19-cifar",    "resnet18",       "resnet34", "resnet50",
      "resnet101",   "resnet18-cifar", "resnet34-cifar", "resnet50-cifar", "resnet101-cifar"};
  return kNames;
}

ModelConfig read_model(ConfigReader reader) {
  ModelConfig model;
  model.name = reader.choice("name", model_names(), model.name);
  model.hidden = reader.integers("hidden", model.hidden, 1, kMaxWidth);
  model.width = reader.number("width", model.width, 0.001, 100);
  model.file = read_file_name(reader, "file");
  model.description = reader.text("description", "");
  reader.finish();
  if (model.file.empty() && model.is_described()) reader.refuse("description", "name the file it comes from in 'file'");
  if (model.file.empty()) return model;
  if (!model.is_described()) {
    if (!fs::is_regular_file(model.file)) reader.refuse("file", fmt::format("there is no file {}", model.file));
    model.description = read_file(model.file);
    if (!model.is_described()) reader.refuse("file", fmt::format("{} is empty", model.file));
  }
  // What a zoo network would need says nothing here; a setting that extends another may have it.
  return {.name = fs::path(model.file).stem().string(), .file = model.file, .description = model.description};
}

WeightsConfig read_weights(ConfigReader reader) {
  WeightsConfig weights;
  weights.file = read_file_name(reader, "file");
  weights.new_head = reader.flag("new_head", weights.new_head);
  reader.finish();
  if (weights.new_head && weights.file.empty()) reader.refuse("new_head", "there are no weights: give 'file' too");
  return weights;
}

std::string print_model(const ModelConfig& model) {
  if (model.is_described()) {
    return fmt::format("{{file: {}, description: {}}}", quoted(model.file), quoted(model.description));
  }
  return fmt::format("{{name: {}, hidden: [{}], width: {}}}", model.name, fmt::join(model.hidden, ", "), model.width);
}

std::string print_weights(const WeightsConfig& weights) {
  if (weights.file.empty()) return "{}";
  return fmt::format("{{file: {}, new_head: {}}}", quoted(weights.file), weights.new_head);
}

}  // namespace neusemslice
