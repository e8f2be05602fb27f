#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "core/files.hpp"
#include "data/fetch.hpp"
#include "data/locate.hpp"
#include "data/raw_dataset.hpp"
#include "data/registry.hpp"
#include "data/verify.hpp"
#include "program.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Rows = std::vector<std::vector<std::string>>;

/// Columns as wide as their longest cell, two blanks apart.
void print_table(const Rows& rows) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i) fmt::print("{:<{}}", row[i], widths[i] + 2);
    fmt::print("{}\n", row.back());
  }
}

void print_json(const Json& document) {
  fmt::print("{}\n", document.dump(2));
}

Json json_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

ExitCode list_datasets(const Program& program) {
  Rows rows = {{"name", "title", "training", "test", "where"}};
  Json datasets = Json::array();
  for (const DatasetInfo& info : known_datasets()) {
    const std::optional<DatasetFiles> found = search_dataset(info);
    const std::int64_t training = info.files[FileRole::training_images].samples;
    const std::int64_t test = info.files[FileRole::test_images].samples;
    rows.push_back({info.name, info.title, std::to_string(training), std::to_string(test),
                    found ? found->folder.string() : "not here: neusemslice data fetch " + info.name});
    datasets.push_back({{"name", info.name},
                        {"title", info.title},
                        {"categories", info.category_names},
                        {"training_samples", training},
                        {"test_samples", test},
                        {"folder", json_or_null(found ? found->folder.string() : "")}});
  }
  if (program.json) print_json({{"schema", "neusemslice.data.list/1"}, {"datasets", datasets}});
  if (!program.json) print_table(rows);
  return ExitCode::done;
}

struct FetchArguments {
  std::string name;
  std::optional<std::string> folder;
  FetchOptions options;
};

fs::path destination(const DatasetInfo& info, const FetchArguments& arguments) {
  if (arguments.folder) return *arguments.folder;
  const std::optional<fs::path> folder = download_folder(info.name);
  require_input(folder.has_value(), "no place to keep {}: HOME is not set; give --to DIR or set NEUSEMSLICE_CACHE",
                info.name);
  return *folder;
}

ExitCode fetch(const Program& program, const FetchArguments& arguments) {
  const DatasetInfo& info = find_dataset(arguments.name);
  const fs::path folder = destination(info, arguments);
  Rows rows = {{"file", "from"}};
  Json files = Json::array();
  for (const FetchedFile& file : fetch_dataset(info, folder, arguments.options)) {
    rows.push_back({file.path.string(), file.url.empty() ? "here already" : file.url});
    files.push_back({{"path", file.path.string()}, {"url", json_or_null(file.url)}});
  }
  if (program.json) {
    print_json({{"schema", "neusemslice.data.fetch/1"},
                {"dataset", info.name},
                {"folder", folder.string()},
                {"files", files}});
  } else {
    print_table(rows);
  }
  return ExitCode::done;
}

struct VerifyArguments {
  std::string name;
  std::optional<std::string> data_dir;
};

Json as_json(const FileCheck& check, FileRole role) {
  return {{"role", role_name(role)},  {"path", check.path.string()},          {"bytes", check.bytes},
          {"samples", check.samples}, {"sha256", json_or_null(check.sha256)}, {"problem", json_or_null(check.problem)}};
}

ExitCode verify(const Program& program, const VerifyArguments& arguments) {
  const DatasetInfo& info = find_dataset(arguments.name);
  const DatasetFiles found = locate_dataset(info, arguments.data_dir);
  Rows rows = {{"file", "bytes", "samples", "result"}};
  Json files = Json::array();
  PerFile<std::string> sha256;
  int wrong = 0;
  for (const FileRole role : kFileRoles) {
    const FileCheck check = check_file(info.files[role], found.paths[role]);
    sha256[role] = check.sha256;
    wrong += check.is_official() ? 0 : 1;
    rows.push_back({check.path.string(), std::to_string(check.bytes), std::to_string(check.samples),
                    check.is_official() ? "ok" : check.problem});
    files.push_back(as_json(check, role));
  }
  if (program.json) {
    print_json({{"schema", "neusemslice.data.verify/1"},
                {"dataset", info.name},
                {"folder", found.folder.string()},
                {"ok", wrong == 0},
                {"fingerprint", fingerprint(sha256)},
                {"files", files}});
  } else {
    print_table(rows);
  }
  if (wrong == 0) return ExitCode::done;
  spdlog::error("{}: {} of {} files are not those of the official {}", found.folder.string(), wrong, kFileRoles.size(),
                info.name);
  return ExitCode::check_failed;
}

void add_list(CLI::App& data, Program& program) {
  CLI::App* command = data.add_subcommand("list", "The known datasets, and where they are on this machine");
  command->footer("Example:\n  neusemslice data list --json");
  command->callback([&program] { program.action = [&program] { return list_datasets(program); }; });
}

void add_fetch(CLI::App& data, Program& program) {
  CLI::App* command = data.add_subcommand("fetch", "Download a dataset; a download that was cut off continues");
  const auto arguments = std::make_shared<FetchArguments>();
  command->add_option("name", arguments->name, "Dataset, as 'data list' names it")->required();
  command->add_option("--to", arguments->folder, "Folder for the files (default: where every command looks)")
      ->type_name("DIR");
  command->add_option("--base-url", arguments->options.base_url, "Server folder that holds the .gz files")
      ->type_name("URL");
  command->add_flag("--force", arguments->options.force, "Fetch again, and replace files that differ");
  command->footer("Example:\n  neusemslice data fetch mnist --to ~/datasets/mnist");
  command->callback(
      [&program, arguments] { program.action = [&program, arguments] { return fetch(program, *arguments); }; });
}

void add_verify(CLI::App& data, Program& program) {
  CLI::App* command = data.add_subcommand("verify", "Compare a dataset's files with the official sizes and SHA-256");
  const auto arguments = std::make_shared<VerifyArguments>();
  command->add_option("name", arguments->name, "Dataset, as 'data list' names it")->required();
  command->add_option("--data-dir", arguments->data_dir, "Folder of the files (default: search as every command does)")
      ->type_name("DIR");
  command->footer(
      "Exits with 0 when all is well, 4 when a file differs, 2 when one is missing.\n"
      "Example:\n  neusemslice data verify mnist --data-dir ~/datasets/mnist");
  command->callback(
      [&program, arguments] { program.action = [&program, arguments] { return verify(program, *arguments); }; });
}

}  // namespace

void add_data_command(CLI::App& app, Program& program) {
  CLI::App* data = app.add_subcommand("data", "Datasets: list, fetch, verify");
  data->require_subcommand(1);
  data->footer(
      "Datasets are searched in the folders of NEUSEMSLICE_DATA (separated by ':'), in the Debian package's folder,\n"
      "then in NEUSEMSLICE_CACHE (default ~/.cache/neusemslice), where 'data fetch' puts them.\n"
      "Example:\n  neusemslice data list");
  add_list(*data, program);
  add_fetch(*data, program);
  add_verify(*data, program);
}

}  // namespace neusemslice
