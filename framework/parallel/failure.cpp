#include "parallel/failure.hpp"

#include <c10/util/Exception.h>

#include "core/text.hpp"

namespace neusemslice {

Failure failure_of(const std::exception& error) {
  if (const auto* own = dynamic_cast<const Error*>(&error)) return {own->code(), own->what()};
  if (dynamic_cast<const c10::AcceleratorError*>(&error) != nullptr)
    return {ExitCode::environment, fmt::format("the GPU failed: {}", first_line(error.what()))};
  return {ExitCode::some_jobs_failed, fmt::format("unexpected error: {}", first_line(error.what()))};
}

}  // namespace neusemslice
