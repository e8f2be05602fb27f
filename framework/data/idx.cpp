#include "data/idx.hpp"

#include <limits>
#include <string>

#include "core/error.hpp"
#include "data/unpack.hpp"

namespace neusemslice {
namespace {

constexpr std::uint32_t kLabelsMagic = 0x00000801;
constexpr std::uint32_t kImagesMagic = 0x00000803;
constexpr std::size_t kWord = 4;

std::uint32_t word(std::string_view content, std::size_t index) {
  std::uint32_t value = 0;
  for (const char byte : content.substr(index * kWord, kWord)) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

std::string_view kind_of(std::uint32_t magic) {
  return magic == kImagesMagic ? "images" : "labels";
}

/// Checks everything before the items: magic, then as many sizes as the magic's last byte says.
void check_header(std::string_view content, std::uint32_t expected, const std::filesystem::path& path) {
  require_input(!content.empty(), "{}: is empty; copy or download it again", path.string());
  const std::size_t header = kWord * (1 + (expected & 0xff));
  require_input(content.size() >= kWord, "{}: is not an IDX file: it has {} bytes, the header alone {}", path.string(),
                content.size(), header);
  const std::uint32_t magic = word(content, 0);
  const bool swapped = magic != expected && (magic == kLabelsMagic || magic == kImagesMagic);
  require_input(!swapped, "{}: holds {} (magic {:#010x}), {} expected ({:#010x}); are two files swapped?",
                path.string(), kind_of(magic), magic, kind_of(expected), expected);
  require_input(magic == expected, "{}: is not an IDX file of {}: its magic number is {:#010x}, {:#010x} expected",
                path.string(), kind_of(expected), magic, expected);
  require_input(content.size() >= header, "{}: ends inside its header ({} of {} bytes); copy or download it again",
                path.string(), content.size(), header);
}

/// What follows the header must be `count` items of `item_bytes`; `item` describes one, for the messages.
std::string_view checked_items(std::string_view content, std::size_t header, std::uint64_t count,
                               std::uint64_t item_bytes, const std::string& item, const std::filesystem::path& path) {
  require_input(count > 0 && item_bytes > 0, "{}: its header says {} {}; nothing can be learnt from it", path.string(),
                count, item);
  const std::string_view items = content.substr(header);
  require_input(item_bytes <= std::numeric_limits<std::uint64_t>::max() / count,
                "{}: its header says {} {}, more than any file can hold; copy or download it again", path.string(),
                count, item);
  const std::uint64_t stated = count * item_bytes;
  require_input(items.size() >= stated, "{}: is cut short: its header says {} {} = {} bytes, {} follow", path.string(),
                count, item, stated, items.size());
  require_input(items.size() <= stated, "{}: has {} bytes too many after the {} {} its header says", path.string(),
                items.size() - stated, count, item);
  return items;
}

/// A checked file: its sizes, and its items still in place.
struct Layout {
  std::int64_t count;
  std::int64_t height;
  std::int64_t width;
  std::string_view items;
};

Layout images_layout(std::string_view content, const std::filesystem::path& path) {
  check_header(content, kImagesMagic, path);
  const std::uint64_t count = word(content, 1);
  const std::uint64_t height = word(content, 2);
  const std::uint64_t width = word(content, 3);
  const std::string item = fmt::format("images of {} x {} pixels", height, width);
  return {static_cast<std::int64_t>(count), static_cast<std::int64_t>(height), static_cast<std::int64_t>(width),
          checked_items(content, 4 * kWord, count, height * width, item, path)};
}

Layout labels_layout(std::string_view content, const std::filesystem::path& path) {
  check_header(content, kLabelsMagic, path);
  const std::uint64_t count = word(content, 1);
  return {static_cast<std::int64_t>(count), 1, 1, checked_items(content, 2 * kWord, count, 1, "labels", path)};
}

}  // namespace

IdxImages parse_idx_images(std::string_view content, const std::filesystem::path& path) {
  const Layout layout = images_layout(content, path);
  return {layout.count, layout.height, layout.width,
          std::vector<std::uint8_t>(layout.items.begin(), layout.items.end())};
}

std::vector<std::uint8_t> parse_idx_labels(std::string_view content, const std::filesystem::path& path) {
  const std::string_view items = labels_layout(content, path).items;
  return {items.begin(), items.end()};
}

std::int64_t count_idx_samples(std::string_view content, const std::filesystem::path& path) {
  const bool is_labels = content.size() >= kWord && word(content, 0) == kLabelsMagic;
  return is_labels ? labels_layout(content, path).count : images_layout(content, path).count;
}

IdxImages read_idx_images(const std::filesystem::path& path) {
  return parse_idx_images(read_unpacked(path), path);
}

std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& path) {
  return parse_idx_labels(read_unpacked(path), path);
}

}  // namespace neusemslice
