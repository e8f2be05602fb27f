#include "store/file_system.hpp"

#include <algorithm>
#include <array>

#include <sys/vfs.h>

namespace neusemslice {
namespace {

// Numbers of statfs(2) and linux/magic.h; written out because no header has them all.
constexpr std::array<std::uint32_t, 12> kLocalFileSystems = {
    0x0000EF53,  // ext2, ext3, ext4
    0x58465342,  // XFS
    0x9123683E,  // Btrfs
    0x2FC12FC1,  // ZFS
    0xF2F52010,  // F2FS
    0xCA451A4E,  // bcachefs
    0x3153464A,  // JFS
    0x52654973,  // ReiserFS
    0x794C7630,  // overlayfs: containers
    0x01021994,  // tmpfs
    0x858458F6,  // ramfs
    0x2011BAB0,  // exFAT
};

}  // namespace

JournalMode journal_mode_for(std::int64_t file_system_magic) {
  // Where statfs gives 32 signed bits, large numbers arrive negative.
  const auto number = static_cast<std::uint32_t>(file_system_magic);
  const bool local = std::ranges::find(kLocalFileSystems, number) != kLocalFileSystems.end();
  return local ? JournalMode::write_ahead : JournalMode::rollback;
}

JournalMode journal_mode_of(const std::filesystem::path& path) {
  struct statfs about {};
  if (::statfs(path.c_str(), &about) != 0) return JournalMode::rollback;
  return journal_mode_for(about.f_type);
}

}  // namespace neusemslice
