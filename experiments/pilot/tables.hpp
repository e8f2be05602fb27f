#pragma once

#include <vector>

#include "pilot/results.hpp"
#include "report/table.hpp"

namespace neusemslice {

/// Table 1 (scope "global") or 2 (scope "category"): test accuracy with each band masked, a column for each metric;
/// beside the paper's, where the paper has this setting.
Table pilot_band_table(const PilotSetting& setting, const std::string& scope);

/// Table 3: the same for the paper's four categories, by DeepLIFT.
Table pilot_category_table(const PilotSetting& setting);

/// For machines: every setting, scope, metric, band and category (and "all"), in percent.
Table pilot_data(const std::vector<PilotSetting>& settings);

}  // namespace neusemslice
