#include "parallel/world.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "core/error.hpp"
#include "core/host.hpp"
#include "parallel/cores.hpp"
#include "parallel/device.hpp"
#include "parallel/mpi_communicator.hpp"
#include "parallel/nccl_communicator.hpp"
#include "parallel/together.hpp"

namespace neusemslice {
namespace {

MpiHandle duplicate(MPI_Comm communicator) {
  MPI_Comm copy = MPI_COMM_NULL;
  mpi_check(MPI_Comm_dup(communicator, &copy), "duplicate the world's communicator");
  return MpiHandle(copy);
}

/// A batch system that started several tasks of which each believes to be alone would have all of them do all the work
/// and fight for the workspace.
void refuse_lonely_tasks() {
  const char* tasks = std::getenv("SLURM_STEP_NUM_TASKS");
  if (tasks == nullptr || std::atoi(tasks) <= 1) return;
  throw EnvironmentError(
      fmt::format("Slurm started {} tasks, but MPI sees one: use srun --mpi=pmix (srun --mpi=list shows what this site "
                  "has), or mpirun inside the allocation",
                  tasks));
}

nlohmann::json to_json(const RankPlace& place) {
  return {{"rank", place.rank},
          {"host", place.host},
          {"process_id", place.process_id},
          {"local_rank", place.local_rank},
          {"core_share", place.core_share},
          {"device", place.device},
          {"device_uuid", place.device_uuid},
          {"threads", place.threads}};
}

RankPlace place_from(const nlohmann::json& json) {
  return {.rank = json.at("rank"),
          .host = json.at("host"),
          .process_id = json.at("process_id"),
          .local_rank = json.at("local_rank"),
          .core_share = json.at("core_share"),
          .device = json.at("device"),
          .device_uuid = json.at("device_uuid"),
          .threads = json.at("threads")};
}

/// Whether each of these ranks computes on a GPU that no other of them uses: what NCCL asks for.
bool have_gpus_of_their_own(const std::vector<RankPlace>& places, const std::vector<int>& ranks) {
  std::set<std::string> uuids;
  for (const int rank : ranks) {
    const std::string& uuid = places.at(static_cast<std::size_t>(rank)).device_uuid;
    if (uuid.empty() || !uuids.insert(uuid).second) return false;
  }
  return true;
}

}  // namespace

World::World() {
  if (!is_started_by_mpi_launcher()) {
    all_ = std::make_unique<SingleCommunicator>();
    find_place();
    return;
  }
  try {
    start_mpi();
    find_place();
  } catch (...) {
    end_mpi();
    throw;
  }
}

void World::find_place() {
  RankPlace own = {.rank = rank(), .host = host_name(), .process_id = static_cast<std::int64_t>(::getpid())};
  if (size() > 1) {
    find_neighbours(own);
  } else {
    if (std::getenv("OMPI_COMM_WORLD_SIZE") == nullptr) refuse_lonely_tasks();  // mpirun -n 1 is alone on purpose
    own.core_share = static_cast<int>(allowed_cores().size());
  }
  share(own);
}

World::~World() {
  end_mpi();
}

void World::end_mpi() noexcept {
  made_groups_.clear();
  all_.reset();
  groups_ = {};
  mail_ = {};
  watch_ = {};
  if (std::exchange(is_mpi_started_, false)) MPI_Finalize();
}

void World::start_mpi() {
  int level = MPI_THREAD_SINGLE;
  mpi_check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_MULTIPLE, &level), "start");
  is_mpi_started_ = true;
  if (level < MPI_THREAD_MULTIPLE) {
    throw EnvironmentError(
        "this MPI library does not let several threads call it (MPI_THREAD_MULTIPLE): the coordinator and the work of "
        "rank 0 need that; use an Open MPI built with it");
  }
  all_ = std::make_unique<MpiCommunicator>(duplicate(MPI_COMM_WORLD));
  groups_ = duplicate(MPI_COMM_WORLD);
  mail_ = duplicate(MPI_COMM_WORLD);
  watch_ = duplicate(MPI_COMM_WORLD);
}

void World::find_neighbours(RankPlace& own) {
  MPI_Comm split = MPI_COMM_NULL;
  mpi_check(MPI_Comm_split_type(groups_.get(), MPI_COMM_TYPE_SHARED, rank(), MPI_INFO_NULL, &split),
            "find the ranks of this host");
  MpiCommunicator host{MpiHandle(split)};
  own.local_rank = host.rank();
  const std::vector<int> cores = allowed_cores();
  std::vector<std::vector<int>> by_rank;
  for (const std::string& text : gather_texts(host, nlohmann::json(cores).dump())) {
    by_rank.push_back(nlohmann::json::parse(text).get<std::vector<int>>());
  }
  own.core_share = core_shares(by_rank).at(static_cast<std::size_t>(own.local_rank));
}

void World::share(const RankPlace& own) {
  places_.clear();
  for (const std::string& text : gather_texts(*all_, to_json(own).dump())) {
    places_.push_back(place_from(nlohmann::json::parse(text)));
  }
}

void World::share_devices(at::Device device, int threads) {
  RankPlace own = own_place();
  own.device = device.str();
  own.device_uuid = device_uuid(device);
  own.threads = threads;
  share(own);
  refuse_mixed_devices(places_);
}

Communicator& World::group(const std::vector<int>& ranks) {
  require(!ranks.empty() && std::ranges::is_sorted(ranks), "a group needs its ranks in ascending order");
  const auto found = made_groups_.find(ranks);
  if (found != made_groups_.end()) return *found->second;
  return *made_groups_.emplace(ranks, make_group(ranks)).first->second;
}

std::unique_ptr<Communicator> World::make_group(const std::vector<int>& ranks) {
  if (ranks.size() == 1) return std::make_unique<SingleCommunicator>();
  MPI_Group whole = MPI_GROUP_NULL;
  MPI_Group part = MPI_GROUP_NULL;
  MPI_Comm communicator = MPI_COMM_NULL;
  mpi_check(MPI_Comm_group(groups_.get(), &whole), "ask for the world's group");
  mpi_check(MPI_Group_incl(whole, static_cast<int>(ranks.size()), ranks.data(), &part), "choose a group's ranks");
  // The tag keeps groups apart that share ranks; disjoint groups never meet.
  mpi_check(MPI_Comm_create_group(groups_.get(), part, ranks.front(), &communicator), "make a group's communicator");
  MPI_Group_free(&part);
  MPI_Group_free(&whole);
  auto host = std::make_unique<MpiCommunicator>(MpiHandle(communicator));
  if (!have_gpus_of_their_own(places_, ranks)) return host;
  return make_nccl_communicator(std::move(host), at::Device(own_place().device));
}

void World::abort(int exit_code) {
  if (is_mpi_started_) MPI_Abort(MPI_COMM_WORLD, exit_code);
  std::_Exit(exit_code);
}

std::string rank_name(const RankPlace& place) {
  return fmt::format("{} on {} (process {})", place.rank, place.host, place.process_id);
}

void refuse_mixed_devices(const std::vector<RankPlace>& places) {
  const auto is_cpu = [](const RankPlace& place) { return place.device == "cpu"; };
  const auto on_cpu = std::ranges::find_if(places, is_cpu);
  const auto on_gpu = std::ranges::find_if_not(places, is_cpu);
  if (on_cpu == places.end() || on_gpu == places.end()) return;
  throw EnvironmentError(
      fmt::format("rank {} computes on the CPU and rank {} on {}: their numbers differ in the last digits, so results "
                  "would depend on which rank got which job; give every rank a GPU, or all --device cpu",
                  rank_name(*on_cpu), rank_name(*on_gpu), on_gpu->device));
}

std::string shared_gpu_warning(const std::vector<RankPlace>& places) {
  std::map<std::string, std::vector<int>> users;
  for (const RankPlace& place : places) {
    if (!place.device_uuid.empty()) users[place.device_uuid].push_back(place.rank);
  }
  for (const auto& [uuid, ranks] : users) {
    if (ranks.size() == 1) continue;
    return fmt::format(
        "ranks {} and {}{} share {}: start one rank a GPU (srun --ntasks-per-node=<GPUs>); where the site "
        "binds each task to one GPU by mistake, --gpu-bind=none",
        ranks[0], ranks[1], ranks.size() > 2 ? " and more" : "", uuid);
  }
  return "";
}

}  // namespace neusemslice
