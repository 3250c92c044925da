/// load: a world that stands already, from ARM bodies.
#pragma once

#include "simulator/core.hpp"

namespace holdfast::simulator {

/// `[…]` or `{"value": […]}` of bodies with `id`. Groups that nobody lists are made, namespaces are registered,
/// roles are in effect at once. Nothing is stored unless all of it can be.
base::Result<void> load_world(Core&, std::string_view arm_json);

}  // namespace holdfast::simulator
