#include "slicing/slice_file.hpp"

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "models/zoo.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using namespace test_support;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

const UnitGraph kUnits = derive_units(make_mlp({1, 1, 2}, {5, 3}, 2));

Slice read_text(const std::string& text) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "slice.json", text);
  return read_slice(folder / "slice.json", kUnits);
}

/// What is complained about: one line that begins with the file's name.
std::string complaint_about(const std::string& text) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "slice.json";
  write_file_atomically(path, text);
  const std::string message = message_of<InputError>([&] { read_slice(path, kUnits); });
  EXPECT_THAT(message, StartsWith(path.string()));
  return message;
}

TEST(SliceFile, ASemanticSliceComesBack) {
  const Slice slice{.strategy = "semantic",
                    .metric = "taylor",
                    .level = 0.95,
                    .kept = {{"fc1", {0, 3, 4}}, {"fc2", {2}}},
                    .rescued = {"fc2"}};
  EXPECT_EQ(read_text(slice_to_json(slice).dump()), slice);
}

TEST(SliceFile, APercentSliceComesBack) {
  for (const std::string strategy : {"global", "category"}) {
    const Slice slice{
        .strategy = strategy, .metric = "avg", .level = 30, .kept = {{"fc1", {1, 2}}, {"fc2", {0}}}, .rescued = {}};
    EXPECT_EQ(read_text(slice_to_json(slice).dump()), slice);
  }
}

TEST(SliceFile, HasTheKeysThatDesignPromises) {
  const auto json =
      slice_to_json({.strategy = "semantic", .metric = "avg", .level = 0.9, .kept = {{"fc1", {1}}}, .rescued = {}});
  EXPECT_EQ(json["strategy"], "semantic");
  EXPECT_EQ(json["metric"], "avg");
  EXPECT_EQ(json["threshold"], 0.9);
  EXPECT_EQ(json["layers"]["fc1"], nlohmann::json::array({1}));
  EXPECT_EQ(json["rescued"], nlohmann::json::array());
}

TEST(SliceFile, OtherKeysAreIgnoredAndLayersAreEnough) {
  const Slice slice = read_text(R"({"layers":{"fc2":[0,2]},"compression_rate":0.5,"k":{"fc1":[1,2]}})");
  EXPECT_EQ(slice.kept, (KeptUnits{{"fc2", {0, 2}}}));
}

TEST(SliceFile, RefusesWhatIsNoSlice) {
  for (const std::string text : {"", "{", "[]", "null", "3", "{}", R"({"layers":[]})", R"({"layers":3})",
                                 R"({"layers":null})", "\xff\xfe", R"({"layers":{"fc1":[0]}} trailing)"}) {
    EXPECT_THAT(complaint_about(text), HasSubstr("slice file")) << text;
  }
}

TEST(SliceFile, RefusesALayerTheNetworkLacks) {
  EXPECT_THAT(complaint_about(R"({"layers":{"fc4":[0]}})"), AllOf(HasSubstr("'fc4'"), HasSubstr("fc1")));
  EXPECT_THAT(complaint_about(R"({"layers":{"fc3":[0]}})"), HasSubstr("'fc3'"));  // the categories are no units
}

TEST(SliceFile, RefusesUnitsOutOfRange) {
  EXPECT_THAT(complaint_about(R"({"layers":{"fc1":[0,5]}})"), AllOf(HasSubstr("'fc1'"), HasSubstr("5")));
  EXPECT_THAT(complaint_about(R"({"layers":{"fc1":[-1]}})"), HasSubstr("-1"));
  EXPECT_THAT(complaint_about(R"({"layers":{"fc1":[18446744073709551615]}})"), HasSubstr("18446744073709551615"));
  EXPECT_THAT(complaint_about(R"({"layers":{"fc1":[18446744073709551618]}})"), HasSubstr("'fc1'"));
}

TEST(SliceFile, RefusesUnitsThatAreNoWholeNumbers) {
  for (const std::string unit : {"0.5", "1.0", "\"1\"", "null", "true", "[1]", "{}"}) {
    EXPECT_THAT(complaint_about(R"({"layers":{"fc1":[)" + unit + "]}}"), HasSubstr("'fc1'")) << unit;
  }
}

TEST(SliceFile, RefusesUnitsTwiceOrOutOfOrder) {
  EXPECT_THAT(complaint_about(R"({"layers":{"fc1":[1,1]}})"), HasSubstr("ascending"));
  EXPECT_THAT(complaint_about(R"({"layers":{"fc1":[3,1]}})"), HasSubstr("ascending"));
}

TEST(SliceFile, RefusesALayerThatKeepsNothing) {
  EXPECT_THAT(complaint_about(R"({"layers":{"fc1":[]}})"), HasSubstr("'fc1'"));
  EXPECT_THAT(complaint_about(R"({"layers":{"fc1":{}}})"), HasSubstr("'fc1'"));
  EXPECT_THAT(complaint_about(R"({"layers":{"fc1":"all"}})"), HasSubstr("'fc1'"));
}

TEST(SliceFile, RefusesDescriptionsOfAnotherType) {
  for (const std::string key :
       {R"("strategy":3)", R"("metric":[])", R"("threshold":"high")", R"("percent":"ten")", R"("rescued":"fc1")",
        R"("rescued":[1])", R"("strategy":null)", R"("threshold":null)"}) {
    EXPECT_THAT(complaint_about("{" + key + R"(,"layers":{"fc1":[0]}})"), HasSubstr(key.substr(0, key.find(':'))))
        << key;
  }
}

TEST(SliceFile, RefusesAMissingFile) {
  EXPECT_THAT(message_of<InputError>([] { read_slice("/nowhere/slice.json", kUnits); }),
              HasSubstr("/nowhere/slice.json"));
}

}  // namespace
}  // namespace neusemslice
