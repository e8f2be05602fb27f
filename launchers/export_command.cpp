// neusemslice export: a model as an ONNX file, for other programs to run.
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/files.hpp"
#include "models/onnx.hpp"
#include "models/storage_size.hpp"
#include "program.hpp"
#include "user_model.hpp"

namespace neusemslice {
namespace {

struct ExportOptions {
  UserModelOptions user;
  std::string out;
  bool with_normalisation = false;
};

/// What a pruned network would take in other forms; ONNX keeps its zeros.
std::string storage_line(const StorageSize& size, std::int64_t nonzero) {
  return fmt::format("  {} of them are not zero: as weights {} dense, {} in sparse rows, {} by gzip\n", nonzero,
                     human_bytes(size.dense), human_bytes(size.csr), human_bytes(size.gzip));
}

ExitCode export_model(const ExportOptions& options, bool json) {
  const UserModel user = load_user_model(options.user);
  const Architecture& architecture = user.network.architecture;
  write_onnx(options.out, user.network,
             {user.dataset.category_names, user.dataset.normalisation, options.with_normalisation});
  const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(options.out));
  const std::int64_t nonzero = nonzero_parameters(user.network);
  const bool is_pruned = nonzero < parameter_count(architecture);
  const StorageSize size = is_pruned ? storage_size(user.network) : StorageSize{};
  const std::string input = options.with_normalisation ? "pixels" : "images";
  if (json) {
    nlohmann::json document = {{"schema", "neusemslice.export/1"},
                               {"model", options.out},
                               {"bytes", bytes},
                               {"opset", kOnnxOpset},
                               {"ir_version", kOnnxIrVersion},
                               {"input", input},
                               {"input_shape", architecture.input_shape},
                               {"categories", user.dataset.categories()},
                               {"parameters", parameter_count(architecture)},
                               {"nonzero_parameters", nonzero}};
    if (is_pruned) document["weights_bytes"] = {{"dense", size.dense}, {"csr", size.csr}, {"gzip", size.gzip}};
    fmt::print("{}\n", document.dump());
    return ExitCode::done;
  }
  fmt::print("{}: {}, {} parameters, ONNX opset {}; '{}' {} (batch, {}) to 'logits' float32 (batch, {})\n", options.out,
             human_bytes(bytes), parameter_count(architecture), kOnnxOpset, input,
             options.with_normalisation ? "uint8" : "float32", fmt::join(architecture.input_shape, ", "),
             user.dataset.categories());
  if (is_pruned) fmt::print("{}", storage_line(size, nonzero));
  return ExitCode::done;
}

}  // namespace

void add_export_command(CLI::App& app, Program& program) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* command = app.add_subcommand("export", "Save a model, full or shrunken, as ONNX");
  command->footer(
      "Example:\n  neusemslice export --model mlp --weights small.safetensors --dataset mnist --out small.onnx");
  add_user_model_options(*command, options->user);
  command->add_option("--out", options->out, "File for the model (ONNX)")->required();
  command->add_flag("--with-normalisation", options->with_normalisation,
                    "Take pixels, uint8: scaling by 1/255, mean and deviation go into the graph");
  command->callback(
      [options, &program] { program.action = [options, &program] { return export_model(*options, program.json); }; });
}

}  // namespace neusemslice
