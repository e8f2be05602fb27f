#pragma once

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "core/error.hpp"

namespace neusemslice {

/// What every subcommand shares. A subcommand's `add_*_command` declares its options on the app and, when it was
/// chosen, sets `action`; main runs the action after the options common to all (`--quiet`, `--log-level`, ...) have
/// taken effect.
struct Program {
  bool json = false;         ///< results on stdout as one JSON document
  bool quiet = false;        ///< no progress, warnings and errors only
  std::string command_line;  ///< as typed, for the record
  std::function<ExitCode()> action;
};

void add_run_command(CLI::App& app, Program& program);
void add_report_command(CLI::App& app, Program& program);
void add_status_command(CLI::App& app, Program& program);
void add_train_command(CLI::App& app, Program& program);
void add_score_command(CLI::App& app, Program& program);
void add_slice_command(CLI::App& app, Program& program);
void add_restructure_command(CLI::App& app, Program& program);
void add_attack_command(CLI::App& app, Program& program);
void add_readapt_command(CLI::App& app, Program& program);
void add_extend_command(CLI::App& app, Program& program);
void add_evaluate_command(CLI::App& app, Program& program);
void add_export_command(CLI::App& app, Program& program);
void add_data_command(CLI::App& app, Program& program);
void add_doctor_command(CLI::App& app, Program& program);

}  // namespace neusemslice
