#include "config/dataset.hpp"

#include <algorithm>
#include <optional>

#include <fmt/ranges.h>

#include "config/quoted.hpp"
#include "config/reader.hpp"
#include "core/error.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMaxSide = 1 << 14;

bool is_file_name(const std::string& text) {
  return text.ends_with(".yaml");
}

/// The description that `dataset` of a setting names, if it names one.
std::optional<fs::path> description_file(const ConfigNode& dataset, const ConfigNode& setting) {
  const bool is_in_a_file = dataset.line > 0;
  const fs::path folder = fs::path(is_in_a_file ? dataset.file : setting.file).parent_path();
  if (is_file_name(dataset.scalar)) {
    const fs::path path = is_in_a_file ? folder / dataset.scalar : fs::path(dataset.scalar);
    require_input(fs::exists(path), "{}: dataset: there is no file {}", dataset.where(), path.string());
    return path;
  }
  for (const fs::path& place : {folder / "datasets", folder / ".." / "datasets"}) {
    const fs::path path = (place / (dataset.scalar + ".yaml")).lexically_normal();
    if (fs::exists(path)) return path;
  }
  return std::nullopt;
}

/// A path that begins with "." is meant from the description's own folder.
std::string resolved_path(const ConfigNode& node, const std::string& path) {
  if (!path.starts_with('.')) return path;
  const fs::path folder = fs::path(node.find("path")->file).parent_path();
  return fs::absolute(folder / path).lexically_normal().string();
}

void check_classes(const ConfigReader& reader, const DatasetConfig& dataset) {
  if (dataset.format == "image-folder" || dataset.format == "idx") {
    if (dataset.classes.size() < 2) reader.refuse("classes", "at least two classes are needed");
  }
  for (auto name = dataset.classes.begin(); name != dataset.classes.end(); ++name) {
    if (std::find(dataset.classes.begin(), name, *name) != name)
      reader.refuse("classes", fmt::format("'{}' is named twice", *name));
  }
}

void check_images(const ConfigReader& reader, const DatasetConfig& dataset) {
  if (dataset.mean.size() != dataset.deviation.size())
    reader.refuse("mean",
                  fmt::format("{} values, but deviation has {}", dataset.mean.size(), dataset.deviation.size()));
  if (dataset.format != "image-folder") return;
  if (dataset.image_size == 0) reader.refuse("image_size", "this key is missing");
  if (dataset.resize != 0 && dataset.resize < dataset.image_size)
    reader.refuse("resize", fmt::format("{} is less than image_size ({})", dataset.resize, dataset.image_size));
  if (dataset.training == dataset.test) reader.refuse("test", "the same folder as training");
  if (!dataset.mean.empty() && dataset.mean.size() != 3)
    reader.refuse("mean", fmt::format("{} values, 3 expected: red, green, blue", dataset.mean.size()));
}

DatasetConfig read_description(ConfigReader reader) {
  DatasetConfig dataset;
  dataset.name = reader.text("name");
  if (dataset.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos)
    reader.refuse("name", fmt::format("'{}' may hold only lower-case letters, digits and '-'", dataset.name));
  dataset.title = reader.text("title", dataset.name);
  dataset.format = reader.text("format");
  dataset.format = reader.choice("format", {"image-folder", "idx", "cifar10", "cifar100"}, dataset.format);
  dataset.path = resolved_path(reader.node(), reader.text("path"));
  dataset.training = reader.text("training", dataset.training);
  dataset.test = reader.text("test", dataset.test);
  dataset.classes = reader.texts("classes", {});
  dataset.resize = reader.integer("resize", dataset.resize, 0, kMaxSide);
  dataset.image_size = reader.integer("image_size", dataset.image_size, 0, kMaxSide);
  dataset.mean = reader.numbers("mean", {}, 0.0, 1.0);
  dataset.deviation = reader.numbers("deviation", {}, 1e-6, 1e6);
  dataset.training_samples = reader.integer("training_samples", dataset.training_samples, 0);
  dataset.test_samples = reader.integer("test_samples", dataset.test_samples, 0);
  reader.finish();
  check_classes(reader, dataset);
  check_images(reader, dataset);
  return dataset;
}

}  // namespace

DatasetConfig read_dataset(const ConfigNode& node, const std::string& path) {
  if (node.kind == ConfigNode::Kind::map) return read_description(ConfigReader(node, path));
  require_input(node.kind == ConfigNode::Kind::scalar && !node.scalar.empty(),
                "{}: {}: expected the name of a data set, the file of a description, or a description", node.where(),
                path);
  return {.name = node.scalar};
}

void expand_dataset(ConfigNode& setting) {
  ConfigNode* dataset = setting.find("dataset");
  if (dataset == nullptr || dataset->kind != ConfigNode::Kind::scalar) return;
  const std::optional<fs::path> file = description_file(*dataset, setting);
  if (file) *dataset = load_config(*file);
}

DatasetConfig dataset_from_argument(const std::string& argument) {
  if (!is_file_name(argument)) return {.name = argument};
  return read_dataset(load_config(argument), "");
}

std::string print_dataset(const DatasetConfig& dataset, std::size_t indentation) {
  if (!dataset.is_described()) return fmt::format(" {}", quoted(dataset.name));
  std::string text;
  const auto add = [&](const char* key, const std::string& value) {
    text += fmt::format("\n{:{}}{}: {}", "", indentation, key, value);
  };
  add("name", quoted(dataset.name));
  add("title", quoted(dataset.title));
  add("format", dataset.format);
  add("path", quoted(dataset.path));
  add("training", quoted(dataset.training));
  add("test", quoted(dataset.test));
  if (!dataset.classes.empty()) add("classes", quoted_list(dataset.classes));
  add("resize", std::to_string(dataset.resize));
  add("image_size", std::to_string(dataset.image_size));
  if (!dataset.mean.empty()) {
    add("mean", fmt::format("[{}]", fmt::join(dataset.mean, ", ")));
    add("deviation", fmt::format("[{}]", fmt::join(dataset.deviation, ", ")));
  }
  add("training_samples", std::to_string(dataset.training_samples));
  add("test_samples", std::to_string(dataset.test_samples));
  return text;
}

}  // namespace neusemslice
