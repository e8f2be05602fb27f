#pragma once

/// On a function of plain loops: one clone a vector width, chosen when the program starts. None may fuse a
/// multiplication with an addition, as AVX-512 could, so all give the same bits. (An attribute, for GCC takes
/// -ffp-contract from the precompiled header.)
#define NEUSEMSLICE_VECTORISED __attribute__((optimize("fp-contract=off"), target_clones("default", "avx2", "avx512f")))
