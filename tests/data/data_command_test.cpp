#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "../../launchers/program.hpp"
#include "data/raw_dataset.hpp"
#include "data/samples.hpp"

namespace neusemslice::testing_data {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

/// The `data` subcommand on a machine with nothing in its cache.
class DataCommand : public testing::Test {
 protected:
  /// Runs "data <arguments>"; stdout ends up in `output`.
  ExitCode run(const std::string& arguments, bool as_json = false) {
    CLI::App app;
    Program program;
    add_data_command(app, program);
    app.parse("data " + arguments);
    program.json = as_json;
    testing::internal::CaptureStdout();
    try {
      const ExitCode code = program.action();
      output = testing::internal::GetCapturedStdout();
      return code;
    } catch (const Error&) {
      output = testing::internal::GetCapturedStdout();
      throw;
    }
  }

  TemporaryFolder folder;
  EnvironmentVariable data{"NEUSEMSLICE_DATA", nullptr};
  EnvironmentVariable cache{"NEUSEMSLICE_CACHE", folder.path().c_str()};
  std::string output;
};

TEST_F(DataCommand, ListSaysWhereEachDatasetIsOrHowToGetIt) {
  EXPECT_EQ(run("list"), ExitCode::done);
  EXPECT_THAT(output, AllOf(HasSubstr("60000"), HasSubstr("not here: neusemslice data fetch mnist")));
  write_dataset(folder.path() / "mnist", find_dataset("mnist"), tiny_contents());
  run("list");
  EXPECT_THAT(output, HasSubstr((folder.path() / "mnist").string()));
}

TEST_F(DataCommand, ListIsOneJsonDocument) {
  EXPECT_EQ(run("list", true), ExitCode::done);
  const json document = json::parse(output);
  EXPECT_EQ(document["schema"], "neusemslice.data.list/1");
  EXPECT_EQ(document["datasets"][0]["name"], "mnist");
  EXPECT_EQ(document["datasets"][0]["folder"], nullptr);
  EXPECT_EQ(document["datasets"][1]["categories"][1], "Trouser");
}

TEST_F(DataCommand, VerifyEndsWith4AndNamesWhatDiffers) {
  PerFile<std::string> contents = tiny_contents();
  contents[FileRole::test_images] = gzip(contents[FileRole::test_images]).substr(0, 100);
  write_dataset(folder.path(), find_dataset("mnist"), contents);
  EXPECT_EQ(run("verify mnist --data-dir " + folder.path().string()), ExitCode::check_failed);
  EXPECT_THAT(output, AllOf(HasSubstr("holds 6 samples in 1552 bytes, 60000 in 47040016 expected"),
                            HasSubstr("the gzip data ends early")));
}

TEST_F(DataCommand, VerifyPassesTheRealFashionMnist) {
  if (!fs::exists(find_dataset("fashion-mnist").package_folder)) GTEST_SKIP() << "dataset-fashion-mnist is missing";
  EXPECT_EQ(run("verify fashion-mnist", true), ExitCode::done);
  const json document = json::parse(output);
  EXPECT_EQ(document["schema"], "neusemslice.data.verify/1");
  EXPECT_EQ(document["ok"], true);
  EXPECT_EQ(document["files"][1]["samples"], 60000);
  EXPECT_EQ(document["fingerprint"].get<std::string>().size(), 64);
}

TEST_F(DataCommand, VerifyHoldsAnArchiveAgainstItsMd5) {
  write(folder.path() / "cifar10/cifar-10-binary.tar.gz", "something else");
  EXPECT_EQ(run("verify cifar10"), ExitCode::check_failed);
  EXPECT_THAT(output, HasSubstr("c32a1d4ab5d03f1284b67883e8d87530 expected"));
  EXPECT_EQ(run("verify cifar10", true), ExitCode::check_failed);
  const json document = json::parse(output.substr(0, output.rfind('}') + 1));  // a log line follows
  EXPECT_EQ(document["files"][0]["role"], "archive");
  EXPECT_EQ(document["fingerprint"], nullptr);
  fs::create_directories(folder.path() / "cifar100/cifar-100-binary");
  EXPECT_THAT(message_of<InputError>([&] { run("verify cifar100"); }), HasSubstr("only the archive's digest"));
}

TEST_F(DataCommand, WhatNoServerHasIsFetchedByHand) {
  EXPECT_THAT(message_of<InputError>([&] { run("fetch emnist-digits"); }),
              HasSubstr("get it from https://www.nist.gov"));
}

TEST_F(DataCommand, MissingFilesAndUnknownNamesAreInputErrors) {
  EXPECT_THAT(message_of<InputError>([&] { run("verify mnist"); }), HasSubstr("neusemslice data fetch mnist"));
  EXPECT_THAT(message_of<InputError>([&] { run("fetch mnits"); }), HasSubstr("did you mean 'mnist'?"));
}

TEST_F(DataCommand, FetchLooksInTheCacheFirst) {
  write_dataset(folder.path() / "mnist", find_dataset("mnist"), tiny_contents());
  EXPECT_THAT(message_of<InputError>([&] { run("fetch mnist"); }), HasSubstr("is there already, but holds 6 samples"));
}

TEST_F(DataCommand, EverySubcommandHasHelpWithAnExample) {
  CLI::App app;
  Program program;
  add_data_command(app, program);
  for (const CLI::App* command : app.get_subcommand("data")->get_subcommands({})) {
    EXPECT_THAT(command->get_footer(), HasSubstr("Example:\n  neusemslice data " + command->get_name()));
    EXPECT_NE(command->get_description(), "");
  }
}

}  // namespace
}  // namespace neusemslice::testing_data
