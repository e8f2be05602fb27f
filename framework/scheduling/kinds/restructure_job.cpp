#include "scheduling/kinds/restructure_job.hpp"

#include "maintenance/restructure.hpp"
#include "slicing/slice_file.hpp"

namespace neusemslice {
namespace {

constexpr int kVersion = 1;

}  // namespace

std::string add_restructure_job(JobGraph& graph, const std::string& train, const std::string& slice) {
  const Job& what = graph.at(slice);
  nlohmann::json parameters = what.parameters;  // repeated for readers of the table; the slice's key is what counts
  return graph.add("restructure", kVersion, what.setting, what.seed, parameters, {train, slice});
}

JobOutput run_restructure_job(JobData& data, const Job& job, const JobContext& context) {
  const TrainedModel& model = data.trained(job.inputs.at(0), context.inputs);
  const Slice cut = read_slice(context.inputs.path(job.inputs.at(1), kSliceFile), model.units);
  return {.rows = {.evaluations = evaluate_both(shrink(model.network, model.units, cut.kept), model)}};
}

}  // namespace neusemslice
