#include "scheduling/job_parameters.hpp"

#include <gmock/gmock.h>

namespace neusemslice {
namespace {

TEST(RecipeParameters, WithoutAugmentationAreWhatTheyWereBeforeThereWasAny) {
  EXPECT_EQ(to_json(RecipeConfig{}).dump(),
            R"({"batch_size":128,"epochs":10,"learning_rate":0.001,"optimizer":"adam","schedule":"constant",)"
            R"("weight_decay":0.0})");
}

TEST(RecipeParameters, HoldTheAugmentationThatIsUsed) {
  RecipeConfig recipe;
  recipe.augmentation = {.crop_padding = 4, .flip = true};
  EXPECT_EQ(to_json(recipe).at("augmentation").dump(), R"({"crop_padding":4,"flip":true})");
  EXPECT_NE(to_json(recipe), to_json(RecipeConfig{}));
}

TEST(RecipeParameters, GiveTheRecipeBack) {
  RecipeConfig recipe{.optimizer = "sgd",
                      .learning_rate = 0.1,
                      .momentum = 0.8,
                      .weight_decay = 5e-4,
                      .schedule = "step",
                      .step_epochs = 3,
                      .step_factor = 0.5,
                      .epochs = 7,
                      .batch_size = 9};
  EXPECT_EQ(recipe_from(to_json(recipe)), recipe);
  recipe.augmentation = {.crop_padding = 2, .flip = false};
  EXPECT_EQ(recipe_from(to_json(recipe)), recipe);
}

}  // namespace
}  // namespace neusemslice
