#include "data/image_folder.hpp"

#include <ATen/Parallel.h>

#include "core/error.hpp"
#include "data/locate.hpp"
#include "data/pixel_cache.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;

fs::path cache_folder(const std::string& dataset) {
  const std::optional<fs::path> folder = download_folder(dataset);
  require_input(folder.has_value(), "no place to keep the decoded images of {}: HOME is not set; set NEUSEMSLICE_CACHE",
                dataset);
  return *folder;
}

/// All kept squares, uint8 (samples, 3, side, side), as the file's own pages.
at::Tensor mapped_images(const PixelCache& cache) {
  const std::int64_t bytes = cache.samples * 3 * cache.side * cache.side;
  const at::Tensor file =
      at::from_file(cache.path.string(), /*shared=*/false, cache.images_offset + bytes, at::TensorOptions(at::kByte));
  return file.narrow(0, cache.images_offset, bytes).view({cache.samples, 3, cache.side, cache.side});
}

LabelledImages part_of(const at::Tensor& squares, const at::Tensor& labels, const ImageTransform& transform) {
  const std::int64_t margin = transform.margin();
  const std::int64_t size = transform.image_size;
  LabelledImages part;
  part.images = squares.narrow(2, margin, size).narrow(3, margin, size);
  part.labels = labels;
  if (size < transform.side()) part.uncropped = squares;
  return part;
}

}  // namespace

Dataset load_image_folder(const DatasetConfig& config, const std::optional<fs::path>& data_dir) {
  const ImageTransform transform{.resize = config.resize, .image_size = config.image_size};
  const PixelCache cache = open_pixel_cache(locate_source(config.name, config.path, data_dir),
                                            {config.training, config.test, config.classes}, transform,
                                            cache_folder(config.name), at::get_num_threads());
  const at::Tensor squares = mapped_images(cache);
  const at::Tensor labels = at::tensor(cache.labels, at::TensorOptions(at::kLong));
  const std::int64_t training = cache.training_samples;
  Dataset dataset;
  dataset.name = config.name;
  dataset.category_names = config.classes;
  dataset.training = part_of(squares.slice(0, 0, training), labels.slice(0, 0, training), transform);
  dataset.test = part_of(squares.slice(0, training), labels.slice(0, training), transform);
  dataset.normalisation = {.mean = config.mean, .deviation = config.deviation};
  dataset.fingerprint =
      fingerprint_of_inputs(fmt::format("{}\n{}", cache.fingerprint, transform.image_size), dataset.normalisation);
  return dataset;
}

}  // namespace neusemslice
