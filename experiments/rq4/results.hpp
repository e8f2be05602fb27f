#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include "report/summary.hpp"

namespace neusemslice {

struct Rq4Method {
  std::string name;                 ///< original, retrain, replay, deeparc, slice or slice_replay
  std::int64_t replay_percent = 0;  ///< of the earlier tasks' training images

  auto operator<=>(const Rq4Method&) const = default;
};

/// What a way of learning came to, over the seeds that have learned every task. With R(i, j) the test accuracy on task
/// j after learning task i, T tasks (Lopez-Paz and Ranzato 2017, Chaudhry et al. 2018):
///   average            mean over j of R(T, j)
///   forgetting         mean over j < T of the largest R(i, j), i < T, less R(T, j)
///   backward_transfer  mean over j < T of R(T, j) - R(j, j)
struct Rq4Outcome {
  Rq4Method method;
  std::vector<std::vector<Summary>> accuracy;  ///< R, by step and task; of "original" the first row alone
  Summary average;
  Summary forgetting;
  Summary backward_transfer;
  Summary trained_parameter_ratio;  ///< in the last step
  Summary seconds;                  ///< of training, all steps
  Summary relative_seconds;         ///< over Retrain's, seed by seed
  Summary replay_bytes;             ///< kept for the last step
  Summary slice_bytes;
  Summary plain_slice_bytes;
};

struct Rq4Setting {
  std::string name;
  std::string title;
  std::vector<std::string> tasks;    ///< their categories, "0 1 2 3 4"
  std::vector<Rq4Outcome> outcomes;  ///< in the paper's order
  Summary slice_compression_rate;    ///< of the first task's slice
  Summary slicing_seconds;           ///< scores, curves and choices, all steps and methods of a seed

  [[nodiscard]] const Rq4Outcome* find(const Rq4Method& method) const;
};

/// Every setting that the suite plans, by name, with whatever is done so far. The titles are the names.
std::vector<Rq4Setting> read_rq4_results(SQLite::Database& database, const std::string& suite);

/// As in the paper: "Original", "Retrain", "Replay 5%", "DeepArc", "NeuSemSlice", "NeuSemSlice+Replay 10%".
std::string learn_method_title(const Rq4Method& method);

/// "Task A", "Task B", ...
std::string task_title(std::size_t task);

}  // namespace neusemslice
