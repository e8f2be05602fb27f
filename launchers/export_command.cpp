// neusemslice export: a model as an ONNX file, for other programs to run.
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/files.hpp"
#include "models/onnx.hpp"
#include "program.hpp"
#include "user_model.hpp"

namespace neusemslice {
namespace {

struct ExportOptions {
  UserModelOptions user;
  std::string out;
  bool with_normalisation = false;
};

ExitCode export_model(const ExportOptions& options, bool json) {
  const UserModel user = load_user_model(options.user);
  const Architecture& architecture = user.network.architecture;
  write_onnx(options.out, user.network,
             {user.dataset.category_names, user.dataset.normalisation, options.with_normalisation});
  const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(options.out));
  const std::string input = options.with_normalisation ? "pixels" : "images";
  if (json) {
    fmt::print("{}\n", nlohmann::json{{"schema", "neusemslice.export/1"},
                                      {"model", options.out},
                                      {"bytes", bytes},
                                      {"opset", kOnnxOpset},
                                      {"ir_version", kOnnxIrVersion},
                                      {"input", input},
                                      {"input_shape", architecture.input_shape},
                                      {"categories", user.dataset.categories()},
                                      {"parameters", parameter_count(architecture)}}
                           .dump());
    return ExitCode::done;
  }
  fmt::print("{}: {}, {} parameters, ONNX opset {}; '{}' {} (batch, {}) to 'logits' float32 (batch, {})\n", options.out,
             human_bytes(bytes), parameter_count(architecture), kOnnxOpset, input,
             options.with_normalisation ? "uint8" : "float32", fmt::join(architecture.input_shape, ", "),
             user.dataset.categories());
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
