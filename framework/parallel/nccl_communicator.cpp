#include "parallel/nccl_communicator.hpp"

#ifdef NEUSEMSLICE_HAS_CUDA

#include <chrono>
#include <cstring>
#include <numeric>
#include <optional>
#include <utility>

#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>
#include <nccl.h>

#include "core/backoff.hpp"
#include "core/error.hpp"

namespace neusemslice {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPatience = std::chrono::minutes(2);
constexpr auto kPatienceAtTheEnd = std::chrono::seconds(5);

void cuda_check(cudaError_t result, const char* what) {
  if (result != cudaSuccess) throw EnvironmentError(fmt::format("CUDA: {}: {}", what, cudaGetErrorString(result)));
}

ncclDataType_t nccl_type(at::ScalarType type) {
  switch (type) {
    case at::kByte:
      return ncclUint8;
    case at::kLong:
      return ncclInt64;
    case at::kFloat:
      return ncclFloat32;
    default:
      return ncclFloat64;
  }
}

/// A stream and the two events that order it against LibTorch's, on the current device.
class OwnStream {
 public:
  OwnStream() {
    cuda_check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "create a stream");
    cuda_check(cudaEventCreateWithFlags(&ready_, cudaEventDisableTiming), "create an event");
    cuda_check(cudaEventCreateWithFlags(&complete_, cudaEventDisableTiming), "create an event");
  }
  ~OwnStream() {
    if (complete_ != nullptr) cudaEventDestroy(complete_);
    if (ready_ != nullptr) cudaEventDestroy(ready_);
    if (stream_ != nullptr) cudaStreamDestroy(stream_);
  }
  OwnStream(const OwnStream&) = delete;
  OwnStream& operator=(const OwnStream&) = delete;

  [[nodiscard]] cudaStream_t get() const { return stream_; }

  /// What comes next on this stream starts when the work given to LibTorch's current stream so far has ended.
  void follow_current(c10::DeviceIndex device) {
    cuda_check(cudaEventRecord(ready_, c10::cuda::getCurrentCUDAStream(device).stream()), "record an event");
    cuda_check(cudaStreamWaitEvent(stream_, ready_, 0), "order two streams");
  }

  void mark_end() { cuda_check(cudaEventRecord(complete_, stream_), "record an event"); }

  /// Whether everything up to mark_end has been done.
  [[nodiscard]] bool is_complete() const {
    const cudaError_t state = cudaEventQuery(complete_);
    if (state == cudaErrorNotReady) return false;
    cuda_check(state, "wait for a collective");
    return true;
  }

 private:
  cudaStream_t stream_ = nullptr;
  cudaEvent_t ready_ = nullptr;
  cudaEvent_t complete_ = nullptr;
};

class NcclCommunicator final : public Communicator {
 public:
  NcclCommunicator(std::unique_ptr<MpiCommunicator> host, at::Device device)
      : host_(std::move(host)), device_(device) {}

  ~NcclCommunicator() override {
    if (communicator_ == nullptr && !stream_) return;
    const c10::cuda::CUDAGuard guard(device_);
    leave();
    stream_.reset();
  }
  NcclCommunicator(const NcclCommunicator&) = delete;
  NcclCommunicator& operator=(const NcclCommunicator&) = delete;

  [[nodiscard]] int rank() const override { return host_->rank(); }
  [[nodiscard]] int size() const override { return host_->size(); }
  [[nodiscard]] at::Device device() const override { return device_; }

  void all_reduce_sum(at::Tensor& values) override {
    if (values.is_cpu()) return host_->all_reduce_sum(values);
    all_reduce(values, ncclSum, "all-reduce (sum)");
  }

  void all_reduce_max(at::Tensor& values) override {
    if (values.is_cpu()) return host_->all_reduce_max(values);
    all_reduce(values, ncclMax, "all-reduce (maximum)");
  }

  [[nodiscard]] std::vector<at::Tensor> all_gather(const at::Tensor& values) override {
    if (values.is_cpu()) return host_->all_gather(values);
    constexpr const char* kWhat = "all-gather";
    require_own_device(values, kWhat);
    std::vector<std::int64_t> rows;
    std::vector<std::int64_t> shape = values.sizes().vec();
    for (const at::Tensor& of_rank : host_->all_gather(at::full({1}, shape[0], at::kLong))) {
      rows.push_back(of_rank.item<std::int64_t>());
    }
    shape[0] = std::accumulate(rows.begin(), rows.end(), std::int64_t{0});
    const at::Tensor gathered = at::empty(shape, values.options());
    std::vector<at::Tensor> parts = gathered.split_with_sizes(rows);
    run(kWhat, [&](cudaStream_t stream) {
      ncclResult_t result = ncclGroupStart();
      for (int root = 0; root < size() && result == ncclSuccess; ++root) {
        at::Tensor& part = parts[static_cast<std::size_t>(root)];
        if (part.numel() == 0) continue;
        result = ncclBroadcast(root == rank() ? values.const_data_ptr() : part.const_data_ptr(),
                               part.mutable_data_ptr(), static_cast<std::size_t>(part.numel()),
                               nccl_type(values.scalar_type()), root, communicator_, stream);
        if (result == ncclInProgress) result = ncclSuccess;
      }
      const ncclResult_t ended = ncclGroupEnd();
      return result == ncclSuccess ? ended : result;
    });
    return parts;
  }

  void broadcast(at::Tensor& values, int root) override {
    if (values.is_cpu()) return host_->broadcast(values, root);
    require_own_device(values, "broadcast");
    run("broadcast", [&](cudaStream_t stream) {
      return ncclBroadcast(values.const_data_ptr(), values.mutable_data_ptr(), static_cast<std::size_t>(values.numel()),
                           nccl_type(values.scalar_type()), root, communicator_, stream);
    });
  }

  void barrier() override { host_->barrier(); }

 private:
  /// Every rank comes here with its first device tensor.
  void join() {
    stream_.emplace();
    ncclUniqueId id{};
    if (rank() == 0) nccl_check(ncclGetUniqueId(&id), "make an identity");
    at::Tensor bytes = at::empty({static_cast<std::int64_t>(sizeof(id))}, at::kByte);
    std::memcpy(bytes.mutable_data_ptr(), &id, sizeof(id));
    host_->broadcast(bytes, 0);
    std::memcpy(&id, bytes.const_data_ptr(), sizeof(id));
    ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
    config.blocking = 0;  // so that a rank that never comes cannot hold this one for ever
    nccl_check(ncclCommInitRankConfig(&communicator_, size(), id, rank(), &config), "join the communicator");
    wait_until_issued("join the communicator", Clock::now() + kPatience);
  }

  void leave() noexcept {
    if (communicator_ == nullptr) return;
    try {
      nccl_check(ncclCommFinalize(communicator_), "leave the communicator");
      wait_until_issued("leave the communicator", Clock::now() + kPatienceAtTheEnd);
      ncclCommDestroy(std::exchange(communicator_, nullptr));
    } catch (const std::exception&) {
      abort();  // another rank has gone; nothing more is to be sent
    }
  }

  void all_reduce(at::Tensor& values, ncclRedOp_t operation, const char* what) {
    require_own_device(values, what);
    run(what, [&](cudaStream_t stream) {
      return ncclAllReduce(values.const_data_ptr(), values.mutable_data_ptr(), static_cast<std::size_t>(values.numel()),
                           nccl_type(values.scalar_type()), operation, communicator_, stream);
    });
  }

  void require_own_device(const at::Tensor& values, const char* what) const {
    require_communicable(values, what);
    require(values.device() == device_, "{}: the tensor is on {}, this rank's GPU is {}", what, values.device().str(),
            device_.str());
  }

  /// Gives the collective to the stream and waits for its end.
  template <typename Issue>
  void run(const char* what, const Issue& issue) {
    const c10::cuda::CUDAGuard guard(device_);
    if (!stream_) join();
    require(communicator_ != nullptr, "{}: the communicator was aborted before", what);
    stream_->follow_current(device_.index());
    nccl_check(issue(stream_->get()), what);
    const auto end = Clock::now() + kPatience;
    wait_until_issued(what, end);
    stream_->mark_end();
    for (Backoff backoff; !stream_->is_complete(); backoff.pause()) watch(what, end);
  }

  /// A communicator that does not block answers ncclInProgress until a call has been taken.
  void wait_until_issued(const char* what, Clock::time_point end) {
    for (Backoff backoff; watch(what, end) == ncclInProgress; backoff.pause()) {
    }
  }

  /// NCCL's state; aborts and throws when a rank met an error or the time is up.
  ncclResult_t watch(const char* what, Clock::time_point end) {
    ncclResult_t state = ncclSuccess;
    const ncclResult_t asked = ncclCommGetAsyncError(communicator_, &state);
    nccl_check(asked == ncclSuccess ? state : asked, what);
    if (Clock::now() > end) {
      abort();
      throw EnvironmentError(fmt::format("NCCL: {}: another rank did not take part in time", what));
    }
    return state;
  }

  void nccl_check(ncclResult_t result, const char* what) {
    if (result == ncclSuccess || result == ncclInProgress) return;
    const std::string detail = communicator_ == nullptr ? "" : ncclGetLastError(communicator_);
    abort();
    throw EnvironmentError(fmt::format("NCCL: {}: {} {}", what, ncclGetErrorString(result), detail));
  }

  void abort() {
    if (communicator_ != nullptr) ncclCommAbort(std::exchange(communicator_, nullptr));
  }

  std::unique_ptr<MpiCommunicator> host_;
  at::Device device_;
  std::optional<OwnStream> stream_;  ///< made by join
  ncclComm_t communicator_ = nullptr;
};

}  // namespace

std::unique_ptr<Communicator> make_nccl_communicator(std::unique_ptr<MpiCommunicator> host, at::Device device) {
  return std::make_unique<NcclCommunicator>(std::move(host), device);
}

std::string nccl_version() {
  int version = 0;
  if (ncclGetVersion(&version) != ncclSuccess) return "";
  return fmt::format("{}.{}.{}", version / 10'000, version / 100 % 100, version % 100);
}

}  // namespace neusemslice

#else

namespace neusemslice {

std::string nccl_version() {
  return "";
}

std::unique_ptr<Communicator> make_nccl_communicator(std::unique_ptr<MpiCommunicator> host, at::Device /*device*/) {
  return host;
}

}  // namespace neusemslice

#endif
