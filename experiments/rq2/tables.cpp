#include "rq2/tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/published.hpp"

namespace neusemslice {
namespace {

std::string start_title(const std::string& start) {
  return start == "slice" ? "its slice" : "the model";
}

std::string chosen_metrics(const Rq2Slice& slice) {
  std::vector<std::string> names;
  for (const auto& [metric, seeds] : slice.metrics) names.push_back(fmt::format("{} ({})", metric, seeds));
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string caption(const Rq2Setting& setting) {
  const Summary& original = setting.original_test_accuracy;
  std::string text = fmt::format(
      "Mean over {} seed{} with its 95 % interval from three seeds on. CR: share of all parameters that are gone, in "
      "percent; NI: iterations of pruning and fine-tuning; MA: test accuracy in percent, unpruned {}.",
      original.count, original.count == 1 ? "" : "s", percent(original));
  if (setting.slice.compression_rate.count == 0) return text;
  return text + fmt::format(" The slice alone: CR {}, test accuracy {}; by {}.",
                            percent(setting.slice.compression_rate), percent(setting.slice.test_accuracy),
                            chosen_metrics(setting.slice));
}

/// NI at the plain algorithm's CR, and how many seeds get there where not all do.
std::string at_plain_rate(const Rq2Setting& setting, const Rq2Cell& cell, const Rq2Outcome& outcome) {
  if (cell.start != "slice") return "";
  const Summary iterations = iterations_at_plain_rate(setting, cell.method);
  const std::string text = mean_and_interval(iterations, 1);
  return iterations.count == 0 ? text : text + share_of_seeds(iterations.count, outcome.runs.size());
}

/// With the count of seeds where it is not that of the caption.
std::string method_cell(const Rq2Setting& setting, const Rq2Cell& cell, const Rq2Outcome& outcome) {
  return method_title(cell.method) + share_of_seeds(outcome.runs.size(), setting.original_test_accuracy.count);
}

std::string megabytes(const std::vector<Rq2Run>& runs, double Rq2Run::*bytes) {
  std::vector<double> values;
  for (const Rq2Run& run : runs) values.push_back(run.*bytes / 1e6);
  return fixed(summarise(values).mean, 3);
}

template <typename Add>
void for_each_cell(const Rq2Setting& setting, const Add& add) {
  for (const std::string& method : methods_of(setting)) {
    for (const char* start : {"model", "slice"}) {
      const auto found = setting.cells.find({method, start});
      if (found != setting.cells.end()) add(found->first, found->second);
    }
  }
}

std::vector<Column> right_aligned(const std::vector<const char*>& texts, const std::vector<const char*>& numbers) {
  std::vector<Column> columns;
  for (const char* heading : texts) columns.push_back({heading});
  for (const char* heading : numbers) columns.push_back({heading, Align::right});
  return columns;
}

}  // namespace

std::optional<PublishedPruning> published_pruning(const std::string& setting, const Rq2Cell& cell) {
  for (const CsvRecord& row : published_rows("table4_restructuring")) {
    const bool is_cell = is_same_setting(row.find("setting")->second, setting) &&
                         row.find("algorithm")->second == published_method(cell.method) &&
                         row.find("with_neusemslice")->second == (cell.start == "slice" ? "yes" : "no");
    if (!is_cell) continue;
    const auto number = [&](const char* column) { return std::stod(row.find(column)->second); };
    return PublishedPruning{number("compression_rate_percent"), number("iterations"), number("accuracy_percent")};
  }
  return std::nullopt;
}

Table rq2_main_table(const Rq2Setting& setting) {
  Table table = {setting.title + ": pruned from the model and from its semantic slice",
                 caption(setting),
                 right_aligned({"Algorithm", "Starts from"},
                               {"CR", "CR, paper", "NI", "NI, paper", "MA", "MA, paper", "NI at the plain CR"}),
                 {}};
  for_each_cell(setting, [&](const Rq2Cell& cell, const Rq2Outcome& outcome) {
    const auto paper = published_pruning(setting.name, cell);
    const auto printed = [&](double PublishedPruning::*value, int decimals) {
      return paper ? fixed(*paper.*value, decimals) : "–";
    };
    table.rows.push_back({{method_cell(setting, cell, outcome)},
                          {start_title(cell.start)},
                          {percent(outcome.compression_rate)},
                          {printed(&PublishedPruning::compression_rate, 2)},
                          {mean_and_interval(outcome.iterations, 1)},
                          {printed(&PublishedPruning::iterations, 0)},
                          {percent(outcome.test_accuracy)},
                          {printed(&PublishedPruning::accuracy, 2)},
                          {at_plain_rate(setting, cell, outcome)}});
  });
  return table;
}

Table rq2_storage_table(const Rq2Setting& setting) {
  Table table = {
      setting.title + ": what the results take on a disk",
      "Megabytes, mean over the seeds. Dense: the file as other programs read it; sparse rows: float32 values "
      "with int32 columns wherever that is smaller; gzip: the dense file, compressed.",
      right_aligned({"Algorithm", "Starts from"}, {"CR", "dense", "sparse rows", "gzip"}),
      {}};
  for_each_cell(setting, [&](const Rq2Cell& cell, const Rq2Outcome& outcome) {
    table.rows.push_back({{method_title(cell.method)},
                          {start_title(cell.start)},
                          {percent(outcome.compression_rate)},
                          {megabytes(outcome.runs, &Rq2Run::dense_bytes)},
                          {megabytes(outcome.runs, &Rq2Run::csr_bytes)},
                          {megabytes(outcome.runs, &Rq2Run::gzip_bytes)}});
  });
  return table;
}

Table rq2_data(const std::vector<Rq2Setting>& settings) {
  Table table;
  table.columns =
      right_aligned({"setting", "algorithm", "start", "seeds", "compression_rate_percent",
                     "compression_rate_half_width", "iterations", "iterations_half_width", "accuracy_percent",
                     "accuracy_half_width", "iterations_at_plain_rate", "seeds_at_plain_rate"},
                    {});
  const auto half_width = [](const Summary& summary, double scale) {
    return summary.half_width ? fixed(scale * *summary.half_width, 4) : std::string();
  };
  for (const Rq2Setting& setting : settings) {
    for_each_cell(setting, [&](const Rq2Cell& cell, const Rq2Outcome& outcome) {
      const Summary at_plain = iterations_at_plain_rate(setting, cell.method);
      table.rows.push_back({{setting.name},
                            {cell.method},
                            {cell.start},
                            {fmt::to_string(outcome.runs.size())},
                            {fixed(100 * outcome.compression_rate.mean, 4)},
                            {half_width(outcome.compression_rate, 100)},
                            {fixed(outcome.iterations.mean, 4)},
                            {half_width(outcome.iterations, 1)},
                            {fixed(100 * outcome.test_accuracy.mean, 4)},
                            {half_width(outcome.test_accuracy, 100)},
                            {cell.start == "slice" && at_plain.count > 0 ? fixed(at_plain.mean, 4) : ""},
                            {cell.start == "slice" ? fmt::to_string(at_plain.count) : ""}});
    });
  }
  return table;
}

Table rq2_iteration_data(const std::vector<Rq2Setting>& settings) {
  Table table;
  table.columns = right_aligned(
      {"setting", "algorithm", "start", "seed", "iteration", "compression_rate_percent", "accuracy_percent"}, {});
  for (const Rq2Setting& setting : settings) {
    for_each_cell(setting, [&](const Rq2Cell& cell, const Rq2Outcome& outcome) {
      for (const Rq2Run& run : outcome.runs) {
        for (std::size_t i = 0; i < run.compression_rates.size(); ++i) {
          table.rows.push_back({{setting.name},
                                {cell.method},
                                {cell.start},
                                {fmt::to_string(run.seed)},
                                {fmt::to_string(i)},
                                {fixed(100 * run.compression_rates[i], 4)},
                                {fixed(100 * run.test_accuracies[i], 4)}});
        }
      }
    });
  }
  return table;
}

}  // namespace neusemslice
