#include "data/dataset.hpp"

#include <fmt/ranges.h>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "data/cifar_dataset.hpp"
#include "data/image_folder.hpp"
#include "data/locate.hpp"
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

/// What the program needs to know of a dataset whose files are like a known one's.
DatasetInfo described_info(const DatasetConfig& config) {
  DatasetInfo info = find_dataset(config.format == "idx" ? "mnist" : config.format);
  info.name = config.name;
  info.title = config.title;
  if (!config.classes.empty()) info.category_names = config.classes;
  info.mean = config.mean;
  info.deviation = config.deviation;
  info.is_described = true;
  for (DatasetFile& file : info.files.values) file.sha256.clear();
  return info;
}

LabelledImages to_tensors(const IdxImages& pixels, const std::vector<std::uint8_t>& labels, bool is_transposed) {
  const at::Tensor images = to_tensor(pixels);
  return {.images = is_transposed ? images.transpose(2, 3).contiguous() : images, .labels = to_tensor(labels)};
}

Dataset load_idx(const DatasetInfo& info, const std::optional<std::filesystem::path>& data_dir) {
  const RawDataset raw = load_raw_dataset(info, data_dir);
  Dataset dataset;
  dataset.name = info.name;
  dataset.category_names = info.category_names;
  dataset.training = to_tensors(raw.training_images, raw.training_labels, info.is_transposed);
  dataset.test = to_tensors(raw.test_images, raw.test_labels, info.is_transposed);
  dataset.normalisation = {.mean = info.mean, .deviation = info.deviation};
  dataset.fingerprint = fingerprint_of_inputs(raw.fingerprint, dataset.normalisation);
  return dataset;
}

Dataset load_described(const DatasetConfig& config, const std::optional<std::filesystem::path>& data_dir) {
  if (config.format == "image-folder") return load_image_folder(config, data_dir);
  const std::filesystem::path source = locate_source(config.name, config.path, data_dir);
  return config.format == "idx" ? load_idx(described_info(config), source) : load_cifar(described_info(config), source);
}

at::Tensor per_channel(const std::vector<double>& values, at::Device device) {
  return at::tensor(values, at::TensorOptions(at::kFloat)).to(device).view({1, -1, 1, 1});
}

}  // namespace

Dataset load_dataset(const DatasetConfig& config, const std::optional<std::filesystem::path>& data_dir) {
  if (config.is_described()) {
    return first_samples(load_described(config, data_dir), config.training_samples, config.test_samples);
  }
  const DatasetInfo& info = find_dataset(config.name);
  return info.archive ? load_cifar(info, locate_archive(info, data_dir)) : load_idx(info, data_dir);
}

std::string fingerprint_of_inputs(const std::string& of_pixels, const Normalisation& normalisation) {
  if (normalisation.mean.empty()) return of_pixels;
  return sha256_hex(fmt::format("{}\nmean {}\ndeviation {}\n", of_pixels, fmt::join(normalisation.mean, " "),
                                fmt::join(normalisation.deviation, " ")));
}

at::Tensor same_crop(const at::Tensor& others, const LabelledImages& images) {
  if (!images.uncropped.defined()) return others;
  require(images.images.storage().is_alias_of(images.uncropped.storage()), "the images are no view of what is kept");
  const std::int64_t offset = images.images.storage_offset() - images.uncropped.storage_offset();
  const std::int64_t row_length = images.uncropped.stride(2);
  return others.narrow(2, offset / row_length, images.images.size(2))
      .narrow(3, offset % row_length, images.images.size(3));
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

at::Tensor Normaliser::of_fractions(const at::Tensor& fractions) const {
  return mean_.defined() ? (fractions - mean_) / deviation_ : fractions;
}

at::Tensor gather_images(const at::Tensor& images, const at::Tensor& indices, const Normalisation& normalisation,
                         at::Device device) {
  return Normaliser(normalisation, device)(images.index_select(0, indices).to(device));
}

}  // namespace neusemslice
