#include "suite_jobs.hpp"

#include "pilot/jobs.hpp"
#include "rq1/jobs.hpp"

namespace neusemslice {

JobGraph suite_jobs(const SuiteConfig& suite, DatasetCache& datasets) {
  return suite.question == "pilot" ? pilot_jobs(suite, datasets) : rq1_jobs(suite, datasets);
}

}  // namespace neusemslice
