#include "models/exportable_networks.hpp"

#include "models/network_builder.hpp"
#include "support/toy_networks.hpp"

namespace neusemslice::test_support {
namespace {

Architecture rare_forms() {
  NetworkBuilder net("rare-forms", {3, 9, 9});
  net.convolution("conv1", 6, 3, 1, 1, true);
  const std::int64_t first = net.relu();
  net.convolution("conv2", 6, 3, 1, 1, true);
  const std::int64_t second = net.relu();
  net.convolution("conv3", 6, 3, 1, 1, true);
  const std::int64_t sum = net.add(first, second);
  net.relu();
  net.adaptive_average_pool(3);  // of 9: equal windows
  net.adaptive_average_pool(4);  // of 3: windows that overlap and repeat
  net.flatten();
  net.linear("fc1", 7, false);
  net.relu();
  net.linear("fc2", 4);
  Architecture architecture = std::move(net).build(Initialisation::uniform);
  architecture.nodes[static_cast<std::size_t>(sum)].inputs.push_back(sum - 1);
  return architecture;
}

}  // namespace

std::vector<Network> exportable_networks() {
  std::vector<Network> networks;
  for (const std::string& kind : toy_kinds()) networks.push_back(toy_network(kind, 11));
  networks.push_back(make_network(rare_forms(), 11));
  return networks;
}

}  // namespace neusemslice::test_support
