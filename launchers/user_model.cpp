#include "user_model.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "models/architecture_file.hpp"
#include "models/weights.hpp"
#include "scheduling/job_parameters.hpp"

namespace neusemslice {

void add_user_model_options(CLI::App& command, UserModelOptions& options) {
  command
      .add_option("--model", options.model,
                  "Network of the zoo, its widths read off the weights; or a description (FILE.yaml)")
      ->capture_default_str();
  command.add_option("--weights", options.weights, "Its parameters (safetensors)")->required();
  command
      .add_option("--dataset", options.dataset,
                  "Name of the data set (neusemslice data list), or a description of one (configs/datasets/*.yaml)")
      ->required();
  add_compute_options(command, options.compute);
}

Network load_user_network(const UserModelOptions& options, const Dataset& dataset, at::Device device) {
  const Architecture architecture =
      architecture_of_weights(options.model, options.weights, dataset.image_shape(), dataset.categories());
  return load_network(options.weights, architecture).to(device);
}

UserModel load_user_model(const UserModelOptions& options) {
  const at::Device device = options.compute.start();
  UserModel user;
  user.dataset = load_dataset(dataset_from_argument(options.dataset), options.compute.data_folder());
  user.network = load_user_network(options, user.dataset, device);
  user.units = derive_units(user.network.architecture);
  return user;
}

std::string training_identity(const UserModelOptions& options, const UserModel& user, const RecipeConfig& recipe,
                              std::uint64_t seed, const nlohmann::json& parts) {
  const nlohmann::json all = {{"model", sha256_file(options.weights)},
                              {"architecture", architecture_text(user.network.architecture)},
                              {"data", user.dataset.fingerprint},
                              {"recipe", to_json(recipe)},
                              {"seed", seed},
                              {"parts", parts}};
  return all.dump();
}

void check_categories(const std::string& option, const Categories& categories, const Dataset& dataset) {
  for (auto category = categories.begin(); category != categories.end(); ++category) {
    require_input(0 <= *category && *category < dataset.categories(), "{}: {} has 0 to {}, not {}", option,
                  dataset.name, dataset.categories() - 1, *category);
    require_input(std::find(categories.begin(), category, *category) == category, "{}: {} is named twice", option,
                  *category);
  }
}

}  // namespace neusemslice
