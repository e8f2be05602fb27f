#include "slurm/slurm_cluster.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/text.hpp"
#include "support/waiting.hpp"

namespace neusemslice::test_support {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// SlurmUser=root: no other account is needed. linuxproc and task/none: no cgroups, so that a container will do.
/// TmpFS: two nodes of one host would otherwise share PMIx's folder. config_overrides: take the nodes as described.
/// cred_expire: how long a requeued job waits before it starts again, 120 s unless said; so for tests.
constexpr const char* kConfiguration =
    "ClusterName=test\n"
    "SlurmctldHost={host}(127.0.0.1)\n"
    "SlurmctldPort={controller}\n"
    "SlurmUser=root\n"
    "AuthType=auth/munge\n"
    "AuthInfo=socket={folder}/munge.socket,cred_expire=5\n"
    "StateSaveLocation={folder}/state\n"
    "SlurmctldPidFile={folder}/slurmctld.pid\n"
    "SlurmdPidFile={folder}/slurmd-%n.pid\n"
    "SlurmdSpoolDir={folder}/spool-%n\n"
    "TmpFS={folder}/tmp-%n\n"
    "SlurmdParameters=config_overrides\n"
    "ProctrackType=proctrack/linuxproc\n"
    "TaskPlugin=task/none\n"
    "JobAcctGatherType=jobacct_gather/none\n"
    "SelectType=select/cons_tres\n"
    "SelectTypeParameters=CR_CPU\n"
    "SchedulerType=sched/builtin\n"
    "SchedulerParameters=sched_interval=2\n"
    "MailProg=/bin/true\n"
    "GresTypes=gpu\n"
    "NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={n1} CPUs=64 RealMemory=64000 Gres=gpu:4\n"
    "NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={n2} CPUs=64 RealMemory=64000 Gres=gpu:4\n"
    "PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP\n";

/// Slurm wants a device's file to exist and asks no more of it.
constexpr const char* kImaginedGpus = "NodeName=n[1-2] Name=gpu File={folder}/gpu[0-3]\n";

bool is_installed(const std::string& program) {
  return shell("command -v " + program).exit_code == 0;
}

/// Ports that nobody listens on, held until all are chosen so that they differ.
std::array<int, 3> free_ports() {
  std::array<int, 3> sockets{};
  std::array<int, 3> ports{};
  for (std::size_t i = 0; i < ports.size(); ++i) {
    sockets[i] = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    require(::bind(sockets[i], generic, size) == 0 && ::getsockname(sockets[i], generic, &size) == 0, "no free port");
    ports[i] = ntohs(address.sin_port);
  }
  for (const int socket : sockets) ::close(socket);
  return ports;
}

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return split(name.data(), '.').front();
}

/// Whoever knew it could run anything as root while the test runs.
std::string secret() {
  std::random_device random;
  std::string bytes;
  while (bytes.size() < 64) bytes += static_cast<char>(random());
  return bytes;
}

/// Also of files in /proc, whose size says nothing; empty when it is gone.
std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::string SlurmCluster::missing() {
  if (::geteuid() != 0) return "needs root, to start a private Slurm";
  for (const char* program : {"slurmctld", "slurmd", "munged", "sbatch", "srun"}) {
    if (!is_installed(program)) {
      return fmt::format("needs {} (apt install slurm-wlm munge, or launchers/setup.sh --with-cluster-tests)", program);
    }
  }
  return "";
}

SlurmCluster::SlurmCluster() {
  fs::permissions(folder_.path(), fs::perms(0755));  // munged refuses a folder where others cannot reach its socket
  write_configuration();
  const std::string folder = folder_.path().string();
  start(
      fmt::format("exec munged --foreground --key-file={0}/munge.key --socket={0}/munge.socket "
                  "--pid-file={0}/munged.pid --log-file={0}/munged.log --seed-file={0}/munged.seed",
                  folder));
  require(wait_until([&] { return fs::exists(folder_ / "munge.socket"); }, 10s), "munged did not start: {}",
          bytes_of(folder_ / "munged.out"));
  start("exec slurmctld -D -c");
  start("exec slurmd -D -N n1");
  start("exec slurmd -D -N n2");
  wait_until_nodes_are_idle();
}

SlurmCluster::~SlurmCluster() {
  run("scancel --full --signal=KILL $(squeue --noheader --format=%i); scancel --user=root");
  for (const pid_t daemon : daemons_) ::kill(daemon, SIGKILL);
  for (const pid_t daemon : daemons_) ::waitpid(daemon, nullptr, 0);
  // Steps are no children of this process, but all that a cluster has started has its folder in the environment.
  for (const pid_t process : processes()) ::kill(process, SIGKILL);
}

void SlurmCluster::write_configuration() const {
  const auto [controller, n1, n2] = free_ports();
  const auto write = [&](const std::string& name, const char* text) {
    write_file_atomically(
        folder_ / name,
        fmt::format(fmt::runtime(text), fmt::arg("host", host_name()), fmt::arg("folder", folder_.path().string()),
                    fmt::arg("controller", controller), fmt::arg("n1", n1), fmt::arg("n2", n2)));
  };
  write("slurm.conf", kConfiguration);
  write("gres.conf", kImaginedGpus);
  for (const char* gpu : {"gpu0", "gpu1", "gpu2", "gpu3"}) write_file_atomically(folder_ / gpu, "");
  for (const char* name : {"state", "spool-n1", "spool-n2", "tmp-n1", "tmp-n2"}) fs::create_directory(folder_ / name);
  write_file_atomically(folder_ / "munge.key", secret());
  fs::permissions(folder_ / "munge.key", fs::perms(0600));
}

void SlurmCluster::start(const std::string& command) {
  const std::string line = fmt::format("export SLURM_CONF={0}/slurm.conf; {1}", folder_.path().string(), command);
  const std::string output = folder_ / fmt::format("daemon-{}.out", daemons_.size());
  const pid_t pid = ::fork();
  require(pid >= 0, "no process for {}", command);
  if (pid > 0) {
    daemons_.push_back(pid);
    return;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  ::execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
  std::_Exit(127);
}

void SlurmCluster::wait_until_nodes_are_idle() const {
  const auto are_idle = [&] { return run("sinfo --noheader --format='%T %D'").output == "idle 2\n"; };
  if (wait_until(are_idle, 30s)) return;
  std::string said = run("sinfo --Node --long").output;
  for (std::size_t i = 0; i < daemons_.size(); ++i) said += bytes_of(folder_ / fmt::format("daemon-{}.out", i));
  throw Error("the private Slurm did not start within 30 s: " + said);
}

ShellOutcome SlurmCluster::run(const std::string& command) const {
  return shell(fmt::format("export SLURM_CONF={}/slurm.conf; {}", folder_.path().string(), command));
}

std::string SlurmCluster::submit(const fs::path& folder, const std::string& arguments) const {
  const ShellOutcome outcome =
      run(fmt::format("cd {} && sbatch --parsable {}", shell_word(folder.string()), arguments));
  require(outcome.exit_code == 0, "sbatch {}: {}", arguments, outcome.output);
  return split(outcome.output, '\n').front();
}

std::map<std::string, std::string> SlurmCluster::job(const std::string& id) const {
  std::map<std::string, std::string> fields;
  for (const std::string& word : split(run("scontrol --oneliner show job " + id).output, ' ')) {
    const std::size_t equals = word.find('=');
    if (equals != std::string::npos) fields[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return fields;
}

bool SlurmCluster::wait_for(const std::string& id, const std::string& state, std::chrono::seconds patience) const {
  return wait_until([&] { return job(id)["JobState"] == state; }, patience);
}

std::vector<pid_t> SlurmCluster::processes() const {
  const std::string mark = fmt::format("SLURM_CONF={}/slurm.conf", folder_.path().string());
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const pid_t process = std::atoi(entry.path().filename().c_str());
    if (process > 0 && bytes_of(entry.path() / "environ").find(mark) != std::string::npos) found.push_back(process);
  }
  return found;
}

}  // namespace neusemslice::test_support
