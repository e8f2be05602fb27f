#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace neusemslice {

/// "a,b,,c" at ',' gives {"a", "b", "", "c"}; the empty text gives no parts.
std::vector<std::string> split(std::string_view text, char separator);

/// The candidate closest to `word` in edit distance, when close enough to be a slip of the fingers; else empty.
std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates);

/// "; did you mean 'epochs'?" or, when nothing is near, "; known: a, b, c".
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

/// The text up to its first line break: messages of other libraries may go on with a stack trace.
std::string first_line(std::string_view text);

/// The text as one word of a shell's command line: as it is where nothing in it means something there, else quoted.
std::string shell_word(std::string_view text);

}  // namespace neusemslice
