#include "report/stored_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace neusemslice {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(SettingTitles, AreReadFromTheStoredConfig) {
  EXPECT_THAT(
      setting_titles("name: s\nsettings:\n  mlp-mnist: {title: MLP-MNIST, dataset: mnist}\n  own: {title: ''}\n"),
      ElementsAre(Pair("mlp-mnist", "MLP-MNIST")));
}

TEST(SettingTitles, TextThatIsNoConfigHasNone) {
  for (const char* text : {"", "seeds: [0, 1]", "settings: [a, b]", "a: [", "a: 1\na: 2"}) {
    EXPECT_THAT(setting_titles(text), IsEmpty()) << text;
  }
}

}  // namespace
}  // namespace neusemslice
