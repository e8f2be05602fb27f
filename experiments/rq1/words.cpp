#include "rq1/words.hpp"

#include <fmt/format.h>

namespace neusemslice {

std::string strategy_name(const std::string& strategy) {
  if (strategy == "deeparc") return "DeepArc";
  return strategy == "category" ? "category-wise slicing" : strategy + " slicing";
}

std::string level_name(const std::string& strategy, double level) {
  if (strategy == "deeparc") return fmt::format("threshold {:g}", level);
  return strategy == "semantic" ? fmt::format("T = {:g}", level) : fmt::format("top {:g} %", level);
}

std::string seeds_name(std::size_t count) {
  return fmt::format("{} seed{}", count, count == 1 ? "" : "s");
}

std::string with_seeds(const std::string& text, std::size_t count, std::size_t all) {
  return count == all ? text : fmt::format("{} ({} of {})", text, count, seeds_name(all));
}

std::string short_percent(double fraction) {
  return fmt::format("{:g}", 100 * fraction);
}

std::string signed_points(const Summary& difference) {
  const std::string text = percent(difference);
  return difference.count > 0 && !text.starts_with('-') ? "+" + text : text;
}

std::string list_of_percents(const std::vector<double>& fractions) {
  std::string text;
  for (std::size_t i = 0; i < fractions.size(); ++i) {
    if (i > 0) text += i + 1 == fractions.size() ? " and " : ", ";
    text += short_percent(fractions[i]);
  }
  return text + " %";
}

std::string original_sentence(const Rq1Setting& setting) {
  return fmt::format("The original model: {} % test accuracy ({}).", percent(setting.original_test_accuracy),
                     seeds_name(setting.original_test_accuracy.count));
}

}  // namespace neusemslice
