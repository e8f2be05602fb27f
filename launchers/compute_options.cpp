#include "compute_options.hpp"

#include <cstdlib>

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sqlite3.h>
#include <torch/headeronly/version.h>

#include "core/version.hpp"
#include "parallel/cores.hpp"
#include "parallel/device.hpp"
#include "parallel/mpi_library.hpp"
#include "parallel/nccl_communicator.hpp"

namespace neusemslice {

std::optional<std::filesystem::path> ComputeOptions::data_folder() const {
  if (data_dir.empty()) return std::nullopt;
  return data_dir;
}

at::Device ComputeOptions::start() const {
  return start(static_cast<int>(allowed_cores().size()), 0);
}

at::Device ComputeOptions::start(int cores, int local_rank) const {
  if (threads > 0)
    at::set_num_threads(threads);
  else if (std::getenv("OMP_NUM_THREADS") == nullptr)
    at::set_num_threads(cores);
  const at::Device chosen = choose_device(device, local_rank);
  make_current(chosen);
  return chosen;
}

void add_compute_options(CLI::App& command, ComputeOptions& options) {
  command.add_option("--data-dir", options.data_dir, "Folder with the data set's files");
  command.add_option("--device", options.device, "auto, cpu, cuda or cuda:<number>")
      ->envname("NEUSEMSLICE_DEVICE")
      ->capture_default_str();
  command
      .add_option("--threads", options.threads,
                  "CPU threads of each process; 0 = OMP_NUM_THREADS, else its share of the cores")
      ->check(CLI::Range(0, 4096))
      ->envname("NEUSEMSLICE_THREADS")
      ->capture_default_str();
}

std::string library_versions() {
  return nlohmann::json{{"neusemslice", program_version()},
                        {"libtorch", TORCH_VERSION},
                        {"sqlite", sqlite3_libversion()},
                        {"mpi", mpi_version()},
                        {"nccl", nccl_version()},
                        {"compiler", compiler_version()},
                        {"fmt", FMT_VERSION}}
      .dump();
}

}  // namespace neusemslice
