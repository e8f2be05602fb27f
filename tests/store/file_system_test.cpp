#include "store/file_system.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace neusemslice {
namespace {

TEST(FileSystem, LocalOnesGetAWriteAheadLog) {
  EXPECT_EQ(journal_mode_for(0xEF53), JournalMode::write_ahead) << "ext4";
  EXPECT_EQ(journal_mode_for(0x58465342), JournalMode::write_ahead) << "XFS";
  EXPECT_EQ(journal_mode_for(0x9123683E), JournalMode::write_ahead) << "Btrfs";
  EXPECT_EQ(journal_mode_for(0x01021994), JournalMode::write_ahead) << "tmpfs";
  EXPECT_EQ(journal_mode_for(0x794C7630), JournalMode::write_ahead) << "overlayfs";
  EXPECT_EQ(journal_mode_for(0x2FC12FC1), JournalMode::write_ahead) << "ZFS";
  EXPECT_EQ(journal_mode_for(0xF2F52010), JournalMode::write_ahead) << "F2FS";
}

TEST(FileSystem, ThoseOfANetworkGetARollbackJournal) {
  EXPECT_EQ(journal_mode_for(0x6969), JournalMode::rollback) << "NFS";
  EXPECT_EQ(journal_mode_for(0x517B), JournalMode::rollback) << "SMB";
  EXPECT_EQ(journal_mode_for(0xFF534D42), JournalMode::rollback) << "CIFS";
  EXPECT_EQ(journal_mode_for(0xFE534D42), JournalMode::rollback) << "SMB 2";
  EXPECT_EQ(journal_mode_for(0x0BD00BD0), JournalMode::rollback) << "Lustre";
  EXPECT_EQ(journal_mode_for(0x47504653), JournalMode::rollback) << "GPFS";
  EXPECT_EQ(journal_mode_for(0x19830326), JournalMode::rollback) << "BeeGFS";
  EXPECT_EQ(journal_mode_for(0x00C36400), JournalMode::rollback) << "Ceph";
  EXPECT_EQ(journal_mode_for(0xAAD7AAEA), JournalMode::rollback) << "PanFS";
  EXPECT_EQ(journal_mode_for(0x5346414F), JournalMode::rollback) << "AFS";
  EXPECT_EQ(journal_mode_for(0x01021997), JournalMode::rollback) << "9p";
  EXPECT_EQ(journal_mode_for(0x65735546), JournalMode::rollback) << "FUSE";
  EXPECT_EQ(journal_mode_for(0x01161970), JournalMode::rollback) << "GFS2";
}

TEST(FileSystem, AnUnknownOneGetsARollbackJournal) {
  EXPECT_EQ(journal_mode_for(0), JournalMode::rollback);
  EXPECT_EQ(journal_mode_for(0x12345678), JournalMode::rollback);
}

TEST(FileSystem, ANumberGivenAsNegativeIsTheSame) {
  EXPECT_EQ(journal_mode_for(static_cast<std::int32_t>(0x9123683E)), JournalMode::write_ahead) << "Btrfs";
}

TEST(FileSystem, TheSystemIsAsked) {
  EXPECT_EQ(journal_mode_of("/dev/shm"), JournalMode::write_ahead) << "tmpfs";
  EXPECT_EQ(journal_mode_of("/proc"), JournalMode::rollback) << "no place for a database";
  EXPECT_EQ(journal_mode_of("/nowhere"), JournalMode::rollback);
}

}  // namespace
}  // namespace neusemslice
