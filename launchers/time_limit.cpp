#include "time_limit.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "core/duration.hpp"
#include "core/error.hpp"

namespace neusemslice {
namespace {

using Clock = std::chrono::system_clock;
using std::chrono::seconds;

/// A whole number from the environment; InputError names the variable.
std::optional<std::int64_t> number_from(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr || *text == '\0') return std::nullopt;
  std::int64_t value = -1;
  const char* const end = text + std::strlen(text);
  const auto [parsed_to, error] = std::from_chars(text, end, value);
  require_input(error == std::errc() && parsed_to == end && value >= 0, "{}={}: a whole number of seconds is expected",
                variable, text);
  return value;
}

}  // namespace

std::optional<Clock::time_point> time_to_stop(const std::string& limit) {
  const auto now = Clock::now();
  std::optional<Clock::time_point> end;
  if (!limit.empty()) end = now + parse_duration(limit);
  if (const auto slurm = number_from("SLURM_JOB_END_TIME")) {
    const Clock::time_point of_job{seconds(*slurm)};
    end = end ? std::min(*end, of_job) : of_job;
  }
  if (!end) return std::nullopt;
  const auto tenth = std::chrono::duration_cast<seconds>(*end - now) / 10;
  const auto usual = std::clamp(tenth, seconds(5), seconds(120));
  return *end - seconds(number_from("NEUSEMSLICE_CHECKPOINT_MARGIN_S").value_or(usual.count()));
}

int checkpoint_signal() {
  const char* text = std::getenv("NEUSEMSLICE_CHECKPOINT_SIGNAL");
  if (text == nullptr || *text == '\0') return SIGUSR2;
  std::string_view name = text;
  if (name.starts_with("SIG")) name.remove_prefix(3);
  for (const int signal : {SIGUSR1, SIGUSR2, SIGTERM, SIGHUP, SIGALRM, SIGXCPU}) {
    if (name == ::sigabbrev_np(signal) || name == std::to_string(signal)) return signal;
  }
  throw InputError(
      fmt::format("NEUSEMSLICE_CHECKPOINT_SIGNAL={}: one of USR1, USR2, TERM, HUP, ALRM, XCPU is expected", text));
}

}  // namespace neusemslice
