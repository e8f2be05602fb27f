#include "core/progress.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/files.hpp"

namespace neusemslice {
namespace {

constexpr auto kRedrawInterval = std::chrono::milliseconds(100);
constexpr auto kLineInterval = std::chrono::seconds(30);

TerminalStyle style_of_this_process;

int terminal_width() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) return size.ws_col;
  return 80;
}

}  // namespace

void set_terminal_style(const TerminalStyle& style) {
  style_of_this_process = style;
}
const TerminalStyle& terminal_style() {
  return style_of_this_process;
}

TerminalStyle detect_terminal_style() {
  TerminalStyle style;
  const char* term = std::getenv("TERM");
  const char* no_color = std::getenv("NO_COLOR");
  style.is_terminal = ::isatty(STDERR_FILENO) == 1 && (term == nullptr || std::strcmp(term, "dumb") != 0);
  style.colour = style.is_terminal && (no_color == nullptr || *no_color == '\0');
  return style;
}

std::string progress_line(const std::string& label, std::int64_t done, std::int64_t total, const std::string& unit,
                          double elapsed_seconds, const std::string& detail, int width) {
  constexpr int kBarWidth = 24;
  const double share = total > 0 ? std::clamp(static_cast<double>(done) / static_cast<double>(total), 0.0, 1.0) : 0.0;
  const auto filled = static_cast<std::size_t>(share * kBarWidth);
  std::string bar(filled, '=');
  if (filled < kBarWidth) bar += '>';
  bar.resize(kBarWidth, ' ');
  std::string line = fmt::format("{}  [{}]  {}/{} {}", label, bar, done, total, unit);
  if (done > 0 && done < total)
    line += fmt::format("  {} left", human_seconds(elapsed_seconds / share - elapsed_seconds));
  if (!detail.empty()) line += "  " + detail;
  if (static_cast<int>(line.size()) >= width) line.resize(static_cast<std::size_t>(std::max(width - 1, 0)));
  return line;
}

Progress::Progress(std::string label, std::int64_t total, std::string unit)
    : label_(std::move(label)), total_(total), unit_(std::move(unit)) {}

Progress::~Progress() {
  clear();
}

void Progress::update(std::int64_t done, const std::string& detail) {
  if (style_of_this_process.quiet) return;
  const auto now = Clock::now();
  const bool due = style_of_this_process.is_terminal ? (!drawn_ || now - last_ >= kRedrawInterval || done == total_)
                                                     : now - last_ >= kLineInterval;
  if (!due) return;
  last_ = now;
  draw(done, detail);
}

void Progress::draw(std::int64_t done, const std::string& detail) {
  const double elapsed = std::chrono::duration<double>(Clock::now() - start_).count();
  const bool redrawn = style_of_this_process.is_terminal;
  const std::string line =
      progress_line(label_, done, total_, unit_, elapsed, detail, redrawn ? terminal_width() : 200);
  fmt::print(stderr, "{}{}{}", redrawn ? "\r\033[K" : "", line, redrawn ? "" : "\n");
  std::fflush(stderr);
  drawn_ = redrawn;
}

void Progress::clear() {
  if (!drawn_) return;
  fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace neusemslice
