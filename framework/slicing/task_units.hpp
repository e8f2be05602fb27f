#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "contribution/scorer.hpp"
#include "slicing/slice.hpp"

namespace neusemslice {

/// What a network uses for one of the tasks it has learned.
struct TaskUnits {
  std::vector<std::int64_t> categories;
  KeptUnits kept;  ///< the units of its sub-network, for every layer

  bool operator==(const TaskUnits&) const = default;
};

/// `{"tasks": [{"categories": [...], "layers": {"<layer>": [units]}}, ...]}`, in the order learned.
nlohmann::json to_json(const std::vector<TaskUnits>& tasks);

/// Reads such a file and checks it: the layers as read_slice does, no unit used twice, no category learned twice.
std::vector<TaskUnits> read_tasks(const std::filesystem::path& path, const UnitGraph& units, std::int64_t categories);

/// A slice that leaves units free: a group that keeps all of its units gives up the one of lowest global score (summed
/// over the members, of equals the last). InputError for a group of one unit, which cannot be shared.
KeptUnits leave_units_free(const UnitGraph& units, const Slice& slice, const Scores& scores);

/// The units kept for each task in few bytes: for each task the count of its layers, for each layer its name, the count
/// of its units and the gap before each unit, as variable-length integers (seven bits a byte, low bits first, the top
/// bit set where another byte follows). {0, 1, 5} has the gaps 0, 0, 3.
std::string delta_coded(const std::vector<KeptUnits>& tasks);

/// What delta_coded made; throws Error where the bytes are not that.
std::vector<KeptUnits> delta_decoded(const std::string& bytes);

/// The same as plain 32-bit indices, without the names.
std::int64_t plain_bytes(const std::vector<KeptUnits>& tasks);

}  // namespace neusemslice
