#include "slicing/task_units.hpp"

#include <algorithm>
#include <set>

#include "core/error.hpp"
#include "core/files.hpp"
#include "slicing/slice_file.hpp"

namespace neusemslice {
namespace {

using Json = nlohmann::json;

std::int64_t lowest_unit(const UnitGraph& units, const UnitGroup& group, const Slice& slice, const Scores& scores) {
  at::Tensor sum;
  for (const std::size_t member : group.layers) {
    const at::Tensor& global = scores.at(units.layers[member].name).at(slice.metric).global;
    sum = sum.defined() ? sum + global : global;
  }
  return descending_order(sum)[-1].item<std::int64_t>();
}

void append_number(std::string& bytes, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) bytes.push_back(static_cast<char>(0x80 | (number & 0x7f)));
  bytes.push_back(static_cast<char>(number));
}

/// Takes numbers and texts off the front of what delta_coded made.
class DeltaReader {
 public:
  explicit DeltaReader(const std::string& bytes) : bytes_(bytes) {}

  [[nodiscard]] bool done() const { return next_ == bytes_.size(); }

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      require(next_ < bytes_.size() && shift < 63, "delta-coded units: cut short at byte {}", next_);
      const auto byte = static_cast<unsigned char>(bytes_[next_++]);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  std::string text() {
    const std::uint64_t size = number();
    require(size <= bytes_.size() - next_, "delta-coded units: cut short at byte {}", next_);
    next_ += size;
    return bytes_.substr(next_ - size, size);
  }

 private:
  const std::string& bytes_;
  std::size_t next_ = 0;
};

/// One task of the file, its layers checked as those of a slice.
TaskUnits read_task(const std::filesystem::path& path, const Json& json, const UnitGraph& units) {
  const bool is_task = json.is_object() && json.contains("categories") && json["categories"].is_array() &&
                       !json["categories"].empty() &&
                       std::ranges::all_of(json["categories"], [](const Json& c) { return c.is_number_integer(); });
  require_input(is_task, "{}: every task needs \"categories\", a list of numbers", path.string());
  TaskUnits task{json["categories"].get<std::vector<std::int64_t>>(), slice_from(path, json, units).kept};
  for (const UnitLayer& layer : units.layers) {
    require_input(task.kept.contains(layer.name), "{}: a task does not say which units of layer '{}' it uses",
                  path.string(), layer.name);
  }
  return task;
}

void require_nothing_shared(const std::filesystem::path& path, const std::vector<TaskUnits>& tasks,
                            std::int64_t categories) {
  std::set<std::int64_t> learned;
  std::set<std::pair<std::string, std::int64_t>> used;
  for (const TaskUnits& task : tasks) {
    for (const std::int64_t category : task.categories) {
      require_input(0 <= category && category < categories, "{}: there is no category {}, only 0 to {}", path.string(),
                    category, categories - 1);
      require_input(learned.insert(category).second, "{}: category {} is in two tasks", path.string(), category);
    }
    for (const auto& [layer, kept] : task.kept) {
      for (const std::int64_t unit : kept) {
        require_input(used.emplace(layer, unit).second, "{}: unit {} of layer '{}' is in two tasks", path.string(),
                      unit, layer);
      }
    }
  }
}

}  // namespace

Json to_json(const std::vector<TaskUnits>& tasks) {
  Json list = Json::array();
  for (const TaskUnits& task : tasks) list.push_back({{"categories", task.categories}, {"layers", task.kept}});
  return {{"tasks", list}};
}

std::vector<TaskUnits> read_tasks(const std::filesystem::path& path, const UnitGraph& units, std::int64_t categories) {
  const Json json = Json::parse(read_file(path), nullptr, false);
  require_input(json.is_object() && json.contains("tasks") && json["tasks"].is_array() && !json["tasks"].empty(),
                "{}: not a file of tasks: expected a JSON object with \"tasks\"", path.string());
  std::vector<TaskUnits> tasks;
  for (const Json& task : json["tasks"]) tasks.push_back(read_task(path, task, units));
  require_nothing_shared(path, tasks, categories);
  return tasks;
}

KeptUnits leave_units_free(const UnitGraph& units, const Slice& slice, const Scores& scores) {
  KeptUnits kept = slice.kept;
  for (const UnitGroup& group : units.groups) {
    const UnitLayer& first = units.layers[group.layers.front()];
    if (static_cast<std::int64_t>(kept.at(first.name).size()) < first.units) continue;
    require_input(first.units > 1, "layer '{}': it has one unit, which cannot be shared by two tasks", first.name);
    const std::int64_t given_up = lowest_unit(units, group, slice, scores);
    for (const std::size_t member : group.layers) std::erase(kept.at(units.layers[member].name), given_up);
  }
  return kept;
}

std::string delta_coded(const std::vector<KeptUnits>& tasks) {
  std::string bytes;
  for (const KeptUnits& kept : tasks) {
    append_number(bytes, kept.size());
    for (const auto& [layer, units] : kept) {
      append_number(bytes, layer.size());
      bytes += layer;
      append_number(bytes, units.size());
      std::int64_t next = 0;
      for (const std::int64_t unit : units) {
        append_number(bytes, static_cast<std::uint64_t>(unit - next));
        next = unit + 1;
      }
    }
  }
  return bytes;
}

std::vector<KeptUnits> delta_decoded(const std::string& bytes) {
  std::vector<KeptUnits> tasks;
  for (DeltaReader reader(bytes); !reader.done();) {
    KeptUnits& kept = tasks.emplace_back();
    for (std::uint64_t layers = reader.number(); layers > 0; --layers) {
      std::vector<std::int64_t>& units = kept[reader.text()];
      std::int64_t next = 0;
      for (std::uint64_t left = reader.number(); left > 0; --left) {
        units.push_back(next + static_cast<std::int64_t>(reader.number()));
        next = units.back() + 1;
      }
    }
  }
  return tasks;
}

std::int64_t plain_bytes(const std::vector<KeptUnits>& tasks) {
  std::size_t units = 0;
  for (const KeptUnits& kept : tasks) {
    for (const auto& [layer, of_layer] : kept) units += of_layer.size();
  }
  return static_cast<std::int64_t>(units * sizeof(std::int32_t));
}

}  // namespace neusemslice
