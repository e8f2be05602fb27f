#include "contribution/score_file.hpp"

#include "core/error.hpp"

namespace neusemslice {

TensorMap score_tensors(const Scores& scores, at::ScalarType type) {
  TensorMap tensors;
  for (const auto& [layer, metrics] : scores) {
    for (const auto& [metric, table] : metrics) {
      tensors[layer + "/" + metric] = table.by_category.to(type);
      tensors[layer + "/" + metric + "/global"] = table.global.to(type);
    }
  }
  return tensors;
}

Scores scores_of(const TensorMap& tensors) {
  Scores scores;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t slash = name.find('/');
    require_input(slash != std::string::npos, "'{}' is not the name of a score: expected layer/metric", name);
    const std::size_t suffix = name.rfind("/global");
    const bool global = suffix != std::string::npos && suffix > slash;
    const std::string metric = name.substr(slash + 1, global ? suffix - slash - 1 : std::string::npos);
    ScoreTable& table = scores[name.substr(0, slash)][metric];
    (global ? table.global : table.by_category) = tensor.to(at::kDouble);
  }
  return scores;
}

}  // namespace neusemslice
