#include "store/reading_process.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.hpp"
#include "store/results_database.hpp"
#include "store/status.hpp"

namespace neusemslice::test_support {
namespace {

using Clock = std::chrono::steady_clock;

std::int64_t done_jobs(const std::filesystem::path& workspace) {
  SQLite::Database database = open_results(workspace);
  std::int64_t done = 0;
  for (const SuiteStatus& suite : read_status(database)) {
    if (const auto found = suite.totals.find("done"); found != suite.totals.end()) done += found->second;
  }
  return done;
}

void read_once(const std::filesystem::path& workspace, Readings& readings) {
  const auto start = Clock::now();
  const std::int64_t done = done_jobs(workspace);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  readings.slowest_seconds = std::max(readings.slowest_seconds, seconds);
  if (done < readings.last) ++readings.times_less;
  if (done != readings.last || readings.count == 0) ++readings.states;
  readings.last = done;
  ++readings.count;
}

/// Whether a pipe holds bytes or its other end was closed.
bool has_news(int pipe) {
  pollfd ask{.fd = pipe, .events = POLLIN, .revents = 0};
  return ::poll(&ask, 1, 0) > 0;
}

/// Drops the byte when nobody has taken the ones before: the pipe does not block.
void tell_reading(int ticks) {
  const char byte = 'r';
  [[maybe_unused]] const ssize_t written = ::write(ticks, &byte, 1);
}

Readings read_until_closed(const std::filesystem::path& workspace, int stop, int ticks) {
  Readings readings;
  try {
    bool last = false;
    while (!last) {
      last = has_news(stop);
      read_once(workspace, readings);
      tell_reading(ticks);
    }
  } catch (const std::exception& error) {
    readings.error = error.what();
  }
  return readings;
}

[[noreturn]] void read_and_report(const std::filesystem::path& workspace, int stop, int ticks, int report) {
  const Readings seen = read_until_closed(workspace, stop, ticks);
  const std::string text = fmt::format("{} {} {} {} {}\n{}", seen.count, seen.last, seen.times_less, seen.states,
                                       seen.slowest_seconds, seen.error);
  std::_Exit(::write(report, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
}

std::array<int, 2> new_pipe() {
  std::array<int, 2> ends{};
  require(::pipe(ends.data()) == 0, "no pipe");
  return ends;
}

/// Takes what is in the pipe without waiting for more.
void drain(int pipe) {
  std::array<char, 4096> bytes{};
  while (has_news(pipe) && ::read(pipe, bytes.data(), bytes.size()) > 0) {
  }
}

}  // namespace

ReadingProcess::ReadingProcess(const std::filesystem::path& workspace) {
  const auto [stop_out, stop_in] = new_pipe();
  const auto [ticks_out, ticks_in] = new_pipe();
  const auto [report_out, report_in] = new_pipe();
  ::fcntl(ticks_in, F_SETFL, O_NONBLOCK);
  pid_ = ::fork();
  require(pid_ >= 0, "no process");
  if (pid_ == 0) {
    ::close(stop_in);
    read_and_report(workspace, stop_out, ticks_in, report_in);
  }
  ::close(stop_out);
  ::close(ticks_in);
  ::close(report_in);
  stop_ = stop_in;
  ticks_ = ticks_out;
  report_ = report_out;
}

ReadingProcess::~ReadingProcess() {
  ::close(ticks_);
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  ::close(stop_);
  ::close(report_);
}

void ReadingProcess::await_reading() {
  drain(ticks_);
  char byte = 0;
  for (int reading = 0; reading < 2; ++reading) {  // the first may have begun before
    require(::read(ticks_, &byte, 1) == 1, "the reading process reads no more");
  }
}

Readings ReadingProcess::end() {
  ::close(stop_);
  std::string text;
  std::array<char, 4096> part{};
  for (ssize_t got = 0; (got = ::read(report_, part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<std::size_t>(got));
  ::close(report_);
  ::waitpid(std::exchange(pid_, -1), nullptr, 0);
  Readings seen;
  std::istringstream numbers(text);
  numbers >> seen.count >> seen.last >> seen.times_less >> seen.states >> seen.slowest_seconds;
  require(!numbers.fail(), "the reading process gave no report");
  seen.error = text.substr(text.find('\n') + 1);
  return seen;
}

}  // namespace neusemslice::test_support
