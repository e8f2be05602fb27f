#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "core/error.hpp"
#include "store/records.hpp"

namespace neusemslice {

/// Coordinator to worker: do this job (by its position in the graph, which is the same on every rank) with these ranks.
struct Task {
  std::size_t job = 0;
  std::vector<int> ranks;
  std::map<std::string, std::vector<ArtifactRow>> inputs;  ///< files of the job's inputs, by key
};

/// Coordinator to worker: the run is over; leave with this code.
struct Farewell {
  ExitCode code = ExitCode::done;
};

using Order = std::variant<Task, Farewell>;

/// How a job ended on one rank.
enum class Ending {
  done,
  failed,   ///< the job's own fault; the run goes on
  stopped,  ///< a stop was asked for; the job is still to be done
  fatal,    ///< the machine's fault, a GPU or a disk; the run cannot go on
};

/// Worker to coordinator: this rank has ended the job and is idle. The leading rank's report carries the result.
struct Report {
  std::size_t job = 0;
  Ending ending = Ending::done;
  std::string message;             ///< one line; empty when done
  ExitCode code = ExitCode::done;  ///< of the error
  JobResult result;
  Effort effort;
};

// As MessagePack: compact, and doubles arrive bit by bit.
std::string encode(const Order& order);
std::string encode(const Report& report);
Order decode_order(const std::string& bytes);
Report decode_report(const std::string& bytes);

}  // namespace neusemslice
