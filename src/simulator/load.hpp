/// load: a world that stands already, from ARM bodies or from the template that makes it.
#pragma once

#include "simulator/core.hpp"

namespace holdfast::simulator {

/// Any form of world_file. Groups that nobody lists are made, namespaces are registered, roles are in effect at once;
/// other types of Microsoft's are kept and shown. A template is deployed by the owner, in fair weather, and its minutes
/// pass at once; one for a group, to the group `loaded`. On an error nothing may be committed.
base::Result<void> load_world(Core&, std::string_view text);

}  // namespace holdfast::simulator
