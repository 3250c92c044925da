/// graph: the few questions of Microsoft Graph that deployers ask.
#pragma once

#include "simulator/core.hpp"

namespace holdfast::simulator::graph {

world::Response answer(Core&, Asked const&);

}  // namespace holdfast::simulator::graph
