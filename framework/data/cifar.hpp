#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace neusemslice {

/// The binary version of CIFAR-10 or CIFAR-100: records of one label (CIFAR-100: a coarse and then the fine one, which
/// is taken) and three planes of 32 x 32 pixels, red, green, blue, row by row.
struct CifarFormat {
  std::vector<std::string> training_files;  ///< in this order
  std::string test_file;
  std::int64_t label_bytes = 1;  ///< before the pixels; the last one counts
  std::int64_t categories = 10;
};

/// For "cifar10" or "cifar100".
CifarFormat cifar_format(const std::string& name);

/// Images of one part, as the files hold them.
struct CifarImages {
  std::vector<std::uint8_t> pixels;  ///< (samples, 3, 32, 32)
  std::vector<std::uint8_t> labels;
};

struct CifarData {
  CifarImages training;
  CifarImages test;
  std::string
      fingerprint;  ///< SHA-256 of the files' SHA-256 in hexadecimal, each followed by a newline; test file last
};

/// Reads the archive as published (cifar-10-binary.tar.gz), or the folder it unpacks to, or the folder around that.
/// Throws InputError naming the file: missing, not whole records, a label that is no category.
CifarData read_cifar(const std::filesystem::path& source, const CifarFormat& format);

}  // namespace neusemslice
