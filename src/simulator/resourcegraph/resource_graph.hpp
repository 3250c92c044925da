/// resource_graph: POST /providers/Microsoft.ResourceGraph/resources over what stands, as far as the caller may read
/// it.
#pragma once

#include "simulator/arm/requests.hpp"

namespace holdfast::simulator::resourcegraph {

arm::Provider const& provider();

}  // namespace holdfast::simulator::resourcegraph
