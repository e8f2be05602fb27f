#include "slicing/task_units.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "models/zoo.hpp"
#include "support/problem.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using namespace test_support;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(DeltaCodedUnits, AreNamesCountsAndGaps) {
  const std::string bytes = delta_coded({KeptUnits{{"fc1", {0, 1, 5, 200}}}});
  EXPECT_EQ(bytes, std::string("\x01\x03"
                               "fc1\x04\x00\x00\x03\xc2\x01",
                               11))
      << "194 = 0x42 + (1 << 7)";
}

TEST(DeltaCodedUnits, ReadBackAsTheyWere) {
  const std::vector<KeptUnits> tasks = {{{"fc1", {3, 4, 300, 70000}}, {"fc2", {}}, {"fc3", {0}}},
                                        {{"fc1", {0, 7}}, {"fc2", {2}}}};
  EXPECT_EQ(delta_decoded(delta_coded(tasks)), tasks);
  EXPECT_EQ(plain_bytes(tasks), 4 * 8);
  EXPECT_THAT(delta_decoded(""), IsEmpty());
}

TEST(DeltaCodedUnits, OfAnMlpsSliceTakeAFewHundredBytes) {
  KeptUnits kept;
  for (std::int64_t unit = 0; unit < 165; ++unit) kept["fc1"].push_back(3 * unit);
  for (std::int64_t unit = 0; unit < 78; ++unit) kept["fc2"].push_back(3 * unit + 1);
  const TemporaryFolder folder;
  write_file_atomically(folder / "kept.bin", delta_coded({kept}));
  const std::string bytes = read_file(folder / "kept.bin");
  EXPECT_EQ(bytes.size(), 1U + 4 + 2 + 165 + 4 + 1 + 78) << "165 needs two bytes, a gap one";
  EXPECT_THAT(delta_decoded(bytes), ElementsAre(kept));
  EXPECT_EQ(plain_bytes({kept}), 4 * (165 + 78));
}

TEST(DeltaCodedUnits, CutShortAreRefused) {
  const std::string bytes = delta_coded({KeptUnits{{"fc1", {1, 200}}}});
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    EXPECT_THROW(static_cast<void>(delta_decoded(bytes.substr(0, size))), Error) << size;
  }
}

class TasksFile : public testing::Test {
 protected:
  std::vector<TaskUnits> read(const nlohmann::json& json) {
    write_file_atomically(folder_ / "tasks.json", json.dump());
    return read_tasks(folder_ / "tasks.json", units_, 10);
  }
  std::string refusal(const nlohmann::json& json) {
    return message_of<InputError>([&] { static_cast<void>(read(json)); });
  }

  TemporaryFolder folder_;
  UnitGraph units_ = derive_units(make_mlp({1, 2, 2}, {4, 3}, 10));
  std::vector<TaskUnits> tasks_ = {{{0, 1}, {{"fc1", {0, 3}}, {"fc2", {1}}}}, {{5}, {{"fc1", {1}}, {"fc2", {0, 2}}}}};
};

TEST_F(TasksFile, ReadsBackAsItWas) {
  EXPECT_EQ(read(to_json(tasks_)), tasks_);
}

TEST_F(TasksFile, SharesNeitherUnitsNorCategories) {
  tasks_[1].kept["fc1"] = {3};
  EXPECT_THAT(refusal(to_json(tasks_)), HasSubstr("unit 3 of layer 'fc1' is in two tasks"));
  tasks_[1].kept["fc1"] = {1};
  tasks_[1].categories = {1};
  EXPECT_THAT(refusal(to_json(tasks_)), HasSubstr("category 1 is in two tasks"));
  tasks_[1].categories = {10};
  EXPECT_THAT(refusal(to_json(tasks_)), HasSubstr("there is no category 10, only 0 to 9"));
}

TEST_F(TasksFile, NamesEveryLayer) {
  tasks_[1].kept.erase("fc2");
  EXPECT_THAT(refusal(to_json(tasks_)), HasSubstr("which units of layer 'fc2' it uses"));
  EXPECT_THAT(refusal({{"layers", 1}}), HasSubstr("not a file of tasks"));
}

TEST(LeaveUnitsFree, GivesUpTheLowestUnitOfALayerThatKeepsAll) {
  const UnitGraph units = derive_units(make_mlp({1, 2, 2}, {4, 3}, 10));
  const auto table = [](const std::vector<double>& global) { return ScoreTable{{}, at::tensor(global, at::kDouble)}; };
  const Scores scores = {{"fc1", {{"avg", table({3, 1, 4, 1})}}}, {"fc2", {{"avg", table({2, 7, 1})}}}};
  const Slice slice{.metric = "avg", .kept = {{"fc1", {0, 1, 2, 3}}, {"fc2", {1, 2}}}};
  const KeptUnits left = leave_units_free(units, slice, scores);
  EXPECT_THAT(left.at("fc1"), ElementsAre(0, 1, 2)) << "of equals the last";
  EXPECT_THAT(left.at("fc2"), ElementsAre(1, 2));
}

}  // namespace
}  // namespace neusemslice
