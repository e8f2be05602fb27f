#pragma once

#include <nlohmann/json.hpp>

#include "config/suite.hpp"

namespace neusemslice {

// Configs as parameters of jobs. A job's key is made of these texts, so they hold what determines a result and nothing
// else, and what is added later is left out where it changes nothing.

/// Only what the network uses: widths that another kind of network has must not make a new job.
/// Only what the network uses: a description's place and widths that another kind of network has make no new job.
nlohmann::json to_json(const ModelConfig& model);
ModelConfig model_from(const nlohmann::json& json);

/// Only what the recipe uses: a step that a constant schedule ignores must not make a new job.
nlohmann::json to_json(const RecipeConfig& recipe);
RecipeConfig recipe_from(const nlohmann::json& json);

nlohmann::json to_json(const AttackConfig& attack);
AttackConfig attack_from(const nlohmann::json& json);

nlohmann::json to_json(const ContributionConfig& config);
ContributionConfig contribution_from(const nlohmann::json& json);

}  // namespace neusemslice
