#pragma once

#include <string>

#include "support/temporary_folder.hpp"

namespace neusemslice::test_support {

/// Three hosts of one machine: host1, host2 and host3, each a network namespace with an address and a host name of its
/// own, on one switch that nothing else is connected to. Processes and files are those of the machine.
class NetworkHosts {
 public:
  /// What is missing for them, to say when a test is skipped; empty when nothing is.
  static std::string missing();

  NetworkHosts();
  /// Ends what still runs on the hosts.
  ~NetworkHosts();
  NetworkHosts(const NetworkHosts&) = delete;
  NetworkHosts& operator=(const NetworkHosts&) = delete;

  /// The command line that runs `program`, itself a command line, as three ranks, one on each host, over TCP.
  [[nodiscard]] std::string mpirun(const std::string& program) const;

  /// Pulls the host's network cable.
  void unplug(int host) const;

  /// Whether a rank runs there. (Open MPI's own daemon may outlive it on a host that nobody hears.)
  [[nodiscard]] bool has_rank(int host) const;

 private:
  [[nodiscard]] std::string network(int host) const;
  void remove() const;

  TemporaryFolder folder_;
};

}  // namespace neusemslice::test_support
