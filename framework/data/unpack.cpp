#include "data/unpack.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

#include <zlib.h>

#include "core/error.hpp"
#include "core/files.hpp"

namespace neusemslice {
namespace {

/// Owns zlib's state for reading gzip members.
class Inflater {
 public:
  Inflater() {
    constexpr int kLargestWindowAsGzip = MAX_WBITS + 16;
    require(inflateInit2(&stream_, kLargestWindowAsGzip) == Z_OK, "zlib could not be started");
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Consumes from the front of `packed`, appends into `room` from `filled` on; returns zlib's status.
  int step(std::string_view& packed, std::string& room, std::size_t& filled) {
    const uInt offered = at_most_one_uint(packed.size());
    const uInt free = at_most_one_uint(room.size() - filled);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream_.avail_in = offered;
    stream_.next_out = reinterpret_cast<Bytef*>(room.data() + filled);
    stream_.avail_out = free;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    packed.remove_prefix(offered - stream_.avail_in);
    filled += free - stream_.avail_out;
    return status;
  }

  void next_member() { inflateReset(&stream_); }
  [[nodiscard]] std::string problem() const { return stream_.msg != nullptr ? stream_.msg : "no reason given"; }

 private:
  static uInt at_most_one_uint(std::size_t size) {
    return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
  }

  z_stream stream_{};
};

bool is_gzip(std::string_view bytes) {
  return bytes.starts_with("\x1f\x8b");
}

/// A first guess at the unpacked size: the four bytes at the end of a gzip file, as far as deflate's highest ratio can
/// make them true. One more, so that a right guess leaves room while the trailer is read.
std::size_t expected_size(std::string_view packed) {
  constexpr std::size_t kHighestRatio = 1032;
  constexpr std::size_t kSmallestGuess = 4096;
  std::uint32_t stated = 0;
  for (std::size_t i = 1; i <= std::min<std::size_t>(4, packed.size()); ++i) {
    stated = stated << 8 | static_cast<std::uint8_t>(packed[packed.size() - i]);
  }
  return std::max(kSmallestGuess, std::min<std::size_t>(stated, packed.size() * kHighestRatio)) + 1;
}

std::string inflate_all(std::string_view packed, const std::filesystem::path& path) {
  const std::size_t packed_size = packed.size();
  std::string unpacked(expected_size(packed), '\0');
  std::size_t filled = 0;
  Inflater inflater;
  for (int status = Z_OK; status != Z_STREAM_END || !packed.empty();) {
    if (status == Z_STREAM_END) inflater.next_member();
    if (filled == unpacked.size()) unpacked.resize(2 * unpacked.size());
    status = inflater.step(packed, unpacked, filled);
    const bool is_whole = status == Z_STREAM_END || !packed.empty() || filled == unpacked.size();
    require_input(status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR,
                  "{}: the gzip data is damaged at byte {} ({}); copy or download it again", path.string(),
                  packed_size - packed.size(), inflater.problem());
    require_input(is_whole, "{}: the gzip data ends early, after {} bytes; copy or download it again", path.string(),
                  packed_size);
  }
  unpacked.resize(filled);
  return unpacked;
}

}  // namespace

std::string unpack(std::string bytes, const std::filesystem::path& path) {
  return is_gzip(bytes) ? inflate_all(bytes, path) : std::move(bytes);
}

std::string read_unpacked(const std::filesystem::path& path) {
  return unpack(read_file(path), path);
}

}  // namespace neusemslice
