#include "scheduling/schedule.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "core/error.hpp"

namespace neusemslice {

Schedule::Schedule(const JobGraph& graph, const std::map<std::string, JobState>& states,
                   std::vector<JobEstimate> estimates)
    : graph_(graph), estimates_(std::move(estimates)) {
  const auto& jobs = graph_.jobs();
  require(estimates_.size() == jobs.size(), "{} estimates for {} jobs", estimates_.size(), jobs.size());
  std::map<std::pair<std::string, std::int64_t>, std::size_t> numbers;
  for (const Job& job : jobs) {
    is_open_.push_back(states.at(job.key) != JobState::done);
    model_.push_back(numbers.emplace(std::pair(job.setting, job.seed), numbers.size()).first->second);
  }
  find_dependents();
  find_priorities();
  for (std::size_t job = 0; job < jobs.size(); ++job) {
    if (is_open_[job] && open_inputs_[job] == 0) make_ready(job);
  }
}

void Schedule::find_dependents() {
  const auto& jobs = graph_.jobs();
  std::unordered_map<std::string, std::size_t> position;
  dependents_.resize(jobs.size());
  open_inputs_.resize(jobs.size(), 0);
  for (std::size_t job = 0; job < jobs.size(); ++job) {
    position.emplace(jobs[job].key, job);
    for (const std::string& input : std::set(jobs[job].inputs.begin(), jobs[job].inputs.end())) {
      const std::size_t needed = position.at(input);
      dependents_[needed].push_back(job);
      if (is_open_[needed]) ++open_inputs_[job];
    }
  }
}

void Schedule::find_priorities() {
  priority_.resize(estimates_.size(), 0);
  for (std::size_t job = estimates_.size(); job-- > 0;) {
    double longest = 0;
    for (const std::size_t dependent : dependents_[job]) {
      if (is_open_[dependent]) longest = std::max(longest, priority_[dependent]);
    }
    priority_[job] = estimates_[job].seconds + longest;
  }
}

void Schedule::make_ready(std::size_t job) {
  ready_[priority_[job]][model_[job]].push_back(job);
  ++ready_count_;
}

Schedule::Models::iterator Schedule::choose_model(Models& models, int rank) {
  const auto last = model_at_.find(rank);
  if (last != model_at_.end()) {
    const auto same = models.find(last->second);
    if (same != models.end()) return same;
  }
  std::set<std::size_t> taken;
  for (const auto& [other, model] : model_at_) {
    if (other != rank) taken.insert(model);
  }
  return std::ranges::max_element(
      models, {}, [&](const auto& entry) { return std::pair(!taken.contains(entry.first), entry.second.size()); });
}

std::size_t Schedule::take_for(int rank) {
  const auto longest = ready_.begin();
  Models& models = longest->second;
  const auto chosen = choose_model(models, rank);
  const std::size_t job = chosen->second.front();
  chosen->second.pop_front();
  if (chosen->second.empty()) models.erase(chosen);
  if (models.empty()) ready_.erase(longest);
  --ready_count_;
  return job;
}

std::vector<Assignment> Schedule::assign(const std::vector<int>& idle) {
  std::vector<Assignment> assignments;
  auto rank = idle.begin();
  for (; rank != idle.end() && ready_count_ > 0; ++rank) assignments.push_back({take_for(*rank), {*rank}});
  widen(assignments, {rank, idle.end()});
  for (Assignment& assignment : assignments) {
    std::ranges::sort(assignment.ranks);
    for (const int member : assignment.ranks) model_at_[member] = model_[assignment.job];
  }
  return assignments;
}

void Schedule::widen(std::vector<Assignment>& assignments, std::vector<int> spare) {
  const auto share_when_widened = [this](const Assignment& assignment) {
    const JobEstimate& estimate = estimates_[assignment.job];
    const auto ranks = static_cast<int>(assignment.ranks.size());
    return ranks < estimate.most_ranks ? estimate.seconds / (ranks + 1) : 0.0;
  };
  for (const int rank : spare) {
    const auto costliest = std::ranges::max_element(assignments, {}, share_when_widened);
    if (costliest == assignments.end() || share_when_widened(*costliest) < kLeastShareSeconds) return;
    costliest->ranks.push_back(rank);
  }
}

void Schedule::done(std::size_t job) {
  is_open_[job] = false;
  for (const std::size_t dependent : dependents_[job]) {
    if (--open_inputs_[dependent] == 0 && is_open_[dependent]) make_ready(dependent);
  }
}

std::vector<std::size_t> Schedule::failed(std::size_t job) {
  is_open_[job] = false;
  std::set<std::size_t> hopeless;
  std::vector<std::size_t> causes = {job};
  while (!causes.empty()) {
    const std::size_t cause = causes.back();
    causes.pop_back();
    for (const std::size_t dependent : dependents_[cause]) {
      if (!is_open_[dependent]) continue;
      is_open_[dependent] = false;
      hopeless.insert(dependent);
      causes.push_back(dependent);
    }
  }
  return {hopeless.begin(), hopeless.end()};
}

}  // namespace neusemslice
