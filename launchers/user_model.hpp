#pragma once

#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "compute_options.hpp"
#include "config/suite.hpp"
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

/// Names all that determines what a training of the model ends with, for its checkpoint; `parts` says what trains, and
/// on what, beside the data set.
std::string training_identity(const UserModelOptions& options, const UserModel& user, const RecipeConfig& recipe,
                              std::uint64_t seed, const nlohmann::json& parts);

/// InputError where an option that lists categories names one twice or one that the data set does not have.
void check_categories(const std::string& option, const Categories& categories, const Dataset& dataset);

}  // namespace neusemslice
