#include <array>
#include <cstdio>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

#include "core/error.hpp"
#include "report/synthetic_workspace.hpp"

namespace neusemslice {
namespace {

using testing::HasSubstr;
using testing_support::SyntheticWorkspace;

struct Outcome {
  int exit_code = 0;
  std::string output;
};

/// Runs the program; `arguments` as for a shell.
Outcome run_program(const std::string& arguments) {
  Outcome outcome;
  FILE* pipe = ::popen(fmt::format("'{}' {}", NEUSEMSLICE_PROGRAM, arguments).c_str(), "r");
  std::array<char, 4096> buffer{};
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    outcome.output.append(buffer.data(), count);
  }
  outcome.exit_code = WEXITSTATUS(::pclose(pipe));
  return outcome;
}

TEST(ReportCommand, PrintsTheFilesItWrote) {
  SyntheticWorkspace workspace;
  workspace.add_trained("mlp-mnist", 0, 0.98, 0.98);
  const std::string folder = workspace.path().string();
  const Outcome outcome = run_program(fmt::format("report {0} --format svg,md --out {0}/out", folder));
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.output, fmt::format("{0}/out/rq1.md\n{0}/out/rq1.svg\n", folder));
  EXPECT_TRUE(std::filesystem::exists(workspace.path() / "out/rq1.svg"));
}

TEST(ReportCommand, JsonIsOneDocument) {
  SyntheticWorkspace workspace;
  workspace.add_trained("mlp-mnist", 0, 0.98, 0.98);
  const Outcome outcome = run_program(fmt::format("--json report {}", workspace.path().string()));
  const nlohmann::json document = nlohmann::json::parse(outcome.output);
  EXPECT_EQ(document.at("schema"), "neusemslice.report/1");
  EXPECT_EQ(document.at("suite"), "small");
  EXPECT_EQ(document.at("files").size(), 6U);
}

TEST(ReportCommand, UnknownFormatIsAUsageError) {
  const Outcome outcome = run_program("report /nowhere --format htlm 2>&1");
  EXPECT_EQ(outcome.exit_code, static_cast<int>(ExitCode::input));
  EXPECT_THAT(outcome.output, HasSubstr("unknown format 'htlm'; did you mean 'html'?"));
}

TEST(ReportCommand, FolderWithoutResultsIsAUsageError) {
  const Outcome outcome = run_program("report /nowhere 2>&1");
  EXPECT_EQ(outcome.exit_code, static_cast<int>(ExitCode::input));
  EXPECT_THAT(outcome.output, HasSubstr("/nowhere/results.db: no such file"));
}

}  // namespace
}  // namespace neusemslice
