// neusemslice score: every unit's contribution to every category.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "contribution/score_file.hpp"
#include "program.hpp"
#include "scoring_options.hpp"

namespace neusemslice {
namespace {

struct ScoreOptions {
  UserModelOptions user;
  ScoringOptions scoring;
  std::string out;
};

ExitCode score(const ScoreOptions& options, bool json) {
  const ContributionConfig config = scoring_config(options.scoring);
  const UserModel user = load_user_model(options.user);
  const std::filesystem::path path = std::filesystem::path(options.out) / "scores.safetensors";
  write_safetensors(path, score_tensors(score_user_model(user, options.scoring, config), at::kFloat));
  if (json)
    fmt::print("{}\n", nlohmann::json{{"schema", "neusemslice.score/1"}, {"scores", path.string()}}.dump());
  else
    fmt::print("{}\n", path.string());
  return ExitCode::done;
}

}  // namespace

void add_score_command(CLI::App& app, Program& program) {
  auto options = std::make_shared<ScoreOptions>();
  CLI::App* command = app.add_subcommand("score", "Score each unit's contribution to each category");
  command->footer("Example:\n  neusemslice score --model mlp --weights model.safetensors --dataset mnist --out OUT");
  add_user_model_options(*command, options->user);
  add_scoring_options(*command, options->scoring);
  command->add_option("--out", options->out, "Folder for scores.safetensors")->required();
  command->callback(
      [options, &program] { program.action = [options, &program] { return score(*options, program.json); }; });
}

}  // namespace neusemslice
