#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "parallel/world.hpp"

namespace neusemslice {

/// A thread of every rank that keeps the run together while the others compute:
/// - every half second each rank tells rank 0 that it lives, and rank 0 tells each;
/// - a stop that any rank was asked for (core/stop.hpp) travels with that, so that within about a second every rank
///   stops for the same reason;
/// - at `deadline`, given by a time limit, rank 0 asks for requeueing;
/// - a rank that is silent for five seconds is dead: rank 0 learns its number from dead_rank() and has three seconds to
///   end the run in order, then this thread ends it, whatever main's thread is waiting for; when rank 0 is dead the
///   others checkpoint for two seconds and end. The exit code is 86 then.
/// Silence is counted in this thread's own half seconds, so that a whole job that was suspended and goes on has not
/// lost anybody.
class Watch {
 public:
  using Clock = std::chrono::system_clock;

  /// To be made right after the world, on every rank.
  Watch(World& world, std::optional<Clock::time_point> deadline);

  /// leave(), unless it was called.
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// Ends the thread after the other ranks' last sign of life, for which it waits up to five seconds. False when one
  /// did not come: MPI must not be ended then, it would wait for that rank for ever.
  bool leave();

  /// On rank 0: a rank that is dead.
  [[nodiscard]] std::optional<int> dead_rank() const;

 private:
  struct Peer {
    int rank = 0;
    int silent_beats = 0;
    bool has_left = false;   ///< said its last sign
    bool is_left = false;    ///< was sent ours
    unsigned char sent = 0;  ///< what the unfinished send reads
    MPI_Request sending = MPI_REQUEST_NULL;
  };

  void keep_watch();
  void beat_until_the_end();
  void beat(unsigned char sign);
  /// False while the peer has not taken the sign before.
  bool send_sign(Peer& peer, unsigned char sign);
  void listen();
  void count_silence();
  void take_leave();
  [[noreturn]] void outlive_rank_0(const std::string& reason);
  void end_with_dead_rank();

  World& world_;
  std::optional<Clock::time_point> deadline_;
  std::vector<Peer> peers_;  ///< on rank 0 all others, elsewhere rank 0
  std::atomic<int> dead_rank_{-1};
  int beats_since_death_ = 0;
  bool have_all_left_ = true;
  std::atomic<bool> is_ending_{false};
  std::thread thread_;
};

}  // namespace neusemslice
