#pragma once

#include "report/document.hpp"
#include "report/suite_record.hpp"

namespace neusemslice {

/// Where the numbers come from: jobs by kind and state, and every run with its machine, revision, command and config.
Section provenance_section(const SuiteRecord& record);

/// The same in one paragraph, of the latest run.
Section short_provenance_section(const SuiteRecord& record);

}  // namespace neusemslice
