#include "config/node.hpp"

#include <algorithm>
#include <set>

#include <yaml-cpp/yaml.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/text.hpp"

namespace neusemslice {
namespace {

constexpr int kMaxDepth = 64;

/// Where a text comes from; an override has no lines.
struct Source {
  std::string name;
  bool has_lines = true;

  [[nodiscard]] ConfigNode node_at(const YAML::Mark& mark) const {
    return {.file = name, .line = has_lines ? mark.line + 1 : 0};
  }
  [[nodiscard]] std::string where(const YAML::Mark& mark) const { return node_at(mark).where(); }
};

ConfigNode convert(const YAML::Node& yaml, const Source& source, int depth = 0) {
  // An alias inside its own anchor has no end.
  require_input(depth < kMaxDepth, "{}: lists and maps nested more than {} deep", source.where(yaml.Mark()), kMaxDepth);
  ConfigNode node = source.node_at(yaml.Mark());
  if (yaml.IsScalar()) {
    node.kind = ConfigNode::Kind::scalar;
    node.scalar = yaml.Scalar();
  } else if (yaml.IsSequence()) {
    node.kind = ConfigNode::Kind::list;
    for (const YAML::Node& item : yaml) node.items.push_back(convert(item, source, depth + 1));
  } else if (yaml.IsMap()) {
    node.kind = ConfigNode::Kind::map;
    for (const auto& entry : yaml) {
      const YAML::Node& name = entry.first;
      const std::string where = source.where(name.Mark());
      require_input(name.IsScalar(), "{}: a key must be plain text", where);
      require_input(node.find(name.Scalar()) == nullptr, "{}: the key '{}' is written twice", where, name.Scalar());
      ConfigNode value = convert(entry.second, source, depth + 1);
      value.line = source.node_at(name.Mark()).line;
      node.entries.emplace_back(name.Scalar(), std::move(value));
    }
  }
  return node;
}

ConfigNode parse(const std::string& text, const Source& source) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.empty()) return {.file = source.name};
    require_input(documents.size() == 1, "{}: holds {} YAML documents (separated by ---), one is allowed", source.name,
                  documents.size());
    return convert(documents.front(), source);
  } catch (const YAML::Exception& error) {
    throw InputError(fmt::format("{}: not YAML: {}", source.where(error.mark), error.msg));
  }
}

ConfigNode load_with_parents(const std::filesystem::path& path, std::set<std::filesystem::path>& open_files);

/// The file that `parent`, an item of `extends`, names.
ConfigNode load_parent(const ConfigNode& parent, const std::filesystem::path& folder,
                       std::set<std::filesystem::path>& open_files) {
  require_input(parent.kind == ConfigNode::Kind::scalar, "{}: 'extends' names files", parent.where());
  const std::filesystem::path path = folder / parent.scalar;
  require_input(std::filesystem::exists(path), "{}: extends: there is no file {}", parent.where(), path.string());
  require_input(!open_files.contains(std::filesystem::weakly_canonical(path)),
                "{}: extends: {} extends this file in turn, a circle", parent.where(), path.string());
  return load_with_parents(path, open_files);
}

ConfigNode load_with_parents(const std::filesystem::path& path, std::set<std::filesystem::path>& open_files) {
  const std::filesystem::path canonical = std::filesystem::weakly_canonical(path);
  open_files.insert(canonical);
  ConfigNode own = parse_config(read_file(path), path.string());
  require_input(own.kind == ConfigNode::Kind::map, "{}: expected keys and values, found {}", path.string(),
                own.kind == ConfigNode::Kind::null ? "an empty file" : "something else");
  ConfigNode merged;
  merged.kind = ConfigNode::Kind::map;
  merged.file = own.file;
  if (const ConfigNode* extends = own.find("extends")) {
    const std::vector<ConfigNode> parents =
        extends->kind == ConfigNode::Kind::list ? extends->items : std::vector<ConfigNode>{*extends};
    for (const ConfigNode& parent : parents) merge_config(merged, load_parent(parent, path.parent_path(), open_files));
    std::erase_if(own.entries, [](const auto& entry) { return entry.first == "extends"; });
  }
  merge_config(merged, own);
  open_files.erase(canonical);
  return merged;
}

void assign(ConfigNode& node, const std::vector<std::string>& path, std::size_t depth, const ConfigNode& value,
            const std::string& assignment) {
  require_input(node.kind == ConfigNode::Kind::map, "override '{}': '{}' has no keys below it", assignment,
                depth == 0 ? "the file" : path[depth - 1]);
  const std::string& key = path[depth];
  const bool last = depth + 1 == path.size();
  if (key == "*") {
    for (auto& entry : node.entries) {
      if (last)
        entry.second = value;
      else
        assign(entry.second, path, depth + 1, value, assignment);
    }
    return;
  }
  ConfigNode* child = node.find(key);
  if (last && child == nullptr) {
    node.entries.emplace_back(key, value);
  } else if (last) {
    *child = value;
  } else {
    std::vector<std::string> known;
    for (const auto& entry : node.entries) known.push_back(entry.first);
    require_input(child != nullptr, "override '{}': no key '{}'{}", assignment, key, suggestion(key, known));
    assign(*child, path, depth + 1, value, assignment);
  }
}

}  // namespace

std::string ConfigNode::where() const {
  return line > 0 ? fmt::format("{}:{}", file, line) : file;
}

const ConfigNode* ConfigNode::find(std::string_view key) const {
  const auto entry = std::ranges::find_if(entries, [&](const auto& candidate) { return candidate.first == key; });
  return entry == entries.end() ? nullptr : &entry->second;
}

ConfigNode* ConfigNode::find(std::string_view key) {
  return const_cast<ConfigNode*>(std::as_const(*this).find(key));
}

ConfigNode parse_config(const std::string& text, const std::string& file) {
  return parse(text, {.name = file});
}

ConfigNode load_config(const std::filesystem::path& path) {
  std::set<std::filesystem::path> open_files;
  return load_with_parents(path, open_files);
}

void merge_config(ConfigNode& base, const ConfigNode& top) {
  if (base.kind != ConfigNode::Kind::map || top.kind != ConfigNode::Kind::map) {
    base = top;
    return;
  }
  for (const auto& [key, value] : top.entries) {
    if (ConfigNode* below = base.find(key))
      merge_config(*below, value);
    else
      base.entries.emplace_back(key, value);
  }
}

void apply_override(ConfigNode& root, const std::string& assignment) {
  const std::size_t equals = assignment.find('=');
  require_input(equals != std::string::npos && equals > 0,
                "override '{}': write it as key=value, for example seeds=[0,1]", assignment);
  const std::string text = assignment.substr(equals + 1);
  const ConfigNode value = parse(text, {.name = fmt::format("override '{}'", assignment), .has_lines = false});
  assign(root, split(assignment.substr(0, equals), '.'), 0, value, assignment);
}

}  // namespace neusemslice
