#include "scheduling/job_function.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "store/artifact_files.hpp"

namespace neusemslice {

std::filesystem::path JobInputs::path(const std::string& job, const std::string& name) const {
  const auto files = files_.find(job);
  require(files != files_.end(), "job {} is no input of this one", job);
  const auto file = std::ranges::find(files->second, name, &ArtifactRow::name);
  require(file != files->second.end(), "job {} left no {}", job, name);
  return checked_artifact(workspace_, *file);
}

}  // namespace neusemslice
