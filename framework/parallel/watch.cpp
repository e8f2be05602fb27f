#include "parallel/watch.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "core/error.hpp"
#include "core/stop.hpp"

namespace neusemslice {
namespace {

using namespace std::chrono_literals;

constexpr auto kBeat = 500ms;
constexpr auto kLook = 50ms;  // for a stop asked for here, and the end of the run
constexpr int kSilentBeatsOfTheDead = 10;
constexpr int kBeatsToEndInOrder = 6;
constexpr auto kLeaving = 5000ms;
constexpr int kTag = 1;
constexpr unsigned char kLastSign = 0xff;  // every other sign is a StopReason

}  // namespace

Watch::Watch(World& world, std::optional<Clock::time_point> deadline) : world_(world), deadline_(deadline) {
  if (world.rank() == 0) {
    for (int rank = 1; rank < world.size(); ++rank) peers_.push_back({.rank = rank});
  } else {
    peers_.push_back({.rank = 0});
  }
  if (!peers_.empty() || deadline_) thread_ = std::thread([this] { keep_watch(); });
}

Watch::~Watch() {
  leave();
}

bool Watch::leave() {
  is_ending_ = true;
  if (thread_.joinable()) thread_.join();
  return have_all_left_;
}

std::optional<int> Watch::dead_rank() const {
  const int rank = dead_rank_.load();
  return rank < 0 ? std::nullopt : std::optional(rank);
}

void Watch::keep_watch() {
  try {
    beat_until_the_end();
    take_leave();
  } catch (const std::exception& error) {
    // MPI refused to send or receive: the connection to a rank broke, which is how some networks show that it died.
    have_all_left_ = false;
    if (world_.rank() != 0) outlive_rank_0(error.what());
    spdlog::error("the connection to a rank broke: {}", error.what());
    dead_rank_ = std::ranges::max_element(peers_, {}, &Peer::silent_beats)->rank;
    std::this_thread::sleep_for(kBeat * kBeatsToEndInOrder);
    end_with_dead_rank();
  }
}

void Watch::beat_until_the_end() {
  StopReason told = StopReason::none;
  for (auto since_beat = kBeat; !is_ending_; since_beat += kLook) {
    if (deadline_ && Clock::now() >= *deadline_) request_stop(StopReason::requeue);
    listen();
    const StopReason reason = stop_reason();
    const bool is_beat_due = since_beat >= kBeat;
    if (is_beat_due || reason != told) beat(static_cast<unsigned char>(reason));
    told = reason;
    if (is_beat_due) {
      count_silence();
      since_beat = 0ms;
    }
    std::this_thread::sleep_for(kLook);
  }
}

void Watch::beat(unsigned char sign) {
  for (Peer& peer : peers_) {
    if (!peer.has_left) send_sign(peer, sign);
  }
}

bool Watch::send_sign(Peer& peer, unsigned char sign) {
  int is_sent = 1;
  mpi_check(MPI_Test(&peer.sending, &is_sent, MPI_STATUS_IGNORE), "send a sign of life");
  if (is_sent == 0) return false;  // it does not listen; its own silence will tell
  peer.sent = sign;
  mpi_check(MPI_Isend(&peer.sent, 1, MPI_BYTE, peer.rank, kTag, world_.watch_channel(), &peer.sending),
            "send a sign of life");
  return true;
}

void Watch::listen() {
  for (Peer& peer : peers_) {
    for (;;) {
      int has_come = 0;
      mpi_check(MPI_Iprobe(peer.rank, kTag, world_.watch_channel(), &has_come, MPI_STATUS_IGNORE),
                "listen for a sign of life");
      if (has_come == 0) break;
      unsigned char sign = 0;
      mpi_check(MPI_Recv(&sign, 1, MPI_BYTE, peer.rank, kTag, world_.watch_channel(), MPI_STATUS_IGNORE),
                "hear a sign of life");
      peer.silent_beats = 0;
      if (sign == kLastSign)
        peer.has_left = true;
      else if (static_cast<StopReason>(sign) != StopReason::none)
        request_stop(static_cast<StopReason>(sign));
    }
  }
}

void Watch::count_silence() {
  for (Peer& peer : peers_) {
    if (peer.has_left || ++peer.silent_beats < kSilentBeatsOfTheDead) continue;
    if (world_.rank() != 0) {
      outlive_rank_0(
          fmt::format("not heard of for {} s",
                      std::chrono::duration_cast<std::chrono::seconds>(kSilentBeatsOfTheDead * kBeat).count()));
    }
    if (dead_rank_ < 0) dead_rank_ = peer.rank;
  }
  if (dead_rank_ >= 0 && ++beats_since_death_ > kBeatsToEndInOrder) end_with_dead_rank();
}

void Watch::outlive_rank_0(const std::string& reason) {
  spdlog::error("rank {} is dead or its network is ({}): this rank ends", rank_name(world_.places().at(0)), reason);
  request_stop(StopReason::abandoned);
  std::this_thread::sleep_for(2s);  // a training job leaves its checkpoint meanwhile
  std::_Exit(static_cast<int>(ExitCode::retry));
}

void Watch::end_with_dead_rank() {
  spdlog::error(
      "rank {} is dead or its network is, and this rank waits for it in vain; what was done is kept, the same "
      "command continues",
      rank_name(world_.places().at(static_cast<std::size_t>(dead_rank_.load()))));
  world_.abort(static_cast<int>(ExitCode::retry));
}

void Watch::take_leave() {
  for (auto waited = 0ms; waited < kLeaving; waited += kLook) {
    listen();
    bool is_over = true;
    for (Peer& peer : peers_) {
      peer.is_left = peer.is_left || send_sign(peer, kLastSign);
      int is_sent = 0;
      mpi_check(MPI_Test(&peer.sending, &is_sent, MPI_STATUS_IGNORE), "take leave");
      is_over = is_over && peer.is_left && is_sent != 0 && peer.has_left;
    }
    if (is_over) return;
    std::this_thread::sleep_for(kLook);
  }
  have_all_left_ = peers_.empty();
}

}  // namespace neusemslice
