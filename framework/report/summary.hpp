#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace neusemslice {

/// An interval needs so many seeds: that of two is 12.7 standard errors wide to either side and says nothing.
inline constexpr std::size_t kSeedsForInterval = 3;

/// The mean of one value a seed and its 95 % confidence interval, mean ± half_width, by Student's t distribution:
/// half_width = t(0.975, count - 1) * s / sqrt(count), s the sample deviation. Fewer than kSeedsForInterval values have
/// none.
struct Summary {
  double mean = 0;
  std::optional<double> half_width;
  double smallest = 0;
  double largest = 0;
  std::size_t count = 0;

  /// The band to draw: the interval, or the values' range where there is none.
  [[nodiscard]] double low() const { return half_width ? mean - *half_width : smallest; }
  [[nodiscard]] double high() const { return half_width ? mean + *half_width : largest; }
};

/// No values give a count of 0.
Summary summarise(std::span<const double> values);

/// `value` with so many decimals, and never "-0.00".
std::string fixed(double value, int decimals);

/// A fraction as a percentage with two decimals, without the sign: 0.97531 gives "97.53".
std::string percent(double fraction);

/// "97.53 ± 0.21", "97.53" without an interval, "–" for no value.
std::string mean_and_interval(const Summary& summary, int decimals);

/// The same for fractions, as percentages with two decimals.
std::string percent(const Summary& summary);

/// " (3 of 5 seeds)", nothing where it is all of them.
std::string share_of_seeds(std::size_t count, std::size_t all);

}  // namespace neusemslice
