#pragma once

#include <string>

namespace neusemslice {

/// "0.1.0", as in CMakeLists.txt.
std::string program_version();

/// The commit the program was built from, with "-dirty" when the checkout had changes.
std::string source_revision();

/// "GCC 12.2.0".
std::string compiler_version();

}  // namespace neusemslice
