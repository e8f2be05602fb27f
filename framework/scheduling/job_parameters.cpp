#include "scheduling/job_parameters.hpp"

namespace neusemslice {

using Json = nlohmann::json;

Json to_json(const ModelConfig& model) {
  if (model.is_described()) return {{"name", model.name}, {"description", model.description}};
  Json json = {{"name", model.name}};
  if (model.name == "mlp") json["hidden"] = model.hidden;
  if (model.width != 1) json["width"] = model.width;
  return json;
}

ModelConfig model_from(const Json& json) {
  ModelConfig model{.name = json.at("name")};
  model.hidden = json.value("hidden", model.hidden);
  model.width = json.value("width", model.width);
  model.description = json.value("description", model.description);
  return model;
}

Json to_json(const RecipeConfig& recipe) {
  Json json = {{"optimizer", recipe.optimizer},
               {"learning_rate", recipe.learning_rate},
               {"weight_decay", recipe.weight_decay},
               {"schedule", recipe.schedule},
               {"epochs", recipe.epochs},
               {"batch_size", recipe.batch_size}};
  if (recipe.optimizer == "sgd") json["momentum"] = recipe.momentum;
  if (recipe.schedule == "step")
    json.update({{"step_epochs", recipe.step_epochs}, {"step_factor", recipe.step_factor}});
  if (recipe.augmentation.is_used())
    json["augmentation"] = {{"crop_padding", recipe.augmentation.crop_padding}, {"flip", recipe.augmentation.flip}};
  return json;
}

RecipeConfig recipe_from(const Json& json) {
  RecipeConfig recipe;
  recipe.optimizer = json.at("optimizer");
  recipe.learning_rate = json.at("learning_rate");
  recipe.weight_decay = json.at("weight_decay");
  recipe.schedule = json.at("schedule");
  recipe.epochs = json.at("epochs");
  recipe.batch_size = json.at("batch_size");
  recipe.momentum = json.value("momentum", recipe.momentum);
  recipe.step_epochs = json.value("step_epochs", recipe.step_epochs);
  recipe.step_factor = json.value("step_factor", recipe.step_factor);
  if (json.contains("augmentation")) {
    const Json& augmentation = json.at("augmentation");
    recipe.augmentation = {.crop_padding = augmentation.at("crop_padding"), .flip = augmentation.at("flip")};
  }
  return recipe;
}

Json to_json(const AttackConfig& attack) {
  return {
      {"norm", attack.norm},         {"fgsm_epsilon", attack.fgsm_epsilon},     {"pgd_epsilon", attack.pgd_epsilon},
      {"pgd_step", attack.pgd_step}, {"pgd_iterations", attack.pgd_iterations}, {"random_start", attack.random_start}};
}

AttackConfig attack_from(const Json& json) {
  return {.norm = json.at("norm"),
          .fgsm_epsilon = json.at("fgsm_epsilon"),
          .pgd_epsilon = json.at("pgd_epsilon"),
          .pgd_step = json.at("pgd_step"),
          .pgd_iterations = json.at("pgd_iterations"),
          .random_start = json.at("random_start")};
}

Json to_json(const ContributionConfig& config) {
  return {{"metrics", config.metrics},
          {"samples_per_category", config.samples_per_category},
          {"batch_size", config.batch_size},
          {"deeplift_baseline", config.deeplift_baseline},
          {"taylor_reduction", config.taylor_reduction}};
}

ContributionConfig contribution_from(const Json& json) {
  return {.metrics = json.at("metrics"),
          .samples_per_category = json.at("samples_per_category"),
          .batch_size = json.at("batch_size"),
          .deeplift_baseline = json.at("deeplift_baseline"),
          .taylor_reduction = json.at("taylor_reduction")};
}

}  // namespace neusemslice
