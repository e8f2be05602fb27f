#include "data/image_decoder.hpp"

#include <gmock/gmock.h>

#include "data/image_samples.hpp"
#include "data/samples.hpp"

namespace neusemslice::testing_data {
namespace {

using testing::Each;
using testing::HasSubstr;

RgbImage decoded(const std::string& bytes) {
  RgbImage image;
  decode_image(bytes, image);
  return image;
}

/// The largest difference of any channel of any pixel.
int largest_difference(const RgbImage& a, const RgbImage& b) {
  EXPECT_EQ(a.pixels.size(), b.pixels.size());
  int largest = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
  return largest;
}

RgbImage with_equal_channels(RgbImage image) {
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) image.pixels[i + 1] = image.pixels[i + 2] = image.pixels[i];
  return image;
}

TEST(DecodePng, GivesEveryPixelBack) {
  const RgbImage image = pattern(5, 9);
  const RgbImage back = decoded(png(image));
  EXPECT_EQ(back.height, 5);
  EXPECT_EQ(back.width, 9);
  EXPECT_EQ(back.pixels, image.pixels);
}

TEST(DecodePng, DropsAlphaAndSpreadsGrey) {
  const RgbImage image = pattern(6, 4);
  EXPECT_EQ(decoded(png(image, 4)).pixels, image.pixels);
  EXPECT_EQ(decoded(grey_png(image)).pixels, with_equal_channels(image).pixels);
}

TEST(DecodeJpeg, IsCloseToTheImage) {
  const RgbImage image = plain(20, 200, 100, 50);
  EXPECT_LE(largest_difference(decoded(jpeg(image)), image), 2);
  EXPECT_LE(largest_difference(decoded(grey_jpeg(image)), with_equal_channels(image)), 2);
}

TEST(DecodeJpeg, MultipliesCmykOut) {
  // Cyan leaves 200 of 255, magenta 100, yellow all; of each, black leaves 51 (a fifth).
  std::vector<std::uint8_t> cmyk;
  for (int i = 0; i < 16 * 16; ++i) cmyk.insert(cmyk.end(), {200, 100, 255, 51});
  EXPECT_LE(largest_difference(decoded(cmyk_jpeg(16, cmyk)), plain(16, 40, 20, 51)), 2);
}

TEST(DecodeImage, ServesManyImagesOfManySizes) {
  RgbImage image;
  for (const std::int64_t size : {40, 3, 17}) {
    decode_image(png(pattern(size, size)), image);
    EXPECT_EQ(image.pixels, pattern(size, size).pixels);
    decode_image(jpeg(plain(size, 10, 20, 30)), image);
    EXPECT_LE(largest_difference(image, plain(size, 10, 20, 30)), 2);
  }
}

TEST(DecodeImage, AnImageThatEndsEarlyIsCorrupt) {
  for (const std::string& whole : {png(pattern(30, 30)), jpeg(pattern(30, 30))}) {
    for (std::size_t size = 0; size < whole.size() - 12; size += 7) {  // PNG's last 12 bytes hold nothing
      EXPECT_THROW(decoded(whole.substr(0, size)), CorruptImage) << size << " of " << whole.size() << " bytes";
    }
  }
}

TEST(DecodeImage, SaysWhatIsWrong) {
  EXPECT_EQ(message_of<CorruptImage>([] { decoded(""); }), "it is empty");
  EXPECT_EQ(message_of<CorruptImage>([] { decoded("GIF89a"); }), "it is neither JPEG nor PNG");
  const std::string whole = jpeg(pattern(30, 30));
  EXPECT_THAT(message_of<CorruptImage>([&] { decoded(whole.substr(0, whole.size() / 2)); }),
              HasSubstr("Premature end of JPEG file"));
}

TEST(DecodeImage, GoesOnAfterACorruptImage) {
  RgbImage image;
  EXPECT_THROW(decode_image(jpeg(pattern(30, 30)).substr(0, 300), image), CorruptImage);
  decode_image(jpeg(plain(8, 1, 2, 3)), image);
  EXPECT_LE(largest_difference(image, plain(8, 1, 2, 3)), 2);
}

TEST(DecodeImage, ExtraBytesAfterTheImageDoNoHarm) {
  const RgbImage image = pattern(8, 8);
  EXPECT_EQ(decoded(png(image) + "more").pixels, image.pixels);
  EXPECT_EQ(decoded(jpeg(image) + "more").pixels, decoded(jpeg(image)).pixels);
}

TEST(DecodeJpeg, ThatIsCutBehindHarmlessExtraBytesIsCorrupt) {
  std::string whole = jpeg(pattern(30, 30));
  const std::size_t scan = whole.rfind("\xff\xda");
  ASSERT_NE(scan, std::string::npos);
  whole.insert(scan, "abc");  // libjpeg warns, and says nothing of what follows
  EXPECT_EQ(decoded(whole).height, 30);
  EXPECT_THROW(decoded(whole.substr(0, scan + (whole.size() - scan) / 3)), CorruptImage);
}

TEST(DecodeImage, AHeaderThatPromisesGigabytesIsCorrupt) {
  std::string huge = png(pattern(4, 4));
  huge.replace(16, 8, word(60000) + word(60000));  // width and height; the checksum of the chunk is wrong too
  EXPECT_THROW(decoded(huge), CorruptImage);
  RgbImage image;
  EXPECT_EQ(message_of<CorruptImage>([&] { set_size(image, 60000, 60001); }), "its header says 60000 x 60001 pixels");
}

TEST(DecodeImage, DamagedBytesNeverCrash) {
  for (const std::string& whole : {png(pattern(30, 30)), jpeg(pattern(30, 30))}) {
    for (std::size_t at = 3; at < whole.size(); at += 3) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
      try {
        EXPECT_GT(decoded(damaged).pixels.size(), 0U);  // a flipped bit inside a picture is another picture
      } catch (const CorruptImage& corrupt) {
        EXPECT_STRNE(corrupt.what(), "");
      }
    }
  }
}

}  // namespace
}  // namespace neusemslice::testing_data
