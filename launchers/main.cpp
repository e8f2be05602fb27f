// The `neusemslice` program: parses the command line, runs one subcommand, turns errors into one line and an exit code.
#include <fmt/ranges.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <vector>

#include "core/progress.hpp"
#include "core/stop.hpp"
#include "core/text.hpp"
#include "core/version.hpp"
#include "program.hpp"

namespace neusemslice {
namespace {

struct CommonOptions {
  bool no_color = false;
  std::string log_level = "info";
};

void add_common_options(CLI::App& app, Program& program, CommonOptions& options) {
  app.add_flag("--json", program.json, "Results on stdout as one JSON document");
  app.add_flag("-q,--quiet", program.quiet, "No progress; warnings and errors only");
  app.add_flag("--no-color", options.no_color, "No colour (as NO_COLOR)");
  app.add_option("--log-level", options.log_level, "What is logged to stderr")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->envname("NEUSEMSLICE_LOG_LEVEL")
      ->capture_default_str();
}

void start_logging(const Program& program, const CommonOptions& options) {
  TerminalStyle style = detect_terminal_style();
  style.quiet = program.quiet;
  if (options.no_color) style.colour = false;
  set_terminal_style(style);
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(style.colour ? spdlog::color_mode::always
                                                                                  : spdlog::color_mode::never);
  auto logger = std::make_shared<spdlog::logger>("neusemslice", sink);
  logger->set_pattern(style.is_terminal ? "%^%l%$: %v" : "%Y-%m-%dT%H:%M:%S %l: %v");
  logger->set_level(program.quiet ? spdlog::level::warn : spdlog::level::from_str(options.log_level));
  spdlog::set_default_logger(logger);
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) names.push_back(option->get_name(false, false));
  return names;
}

/// What CLI11 does not say: which known word was probably meant.
std::string hint(const CLI::App& app, const std::vector<std::string>& arguments) {
  const auto chosen = app.get_subcommands();
  if (chosen.empty()) {
    std::vector<std::string> known;
    for (const CLI::App* subcommand : app.get_subcommands([](const CLI::App*) { return true; })) known.push_back(subcommand->get_name());
    for (const std::string& argument : arguments) {
      const std::string near = nearest_word(argument, known);
      if (!near.empty() && near != argument) return fmt::format("; did you mean '{}'?", near);
    }
    return fmt::format("; subcommands: {}", fmt::join(known, ", "));
  }
  const CLI::App* command = chosen.front();
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  const std::vector<std::string> known = option_names(*command);
  for (const std::string& argument : arguments) {
    if (!argument.starts_with("--")) continue;
    const std::string name = argument.substr(0, argument.find('='));
    const std::string near = nearest_word(name, known);
    if (!near.empty() && near != name && std::ranges::find(known, name) == known.end()) return fmt::format("; did you mean '{}'?", near);
  }
  return fmt::format("; see neusemslice {} --help", chosen.front()->get_name());
}

int refuse(const std::string& message, ExitCode code) {
  fmt::print(stderr, "neusemslice: {}\n", message);
  return static_cast<int>(code);
}

int run_program(const std::vector<std::string>& arguments) {
  Program program;
  program.command_line = fmt::format("neusemslice {}", fmt::join(arguments, " "));
  CommonOptions common;
  CLI::App app("Finds which neurons of a network carry which category's meaning, and cuts, repairs and extends it with them.",
               "neusemslice");
  app.footer("Example:\n  neusemslice run configs/quickstart.yaml && neusemslice report workspaces/quickstart");
  app.set_version_flag("--version", fmt::format("neusemslice {} ({}, {})", program_version(), source_revision(), compiler_version()));
  app.require_subcommand(1);
  app.fallthrough();
  app.get_formatter()->column_width(36);
  add_common_options(app, program, common);
  for (const auto add : {add_run_command, add_report_command, add_status_command, add_train_command, add_score_command,
                         add_slice_command, add_restructure_command, add_evaluate_command, add_data_command, add_doctor_command}) {
    add(app, program);
  }
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return refuse(error.what() + hint(app, arguments), ExitCode::input);
  }
  start_logging(program, common);
  install_stop_handlers();
  return static_cast<int>(program.action());
}

}  // namespace
}  // namespace neusemslice

int main(int argc, char** argv) {
  using namespace neusemslice;
  try {
    return run_program({argv + 1, argv + argc});
  } catch (const Error& error) {
    return refuse(error.what(), error.code());
  } catch (const std::exception& error) {
    return refuse(fmt::format("unexpected error: {}", error.what()), ExitCode::some_jobs_failed);
  }
}
