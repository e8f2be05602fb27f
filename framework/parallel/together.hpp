#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "parallel/communicator.hpp"

namespace neusemslice {

/// Does `part` on every rank, then lets all know how it went: when it threw anywhere, every rank throws what the lowest
/// such rank met. So a rank that fails tells the others before they next wait for it, and no collective is left alone.
void together(Communicator& communicator, const std::function<void()>& part);

/// The tensor that `part` makes on each rank, in the order of ranks (Communicator::all_gather), once `part` has ended
/// well everywhere.
std::vector<at::Tensor> gather_together(Communicator& communicator, const std::function<at::Tensor()>& part);

/// Every rank's text, in the order of ranks.
std::vector<std::string> gather_texts(Communicator& communicator, const std::string& text);

}  // namespace neusemslice
