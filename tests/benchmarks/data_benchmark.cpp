// How busy the decoding of an image folder keeps the cores, on the real archives where NEUSEMSLICE_DATA has them: CPU
// seconds of the process over wall seconds times cores.
#include <atomic>
#include <ctime>
#include <thread>

#include "benchmarks/ratio.hpp"
#include "config/dataset.hpp"
#include "core/error.hpp"
#include "data/image_pipeline.hpp"
#include "data/locate.hpp"

namespace neusemslice {
namespace {

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

void decoding(benchmark::State& state, const std::string& name) {
  const DatasetConfig config = dataset_from_argument(NEUSEMSLICE_SOURCE_DIR "/configs/datasets/" + name + ".yaml");
  std::filesystem::path source;
  try {
    source = locate_source(config.name, config.path, std::nullopt);
  } catch (const InputError& error) {
    state.SkipWithError(error.what());
    return;
  }
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  const ImageTransform transform{.resize = config.resize, .image_size = config.image_size};
  std::vector<double> busy;
  std::int64_t images = 0;
  for (auto step : state) {
    static_cast<void>(step);
    const double cpu_before = cpu_seconds();
    const double seconds = seconds_of([&] {
      std::atomic<std::int64_t> sum = 0;
      images += decode_images(source, {config.training, config.test, config.classes}, transform, cores,
                              [&](const DecodedImage& image) { sum += image.planes.front(); })
                    .images;
      benchmark::DoNotOptimize(sum.load());
    });
    busy.push_back((cpu_seconds() - cpu_before) / (seconds * cores));
    state.SetIterationTime(seconds);
  }
  state.SetItemsProcessed(images);  // images a second
  state.counters["ratio"] = median(busy);
  state.counters["aim"] = 0.9;
}

BENCHMARK_CAPTURE(decoding, cifar10_jpeg, "cifar10-jpeg")
    ->UseManualTime()
    ->Iterations(5)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(decoding, imagenette, "imagenette")->UseManualTime()->Iterations(5)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace neusemslice
