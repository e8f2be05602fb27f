#include "data/pixel_cache_builder.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/hash.hpp"
#include "data/image_pipeline.hpp"

namespace neusemslice {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kHeaderBytes = kPixelCacheHeaderBytes;
constexpr std::size_t kLengthBytes = 8;

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::span<const std::uint8_t> bytes_of(const std::vector<std::int64_t>& values) {
  return {reinterpret_cast<const std::uint8_t*>(values.data()), values.size() * sizeof(std::int64_t)};
}

std::string_view text_of(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// An image that is kept.
struct Record {
  ImagePlace place;
  std::int64_t slot;   ///< where its pixels lie in the file
  std::string sha256;  ///< of its pixels
};

/// Moves slots of the file so that slot i holds what slot sources[i] held; sources is a permutation.
void permute(const BuildFile& file, std::vector<std::int64_t> sources, std::int64_t slot_bytes) {
  std::vector<std::uint8_t> first(static_cast<std::size_t>(slot_bytes));
  std::vector<std::uint8_t> moved(static_cast<std::size_t>(slot_bytes));
  const auto offset = [&](std::int64_t slot) { return kHeaderBytes + slot * slot_bytes; };
  const auto source_of = [&](std::int64_t slot) -> std::int64_t& { return sources[static_cast<std::size_t>(slot)]; };
  for (std::int64_t start = 0; start < static_cast<std::int64_t>(sources.size()); ++start) {
    if (source_of(start) == start) continue;
    file.read_at(offset(start), first);
    std::int64_t slot = start;
    while (source_of(slot) != start) {
      file.read_at(offset(source_of(slot)), moved);
      file.write_at(offset(slot), moved);
      slot = std::exchange(source_of(slot), slot);
    }
    file.write_at(offset(slot), first);
    source_of(slot) = slot;
  }
}

/// Decodes an image folder into a file.
class CacheBuilder {
 public:
  CacheBuilder(const std::filesystem::path& source, const ImageLayout& layout, const ImageTransform& transform,
               const BuildFile& file)
      : source_(source), layout_(layout), transform_(transform), file_(file) {}

  void build(int decoders) {
    spdlog::info("{}: decoding its images once, into {}", source_.string(), file_.target().string());
    const auto start = std::chrono::steady_clock::now();
    file_.set_size(0);
    const PipelineResult result =
        decode_images(source_, layout_, transform_, decoders, [this](const DecodedImage& image) { keep(image); });
    check(result);
    put_in_order(result);
    write_labels_and_header(result);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    spdlog::info("{}: {} images in {}, {}", source_.string(), records_.size(), human_seconds(seconds.count()),
                 human_bytes(samples() * slot_bytes()));
  }

 private:
  [[nodiscard]] std::int64_t samples() const { return static_cast<std::int64_t>(records_.size()); }
  [[nodiscard]] std::int64_t slot_bytes() const { return 3 * transform_.side() * transform_.side(); }

  /// Called by all decoders at once.
  void keep(const DecodedImage& image) {
    file_.write_at(kHeaderBytes + image.number * slot_bytes(), image.planes);
    Record record{image.place, image.number, sha256_hex(text_of(image.planes))};
    const std::lock_guard lock(mutex_);
    records_.push_back(std::move(record));
  }

  [[nodiscard]] std::string described(const LostImage& lost) const {
    return fmt::format("{} ({})", shown(lost.place, layout_), lost.problem);
  }

  void check(const PipelineResult& result) const {
    for (const bool is_test : {false, true}) {
      for (std::size_t category = 0; category < layout_.classes.size(); ++category) {
        check_class({is_test, static_cast<std::int64_t>(category), ""}, result.lost);
      }
    }
    const auto lost = static_cast<std::int64_t>(result.lost.size());
    require_input(lost <= std::max<std::int64_t>(1, result.images / 100),
                  "{}: {} of {} images are corrupt, more than 1 %, such as {}; copy or download it again",
                  source_.string(), lost, result.images, lost > 0 ? described(result.lost.front()) : "");
  }

  void check_class(const ImagePlace& folder, const std::vector<LostImage>& lost) const {
    const auto is_of_class = [&](const auto& image) {
      return image.place.is_test == folder.is_test && image.place.category == folder.category;
    };
    if (std::ranges::any_of(records_, is_of_class)) return;
    const std::string name = shown(folder, layout_);
    const auto example = std::ranges::find_if(lost, is_of_class);
    require_input(example != lost.end(), "{}: the class folder {} is missing or has no images", source_.string(), name);
    throw InputError(
        fmt::format("{}: every image in {} is corrupt, such as {}", source_.string(), name, described(*example)));
  }

  /// Afterwards records and slots are in the order of places; what lies in the slots of lost images goes to the end.
  void put_in_order(const PipelineResult& result) {
    std::ranges::sort(records_, {}, &Record::place);
    std::vector<std::int64_t> sources;
    for (Record& record : records_) sources.push_back(record.slot);
    const auto images_with_slot = std::ranges::max(sources) + 1;
    for (const LostImage& lost : result.lost) {
      if (lost.number < images_with_slot) sources.push_back(lost.number);
    }
    permute(file_, std::move(sources), slot_bytes());
    file_.set_size(kHeaderBytes + samples() * slot_bytes());
  }

  void write_labels_and_header(const PipelineResult& result) const {
    std::vector<std::int64_t> labels;
    for (const Record& record : records_) labels.push_back(record.place.category);
    const std::int64_t pixels = samples() * slot_bytes();
    file_.write_at(kHeaderBytes + pixels, bytes_of(labels));
    const std::int64_t side = transform_.side();
    const Json header = {
        {"__metadata__",
         {{"format", kPixelCacheFormat},
          {"fingerprint", fingerprint()},
          {"training_samples", std::to_string(training_samples())},
          {"left_out", left_out(result)}}},
        {"images", {{"dtype", "U8"}, {"shape", {samples(), 3, side, side}}, {"data_offsets", {0, pixels}}}},
        {"labels",
         {{"dtype", "I64"},
          {"shape", {samples()}},
          {"data_offsets", {pixels, pixels + static_cast<std::int64_t>(bytes_of(labels).size())}}}}};
    std::string text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
    const std::uint64_t length = kHeaderBytes - kLengthBytes;
    require(text.size() <= length, "the header of {} is {} bytes long", file_.target().string(), text.size());
    text.resize(length, ' ');
    file_.write_at(0, {reinterpret_cast<const std::uint8_t*>(&length), kLengthBytes});
    file_.write_at(kLengthBytes, bytes_of(text));
  }

  [[nodiscard]] std::int64_t training_samples() const {
    return std::ranges::count_if(records_, [](const Record& record) { return !record.place.is_test; });
  }

  [[nodiscard]] std::string fingerprint() const {
    Sha256 hash;
    hash.add(fmt::format("3 x {0} x {0}\n", transform_.side()));
    for (const Record& record : records_) {
      hash.add(
          fmt::format("{} {} {}\n", record.place.is_test ? "test" : "training", record.place.category, record.sha256));
    }
    return hash.hex();
  }

  [[nodiscard]] std::string left_out(const PipelineResult& result) const {
    constexpr std::size_t kNamed = 3;
    if (result.lost.empty()) return "";
    std::vector<std::string> names;
    for (const LostImage& lost : result.lost) {
      if (names.size() < kNamed) names.push_back(described(lost));
    }
    return fmt::format("{} of {} images are corrupt and left out: {}{}", result.lost.size(), result.images,
                       fmt::join(names, ", "), result.lost.size() > kNamed ? ", ..." : "");
  }

  const std::filesystem::path& source_;
  const ImageLayout& layout_;
  const ImageTransform& transform_;
  const BuildFile& file_;
  std::mutex mutex_;
  std::vector<Record> records_;
};

}  // namespace

void build_pixel_cache(const std::filesystem::path& source, const ImageLayout& layout, const ImageTransform& transform,
                       int decoders, BuildFile& file) {
  CacheBuilder(source, layout, transform, file).build(decoders);
  file.become_target();
}

}  // namespace neusemslice
