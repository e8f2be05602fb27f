#include "compute_options.hpp"

#include <cstdlib>

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sqlite3.h>
#include <torch/headeronly/version.h>

#include "core/version.hpp"
#include "parallel/device.hpp"

namespace neusemslice {

std::optional<std::filesystem::path> ComputeOptions::data_folder() const {
  if (data_dir.empty()) return std::nullopt;
  return data_dir;
}

at::Device ComputeOptions::start() const {
  if (threads > 0)
    at::set_num_threads(threads);
  else if (std::getenv("OMP_NUM_THREADS") == nullptr)
    at::set_num_threads(available_cores());
  return choose_device(device);
}

void add_compute_options(CLI::App& command, ComputeOptions& options) {
  command.add_option("--data-dir", options.data_dir, "Folder with the data set's files");
  command.add_option("--device", options.device, "auto, cpu, cuda or cuda:<number>")
      ->envname("NEUSEMSLICE_DEVICE")
      ->capture_default_str();
  command
      .add_option("--threads", options.threads,
                  "CPU threads; 0 = OMP_NUM_THREADS, else every core this process may use")
      ->check(CLI::Range(0, 4096))
      ->envname("NEUSEMSLICE_THREADS")
      ->capture_default_str();
}

std::string library_versions() {
  return nlohmann::json{{"neusemslice", program_version()},
                        {"libtorch", TORCH_VERSION},
                        {"sqlite", sqlite3_libversion()},
                        {"compiler", compiler_version()},
                        {"fmt", FMT_VERSION}}
      .dump();
}

}  // namespace neusemslice
