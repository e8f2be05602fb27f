#include "data/http_server.hpp"

#include <array>
#include <fstream>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.hpp"

namespace neusemslice::testing_data {
namespace {

std::array<int, 2> open_pipe() {
  std::array<int, 2> ends{};
  require(::pipe2(ends.data(), O_CLOEXEC) == 0, "no pipe for the test server");
  return ends;
}

/// The first line; empty when the server ends without a word.
std::string read_line(int descriptor) {
  std::string line;
  for (char byte = 0; ::read(descriptor, &byte, 1) == 1 && byte != '\n';) line += byte;
  return line;
}

}  // namespace

HttpServer::HttpServer(const std::filesystem::path& root) : root_(root) {
  const std::string script = std::string(NEUSEMSLICE_SOURCE_DIR) + "/tests/data/http_server.py";
  const auto [input_read, input_write] = open_pipe();
  const auto [output_read, output_write] = open_pipe();
  child_ = ::fork();
  if (child_ == 0) {
    ::dup2(input_read, STDIN_FILENO);
    ::dup2(output_write, STDOUT_FILENO);
    ::execlp("python3", "python3", script.c_str(), root.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(input_read);
  ::close(output_write);
  input_ = input_write;
  port_ = read_line(output_read);
  ::close(output_read);
}

HttpServer::~HttpServer() {
  ::close(input_);
  ::waitpid(child_, nullptr, 0);
}

std::string HttpServer::url(const std::string& manner) const {
  return "http://127.0.0.1:" + port_ + "/" + manner;
}

std::vector<std::string> HttpServer::requests() const {
  std::vector<std::string> lines;
  std::ifstream log(root_ / "requests.log");
  for (std::string line; std::getline(log, line);) lines.push_back(line);
  return lines;
}

void HttpServer::forget_requests() {
  std::filesystem::remove(root_ / "requests.log");
}

}  // namespace neusemslice::testing_data
