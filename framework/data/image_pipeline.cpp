#include "data/image_pipeline.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "core/error.hpp"
#include "core/stop.hpp"

namespace neusemslice {
namespace {

/// Small images travel in bundles: waking a thread costs more than decoding one of them.
constexpr std::size_t kBundleImages = 64;
constexpr std::size_t kBundleBytes = 1 << 20;

struct NumberedFile {
  std::int64_t number;
  ImageFile file;
};
using Bundle = std::vector<NumberedFile>;

/// Between one reader and several decoders. Once closed, what is left is still handed out; once failed, nothing is.
class BundleQueue {
 public:
  explicit BundleQueue(std::size_t capacity) : capacity_(capacity) {}

  /// Waits for room; throws what a decoder failed with.
  void push(Bundle bundle) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return bundles_.size() < capacity_ || failure_; });
    if (failure_) std::rethrow_exception(failure_);
    bundles_.push_back(std::move(bundle));
    changed_.notify_all();
  }

  /// Waits for a bundle; nothing at the end.
  std::optional<Bundle> pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !bundles_.empty() || is_closed_ || failure_; });
    if (failure_ || bundles_.empty()) return std::nullopt;
    Bundle bundle = std::move(bundles_.front());
    bundles_.pop_front();
    changed_.notify_all();
    return bundle;
  }

  void close() {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    changed_.notify_all();
  }

  /// The first failure counts.
  void fail(std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
    changed_.notify_all();
  }

  void rethrow_failure() {
    const std::lock_guard lock(mutex_);
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Bundle> bundles_;
  bool is_closed_ = false;
  std::exception_ptr failure_;
};

/// What all decoders share.
struct Work {
  const std::filesystem::path& source;
  const ImageLayout& layout;
  const ImageTransform& transform;
  const std::function<void(const DecodedImage&)>& keep;
  BundleQueue queue;
  std::mutex mutex;
  std::vector<LostImage> lost;
};

/// One thread's decoder with its buffers.
class Decoder {
 public:
  explicit Decoder(Work& work)
      : work_(work), planes_(static_cast<std::size_t>(3 * work.transform.side() * work.transform.side())) {}

  void run() {
    while (const auto bundle = work_.queue.pop()) {
      for (const NumberedFile& numbered : *bundle) decode(numbered);
    }
  }

 private:
  void decode(const NumberedFile& numbered) {
    const ImagePlace& place = numbered.file.place;
    try {
      decode_image(numbered.file.bytes, image_);
    } catch (const CorruptImage& corrupt) {
      const std::lock_guard lock(work_.mutex);
      work_.lost.push_back({numbered.number, place, corrupt.what()});
      return;
    }
    require_input(work_.transform.fits(image_),
                  "{}: {} has {} x {} pixels, but image_size is {} and there is no resize", work_.source.string(),
                  shown(place, work_.layout), image_.height, image_.width, work_.transform.image_size);
    keep_square(image_, work_.transform, planes_);
    work_.keep({numbered.number, place, planes_});
  }

  Work& work_;
  RgbImage image_;
  std::vector<std::uint8_t> planes_;
};

void run_decoder(Work& work) {
  try {
    Decoder(work).run();
  } catch (...) {
    work.queue.fail(std::current_exception());
  }
}

/// Bundles what the source gives; returns how many images that were.
std::int64_t read_into(Work& work) {
  std::int64_t count = 0;
  std::size_t bytes = 0;
  Bundle bundle;
  const auto send = [&] {
    throw_if_stopped();
    work.queue.push(std::exchange(bundle, {}));
    bytes = 0;
  };
  read_image_files(work.source, work.layout, [&](ImageFile file) {
    bytes += file.bytes.size();
    bundle.push_back({count++, std::move(file)});
    if (bundle.size() >= kBundleImages || bytes >= kBundleBytes) send();
  });
  if (!bundle.empty()) send();
  work.queue.close();
  return count;
}

}  // namespace

PipelineResult decode_images(const std::filesystem::path& source, const ImageLayout& layout,
                             const ImageTransform& transform, int decoders,
                             const std::function<void(const DecodedImage&)>& keep) {
  Work work{source, layout, transform, keep, BundleQueue(2 * static_cast<std::size_t>(decoders)), {}, {}};
  PipelineResult result;
  {
    std::vector<std::jthread> threads;
    try {
      for (int i = 0; i < decoders; ++i) threads.emplace_back([&work] { run_decoder(work); });
      result.images = read_into(work);
    } catch (...) {
      work.queue.fail(std::current_exception());
    }
  }
  work.queue.rethrow_failure();
  std::ranges::sort(work.lost, {}, &LostImage::number);
  result.lost = std::move(work.lost);
  return result;
}

}  // namespace neusemslice
