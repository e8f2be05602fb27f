#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace neusemslice {

/// The mean of one value a seed and its 95 % confidence interval, mean ± half_width, by Student's t distribution:
/// half_width = t(0.975, count - 1) * s / sqrt(count), s the sample deviation. One value has no interval.
struct Summary {
  double mean = 0;
  std::optional<double> half_width;
  std::size_t count = 0;

  [[nodiscard]] double low() const { return mean - half_width.value_or(0); }
  [[nodiscard]] double high() const { return mean + half_width.value_or(0); }
};

/// No values give a count of 0.
Summary summarise(std::span<const double> values);

/// `value` with so many decimals, and never "-0.00".
std::string fixed(double value, int decimals);

/// A fraction as a percentage with two decimals, without the sign: 0.97531 gives "97.53".
std::string percent(double fraction);

/// "97.53 ± 0.21", "97.53" for a single value, "–" for none.
std::string mean_and_interval(const Summary& summary, int decimals);

/// The same for fractions, as percentages with two decimals.
std::string percent(const Summary& summary);

}  // namespace neusemslice
