#include "integration/process.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string_view>

#include <fcntl.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.hpp"
#include "core/files.hpp"

namespace neusemslice::test_support {
namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::string name_of(std::string_view entry) {
  return std::string(entry.substr(0, entry.find('=')));
}

/// This process's environment without what would change the program's behaviour, our defaults, then `added`.
std::vector<std::string> environment_with(const std::vector<std::string>& added) {
  std::map<std::string, std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string name = name_of(*entry);
    if (!name.starts_with("NEUSEMSLICE_") && name != "NO_COLOR") entries[name] = *entry;
  }
  entries["TERM"] = "TERM=xterm";
  entries["NEUSEMSLICE_LOG_LEVEL"] = "NEUSEMSLICE_LOG_LEVEL=error";
  entries["NEUSEMSLICE_THREADS"] = "NEUSEMSLICE_THREADS=1";
  for (const std::string& entry : added) entries[name_of(entry)] = entry;
  std::vector<std::string> environment;
  for (const auto& [name, entry] : entries) environment.push_back(entry);
  return environment;
}

[[noreturn]] void become(std::vector<std::string> command, std::vector<std::string> environment) {
  ::execve(command.front().c_str(), pointers(command).data(), pointers(environment).data());
  std::_Exit(127);
}

std::vector<std::string> command_of(const std::vector<std::string>& arguments, int ranks) {
  std::vector<std::string> command;
  if (ranks > 0) command = {NEUSEMSLICE_MPIRUN, "-n", std::to_string(ranks)};
  command.emplace_back(NEUSEMSLICE_PROGRAM);
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

/// What mpirun needs in a container: root, and more ranks than cores.
const std::vector<std::string> kMpirunSettings = {"OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1",
                                                  "OMPI_MCA_rmaps_base_oversubscribe=1",
                                                  "OMPI_MCA_hwloc_base_binding_policy=none"};

int opened(const std::filesystem::path& path) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
}

int exit_code_of(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Process::Process(const std::vector<std::string>& arguments, const std::vector<std::string>& environment, int ranks) {
  std::vector<std::string> added = kMpirunSettings;
  added.insert(added.end(), environment.begin(), environment.end());
  const std::vector<std::string> whole = environment_with(added);
  pid_ = ::fork();
  require(pid_ >= 0, "no process could be started");
  if (pid_ > 0) return;
  ::dup2(opened(streams_ / "out"), STDOUT_FILENO);
  ::dup2(opened(streams_ / "err"), STDERR_FILENO);
  become(command_of(arguments, ranks), whole);
}

Process::~Process() {
  if (has_ended()) return;
  send(SIGKILL);
  wait();
}

void Process::send(int signal) const {
  ::kill(pid_, signal);
}

bool Process::has_ended() {
  if (!has_ended_) has_ended_ = ::waitpid(pid_, &status_, WNOHANG) == pid_;
  return has_ended_;
}

Outcome Process::wait() {
  if (!has_ended_) has_ended_ = ::waitpid(pid_, &status_, 0) == pid_;
  return {exit_code_of(status_), read_file(streams_ / "out"), read_file(streams_ / "err")};
}

Outcome run(const std::vector<std::string>& arguments, const std::vector<std::string>& environment, int ranks) {
  return Process(arguments, environment, ranks).wait();
}

std::vector<pid_t> processes(const std::string& name, const std::string& text) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string number = entry.path().filename();
    if (number.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry.path() / "cmdline", std::ios::binary);  // empty for a zombie
    std::string line;
    std::getline(file, line);  // the process may be gone by now
    const std::string program = std::filesystem::path(line.substr(0, line.find('\0'))).filename();
    if (program == name && line.find(text) != std::string::npos) found.push_back(std::stoi(number));
  }
  std::ranges::sort(found);
  return found;
}

bool can_make_terminals() {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0) return false;
  ::close(terminal);
  return true;
}

Outcome run_on_terminal(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
  const std::vector<std::string> whole = environment_with(environment);
  const TemporaryFolder streams;
  const winsize size{.ws_row = 25, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
  int terminal = -1;
  const pid_t pid = ::forkpty(&terminal, nullptr, nullptr, &size);
  require(pid >= 0, "no terminal could be made");
  if (pid == 0) {
    ::dup2(opened(streams / "out"), STDOUT_FILENO);
    become(command_of(arguments, 0), whole);
  }
  Outcome outcome;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(terminal, buffer, sizeof(buffer))) > 0;)
    outcome.err.append(buffer, static_cast<std::size_t>(got));
  ::close(terminal);
  int status = 0;
  ::waitpid(pid, &status, 0);
  outcome.exit_code = exit_code_of(status);
  outcome.out = read_file(streams / "out");
  return outcome;
}

}  // namespace neusemslice::test_support
