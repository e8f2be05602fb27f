#include "rq1/report.hpp"

#include <fmt/format.h>

#include "report/heat_map.hpp"
#include "report/provenance.hpp"
#include "rq1/answer.hpp"
#include "rq1/claims.hpp"
#include "rq1/figure.hpp"
#include "rq1/tables.hpp"

namespace neusemslice {
namespace {

constexpr const char* kFigureFile = "rq1.svg";

/// A table for each setting that has a slice, or a sentence when none has.
Section tables_section(const Rq1Report& report, const std::string& title, const std::string& introduction,
                       Table (*table)(const Rq1Setting&)) {
  Section section = {title, {Paragraph{introduction}}, false};
  for (const Rq1Setting& setting : report.settings) {
    if (!setting.curves.empty()) section.blocks.push_back(table(setting));
  }
  if (section.blocks.size() == 1) section.blocks = {Paragraph{"No slice has been evaluated yet."}};
  return section;
}

Section figure_section(const Rq1Report& report) {
  const Figure figure = rq1_figure(report.settings);
  return {
      "Figure",
      {Paragraph{
           "Mean over seeds; the band is the 95 % interval from three seeds on, and reaches from the lower to the "
           "higher "
           "of two. Ideal slices lie to the upper right. Semantic slices: T = 0.90 to 0.99; global and category-wise "
           "ones: the top 10 % to 100 % of the units, as far as the suite has them."},
       Image{kFigureFile, figure.description, to_svg(figure)}},
      false};
}

Section main_section(const Rq1Report& report) {
  return tables_section(
      report, "Accuracy and compression",
      "CR is the share of the parameters that is removed. Accuracies are of the test set: the mean over "
      "seeds, here and below with its 95 % interval (Student's t) from three seeds on. At a given CR, each seed's "
      "curve is read linearly between its neighbouring "
      "slices and never beyond them. \"For ≤ 1 points\": each seed's most compressed slice that loses at "
      "most so much validation accuracy; a seed without one keeps its original model (CR 0). The best of "
      "a column is bold, among those that all seeds reach.",
      rq1_main_table);
}

Section comparison_section(const Rq1Report& report) {
  return tables_section(
      report, "Semantic slicing against the others",
      "The paper (section 5.2) says that semantic slicing keeps more accuracy at the same compression "
      "across all metrics, slightly more on MNIST and Fashion-MNIST. Differences are paired by seed.",
      rq1_comparison_table);
}

Section claims_section(const Rq1Report& report) {
  Section section = {"The paper's claims beside ours", {}, false};
  const std::vector<Rq1ClaimOutcome> outcomes = judge_claims(report.settings);
  if (outcomes.empty()) {
    section.blocks.push_back(Paragraph{"The paper prints no number about a setting of this suite."});
  } else {
    section.blocks.push_back(Paragraph{
        "A claim about semantic slicing holds when ours is no worse than the paper's value; it is undecided when ours "
        "is worse by no more than the half width of our 95 % interval, or has no interval."});
    section.blocks.push_back(rq1_claims_table(outcomes));
  }
  const std::string elsewhere = claims_not_run(report.settings);
  if (!elsewhere.empty()) section.blocks.push_back(Paragraph{elsewhere});
  return section;
}

Section layers_section(const Rq1Report& report) {
  return tables_section(report, "Units kept in each layer", "Means over the seeds that have such a slice.",
                        rq1_layers_table);
}

Section seconds_section(const Rq1Report& report) {
  const Table table = rq1_seconds_table(report.settings);
  if (table.rows.empty()) return {"Seconds of each metric", {Paragraph{"No model has been scored yet."}}, false};
  return {"Seconds of each metric", {table}, false};
}

std::string heat_map_file(const Rq1Setting& setting) {
  return fmt::format("rq1_layers_{}.svg", setting.name);
}

HeatMap heat_map_of(const Rq1Setting& setting) {
  const LayerSimilarities& similarities = setting.layer_similarities;
  const std::size_t count = similarities.layers.size();
  HeatMap map;
  map.title = setting.title + ": similarity of layers";
  map.description =
      fmt::format("The similarity of every layer of {} to every other, for seed {}.", setting.title, similarities.seed);
  map.scale = fmt::format("CKA, {}", setting.deeparc.front().similarity);
  map.labels = similarities.layers;
  for (std::size_t row = 0; row < count; ++row) {
    const auto begin = similarities.values.begin() + static_cast<std::ptrdiff_t>(row * count);
    map.values.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(count));
  }
  return map;
}

Section deeparc_section(const Rq1Report& report) {
  const Table table = rq1_deeparc_table(report.settings);
  Section section = {"DeepArc: whole layers", {}, false};
  if (table.rows.empty()) {
    section.blocks.push_back(Paragraph{"No model has been cut by DeepArc yet."});
    return section;
  }
  section.blocks.push_back(
      Paragraph{"Neighbouring layers more alike than the threshold form a module, of which the first layer stays. The "
                "maps show one seed's model."});
  section.blocks.push_back(table);
  for (const Rq1Setting& setting : report.settings) {
    if (setting.deeparc.empty()) continue;
    const HeatMap map = heat_map_of(setting);
    section.blocks.push_back(Image{heat_map_file(setting), map.description, to_svg(map)});
  }
  return section;
}

std::vector<FigureFile> figure_files(const Rq1Report& report) {
  std::vector<FigureFile> files = {{kFigureFile, to_svg(rq1_figure(report.settings))}};
  for (const Rq1Setting& setting : report.settings) {
    if (!setting.deeparc.empty()) files.push_back({heat_map_file(setting), to_svg(heat_map_of(setting))});
  }
  return files;
}

Section complete_section(const Rq1Report& report) {
  Section section = tables_section(
      report, "Complete table", "Means over seeds; each seed's own numbers are in rq1_seeds.csv.", rq1_complete_table);
  section.is_folded = true;
  return section;
}

}  // namespace

Rq1Report read_rq1_report(SQLite::Database& database, const std::string& suite) {
  Rq1Report report = {read_suite_record(database, suite), read_rq1_results(database, suite)};
  for (Rq1Setting& setting : report.settings) setting.title = report.record.title_of(setting.name);
  return report;
}

Document rq1_document(const Rq1Report& report, ReportFormat format) {
  Document document = {"RQ1: which slices keep the accuracy?", rq1_answer(report.settings, report.record), {}};
  document.sections = {figure_section(report),  main_section(report),    comparison_section(report),
                       claims_section(report),  layers_section(report),  deeparc_section(report),
                       seconds_section(report), complete_section(report)};
  if (format == ReportFormat::markdown) document.sections.push_back(short_provenance_section(report.record));
  if (format == ReportFormat::html) document.sections.push_back(provenance_section(report.record));
  return document;
}

QuestionReport rq1_report(SQLite::Database& database, const std::string& suite) {
  const Rq1Report report = read_rq1_report(database, suite);
  return {"rq1",
          [report](ReportFormat format) { return rq1_document(report, format); },
          {{"rq1.csv", rq1_complete_data(report.settings)}, {"rq1_seeds.csv", rq1_seed_data(report.settings)}},
          figure_files(report)};
}

}  // namespace neusemslice
