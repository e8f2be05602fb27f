#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace neusemslice {

/// SHA-256 fed in pieces; `hex` ends it (64 lower-case digits).
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  Sha256& add(std::string_view bytes);
  std::string hex();

 private:
  void* context_;
};

std::string sha256_hex(std::string_view bytes);

/// MD5, for files of which no better digest was published.
std::string md5_hex(std::string_view bytes);

/// Streams the file; throws InputError when it cannot be read.
std::string sha256_file(const std::filesystem::path& path);

}  // namespace neusemslice
