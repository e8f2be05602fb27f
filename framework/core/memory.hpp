#pragma once

#include <cstdint>

namespace neusemslice {

/// Lets the C library keep freed blocks of any size instead of giving them back to the system: tensors of a few
/// megabytes come and go with every batch, and new pages cost more than the arithmetic on them. Called once, at the
/// start of main.
void keep_freed_memory();

/// The process's peak resident memory so far, in bytes.
std::int64_t peak_memory_bytes();

}  // namespace neusemslice
