// Whatever is wrong with what the user gives ends in one line on stderr, the documented exit code, nothing on stdout
// and nothing half written.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/mount.h>
#include <sys/wait.h>

#include "core/files.hpp"
#include "core/hash.hpp"
#include "core/text.hpp"
#include "integration/process.hpp"
#include "integration/small_study.hpp"
#include "store/schema.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using namespace test_support;
using testing::HasSubstr;
using testing::IsEmpty;

using Arguments = std::vector<std::string>;

struct BadInput {
  Arguments arguments;
  std::string message;  ///< a part of the line
  int exit_code = 2;
};

void expect_refusal(const BadInput& bad, const Outcome& outcome) {
  const std::string command = fmt::format("neusemslice {}", fmt::join(bad.arguments, " "));
  EXPECT_EQ(outcome.exit_code, bad.exit_code) << command;
  EXPECT_EQ(outcome.out, "") << command;
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << command << "\n" << outcome.err;
  EXPECT_TRUE(outcome.err.starts_with("neusemslice: ") && outcome.err.ends_with("\n")) << command << "\n"
                                                                                       << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(bad.message)) << command;
}

/// Two at a time: most of their time the program only starts.
void expect_refusals(const std::vector<BadInput>& cases) {
  for (std::size_t i = 0; i < cases.size(); i += 2) {
    const bool has_second = i + 1 < cases.size();
    Process first(cases[i].arguments);
    if (has_second) expect_refusal(cases[i + 1], run(cases[i + 1].arguments));
    expect_refusal(cases[i], first.wait());
  }
}

Arguments operator+(Arguments first, const Arguments& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

void cut_file(const fs::path& path, std::size_t bytes) {
  fs::resize_file(path, bytes);
}

void overwrite(const fs::path& path, std::size_t offset, const std::string& bytes) {
  std::string content = read_file(path);
  content.replace(offset, bytes.size(), bytes);
  write_file_atomically(path, content);
}

TEST(BadCommandLine, IsRefusedWithTheWordThatWasMeant) {
  expect_refusals({
      {{}, "A subcommand is required: run, report, status, "},
      {{"rnu", "x.yaml"}, "unknown subcommand 'rnu'; did you mean 'run'?"},
      {{"frobnicate"}, "unknown subcommand 'frobnicate'; known: run, report, "},
      {{"run"}, "suite is required; see neusemslice run --help"},
      {{"run", "x.yaml", "--worksapce", "w"}, "unknown option '--worksapce'; did you mean '--workspace'?"},
      {{"train", "x.yaml", "--sed=3"}, "unknown option '--sed'; did you mean '--seed'?"},
      {{"run", "x.yaml", "extra"}, "The following argument was not expected: extra"},
      {{"train", "x.yaml", "--seed", "-1", "--out", "m"}, "--seed: "},
      {{"train", "x.yaml", "--seed", "one", "--out", "m"}, "--seed"},
      {{"run", "x.yaml", "--threads", "99999"}, "--threads: "},
      {{"doctor", "--log-level", "loud"}, "--log-level: loud not in {debug,info,warn,error}"},
      {{"data"}, "A subcommand is required: list, fetch, verify"},
      {{"data", "verfy"}, "unknown subcommand 'verfy'; did you mean 'verify'?"},
      {{"status"}, "workspace is required; see neusemslice status --help"},
  });
}

class BadInputs : public testing::Test {
 protected:
  void SetUp() override {
    SKIP_WITHOUT_FASHION_MNIST();
    fs::copy_file(finished_workspace() / model_path(), study / "model.safetensors");
  }

  static std::string model_path() {
    return split(rows(finished_workspace(), "SELECT path FROM artifacts WHERE name = 'model.safetensors'"), '\n')[0];
  }
  [[nodiscard]] Arguments train() const { return train_with(study.path("data")); }
  [[nodiscard]] Arguments train_with(const std::string& data) const {
    return {"train", study.path("setting.yaml"), "--out", study.path("out/model.safetensors"), "--data-dir", data};
  }
  [[nodiscard]] Arguments user(const std::string& command, const std::string& weights = "model.safetensors") const {
    return {command, "--weights", study.path(weights), "--dataset", "fashion-mnist", "--data-dir", study.path("data")};
  }
  [[nodiscard]] Arguments slice_command() const { return user("slice") + Arguments{"--out", study.path("out")}; }

  /// A copy of the data folder, to be spoilt.
  [[nodiscard]] fs::path data_copy(const std::string& name) const {
    fs::copy(study / "data", study / name);
    return study / name;
  }

  void expect_nothing_written() const { EXPECT_THAT(files_below(study / "out"), IsEmpty()); }

  SmallStudy study;
};

TEST_F(BadInputs, ConfigMistakesNameFileLineAndKey) {
  write_file_atomically(study / "typo.yaml", "name: s\nsettings: [setting.yaml]\nslicng: {interval: 2}\n");
  write_file_atomically(study / "range.yaml", "name: s\nsettings: [setting.yaml]\nslicing:\n  thresholds: [1.5]\n");
  write_file_atomically(study / "broken.yaml", "name: s\nsettings: [setting.yaml\n");
  write_file_atomically(study / "data.yaml", "name: s\nsettings: {a: {name: a, dataset: fashion-mnits}}\n");
  const auto run_suite = [&](const std::string& suite, const Arguments& more = {}) {
    return Arguments{"run", study.path(suite), "--workspace", study.path("out"), "--data-dir", study.path("data")} +
           more;
  };
  expect_refusals({
      {run_suite("none.yaml"), study.path("none.yaml") + ": cannot be opened: No such file or directory"},
      {run_suite("typo.yaml"), study.path("typo.yaml") + ":3: unknown key 'slicng'; did you mean 'slicing'?"},
      {run_suite("range.yaml"),
       study.path("range.yaml") + ":4: slicing.thresholds: 1.5 is out of range, allowed: 0 to 1"},
      {run_suite("broken.yaml"), study.path("broken.yaml") + ":"},
      {run_suite("data.yaml"), "unknown dataset 'fashion-mnits'; did you mean 'fashion-mnist'?"},
      {run_suite("suite.yaml", {"-o", "seeds=[x]"}), "override 'seeds=[x]': seeds: expected a whole number, found 'x'"},
      {run_suite("suite.yaml", {"-o", "settings.*.recipe.learning_rate=nan"}), "nan is out of range"},
      {train() + Arguments{"-o", "recipe.epoch=1"}, "unknown key 'recipe.epoch'; did you mean 'epochs'?"},
  });
  expect_nothing_written();
}

TEST_F(BadInputs, DataFilesThatAreNotWhatTheyShouldBe) {
  const std::string images = "train-images-idx3-ubyte";
  const std::string labels = "train-labels-idx1-ubyte";
  std::vector<BadInput> cases = {{train_with(study.path("nowhere")), "there is no such folder"}};
  const auto add = [&](const std::string& name, const std::string& message, const auto& spoil) {
    const fs::path data = data_copy(name);
    spoil(data);
    cases.push_back({train_with(data.string()), message});
  };
  add("missing", "lacks t10k-labels-idx1-ubyte",
      [](const fs::path& data) { fs::remove(data / "t10k-labels-idx1-ubyte"); });
  add("empty", images + ": is empty", [&](const fs::path& data) { cut_file(data / images, 0); });
  add("header", images + ": ends inside its header", [&](const fs::path& data) { cut_file(data / images, 9); });
  add("truncated", images + ": is cut short: its header says 1200 images",
      [&](const fs::path& data) { cut_file(data / images, 5000); });
  add("longer", labels + ": has 1 bytes too many",
      [&](const fs::path& data) { write_file_atomically(data / labels, read_file(data / labels) + "x"); });
  add("magic", images + ": is not an IDX file of images: its magic number is 0x00000903",
      [&](const fs::path& data) { overwrite(data / images, 2, "\x09"); });
  add("swapped", "are two files swapped?", [&](const fs::path& data) {
    fs::rename(data / images, data / "kept");
    fs::rename(data / labels, data / images);
    fs::rename(data / "kept", data / labels);
  });
  add("counts", labels + ": has 1199 labels for the 1200 images", [&](const fs::path& data) {
    overwrite(data / labels, 6, "\x04\xaf");
    cut_file(data / labels, 8 + 1199);
  });
  add("label", labels + ": label 5 is 10, but fashion-mnist has 10 categories",
      [&](const fs::path& data) { overwrite(data / labels, 8 + 5, "\x0a"); });
  add("gz", images + ".gz: ", [&](const fs::path& data) {
    fs::remove(data / images);
    fs::copy_file("/usr/share/datasets/fashion-mnist/" + images + ".gz", data / (images + ".gz"));
    cut_file(data / (images + ".gz"), 1'000'000);
  });
  cases.push_back({{"evaluate", "--weights", study.path("model.safetensors"), "--dataset", "mnist", "--data-dir",
                    "/usr/share/datasets/fashion-mnist"},
                   "holds the training images of fashion-mnist"});
  expect_refusals(cases);
  expect_nothing_written();
}

TEST_F(BadInputs, AModelThatIsNotWhatItShouldBe) {
  const std::string sound = read_file(study / "model.safetensors");
  std::uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, sound.data(), 8);
  const auto header = nlohmann::json::parse(sound.substr(8, header_bytes));
  std::vector<BadInput> cases;
  const auto add = [&](const std::string& name, const std::string& message, const std::string& bytes) {
    write_file_atomically(study / name, bytes);
    cases.push_back({user("slice", name) + Arguments{"--out", study.path("out")}, study.path(name) + ": " + message});
  };
  const auto with_header = [&](const nlohmann::json& changed) {
    const std::string text = changed.dump();
    const std::uint64_t length = text.size();
    return std::string(reinterpret_cast<const char*>(&length), 8) + text + sound.substr(8 + header_bytes);
  };
  add("empty", "not a sound safetensors file", "");
  add("text", "not a sound safetensors file", "these are no weights at all");
  add("truncated", "not a sound safetensors file", sound.substr(0, sound.size() - 4));
  add("liar", "not a sound safetensors file: its header claims ", std::string(8, '\x7f') + sound.substr(8));
  std::string spoilt = sound;
  spoilt.replace(sound.size() - 4, 4, std::string("\x00\x00\xc0\x7f", 4));
  add("nan", "tensor '", spoilt);
  nlohmann::json changed = header;
  changed["fc1.weight"]["shape"] = {8, 2 * 784};
  add("shape", "tensor 'fc1.weight' has shape [8, 1568], expected [outputs, 784]", with_header(changed));
  changed = header;
  changed["fc1.bias"]["dtype"] = "I32";
  add("type", "tensor 'fc1.bias' is Int, expected float32", with_header(changed));
  changed = header;
  changed["fc2.bias"]["dtype"] = "F128";
  add("unknown_type", "not a sound safetensors file: tensor 'fc2.bias' has the unknown type", with_header(changed));
  changed = header;
  changed["fc9.bias"] = changed["fc2.bias"];
  changed.erase("fc2.bias");
  add("name", "no tensor 'fc2.bias'", with_header(changed));
  cases.push_back({user("evaluate", "none"), study.path("none") + ": cannot be opened: No such file or directory"});
  expect_refusals(cases);
  expect_nothing_written();
}

TEST_F(BadInputs, ASliceOfAnotherNetwork) {
  std::vector<BadInput> cases;
  const auto add = [&](const std::string& name, const std::string& message, const std::string& json) {
    write_file_atomically(study / name, json);
    cases.push_back({user("evaluate") + Arguments{"--slice", study.path(name)}, study.path(name) + ": " + message});
  };
  add("layer", "the network has no layer 'fc7'", R"({"layers": {"fc7": [0]}})");
  add("unit", "layer 'fc1': unit 16 is out of range, the layer has 16", R"({"layers": {"fc1": [0, 16], "fc2": [0]}})");
  add("order", "layer 'fc1': unit 1 is not in ascending order", R"({"layers": {"fc1": [2, 1], "fc2": [0]}})");
  add("none", "layer 'fc1': expected a list of at least one kept unit", R"({"layers": {"fc1": [], "fc2": [0]}})");
  add("text", "not a slice file", "fc1: [0]");
  write_file_atomically(study / "layer.json", R"({"layers": {"fc7": [0]}})");
  cases.push_back({user("restructure") + Arguments{"--slice", study.path("layer.json"), "--out", study.path("out/m")},
                   "the network has no layer 'fc7'"});
  expect_refusals(cases);
  expect_nothing_written();
}

TEST_F(BadInputs, WordsThatNameNothing) {
  expect_refusals({
      {slice_command() + Arguments{"--metrics", "avg,tailor"},
       "--metrics: 'tailor' is no metric; did you mean 'taylor'?"},
      {slice_command() + Arguments{"--metrics", ""}, "--metrics: name at least one of avg, var"},
      {slice_command() + Arguments{"--strategy", "semantc"}, "--strategy: "},
      {slice_command() + Arguments{"--threshold", "1.5"}, "--threshold: "},
      {slice_command() + Arguments{"--score-samples", "-1"}, "--score-samples: "},
      {slice_command() + Arguments{"--model", "mpl"}, "no model is named 'mpl'; did you mean 'mlp'?"},
      {slice_command() + Arguments{"--device", "gpu"}, "'gpu' is no device; known: auto, cpu, cuda, cuda:<number>"},
      {slice_command() + Arguments{"--device", "cuda:999"}, "GPU 999 was asked for", 3},
      {{"train", study.path("setting.yaml"), "-o", "dataset=mnits", "--out", study.path("out/m")},
       "unknown dataset 'mnits'; did you mean 'mnist'?"},
      {{"data", "verify", "mnits"}, "unknown dataset 'mnits'; did you mean 'mnist'?"},
      {{"report", finished_workspace().string(), "--format", "pdf"}, "unknown format 'pdf'"},
      {{"report", finished_workspace().string(), "--suite", "smal", "--out", study.path("out")},
       "no suite 'smal'; did you mean 'small'?"},
  });
  expect_nothing_written();
}

TEST_F(BadInputs, PlacesThatCannotBeWritten) {
  write_file_atomically(study / "file", "a file, not a folder");
  const std::string below = study.path("file/below");
  const std::string data = study.path("data");
  expect_refusals({
      {study.run_arguments(below), below},
      {{"train", study.path("setting.yaml"), "--out", below + "/m", "--data-dir", data}, below},
      {user("score") + Arguments{"--out", below}, below},
      {user("slice") + Arguments{"--out", below}, below},
      {{"report", finished_workspace().string(), "--out", below}, below},
      {user("export") + Arguments{"--out", below + "/m.onnx"}, below},
      {study.run_arguments("/proc/neusemslice"), "/proc/neusemslice"},
  });
  EXPECT_EQ(read_file(study / "file"), "a file, not a folder");
}

TEST_F(BadInputs, WorkspacesThatAreNone) {
  fs::create_directories(study / "hollow");
  write_file_atomically(study / "other/results.db", std::string(4096, 'x'));
  fs::copy(finished_workspace(), study / "newer", fs::copy_options::recursive);
  SQLite::Database(study.path("newer/results.db"), SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 99");
  const std::string newer = sha256_file(study / "newer/results.db");
  const std::string version = fmt::format("version 99, this program knows up to version {}", newest_schema_version());
  expect_refusals({
      {{"status", study.path("nowhere")}, study.path("nowhere/results.db") + ": no such file"},
      {{"report", study.path("hollow")}, study.path("hollow/results.db") + ": no such file"},
      {{"status", study.path("other")}, study.path("other/results.db") + ": cannot be read as a results database"},
      {{"report", study.path("other")}, study.path("other/results.db") + ": cannot be read as a results database"},
      {study.run_arguments(study / "other"), study.path("other/results.db") + ": file is not a database"},
      {{"status", study.path("newer")}, version},
      {{"report", study.path("newer")}, version},
      {study.run_arguments(study / "newer"), version},
      {study.run_arguments(study / "newer", {"--dry-run"}), version},
  });
  EXPECT_EQ(sha256_file(study / "newer/results.db"), newer);
  EXPECT_EQ(read_file(study / "other/results.db"), std::string(4096, 'x'));
}

/// A folder shown read-only at `path` as long as this lives; needs root and a machine that lets it mount.
class ReadOnlyView {
 public:
  ReadOnlyView(const fs::path& folder, const fs::path& path) : path_(path) {
    fs::create_directories(path);
    mounted_ = ::mount(folder.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) == 0;
    made_ = mounted_ && ::mount(nullptr, path.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) == 0;
  }
  ~ReadOnlyView() {
    if (mounted_) ::umount(path_.c_str());
  }
  ReadOnlyView(const ReadOnlyView&) = delete;
  ReadOnlyView& operator=(const ReadOnlyView&) = delete;
  [[nodiscard]] bool made() const { return made_; }

 private:
  fs::path path_;
  bool mounted_ = false;
  bool made_ = false;
};

TEST_F(BadInputs, AReadOnlyWorkspaceCanBeReadAndIsNotWritten) {
  const TemporaryFolder folder;
  fs::copy(finished_workspace(), folder / "workspace", fs::copy_options::recursive);
  const ReadOnlyView view(folder / "workspace", folder / "view");
  if (!view.made()) GTEST_SKIP() << "needs root and a machine that lets it mount";
  const std::string workspace = (folder / "view").string();
  expect_refusals({
      {study.run_arguments(workspace), workspace + "/lock: cannot be opened: Read-only file system"},
      {{"report", workspace}, workspace + "/report: this folder cannot be made: Read-only file system"},
  });
  EXPECT_EQ(run({"status", workspace}).exit_code, 0);
  EXPECT_EQ(run({"report", workspace, "--out", study.path("report")}).exit_code, 0);
  EXPECT_EQ(run(study.run_arguments(workspace, {"--dry-run"})).exit_code, 0);
}

TEST_F(BadInputs, StandardOutputThatTakesNothingIsAnError) {
  const std::string command = fmt::format("'{}' status '{}' 2>'{}' >/dev/full", NEUSEMSLICE_PROGRAM,
                                          finished_workspace().string(), study.path("err"));
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 2);
  EXPECT_EQ(read_file(study / "err"),
            "neusemslice: the results could not be written to standard output: No space left on device\n");
}

}  // namespace
}  // namespace neusemslice
