#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <ATen/ATen.h>
#include <CLI/CLI.hpp>

namespace neusemslice {

/// Where the data are and what computes; the same options in every subcommand that computes.
struct ComputeOptions {
  std::string data_dir;
  std::string device = "auto";
  int threads = 0;  ///< 0: every core this process may use

  [[nodiscard]] std::optional<std::filesystem::path> data_folder() const;

  /// Sets the number of threads and gives the device; throws when the device is not there.
  [[nodiscard]] at::Device start() const;
  /// The same for one rank of several: `cores` are its share, `local_rank` chooses among the host's GPUs.
  [[nodiscard]] at::Device start(int cores, int local_rank) const;
};

void add_compute_options(CLI::App& command, ComputeOptions& options);

/// LibTorch, SQLite and the rest, as a JSON object: part of a run's provenance.
std::string library_versions();

}  // namespace neusemslice
