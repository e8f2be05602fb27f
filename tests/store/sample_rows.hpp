#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "store/artifact_files.hpp"
#include "store/records.hpp"
#include "store/store.hpp"

namespace neusemslice::test_support {

/// A job whose key is 64 times the same hexadecimal digit.
inline JobRow job_row(char digit, const std::string& kind = "train", std::vector<std::string> inputs = {}) {
  return {.key = std::string(64, digit),
          .kind = kind,
          .setting = "mlp-mnist",
          .seed = 0,
          .parameters = "{}",
          .inputs = std::move(inputs)};
}

inline RunInfo run_info(const std::string& suite = "small") {
  return {.suite = suite,
          .config = "name: small\n",
          .command = "neusemslice run small.yaml",
          .device = "cpu",
          .threads = 2,
          .revision = "0123456789ab",
          .versions = "{}"};
}

/// One row of every kind a job can leave, and the file "model.safetensors", written.
inline JobResult full_result(const std::filesystem::path& workspace, const JobRow& job,
                             const std::string& bytes = "the model") {
  JobResult result;
  result.epochs = {{1, 0.1, 2.0, 0.5, 0.25}, {2, 0.05, 1.0, 0.75, 0.5}};
  result.evaluations = {{.split = "validation", .samples = {4, 4}, .correct = {1, 3}},
                        {.split = "test", .samples = {2, 6}, .correct = {2, 4}}};
  result.metric_seconds = {{"all", 100, 0.5}, {"avg", 100, 0.25}};
  result.slice = SliceRow{.strategy = "semantic",
                          .metric = "taylor",
                          .level = 0.95,
                          .parameters = 25,
                          .original_parameters = 100,
                          .layers = {{"fc1", 8, 3, false}, {"fc2", 4, 1, true}}};
  result.layer_removal = LayerRemovalRow{.threshold = 0.99,
                                         .similarity = "uncentred",
                                         .modularity = 0.5,
                                         .parameters = 25,
                                         .original_parameters = 100,
                                         .removed = {"fc2"},
                                         .layers = {"fc1", "fc2"},
                                         .layer_similarities = {1, 0.995, 0.995, 1}};
  result.artifacts = write_artifacts(workspace, job, {{"model.safetensors", bytes}});
  return result;
}

/// A workspace with one job done: job 'a', of kind train.
inline void make_workspace_with_job_done(const std::filesystem::path& workspace) {
  Store store(workspace);
  store.register_jobs("small", {job_row('a')});
  store.record_done(job_row('a'), store.begin_run(run_info()), full_result(workspace, job_row('a')),
                    {.seconds = 1.5, .peak_memory_bytes = 1000, .ranks = 2});
}

}  // namespace neusemslice::test_support
