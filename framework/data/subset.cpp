#include "data/subset.hpp"

#include <fmt/format.h>

#include "core/hash.hpp"
#include "data/split.hpp"

namespace neusemslice {
namespace {

LabelledImages first_of_each(const LabelledImages& images, std::int64_t categories, std::int64_t limit) {
  if (limit == 0) return images;
  const at::Tensor chosen = std::get<0>(at::cat(positions_by_category(images.labels, categories, limit)).sort());
  LabelledImages few;
  few.images = images.images.index_select(0, chosen);
  few.labels = images.labels.index_select(0, chosen);
  if (images.uncropped.defined()) few.uncropped = images.uncropped.index_select(0, chosen);
  return few;
}

}  // namespace

Dataset first_samples(Dataset dataset, std::int64_t training_samples, std::int64_t test_samples) {
  if (training_samples == 0 && test_samples == 0) return dataset;
  dataset.training = first_of_each(dataset.training, dataset.categories(), training_samples);
  dataset.test = first_of_each(dataset.test, dataset.categories(), test_samples);
  dataset.fingerprint = sha256_hex(
      fmt::format("{}\nthe first {} and {} of each category\n", dataset.fingerprint, training_samples, test_samples));
  return dataset;
}

}  // namespace neusemslice
