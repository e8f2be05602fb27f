#pragma once

#include <string>
#include <vector>

#include "report/document.hpp"

namespace neusemslice {

/// A section with `table` of every setting that has results.
template <typename Setting, typename MakeTable>
Section tables_section(const std::vector<Setting>& settings, const std::string& title, const std::string& introduction,
                       const MakeTable& table) {
  Section section = {title, {Paragraph{introduction}}, false};
  for (const Setting& setting : settings) {
    if (!setting.cells.empty()) section.blocks.push_back(table(setting));
  }
  return section;
}

}  // namespace neusemslice
