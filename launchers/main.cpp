// The `neusemslice` program: parses the command line, runs one subcommand, turns errors into one line and an exit code.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <vector>

#include <fmt/ranges.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "core/memory.hpp"
#include "core/progress.hpp"
#include "core/stop.hpp"
#include "core/text.hpp"
#include "core/version.hpp"
#include "parallel/failure.hpp"
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
  for (const CLI::App* level = &app; level != nullptr; level = level->get_parent()) {
    for (const CLI::Option* option : level->get_options()) names.push_back(option->get_name(false, false));
  }
  return names;
}

std::vector<std::string> subcommand_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* subcommand : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(subcommand->get_name());
  return names;
}

/// The innermost subcommand that was recognised, or the program itself.
const CLI::App& chosen_command(const CLI::App& app) {
  const auto below = app.get_subcommands();
  return below.empty() ? app : chosen_command(*below.front());
}

/// "neusemslice data verify".
std::string full_name(const CLI::App& command) {
  return command.get_parent() == nullptr ? command.get_name()
                                         : full_name(*command.get_parent()) + " " + command.get_name();
}

/// The arguments that stand where a subcommand may stand, without those that were recognised.
std::vector<std::string> unknown_words(const CLI::App& command, const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  for (const std::string& argument : arguments) {
    bool is_recognised = argument.starts_with('-');
    for (const CLI::App* level = &command; level != nullptr; level = level->get_parent()) {
      is_recognised = is_recognised || level->get_name() == argument;
    }
    if (!is_recognised) words.push_back(argument);
  }
  return words;
}

std::string unknown_subcommand(const std::vector<std::string>& words, const std::vector<std::string>& known) {
  const auto is_near = [&known](const std::string& word) { return !nearest_word(word, known).empty(); };
  const auto near = std::ranges::find_if(words, is_near);
  const std::string& word = near == words.end() ? words.front() : *near;
  return fmt::format("unknown subcommand '{}'{}", word, suggestion(word, known));
}

/// What CLI11 does not say: which known word was probably meant.
std::string usage_message(const CLI::App& app, const std::vector<std::string>& arguments, const std::string& message) {
  const CLI::App& command = chosen_command(app);
  const std::vector<std::string> options = option_names(command);
  for (const std::string& argument : arguments) {
    const std::string name = argument.substr(0, argument.find('='));
    if (!name.starts_with("--") || std::ranges::find(options, name) != options.end()) continue;
    const std::string near = nearest_word(name, options);
    if (!near.empty()) return fmt::format("unknown option '{}'; did you mean '{}'?", name, near);
  }
  const std::vector<std::string> subcommands = subcommand_names(command);
  if (subcommands.empty()) return fmt::format("{}; see {} --help", message, full_name(command));
  const std::vector<std::string> words = unknown_words(command, arguments);
  return words.empty() ? fmt::format("{}: {}", message, fmt::join(subcommands, ", "))
                       : unknown_subcommand(words, subcommands);
}

/// Under a launcher every rank meets the same usage error; the first one says so. (That is all this guess decides.)
bool speaks() {
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"}) {
    if (const char* rank = std::getenv(name)) return std::string_view(rank) == "0";
  }
  return true;
}

int refuse(const std::string& message, ExitCode code) {
  if (speaks()) fmt::print(stderr, "neusemslice: {}\n", message);
  return static_cast<int>(code);
}

/// A result that could not be written is a failure, also when only the last flush notices.
void flush_results() {
  const bool written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  require_input(written, "the results could not be written to standard output: {}", std::strerror(errno));
}

int run_program(const std::vector<std::string>& arguments) {
  Program program;
  program.command_line = fmt::format("neusemslice {}", fmt::join(arguments, " "));
  CommonOptions common;
  CLI::App app(
      "Finds which neurons of a network carry which category's meaning, and cuts, repairs and extends it with them.",
      "neusemslice");
  app.footer("Example:\n  neusemslice run configs/quickstart.yaml && neusemslice report workspaces/quickstart");
  app.set_version_flag(
      "--version", fmt::format("neusemslice {} ({}, {})", program_version(), source_revision(), compiler_version()));
  app.require_subcommand(1);
  app.fallthrough();
  app.get_formatter()->column_width(36);
  add_common_options(app, program, common);
  for (const auto add :
       {add_run_command, add_report_command, add_status_command, add_train_command, add_score_command,
        add_slice_command, add_restructure_command, add_attack_command, add_readapt_command, add_extend_command,
        add_evaluate_command, add_export_command, add_data_command, add_doctor_command}) {
    add(app, program);
  }
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return refuse(usage_message(app, arguments, first_line(error.what())), ExitCode::input);
  }
  start_logging(program, common);
  install_stop_handlers();
  const ExitCode code = program.action();
  flush_results();
  return static_cast<int>(code);
}

}  // namespace
}  // namespace neusemslice

int main(int argc, char** argv) {
  using namespace neusemslice;
  keep_freed_memory();
  try {
    return run_program({argv + 1, argv + argc});
  } catch (const std::filesystem::filesystem_error& error) {
    return refuse(fmt::format("{}: {}", error.path1().string(), error.code().message()), ExitCode::input);
  } catch (const std::exception& error) {
    const Failure failure = failure_of(error);
    return refuse(failure.message, failure.code);
  }
}
