#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace neusemslice {

/// A YAML value that remembers where it was written, also after files were merged and overrides applied.
struct ConfigNode {
  enum class Kind { null, scalar, list, map };

  Kind kind = Kind::null;
  std::string scalar;
  std::vector<ConfigNode> items;                            ///< of a list
  std::vector<std::pair<std::string, ConfigNode>> entries;  ///< of a map, in the order written
  std::string file;                                         ///< or "override 'a.b=c'"
  int line = 0;                                             ///< from 1; 0 where there are no lines

  /// "configs/quickstart.yaml:12", or "override 'seeds=[0]'".
  [[nodiscard]] std::string where() const;

  /// The value under `key`, or nullptr.
  [[nodiscard]] const ConfigNode* find(std::string_view key) const;
  [[nodiscard]] ConfigNode* find(std::string_view key);
};

/// Parses YAML text; `file` is only for messages. Syntax errors and keys written twice throw InputError with file and
/// line.
ConfigNode parse_config(const std::string& text, const std::string& file);

/// Reads a file and, first, the files its `extends` names (one or a list, relative to it; later ones win, the file
/// itself wins over all). Maps merge key by key; everything else is replaced. A circle of files is an error.
ConfigNode load_config(const std::filesystem::path& path);

/// Lays `top` over `base`, as `extends` does.
void merge_config(ConfigNode& base, const ConfigNode& top);

/// Applies "a.b=value" (the value is YAML). Parts name map keys, `*` all keys of a map. The last part may be new, the
/// others must exist.
void apply_override(ConfigNode& root, const std::string& assignment);

}  // namespace neusemslice
