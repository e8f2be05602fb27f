#include "data/fetch.hpp"

#include <chrono>
#include <thread>

#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/stop.hpp"
#include "data/http.hpp"
#include "data/locate.hpp"
#include "data/part_file.hpp"
#include "data/verify.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;

constexpr int kAttempts = 5;  // per server
constexpr auto kFirstPause = std::chrono::milliseconds(200);

/// Why one server did not give the file.
struct ServerFailure {
  std::string problem;
  bool content_differs = false;
};

void pause_before(int attempt) {
  throw_if_stopped();
  std::this_thread::sleep_for(kFirstPause * (1 << (attempt - 1)));
  throw_if_stopped();
}

/// Fills `part` with the official content from `url`, or says why not.
std::optional<ServerFailure> fetch_from(const std::string& url, const DatasetFile& file, PartFile& part) {
  for (int attempt = 1;; ++attempt) {
    const Download result = download(url, part, file.name);
    if (result.outcome == Download::Outcome::complete) {
      const FileCheck check = check_file(file, part.path());
      if (check.is_official()) return std::nullopt;
      require_input(part.clear(), "{}", part.problem());
      if (!result.continued) return ServerFailure{check.problem, true};
      continue;  // its beginning came from another server or version: once more, from the first byte
    }
    if (result.outcome == Download::Outcome::give_up || attempt >= kAttempts) return ServerFailure{result.problem};
    spdlog::warn("{}: {}; trying again", url, result.problem);
    pause_before(attempt);
  }
}

std::string url_of(std::string base, const DatasetFile& file) {
  while (base.ends_with('/')) base.pop_back();
  return fmt::format("{}/{}.gz", base, file.name);
}

/// Tries the servers in order; returns the address that gave the file.
std::string fetch_from_any(const std::vector<std::string>& bases, const DatasetFile& file, PartFile& part) {
  std::vector<std::string> problems;
  bool content_differs = false;
  for (const std::string& base : bases) {
    const std::string url = url_of(base, file);
    const auto failure = fetch_from(url, file, part);
    if (!failure) return url;
    problems.push_back(fmt::format("{}: {}", url, failure->problem));
    content_differs = content_differs || failure->content_differs;
  }
  const std::string message = fmt::format("{} could not be fetched: {}", file.name, fmt::join(problems, "; "));
  if (content_differs) throw CheckError(message + "; what came was removed");
  throw EnvironmentError(message + "; another server can be given with --base-url, your own copy with --data-dir");
}

/// The right file that is there already; throws when one is there that is not.
std::optional<fs::path> present_file(const DatasetFile& file, const fs::path& folder) {
  const auto path = find_file(folder, file.name);
  if (!path) return std::nullopt;
  const FileCheck check = check_file(file, *path);
  require_input(check.is_official(), "{}: is there already, but {}; --force replaces it", path->string(),
                check.problem);
  return path;
}

/// Another spelling of the file would be found before the fetched one.
void remove_other_spellings(const DatasetFile& file, const fs::path& folder, const fs::path& target) {
  for (auto other = find_file(folder, file.name); other && *other != target; other = find_file(folder, file.name)) {
    std::error_code error;
    fs::remove(*other, error);
    require_input(!error, "{}: cannot be removed: {}", other->string(), error.message());
  }
}

FetchedFile fetch_file(const DatasetInfo& info, const DatasetFile& file, const fs::path& folder,
                       const FetchOptions& options) {
  if (!options.force) {
    if (const auto path = present_file(file, folder)) return {*path, ""};
  }
  const fs::path target = folder / (file.name + ".gz");
  PartFile part(target);
  const auto bases = options.base_url ? std::vector{*options.base_url} : info.base_urls;
  const std::string url = fetch_from_any(bases, file, part);
  part.become_target();
  remove_other_spellings(file, folder, target);
  spdlog::info("{}: fetched, {}", target.string(), human_bytes(part.size()));
  return {target, url};
}

}  // namespace

std::vector<FetchedFile> fetch_dataset(const DatasetInfo& info, const fs::path& folder, const FetchOptions& options) {
  std::vector<FetchedFile> fetched;
  require_input(info.homepage.empty() || options.base_url, "{}: no server has its files one by one; get it from {}",
                info.name, info.homepage);
  for (const DatasetFile& file : info.distributed_files()) {
    throw_if_stopped();
    fetched.push_back(fetch_file(info, file, folder, options));
  }
  return fetched;
}

}  // namespace neusemslice
