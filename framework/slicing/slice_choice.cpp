#include "slicing/slice_choice.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

#include "parallel/communicator.hpp"

namespace neusemslice {
namespace {

constexpr std::size_t kGrid = 16;

struct Candidate {
  Slice slice;
  std::int64_t parameters = 0;
};

/// One metric's slices by the place of their threshold among those that matter.
class MetricSearch {
 public:
  MetricSearch(const UnitGraph& units, const Scores& scores, const SimilarityCurves& curves, std::string metric,
               const SliceSearch& search)
      : units_(units),
        scores_(scores),
        curves_(curves),
        metric_(std::move(metric)),
        search_(search),
        thresholds_(crossing_thresholds(curves, metric_, search.interval)) {}

  /// The most compressed one that holds and has fewer than `most` parameters.
  [[nodiscard]] std::optional<Candidate> run(std::int64_t most) const {
    const std::size_t last = thresholds_.size() - 1;
    std::optional<std::size_t> failing;
    for (std::size_t i = 0; i < kGrid; ++i) {
      const std::size_t place = last * i / (kGrid - 1);
      if (failing == place) continue;  // fewer thresholds than places
      Candidate candidate = at(place);
      if (candidate.parameters >= most) return failing ? bisect(*failing, place, most) : std::nullopt;
      if (search_.holds(candidate.slice)) return bisect_from(failing, place, std::move(candidate), most);
      failing = place;
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] Candidate at(std::size_t place) const {
    SingleCommunicator alone;
    Slice slice = semantic_slice(units_, scores_, curves_, metric_, thresholds_[place], search_.interval, alone);
    const std::int64_t parameters = search_.parameters(slice);
    return {std::move(slice), parameters};
  }

  /// Between a slice that fails and one that is too large, which may hold or not.
  [[nodiscard]] std::optional<Candidate> bisect(std::size_t failing, std::size_t too_large, std::int64_t most) const {
    std::optional<Candidate> best;
    while (too_large - failing > 1) {
      const std::size_t middle = failing + (too_large - failing) / 2;
      Candidate candidate = at(middle);
      if (candidate.parameters >= most) {
        too_large = middle;
      } else if (search_.holds(candidate.slice)) {
        best = std::move(candidate);
        too_large = middle;
      } else {
        failing = middle;
      }
    }
    return best;
  }

  [[nodiscard]] std::optional<Candidate> bisect_from(std::optional<std::size_t> failing, std::size_t place,
                                                     Candidate holding, std::int64_t most) const {
    if (!failing) return holding;
    auto better = bisect(*failing, place, most);
    return better ? std::move(better) : std::move(holding);
  }

  const UnitGraph& units_;
  const Scores& scores_;
  const SimilarityCurves& curves_;
  std::string metric_;
  const SliceSearch& search_;
  std::vector<double> thresholds_;
};

Slice keep_everything(const UnitGraph& units, const std::string& metric) {
  Slice slice{.strategy = "semantic", .metric = metric, .level = 1};
  for (const UnitLayer& layer : units.layers) {
    auto& kept = slice.kept[layer.name];
    kept.resize(static_cast<std::size_t>(layer.units));
    std::iota(kept.begin(), kept.end(), std::int64_t{0});
  }
  return slice;
}

void add_running_maxima(const double* curve, std::int64_t units, std::int64_t interval,
                        std::vector<double>& thresholds) {
  double most = 0;
  const auto add = [&](double similarity) {
    if (similarity > most) thresholds.push_back(most = similarity);
  };
  for (std::int64_t k = 0; k < units; k += interval) add(curve[k]);
  add(curve[units]);
}

}  // namespace

std::vector<double> crossing_thresholds(const SimilarityCurves& curves, const std::string& metric,
                                        std::int64_t interval) {
  std::vector<double> thresholds = {0};
  for (const auto& [layer, metrics] : curves) {
    const at::Tensor rows = metrics.at(metric).contiguous();
    for (std::int64_t category = 0; category < rows.size(0); ++category) {
      add_running_maxima(rows.const_data_ptr<double>() + category * rows.size(1), rows.size(1) - 1, interval,
                         thresholds);
    }
  }
  std::ranges::sort(thresholds);
  thresholds.erase(std::ranges::unique(thresholds).begin(), thresholds.end());
  return thresholds;
}

Slice choose_slice(const UnitGraph& units, const Scores& scores, const SimilarityCurves& curves,
                   const SliceSearch& search) {
  Candidate best{keep_everything(units, search.metrics.front()), 0};
  best.parameters = search.parameters(best.slice);
  for (const std::string& metric : search.metrics) {
    auto candidate = MetricSearch(units, scores, curves, metric, search).run(best.parameters);
    if (candidate) best = std::move(*candidate);
  }
  return std::move(best.slice);
}

}  // namespace neusemslice
