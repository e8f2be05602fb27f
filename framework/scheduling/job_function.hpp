#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "parallel/communicator.hpp"
#include "scheduling/job_graph.hpp"
#include "store/records.hpp"

namespace neusemslice {

/// The files that a job's inputs left, by the key of the input.
class JobInputs {
 public:
  JobInputs(std::filesystem::path workspace, std::map<std::string, std::vector<ArtifactRow>> files)
      : workspace_(std::move(workspace)), files_(std::move(files)) {}

  /// Where the file lies; throws when its contents are not those that were written.
  [[nodiscard]] std::filesystem::path path(const std::string& job, const std::string& name) const;

 private:
  std::filesystem::path workspace_;
  std::map<std::string, std::vector<ArtifactRow>> files_;
};

/// What a job is given beside itself.
struct JobContext {
  Communicator& communicator;  ///< of the ranks that do this job together; rank 0 of it leads
  const JobInputs& inputs;
  std::filesystem::path checkpoint;  ///< where a job that takes long may keep how far it is
};

/// What a job leaves: rows, and files that are still to be written (`rows.artifacts` is filled in then). Only the
/// leading rank's counts.
struct JobOutput {
  JobResult rows;
  std::vector<Artifact> files;
  double earlier_seconds = 0;  ///< spent by attempts that were stopped and whose work this one continued
};

/// Does one job, or this rank's part of it. Throws when it cannot; the run goes on without what depends on it.
using JobFunction = std::function<JobOutput(const Job&, JobContext&)>;

/// Functions by kind of job.
using JobFunctions = std::map<std::string, JobFunction>;

}  // namespace neusemslice
