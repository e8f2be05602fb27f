#pragma once

#include <string>

#include "data/part_file.hpp"

namespace neusemslice {

/// How one attempt at a download ended.
struct Download {
  enum class Outcome {
    complete,   ///< the server says that this was all
    try_again,  ///< cut off, too slow, server busy: the same address may do better
    give_up,    ///< no such file, no such host: it will not
  };
  Outcome outcome;
  std::string problem;     ///< one line, unless complete
  bool continued = false;  ///< the part file begins with bytes of an earlier attempt
};

/// One attempt to complete `part` with the file at `url` (http or https, redirects followed). Asks only for the bytes
/// after those it has; a server that cannot do that sends all, and the part file starts anew. Shows progress under
/// `label`. Throws InputError when the disk refuses and, once the program was asked to stop, as throw_if_stopped.
Download download(const std::string& url, PartFile& part, const std::string& label);

}  // namespace neusemslice
