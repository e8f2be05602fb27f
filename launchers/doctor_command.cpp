// neusemslice doctor: what this machine has of what the program needs.
#include <cstdlib>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sqlite3.h>
#include <torch/headeronly/version.h>

#include "core/files.hpp"
#include "core/version.hpp"
#include "data/locate.hpp"
#include "data/registry.hpp"
#include "parallel/cores.hpp"
#include "parallel/device.hpp"
#include "parallel/mpi_library.hpp"
#include "parallel/nccl_communicator.hpp"
#include "program.hpp"

namespace neusemslice {
namespace {

struct Finding {
  std::string what;
  bool good = true;
  std::string detail;
};

Finding gpus() {
#ifdef NEUSEMSLICE_HAS_CUDA
  const int count = visible_gpus();
  return {
      "GPU", true,
      count > 0 ? fmt::format("{} visible, built for CUDA", count) : "none visible (built for CUDA): the CPU is used"};
#else
  return {"GPU", true, "built for CPU only"};
#endif
}

Finding arithmetic() {
  const at::Tensor probe = at::ones({64, 64});
  return {"LibTorch", at::mm(probe, probe).sum().item<float>() == 64.0F * 64 * 64,
          fmt::format("{}, MKL {}, {} threads", TORCH_VERSION, at::hasMKL() ? "on" : "off", at::get_num_threads())};
}

Finding disk() {
  std::error_code error;
  const auto space = std::filesystem::space(".", error);
  const bool enough = !error && space.available > 1'000'000'000;
  return {"disk here", enough,
          error ? error.message() : human_bytes(static_cast<std::int64_t>(space.available)) + " free"};
}

Finding data_set(const DatasetInfo& info) {
  const auto found = search_place(info);
  return {"data: " + info.name, true, found ? found->string() : fmt::format("not here: {}", how_to_get(info))};
}

std::vector<Finding> examine() {
  std::vector<Finding> findings = {
      {"program", true, fmt::format("{} ({}, {})", program_version(), source_revision(), compiler_version())},
      arithmetic(),
      gpus(),
      {"MPI", true, mpi_version()},
      {"NCCL", true, nccl_version().empty() ? "none: built for CPU only" : nccl_version()},
      {"database", true, fmt::format("SQLite {}", sqlite3_libversion())},
      {"cores", true, fmt::format("{} may be used", allowed_cores().size())},
      disk()};
  for (const DatasetInfo& info : known_datasets()) findings.push_back(data_set(info));
  return findings;
}

ExitCode doctor(bool json) {
  const std::vector<Finding> findings = examine();
  bool healthy = true;
  nlohmann::json document = {{"schema", "neusemslice.doctor/1"}, {"findings", nlohmann::json::array()}};
  for (const Finding& finding : findings) {
    healthy = healthy && finding.good;
    document["findings"].push_back({{"what", finding.what}, {"good", finding.good}, {"detail", finding.detail}});
    if (!json) fmt::print("{} {:<20} {}\n", finding.good ? "ok " : "BAD", finding.what, finding.detail);
  }
  if (json) fmt::print("{}\n", document.dump());
  return healthy ? ExitCode::done : ExitCode::environment;
}

}  // namespace

void add_doctor_command(CLI::App& app, Program& program) {
  CLI::App* command =
      app.add_subcommand("doctor", "What is found here: LibTorch, GPUs, MPI, NCCL, database, disk, data");
  command->footer("Example:\n  neusemslice doctor --json");
  command->callback([&program] { program.action = [&program] { return doctor(program.json); }; });
}

}  // namespace neusemslice
