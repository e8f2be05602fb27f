#pragma once

#include <cstdint>
#include <filesystem>

namespace neusemslice {

/// How the database keeps a transaction whole.
enum class JournalMode {
  write_ahead,  ///< a log beside the database, which readers share with the writer through mapped memory
  rollback,     ///< old pages beside the database, which the writer keeps locked while it has it open
};

/// The mode for a file system, by its number in statfs(2). Write-ahead needs memory that all processes map alike, so it
/// is right where all of them are on one machine: only for file systems known to be local. Every other one, known to be
/// of a network (NFS, SMB, Lustre, GPFS, BeeGFS, Ceph, PanFS, AFS, 9p, most of FUSE) or never heard of, gets rollback:
/// taken wrongly it costs time, while a wrong write-ahead costs the database.
JournalMode journal_mode_for(std::int64_t file_system_magic);

/// The mode for the file system that holds `path`; rollback when the system does not tell.
JournalMode journal_mode_of(const std::filesystem::path& path);

}  // namespace neusemslice
