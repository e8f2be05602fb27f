#pragma once

#include <string>
#include <utility>
#include <vector>

namespace neusemslice {

/// The libraries of a run and their versions, by name, from the JSON object that the run stored. A number counts as
/// libfmt writes its own: 90100 is 9.1.0. Text that is no such object comes back as it is, under "versions".
std::vector<std::pair<std::string, std::string>> read_versions(const std::string& json);

}  // namespace neusemslice
