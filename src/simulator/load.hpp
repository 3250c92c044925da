/// load: a world that stands already, from ARM bodies.
#pragma once

#include "simulator/core.hpp"

namespace holdfast::simulator {

/// Any form of world_file. Groups that nobody lists are made, namespaces are registered, roles are in effect at once;
/// other types of Microsoft's are kept and shown. Nothing is stored unless all of it can be.
base::Result<void> load_world(Core&, std::string_view text);

}  // namespace holdfast::simulator
