#include "report/ticks.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "report/summary.hpp"

namespace neusemslice {
namespace {

double round_step(double rough) {
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (rough <= factor * power * (1 + 1e-9)) return factor * power;
  }
  return 10 * power;
}

}  // namespace

std::vector<double> ticks(double low, double high, int wanted) {
  require(low < high && wanted > 0, "no ticks from {} to {}", low, high);
  const double step = round_step((high - low) / wanted);
  const double slack = 1e-9;  // a tick on the very end stays in
  std::vector<double> positions;
  for (double i = std::ceil(low / step - slack); i <= high / step + slack; ++i) positions.push_back(i * step);
  return positions;
}

std::vector<std::string> tick_labels(const std::vector<double>& positions) {
  const double step = positions.size() > 1 ? positions[1] - positions[0] : 1.0;
  const int decimals = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
  std::vector<std::string> labels;
  for (const double position : positions) labels.push_back(fixed(position, decimals));
  return labels;
}

}  // namespace neusemslice
