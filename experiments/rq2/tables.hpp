#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/table.hpp"
#include "rq2/results.hpp"

namespace neusemslice {

/// The paper's Table 4, one cell: in percent, as it prints them.
struct PublishedPruning {
  double compression_rate = 0;
  double iterations = 0;
  double accuracy = 0;
};

std::optional<PublishedPruning> published_pruning(const std::string& setting, const Rq2Cell& cell);

/// Table 4 of one setting: CR, NI and MA of each algorithm without and with the slice, the paper's beside, and NI at
/// the plain algorithm's CR.
Table rq2_main_table(const Rq2Setting& setting);

/// What the results take on a disk: dense, as sparse rows, and compressed.
Table rq2_storage_table(const Rq2Setting& setting);

/// For machines: every setting and algorithm, and every seed's iterations.
Table rq2_data(const std::vector<Rq2Setting>& settings);
Table rq2_iteration_data(const std::vector<Rq2Setting>& settings);

}  // namespace neusemslice
