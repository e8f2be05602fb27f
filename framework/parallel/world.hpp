#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "parallel/communicator.hpp"
#include "parallel/mpi_library.hpp"

namespace neusemslice {

/// Where a rank runs.
struct RankPlace {
  int rank = 0;
  std::string host;
  std::int64_t process_id = 0;
  int local_rank = 0;  ///< among the ranks that share its memory
  int core_share = 1;  ///< cores it may count as its own (cores.hpp)
  std::string device = "cpu";
  std::string device_uuid;  ///< empty for the CPU
  int threads = 1;
};

/// All ranks of a run. MPI is started once, by the one World of a process, when a launcher started it; otherwise the
/// world is this process alone. One object a process, made and destroyed by main's thread.
class World {
 public:
  /// Throws EnvironmentError when the MPI library lacks MPI_THREAD_MULTIPLE, and when a batch system started several
  /// tasks that do not find each other. Collective.
  World();

  /// Ends MPI; every rank must come here. After abort() nothing is left to end.
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] int rank() const { return all_->rank(); }
  [[nodiscard]] int size() const { return all_->size(); }

  /// Host tensors between all ranks.
  [[nodiscard]] Communicator& communicator() { return *all_; }

  /// All ranks, by number; what they compute on is known after share_devices.
  [[nodiscard]] const std::vector<RankPlace>& places() const { return places_; }
  [[nodiscard]] const RankPlace& own_place() const { return places_.at(static_cast<std::size_t>(rank())); }

  /// Tells every rank what this one computes on. Collective; throws EnvironmentError, on all of them, where some have a
  /// GPU and others none.
  void share_devices(at::Device device, int threads);

  /// The communicator of exactly these ranks (ascending, this one among them), made by them together when they first
  /// need it and kept: NCCL beside MPI where each computes on a GPU of its own. Every one of them must ask for it.
  /// Needs share_devices.
  Communicator& group(const std::vector<int>& ranks);

  /// Separate channels, so that messages of one purpose never meet those of another. MPI_COMM_NULL in a world of one.
  [[nodiscard]] MPI_Comm mail_channel() const { return mail_.get(); }
  [[nodiscard]] MPI_Comm watch_channel() const { return watch_.get(); }

  /// Ends every rank's process at once with this exit code; for when a rank cannot be waited for any more.
  [[noreturn]] void abort(int exit_code);

 private:
  void start_mpi();
  void find_place();
  /// This rank's number and share of the cores among the ranks of its host.
  void find_neighbours(RankPlace& own);
  void share(const RankPlace& own);
  [[nodiscard]] std::unique_ptr<Communicator> make_group(const std::vector<int>& ranks);
  void end_mpi() noexcept;

  bool is_mpi_started_ = false;
  std::unique_ptr<Communicator> all_;
  MpiHandle groups_;  ///< from which group() makes its communicators
  MpiHandle mail_;
  MpiHandle watch_;
  std::vector<RankPlace> places_;
  std::map<std::vector<int>, std::unique_ptr<Communicator>> made_groups_;
};

/// "3 on n2 (process 4711)": how messages name a rank.
std::string rank_name(const RankPlace& place);

/// Throws EnvironmentError where some ranks compute on a CPU and others on a GPU.
void refuse_mixed_devices(const std::vector<RankPlace>& places);

/// Ranks of one host that compute on the same GPU, as a warning to log; empty when there are none.
std::string shared_gpu_warning(const std::vector<RankPlace>& places);

}  // namespace neusemslice
