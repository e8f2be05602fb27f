#pragma once

#include <chrono>
#include <string>

namespace neusemslice {

/// A length of time as people and batch systems write it: "90s", "45m", "4h", "2d", "MM:SS", "HH:MM:SS",
/// "D-HH:MM:SS". A bare number is refused: it means seconds to some and minutes to Slurm. Throws InputError.
std::chrono::seconds parse_duration(const std::string& text);

}  // namespace neusemslice
