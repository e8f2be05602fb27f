#include "config/node.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/text.hpp"

namespace neusemslice {
namespace {

ConfigNode convert(const YAML::Node& yaml, const std::string& file) {
  ConfigNode node;
  node.file = file;
  node.line = yaml.Mark().line + 1;
  if (yaml.IsScalar()) {
    node.kind = ConfigNode::Kind::scalar;
    node.scalar = yaml.Scalar();
  } else if (yaml.IsSequence()) {
    node.kind = ConfigNode::Kind::list;
    for (const YAML::Node& item : yaml) node.items.push_back(convert(item, file));
  } else if (yaml.IsMap()) {
    node.kind = ConfigNode::Kind::map;
    for (const auto& entry : yaml) {
      require_input(entry.first.IsScalar(), "{}:{}: a key must be plain text", file, entry.first.Mark().line + 1);
      const std::string key = entry.first.Scalar();
      require_input(node.find(key) == nullptr, "{}:{}: the key '{}' is written twice", file,
                    entry.first.Mark().line + 1, key);
      ConfigNode value = convert(entry.second, file);
      value.line = entry.first.Mark().line + 1;
      node.entries.emplace_back(key, std::move(value));
    }
  }
  return node;
}

ConfigNode load_with_parents(const std::filesystem::path& path, std::set<std::filesystem::path>& open_files) {
  const std::filesystem::path canonical = std::filesystem::weakly_canonical(path);
  require_input(open_files.insert(canonical).second, "{}: this file extends itself", path.string());
  ConfigNode own = parse_config(read_file(path), path.string());
  require_input(own.kind == ConfigNode::Kind::map, "{}: expected keys and values, found {}", path.string(),
                own.kind == ConfigNode::Kind::null ? "an empty file" : "something else");
  ConfigNode merged;
  merged.kind = ConfigNode::Kind::map;
  if (const ConfigNode* extends = own.find("extends")) {
    const std::vector<ConfigNode> parents =
        extends->kind == ConfigNode::Kind::list ? extends->items : std::vector<ConfigNode>{*extends};
    for (const ConfigNode& parent : parents) {
      require_input(parent.kind == ConfigNode::Kind::scalar, "{}: 'extends' names files", parent.where());
      merge_config(merged, load_with_parents(path.parent_path() / parent.scalar, open_files));
    }
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
      if (last) entry.second = value;
      else assign(entry.second, path, depth + 1, value, assignment);
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

std::string ConfigNode::where() const { return line > 0 ? fmt::format("{}:{}", file, line) : file; }

const ConfigNode* ConfigNode::find(std::string_view key) const {
  const auto entry = std::ranges::find_if(entries, [&](const auto& candidate) { return candidate.first == key; });
  return entry == entries.end() ? nullptr : &entry->second;
}

ConfigNode* ConfigNode::find(std::string_view key) {
  return const_cast<ConfigNode*>(std::as_const(*this).find(key));
}

ConfigNode parse_config(const std::string& text, const std::string& file) {
  try {
    return convert(YAML::Load(text), file);
  } catch (const YAML::Exception& error) {
    throw InputError(fmt::format("{}:{}: not YAML: {}", file, error.mark.line + 1, error.msg));
  }
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
    if (ConfigNode* below = base.find(key)) merge_config(*below, value);
    else base.entries.emplace_back(key, value);
  }
}

void apply_override(ConfigNode& root, const std::string& assignment) {
  const std::size_t equals = assignment.find('=');
  require_input(equals != std::string::npos && equals > 0, "override '{}': write it as key=value, for example seeds=[0,1]",
                assignment);
  ConfigNode value = parse_config(assignment.substr(equals + 1), "command line");
  const std::string origin = fmt::format("override '{}'", assignment);
  const auto mark = [&origin](auto&& self, ConfigNode& node) -> void {
    node.file = origin;
    node.line = 0;
    for (ConfigNode& item : node.items) self(self, item);
    for (auto& entry : node.entries) self(self, entry.second);
  };
  mark(mark, value);
  assign(root, split(assignment.substr(0, equals), '.'), 0, value, assignment);
}

}  // namespace neusemslice
