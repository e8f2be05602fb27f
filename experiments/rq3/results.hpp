#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include "report/summary.hpp"

namespace neusemslice {

/// One method of retraining on the samples of one attack.
struct Rq3Cell {
  std::string attack;  ///< fgsm or pgd
  std::string method;  ///< full, deeparc, slice or both

  auto operator<=>(const Rq3Cell&) const = default;
};

/// What retraining one seed's model came to.
struct Rq3Run {
  double trained_parameter_ratio = 0;
  double retrained_accuracy = 0;
  double reattack_accuracy = 0;
  double test_accuracy = 0;
  double seconds = 0;
};

struct Rq3Outcome {
  std::map<std::int64_t, Rq3Run> runs;  ///< by seed
  Summary trained_parameter_ratio;      ///< TPR
  Summary retrained_accuracy;           ///< RA
  Summary reattack_accuracy;            ///< RAA
  Summary test_accuracy;                ///< on benign images
  Summary relative_seconds;             ///< over those of full retraining on the same samples, seed by seed
};

struct Rq3Setting {
  std::string name;
  std::string title;
  Summary original_test_accuracy;
  Summary slice_compression_rate;
  std::map<std::string, Summary> attacked_accuracy;  ///< of the attacked training images, by attack
  std::map<Rq3Cell, Rq3Outcome> cells;
};

/// Every setting that the suite plans, by name, with whatever is done so far. The titles are the names.
std::vector<Rq3Setting> read_rq3_results(SQLite::Database& database, const std::string& suite);

/// In the paper's order: attacks, then methods.
const std::vector<std::string>& rq3_attacks();
const std::vector<std::string>& rq3_methods();

/// "FGSM", "PGD".
std::string attack_title(const std::string& attack);
/// As in the paper: "Fully Training", "DeepArc", "NeuSemSlice", "NeuSemSlice+DeepArc".
std::string readapt_method_title(const std::string& method);

}  // namespace neusemslice
