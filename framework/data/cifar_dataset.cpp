#include "data/cifar_dataset.hpp"

#include "core/error.hpp"
#include "data/cifar.hpp"

namespace neusemslice {
namespace {

LabelledImages to_tensors(CifarImages images) {
  const auto count = static_cast<std::int64_t>(images.labels.size());
  LabelledImages result;
  result.images = at::from_blob(images.pixels.data(), {count, 3, 32, 32}, at::kByte).clone();
  result.labels = at::from_blob(images.labels.data(), {count}, at::kByte).to(at::kLong);
  return result;
}

}  // namespace

Dataset load_cifar(const DatasetInfo& info, const std::filesystem::path& source) {
  const CifarFormat format = cifar_format(info.format);
  require_input(static_cast<std::int64_t>(info.category_names.size()) == format.categories,
                "{}: {} classes are named, {} has {}", info.name, info.category_names.size(), info.format,
                format.categories);
  CifarData data = read_cifar(source, format);
  Dataset dataset;
  dataset.name = info.name;
  dataset.category_names = info.category_names;
  dataset.training = to_tensors(std::move(data.training));
  dataset.test = to_tensors(std::move(data.test));
  dataset.normalisation = {.mean = info.mean, .deviation = info.deviation};
  dataset.fingerprint = fingerprint_of_inputs(data.fingerprint, dataset.normalisation);
  return dataset;
}

}  // namespace neusemslice
