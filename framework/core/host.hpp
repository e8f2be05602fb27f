#pragma once

#include <string>

namespace neusemslice {

/// This machine's name.
std::string host_name();

}  // namespace neusemslice
