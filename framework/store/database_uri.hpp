#pragma once

#include <string>

namespace neusemslice {

/// What SQLite calls a URI: the file's path with options ("mode=ro&immutable=1").
std::string database_uri(const std::string& path, const std::string& options);

/// The path a database was opened with, itself or in a URI: how a person knows it.
std::string database_path_of(const std::string& path_or_uri);

}  // namespace neusemslice
