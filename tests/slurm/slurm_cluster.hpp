#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

#include "support/shell.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice::test_support {

/// A real Slurm of this process: two nodes, n1 and n2, on this machine, of 64 imagined cores and 4 imagined GPUs each,
/// no service of the system touched. Its daemons and its jobs end with it; the daemons also when this process is
/// killed.
class SlurmCluster {
 public:
  /// What is missing for one, to say when a test is skipped; empty when nothing is.
  static std::string missing();

  SlurmCluster();
  ~SlurmCluster();
  SlurmCluster(const SlurmCluster&) = delete;
  SlurmCluster& operator=(const SlurmCluster&) = delete;

  /// Runs a command line, such as "squeue", against this cluster.
  ShellOutcome run(const std::string& command) const;

  /// Runs `sbatch --parsable ARGUMENTS` in this folder, gives the job's id.
  [[nodiscard]] std::string submit(const std::filesystem::path& folder, const std::string& arguments) const;

  /// What `scontrol show job` knows, such as JobState, Reason, Restarts and ExitCode; empty when it knows no such job.
  [[nodiscard]] std::map<std::string, std::string> job(const std::string& id) const;

  /// Waits until the job's JobState is `state`; gives false after `patience`.
  [[nodiscard]] bool wait_for(const std::string& id, const std::string& state, std::chrono::seconds patience) const;

 private:
  void write_configuration() const;
  void start(const std::string& command);
  void wait_until_nodes_are_idle() const;
  [[nodiscard]] std::vector<pid_t> processes() const;

  TemporaryFolder folder_;
  std::vector<pid_t> daemons_;
};

}  // namespace neusemslice::test_support
