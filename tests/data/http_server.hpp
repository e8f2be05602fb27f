#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace neusemslice::testing_data {

/// http_server.py over `root`, for as long as this object lives.
class HttpServer {
 public:
  explicit HttpServer(const std::filesystem::path& root);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// False when there is no python3 to run it.
  [[nodiscard]] bool is_running() const { return !port_.empty(); }

  /// "http://127.0.0.1:<port>/<manner>", see http_server.py.
  [[nodiscard]] std::string url(const std::string& manner) const;

  /// "PATH RANGE" of every request since the start, or since the last forget_requests().
  [[nodiscard]] std::vector<std::string> requests() const;
  void forget_requests();

 private:
  std::filesystem::path root_;
  std::string port_;
  pid_t child_ = -1;
  int input_ = -1;  ///< the server ends when this is closed, so also when the test crashes
};

}  // namespace neusemslice::testing_data
