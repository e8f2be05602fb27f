#include "report/seed_means.hpp"

#include <fmt/format.h>

namespace neusemslice {

Summary SeedMeans::summary() const {
  std::vector<double> means;
  for (const auto& [seed, of_seed] : values_) means.push_back(summarise(of_seed).mean);
  return summarise(means);
}

std::string signed_interval(const Summary& difference) {
  const std::string text = mean_and_interval(difference, 2);
  return difference.count > 0 && !text.starts_with('-') ? fmt::format("+{}", text) : text;
}

}  // namespace neusemslice
