#include "integration/network_hosts.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "support/shell.hpp"

namespace neusemslice::test_support {
namespace {

constexpr int kHosts = 3;

/// Namespaces have names, which two tests at the same time must not share.
std::string prefix() {
  return fmt::format("nss-test-{}-", ::getpid());
}

std::string switch_network() {
  return prefix() + "switch";
}

/// What mpirun starts its daemons with instead of ssh: HOST COMMAND. The host name, too, is that of a namespace.
constexpr const char* kAgent =
    "#!/bin/sh\n"
    "host=$1\n"
    "shift\n"
    "exec ip netns exec {}$host unshare --uts sh -c 'hostname \"$0\" && eval \"$@\"' \"$host\" \"$*\"\n";

void must(const std::string& command) {
  const ShellOutcome outcome = shell(command);
  require(outcome.exit_code == 0, "{}: {}", command, outcome.output);
}

}  // namespace

std::string NetworkHosts::missing() {
  if (::geteuid() != 0) return "needs root, to make network namespaces";
  if (shell("command -v ip && command -v mpirun").exit_code != 0)
    return "needs ip and mpirun (apt install iproute2 openmpi-bin, or launchers/setup.sh --with-cluster-tests)";
  const std::string tried = prefix() + "tried";
  const ShellOutcome outcome =
      shell(fmt::format("ip netns add {0} && ip -n {0} link add bridge type bridge && "
                        "ip netns exec {0} unshare --uts hostname {0}; "
                        "ended=$?; ip netns del {0}; exit $ended",
                        tried));
  return outcome.exit_code == 0 ? "" : "network namespaces are not allowed here: " + outcome.output;
}

NetworkHosts::NetworkHosts() {
  write_file_atomically(folder_ / "agent", fmt::format(fmt::runtime(kAgent), prefix()));
  std::filesystem::permissions(folder_ / "agent", std::filesystem::perms::owner_all);
  try {
    must(fmt::format("ip netns add {0} && ip -n {0} link add bridge type bridge && ip -n {0} link set bridge up",
                     switch_network()));
    for (int host = 1; host <= kHosts; ++host) {
      must(
          fmt::format("ip netns add {0} && ip -n {0} link set lo up && "
                      "ip link add eth0 netns {0} type veth peer name port{2} netns {1} && "
                      "ip -n {0} address add 10.77.0.{2}/24 dev eth0 && ip -n {0} link set eth0 up && "
                      "ip -n {1} link set port{2} master bridge up",
                      network(host), switch_network(), host));
    }
  } catch (...) {
    remove();
    throw;
  }
}

NetworkHosts::~NetworkHosts() {
  remove();
}

/// Keepalive: without it mpirun needs minutes to notice that a host is gone. btl and pml: TCP and nothing else, since
/// ranks on these hosts could also meet in the machine's shared memory.
std::string NetworkHosts::mpirun(const std::string& program) const {
  return fmt::format(
      "{0}/agent host1 timeout --kill-after=5 120 mpirun --allow-run-as-root --bind-to none --host host1,host2,host3 "
      "-n 3 "
      "--mca plm_rsh_agent {0}/agent --mca pml ob1 --mca btl tcp,self --mca btl_tcp_if_include eth0 "
      "--mca oob_tcp_if_include eth0 --mca oob_tcp_keepalive_time 2 --mca oob_tcp_keepalive_intvl 1 "
      "--mca oob_tcp_keepalive_probes 3 {1}",
      folder_.path().string(), program);
}

void NetworkHosts::unplug(int host) const {
  must(fmt::format("ip -n {} link set eth0 down", network(host)));
}

bool NetworkHosts::has_rank(int host) const {
  const std::string names =
      shell(fmt::format("ip netns pids {} | xargs --no-run-if-empty ps -o comm= -p", network(host))).output;
  return names.find("neusemslice") != std::string::npos;
}

std::string NetworkHosts::network(int host) const {
  return fmt::format("{}host{}", prefix(), host);
}

void NetworkHosts::remove() const {
  for (int host = 1; host <= kHosts; ++host) {
    shell(fmt::format("ip netns pids {0} | xargs --no-run-if-empty kill -KILL; ip netns del {0}", network(host)));
  }
  shell("ip netns del " + switch_network());
}

}  // namespace neusemslice::test_support
