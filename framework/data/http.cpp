#include "data/http.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include <curl/curl.h>

#include "core/error.hpp"
#include "core/progress.hpp"
#include "core/stop.hpp"

namespace neusemslice {
namespace {

constexpr long kConnectTimeoutSeconds = 20;
constexpr long kSlowBytesPerSecond = 100;  // slower than this for so long counts as hung
constexpr long kSlowSeconds = 30;
constexpr long kPartialContent = 206;
constexpr long kRangeNotSatisfiable = 416;

using CurlHandle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

/// What libcurl's callbacks work on.
struct Transfer {
  CURL* handle;
  PartFile& part;
  std::string label;
  std::int64_t offset;  ///< bytes kept of an earlier attempt
  bool started = false;
  std::optional<Progress> progress = std::nullopt;
};

long http_status(CURL* handle) {
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

/// The first bytes decide whether the server continues where we were or starts anew.
bool start_writing(Transfer& transfer) {
  transfer.started = true;
  if (http_status(transfer.handle) == kPartialContent) return true;
  transfer.offset = 0;
  return transfer.part.clear();
}

extern "C" std::size_t write_received(char* bytes, std::size_t, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (!transfer.started && !start_writing(transfer)) return 0;
  return transfer.part.append({bytes, count}) ? count : 0;
}

extern "C" int show_progress(void* user, curl_off_t total, curl_off_t done, curl_off_t, curl_off_t) {
  constexpr std::int64_t kBytesPerUnit = 1000;
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.started && total > 0) {
    if (!transfer.progress) transfer.progress.emplace(transfer.label, (transfer.offset + total) / kBytesPerUnit, "kB");
    transfer.progress->update((transfer.offset + done) / kBytesPerUnit);
  }
  return stop_reason() == StopReason::none ? 0 : 1;  // anything but 0 ends the transfer
}

void set_options(CURL* handle, const std::string& url, Transfer& transfer) {
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(handle, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, kConnectTimeoutSeconds);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, kSlowBytesPerSecond);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, kSlowSeconds);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "neusemslice");
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, write_received);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, show_progress);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &transfer);
  // Not CURLOPT_RESUME_FROM: with it libcurl fails when the server sends the whole file.
  if (transfer.offset > 0) curl_easy_setopt(handle, CURLOPT_RANGE, fmt::format("{}-", transfer.offset).c_str());
}

bool is_passing(CURLcode code, long status) {
  constexpr std::array kPassingStatus = {408L, 429L, 500L, 502L, 503L, 504L};
  constexpr std::array kPassingCodes = {CURLE_OPERATION_TIMEDOUT, CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING,
                                        CURLE_RECV_ERROR,         CURLE_SEND_ERROR,   CURLE_HTTP2,
                                        CURLE_HTTP2_STREAM};
  if (code == CURLE_HTTP_RETURNED_ERROR) {
    return std::find(kPassingStatus.begin(), kPassingStatus.end(), status) != kPassingStatus.end();
  }
  return std::find(kPassingCodes.begin(), kPassingCodes.end(), code) != kPassingCodes.end();
}

std::string problem_text(CURLcode code, long status, const char* details) {
  if (code == CURLE_HTTP_RETURNED_ERROR) return fmt::format("the server answers HTTP {}", status);
  return *details != '\0' ? details : curl_easy_strerror(code);
}

Download judge(CURLcode code, long status, const char* details, Transfer& transfer) {
  if (code == CURLE_OK) return {Download::Outcome::complete, "", transfer.offset > 0};
  throw_if_stopped();
  require_input(code != CURLE_WRITE_ERROR, "{}", transfer.part.problem());
  const std::string problem = problem_text(code, status, details);
  if (status == kRangeNotSatisfiable && transfer.part.clear()) return {Download::Outcome::try_again, problem};
  return {is_passing(code, status) ? Download::Outcome::try_again : Download::Outcome::give_up, problem};
}

}  // namespace

Download download(const std::string& url, PartFile& part, const std::string& label) {
  const CurlHandle handle(curl_easy_init(), curl_easy_cleanup);
  require(handle != nullptr, "libcurl could not be started");
  Transfer transfer{handle.get(), part, label, part.size()};
  std::array<char, CURL_ERROR_SIZE> details{};
  curl_easy_setopt(handle.get(), CURLOPT_ERRORBUFFER, details.data());
  set_options(handle.get(), url, transfer);
  const CURLcode code = curl_easy_perform(handle.get());
  return judge(code, http_status(handle.get()), details.data(), transfer);
}

}  // namespace neusemslice
