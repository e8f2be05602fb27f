#pragma once

/// Marks arithmetic that the CPU's loops and the CUDA kernels share. On the CPU it is always inlined, so that a loop
/// compiled for wider vectors takes it along.
#ifdef __CUDACC__
#define NEUSEMSLICE_HOST_DEVICE __host__ __device__ __forceinline__
#else
#define NEUSEMSLICE_HOST_DEVICE [[gnu::always_inline]] inline
#endif
