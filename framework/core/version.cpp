#include "core/version.hpp"

#include <fmt/format.h>

#include "revision.hpp"

namespace neusemslice {

std::string program_version() {
  return NEUSEMSLICE_VERSION;
}
std::string source_revision() {
  return NEUSEMSLICE_REVISION;
}

std::string compiler_version() {
#if defined(__clang__)
  return fmt::format("Clang {}", __clang_version__);
#else
  return fmt::format("GCC {}", __VERSION__);
#endif
}

}  // namespace neusemslice
