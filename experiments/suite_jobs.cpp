#include "suite_jobs.hpp"

#include "pilot/jobs.hpp"
#include "rq1/jobs.hpp"
#include "rq2/jobs.hpp"
#include "rq3/jobs.hpp"
#include "rq4/jobs.hpp"

namespace neusemslice {

JobGraph suite_jobs(const SuiteConfig& suite, DatasetCache& datasets) {
  if (suite.question == "pilot") return pilot_jobs(suite, datasets);
  if (suite.question == "rq2") return rq2_jobs(suite, datasets);
  if (suite.question == "rq3") return rq3_jobs(suite, datasets);
  return suite.question == "rq4" ? rq4_jobs(suite, datasets) : rq1_jobs(suite, datasets);
}

}  // namespace neusemslice
