#include "data/resample.hpp"

#include <array>

#include <gmock/gmock.h>

#include "core/hash.hpp"
#include "data/image_samples.hpp"
#include "data/image_transform.hpp"

namespace neusemslice::testing_data {
namespace {

using testing::ElementsAre;

std::string sha256_of(const std::vector<std::uint8_t>& bytes) {
  return sha256_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

RgbImage resized(const RgbImage& image, std::int64_t height, std::int64_t width) {
  return resize_bilinear(image, height, width, {0, 0, height, width});
}

/// What Pillow 13.0 gives: numpy.asarray(Image.fromarray(pattern).resize((width, height), Image.BILINEAR)).
struct PillowResult {
  std::int64_t from_height, from_width, height, width;
  std::string sha256;
  std::array<int, 3> middle;  ///< the pixel at (height / 2, width / 2)
};

TEST(ResizeBilinear, IsPillowsBitForBit) {
  const std::vector<PillowResult> expected = {
      {37, 53, 16, 22, "fd9591dfae07c155add56de3f118b9223cbc38e6cdece8ffe06161b18b7b0096", {132, 153, 135}},
      {20, 30, 48, 72, "d1e5af09c3e9553d11d70185888e081d1ae5d30c90ad8cd03baccf59a6e93541", {105, 136, 167}},
      {375, 500, 256, 341, "d821cac7b7fe42a712894c129f16f64adaf089bedba490dc1191671c835b7ee2", {99, 86, 117}},
      {3, 200, 8, 533, "5caf912df2e65205d077f671bd5f4a4d8d37f3bda5f5c9a7092b96e57d12dbff", {111, 38, 69}},
      {40, 40, 40, 40, "8482c44646e19e8ded8062d8cc7d83b7acdfcb2aedd32fb8fcd677ab7d6c7d4f", {196, 227, 2}},
      {50, 31, 1, 1, "b5859aed7c65a47d1b4cb616c5aed7d3deaf167ca7d31237409bef0d5e32037d", {131, 127, 126}}};
  for (const PillowResult& pillow : expected) {
    const RgbImage image = resized(pattern(pillow.from_height, pillow.from_width), pillow.height, pillow.width);
    const std::size_t middle = static_cast<std::size_t>(3 * (pillow.height / 2 * pillow.width + pillow.width / 2));
    for (std::size_t channel = 0; channel < 3; ++channel)
      EXPECT_EQ(image.pixels[middle + channel], pillow.middle[channel]);
    EXPECT_EQ(sha256_of(image.pixels), pillow.sha256) << pillow.height << " x " << pillow.width;
  }
}

TEST(ResizeBilinear, HalvingAveragesWithATriangle) {
  // One row 0 100 200 40: the triangle of output 0 is centred at 1 (between pixels 0 and 1) and reaches 2 to each side:
  // weights 0.75 0.75 0.25 of pixels 0 1 2; of output 1: 0.25 0.75 0.75 of pixels 1 2 3.
  RgbImage row{1, 4, {}};
  for (const int value : {0, 100, 200, 40}) row.pixels.insert(row.pixels.end(), 3, static_cast<std::uint8_t>(value));
  const RgbImage half = resized(row, 1, 2);
  EXPECT_THAT(half.pixels, ElementsAre(71, 71, 71, 117, 117, 117));  // 125 / 1.75 = 71.4, 205 / 1.75 = 117.1
}

TEST(ResizeBilinear, ACropIsThatPartOfTheWhole) {
  const RgbImage image = pattern(41, 29);
  const RgbImage whole = resized(image, 20, 33);
  const RgbImage part = resize_bilinear(image, 20, 33, {.top = 4, .left = 7, .height = 9, .width = 11});
  for (std::int64_t row = 0; row < 9; ++row) {
    for (std::int64_t byte = 0; byte < 33; ++byte) {
      EXPECT_EQ(part.pixels[static_cast<std::size_t>(row * 33 + byte)],
                whole.pixels[static_cast<std::size_t>((row + 4) * 99 + 21 + byte)]);
    }
  }
}

TEST(RoundedHalf, GoesToTheEvenNeighbour) {
  EXPECT_THAT((std::vector{rounded_half(0), rounded_half(1), rounded_half(2), rounded_half(3), rounded_half(5)}),
              ElementsAre(0, 0, 1, 2, 2));
}

/// The centre of what keep_square keeps, as planes.
std::vector<std::uint8_t> centre_crop(const RgbImage& image, const ImageTransform& transform) {
  const auto side = static_cast<std::size_t>(transform.side());
  const auto margin = static_cast<std::size_t>(transform.margin());
  const auto size = static_cast<std::size_t>(transform.image_size);
  std::vector<std::uint8_t> square(3 * side * side);
  keep_square(image, transform, square);
  std::vector<std::uint8_t> crop;
  for (std::size_t channel = 0; channel < 3; ++channel) {
    for (std::size_t row = margin; row < margin + size; ++row) {
      const auto begin = square.begin() + static_cast<std::ptrdiff_t>((channel * side + row) * side + margin);
      crop.insert(crop.end(), begin, begin + static_cast<std::ptrdiff_t>(size));
    }
  }
  return crop;
}

/// torchvision's Resize(resize) and CenterCrop(size) on a Pillow image, as planes: sides as int(resize * longer /
/// shorter), offsets as int(round((side - size) / 2.0)).
struct CentreCrop {
  std::int64_t height, width, resize, size;
  std::string sha256;
};

TEST(KeepSquare, ItsCentreIsTorchvisionsCentreCrop) {
  const std::vector<CentreCrop> expected = {
      {37, 53, 16, 11, "3188832c79858e4cd49705b49601ccd4251578f2c25e6c387c5fb53360d558f0"},
      {53, 37, 16, 11, "c1b1d16eaa58747b5f8157d8d1f662c2e970a3b069e7e549b8a8c6b8bf5f66a1"},
      {60, 47, 20, 13, "ca453f3a4678a8bcba02b16b94bc818cbd2c84f22d7469fcc806ea0e1f525c43"},
      {375, 500, 256, 224, "9795f21b976014ee112dae60f7ac311805365d3fed78dd8364e5b0eff413c50c"},
      {21, 40, 20, 20, "23ddd7d187e8936b1fbe66b15640b47b2b65d8de6f1d1726dd3e2ce433c9a470"}};
  for (const CentreCrop& torchvision : expected) {
    const ImageTransform transform{.resize = torchvision.resize, .image_size = torchvision.size};
    EXPECT_EQ(sha256_of(centre_crop(pattern(torchvision.height, torchvision.width), transform)), torchvision.sha256)
        << torchvision.height << " x " << torchvision.width;
  }
}

TEST(KeepSquare, WithoutResizeTheImageStaysAsItIs) {
  const ImageTransform transform{.image_size = 2};
  std::vector<std::uint8_t> planes(12);
  keep_square({2, 2, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}}, transform, planes);
  EXPECT_THAT(planes, ElementsAre(1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12));
  EXPECT_FALSE(transform.fits(pattern(2, 3)));
}

}  // namespace
}  // namespace neusemslice::testing_data
