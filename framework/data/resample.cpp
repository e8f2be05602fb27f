#include "data/resample.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace neusemslice {
namespace {

constexpr int kFractionBits = 22;

/// One output pixel along an axis: the weighted sum of `weights.size()` input pixels from `first` on.
struct Taps {
  std::int64_t first = 0;
  std::vector<std::int32_t> weights;

  [[nodiscard]] std::int64_t end() const { return first + static_cast<std::int64_t>(weights.size()); }
};

/// The triangle filter of output pixel `index` when `input` pixels become `output`.
Taps taps_of(std::int64_t index, std::int64_t input, std::int64_t output) {
  const double scale = static_cast<double>(input) / static_cast<double>(output);
  const double reach = std::max(scale, 1.0);
  const double centre = (static_cast<double>(index) + 0.5) * scale;
  const auto first = std::max<std::int64_t>(static_cast<std::int64_t>(centre - reach + 0.5), 0);
  const auto end = std::min(static_cast<std::int64_t>(centre + reach + 0.5), input);
  std::vector<double> weights;
  double sum = 0;
  for (std::int64_t i = first; i < end; ++i) {
    const double distance = std::abs((static_cast<double>(i) - centre + 0.5) * (1.0 / reach));
    weights.push_back(std::max(1.0 - distance, 0.0));
    sum += weights.back();
  }
  Taps taps{.first = first, .weights = {}};
  for (const double weight : weights) {
    taps.weights.push_back(static_cast<std::int32_t>(0.5 + weight / sum * (1 << kFractionBits)));
  }
  return taps;
}

std::vector<Taps> taps_of_range(std::int64_t begin, std::int64_t count, std::int64_t input, std::int64_t output) {
  std::vector<Taps> taps;
  for (std::int64_t index = begin; index < begin + count; ++index) taps.push_back(taps_of(index, input, output));
  return taps;
}

std::uint8_t rounded(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kFractionBits, 0, 255));
}

/// One output pixel: three channels, input pixels `step` bytes apart.
void weigh(const std::uint8_t* input, std::int64_t step, const std::vector<std::int32_t>& weights,
           std::uint8_t* output) {
  std::int32_t red = 1 << (kFractionBits - 1);
  std::int32_t green = red;
  std::int32_t blue = red;
  for (const std::int32_t weight : weights) {
    red += input[0] * weight;
    green += input[1] * weight;
    blue += input[2] * weight;
    input += step;
  }
  output[0] = rounded(red);
  output[1] = rounded(green);
  output[2] = rounded(blue);
}

}  // namespace

RgbImage resize_bilinear(const RgbImage& image, std::int64_t height, std::int64_t width, const Crop& crop) {
  const std::vector<Taps> rows = taps_of_range(crop.top, crop.height, image.height, height);
  const std::vector<Taps> columns = taps_of_range(crop.left, crop.width, image.width, width);
  const std::int64_t first_row = rows.front().first;
  RgbImage narrowed;
  set_size(narrowed, rows.back().end() - first_row, crop.width);
  std::uint8_t* output = narrowed.pixels.data();
  for (std::int64_t row = first_row; row < rows.back().end(); ++row) {
    const std::uint8_t* input = image.pixels.data() + 3 * row * image.width;
    for (const Taps& taps : columns) {
      weigh(input + 3 * taps.first, 3, taps.weights, output);
      output += 3;
    }
  }
  RgbImage result;
  set_size(result, crop.height, crop.width);
  output = result.pixels.data();
  for (const Taps& taps : rows) {
    const std::uint8_t* input = narrowed.pixels.data() + 3 * (taps.first - first_row) * crop.width;
    for (std::int64_t column = 0; column < crop.width; ++column) {
      weigh(input + 3 * column, 3 * crop.width, taps.weights, output);
      output += 3;
    }
  }
  return result;
}

}  // namespace neusemslice
