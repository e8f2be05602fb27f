#include "report/summary.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <boost/math/distributions/students_t.hpp>
#include <fmt/format.h>

namespace neusemslice {
namespace {

constexpr double kUpperQuantile = 0.975;

double half_width_of(std::span<const double> values, double mean) {
  const auto count = static_cast<double>(values.size());
  const double squares = std::accumulate(values.begin(), values.end(), 0.0, [mean](double sum, double value) {
    return sum + (value - mean) * (value - mean);
  });
  const double quantile = boost::math::quantile(boost::math::students_t(count - 1), kUpperQuantile);
  return quantile * std::sqrt(squares / (count - 1) / count);
}

}  // namespace

Summary summarise(std::span<const double> values) {
  if (values.empty()) return {};
  Summary summary;
  summary.count = values.size();
  summary.mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  summary.smallest = std::ranges::min(values);
  summary.largest = std::ranges::max(values);
  if (values.size() >= kSeedsForInterval) summary.half_width = half_width_of(values, summary.mean);
  return summary;
}

std::string fixed(double value, int decimals) {
  const std::string text = fmt::format("{:.{}f}", value, decimals);
  const bool is_negative_zero = text.starts_with('-') && text.find_first_of("123456789") == std::string::npos;
  return is_negative_zero ? text.substr(1) : text;
}

std::string percent(double fraction) {
  return fixed(100 * fraction, 2);
}

std::string mean_and_interval(const Summary& summary, int decimals) {
  if (summary.count == 0) return "–";
  const std::string mean = fixed(summary.mean, decimals);
  return summary.half_width ? fmt::format("{} ± {}", mean, fixed(*summary.half_width, decimals)) : mean;
}

std::string percent(const Summary& summary) {
  Summary scaled = summary;
  scaled.mean *= 100;
  if (scaled.half_width) *scaled.half_width *= 100;
  return mean_and_interval(scaled, 2);
}

std::string share_of_seeds(std::size_t count, std::size_t all) {
  return count == all ? "" : fmt::format(" ({} of {} seeds)", count, all);
}

}  // namespace neusemslice
