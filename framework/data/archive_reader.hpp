#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

struct archive;
struct archive_entry;

namespace neusemslice {

/// The files of a tar archive, compressed or not, one after the other; nothing is unpacked to the disk. Throws
/// InputError naming archive and member when the archive is damaged or cut short, and for members that a data set has
/// no use for and that are the tools of an attack: absolute paths, paths with "..", links and devices.
class ArchiveReader {
 public:
  explicit ArchiveReader(std::filesystem::path path);

  /// The path of the next file inside the archive, without leading "./"; nothing at the end.
  std::optional<std::string> next();

  /// The content of the file that `next` named; once.
  std::string read();

 private:
  struct Closer {
    void operator()(archive* reader) const;
  };

  [[nodiscard]] std::string problem() const;

  std::filesystem::path path_;
  std::unique_ptr<archive, Closer> reader_;
  archive_entry* entry_ = nullptr;
  std::string member_;
};

}  // namespace neusemslice
