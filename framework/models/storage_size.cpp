#include "models/storage_size.hpp"

#include <algorithm>
#include <string>

#include <zlib.h>

#include "core/error.hpp"
#include "models/weights.hpp"

namespace neusemslice {
namespace {

constexpr std::int64_t kWordBytes = 4;  // of a value, a column and a row start alike

/// What compressed sparse rows save of one tensor; nothing where they are no smaller.
std::int64_t saved_by_csr(const at::Tensor& tensor) {
  if (tensor.dim() < 2) return 0;
  const std::int64_t sparse = 2 * tensor.count_nonzero().item<std::int64_t>() + tensor.size(0) + 1;
  return std::max<std::int64_t>(kWordBytes * (tensor.numel() - sparse), 0);
}

std::int64_t gzip_size(const std::string& bytes) {
  constexpr int kGzipFormat = 15 + 16;  // the largest window, and gzip's header instead of zlib's
  constexpr int kMemoryLevel = 8;       // zlib's default
  z_stream stream{};
  require(
      deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipFormat, kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK,
      "zlib: no memory for compressing");
  std::string out(std::size_t{1} << 16, '\0');
  std::int64_t size = 0;
  int status = Z_OK;
  std::size_t taken = 0;
  while (status != Z_STREAM_END) {
    if (stream.avail_in == 0) {  // zlib counts in 32 bits
      stream.avail_in = static_cast<uInt>(std::min<std::size_t>(bytes.size() - taken, std::size_t{1} << 30));
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + taken));
      taken += stream.avail_in;
    }
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    status = deflate(&stream, taken == bytes.size() ? Z_FINISH : Z_NO_FLUSH);
    size += static_cast<std::int64_t>(out.size() - stream.avail_out);
  }
  deflateEnd(&stream);
  return size;
}

}  // namespace

StorageSize storage_size(const Network& network) {
  const std::string bytes = network_bytes(network);
  StorageSize size{.dense = static_cast<std::int64_t>(bytes.size())};
  size.csr = size.dense;
  for (const auto& entry : network.parameters) size.csr -= saved_by_csr(entry.second);
  size.gzip = gzip_size(bytes);
  return size;
}

std::int64_t nonzero_parameters(const Network& network) {
  std::int64_t count = 0;
  for (const auto& entry : network.parameters) count += entry.second.count_nonzero().item<std::int64_t>();
  return count;
}

}  // namespace neusemslice
