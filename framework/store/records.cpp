#include "store/records.hpp"

namespace neusemslice {

std::string to_string(JobState state) {
  switch (state) {
    case JobState::waiting:
      return "waiting";
    case JobState::done:
      return "done";
    case JobState::failed:
      return "failed";
    case JobState::skipped:
      return "skipped";
  }
  return "";
}

}  // namespace neusemslice
