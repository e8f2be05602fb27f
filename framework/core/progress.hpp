#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace neusemslice {

/// How stderr may be used; decided once, in main.
struct TerminalStyle {
  bool quiet = false;        ///< no progress at all
  bool is_terminal = false;  ///< redraw one line; otherwise print a plain line now and then
  bool colour = false;       ///< NO_COLOR, TERM=dumb and --no-color turn it off
};

void set_terminal_style(const TerminalStyle& style);
const TerminalStyle& terminal_style();

/// Reads NO_COLOR, TERM and whether stderr is a terminal.
TerminalStyle detect_terminal_style();

/// One redrawn line with a bar and the time left on a terminal; elsewhere a plain line every 30 seconds. Clears its
/// line when it ends. `unit` names what is counted ("jobs", "MB").
class Progress {
 public:
  Progress(std::string label, std::int64_t total, std::string unit);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Moves to `done` of the total and may redraw; `detail` says what is being done.
  void update(std::int64_t done, const std::string& detail = "");

  /// Removes the drawn line, so that a log line can be printed; the next update draws it again.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  void draw(std::int64_t done, const std::string& detail);

  std::string label_;
  std::int64_t total_;
  std::string unit_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_ = Clock::now();
  bool drawn_ = false;
};

/// The drawn text for `done` of `total`, at most `width` columns: "jobs  [=====>    ]  12/40 jobs  3 min left  train".
std::string progress_line(const std::string& label, std::int64_t done, std::int64_t total, const std::string& unit,
                          double elapsed_seconds, const std::string& detail, int width);

}  // namespace neusemslice
