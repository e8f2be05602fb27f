#include "data/dataset.hpp"

#include <fmt/ranges.h>

#include "core/hash.hpp"
#include "data/image_folder.hpp"
#include "data/raw_dataset.hpp"
#include "data/registry.hpp"
#include "data/subset.hpp"

namespace neusemslice {
namespace {

/// Copies into a tensor's own memory, so that the bytes read can be freed.
at::Tensor to_tensor(const IdxImages& images) {
  return at::from_blob(const_cast<std::uint8_t*>(images.pixels.data()), {images.count, 1, images.height, images.width},
                       at::kByte)
      .clone();
}

at::Tensor to_tensor(const std::vector<std::uint8_t>& labels) {
  return at::from_blob(const_cast<std::uint8_t*>(labels.data()), {static_cast<std::int64_t>(labels.size())}, at::kByte)
      .to(at::kLong);
}

at::Tensor per_channel(const std::vector<double>& values, at::Device device) {
  return at::tensor(values, at::TensorOptions(at::kFloat)).to(device).view({1, -1, 1, 1});
}

}  // namespace

Dataset load_dataset(const DatasetConfig& config, const std::optional<std::filesystem::path>& data_dir) {
  if (config.format == "image-folder") {
    return first_samples(load_image_folder(config, data_dir), config.training_samples, config.test_samples);
  }
  const DatasetInfo& info = find_dataset(config.name);
  RawDataset raw = load_raw_dataset(info, data_dir);
  Dataset dataset;
  dataset.name = info.name;
  dataset.category_names = info.category_names;
  dataset.training = {to_tensor(raw.training_images), to_tensor(raw.training_labels)};
  dataset.test = {to_tensor(raw.test_images), to_tensor(raw.test_labels)};
  dataset.fingerprint = raw.fingerprint;
  return dataset;
}

std::string fingerprint_of_inputs(const std::string& of_pixels, const Normalisation& normalisation) {
  if (normalisation.mean.empty()) return of_pixels;
  return sha256_hex(fmt::format("{}\nmean {}\ndeviation {}\n", of_pixels, fmt::join(normalisation.mean, " "),
                                fmt::join(normalisation.deviation, " ")));
}

Normaliser::Normaliser(const Normalisation& normalisation, at::Device device) {
  if (normalisation.mean.empty()) return;
  mean_ = per_channel(normalisation.mean, device);
  deviation_ = per_channel(normalisation.deviation, device);
}

at::Tensor Normaliser::operator()(const at::Tensor& pixels) const {
  at::Tensor batch = pixels.to(at::kFloat).div_(255);
  if (mean_.defined()) batch.sub_(mean_).div_(deviation_);
  return batch;
}

at::Tensor gather_images(const at::Tensor& images, const at::Tensor& indices, const Normalisation& normalisation,
                         at::Device device) {
  return Normaliser(normalisation, device)(images.index_select(0, indices).to(device));
}

}  // namespace neusemslice
