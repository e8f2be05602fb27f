#include <benchmark/benchmark.h>

#include "core/memory.hpp"

int main(int argc, char** argv) {
  neusemslice::keep_freed_memory();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
