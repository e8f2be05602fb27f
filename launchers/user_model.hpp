#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "compute_options.hpp"
#include "data/dataset.hpp"
#include "data/tasks.hpp"
#include "models/network.hpp"
#include "models/units.hpp"

namespace neusemslice {

/// The user's own model and data, as the one-step subcommands take them.
struct UserModelOptions {
  std::string model = "mlp";
  std::string weights;
  std::string dataset;
  ComputeOptions compute;
};

/// Loaded, checked and on its device.
struct UserModel {
  Dataset dataset;
  Network network;
  UnitGraph units;
};

void add_user_model_options(CLI::App& command, UserModelOptions& options);

/// The network alone, for a data set that is loaded already.
Network load_user_network(const UserModelOptions& options, const Dataset& dataset, at::Device device);

UserModel load_user_model(const UserModelOptions& options);

/// InputError where an option that lists categories names one twice or one that the data set does not have.
void check_categories(const std::string& option, const Categories& categories, const Dataset& dataset);

}  // namespace neusemslice
