/// groups: resource groups, and how one goes away with all that is in it.
#pragma once

#include "simulator/arm/work.hpp"

namespace holdfast::simulator::arm {

inline constexpr std::string_view group_type = "Microsoft.Resources/resourceGroups";

/// The key of the group that a resource is in, or of the group itself; empty for what is in none.
std::string_view group_key(ResourceId const&);
bool is_group(ResourceId const&);
/// Erases the members of a group that is being deleted, users before what they use, then the group.
/// Later: some member is still being worked on. An error: what stays, and why; the group stands again.
Outcome sweep(Work&, ResourceId const& group);
/// How long the deletion of a group takes: by what is in it.
Takes deletion_takes(Work const&, ResourceId const& group);
/// The row that speaks for resource groups.
ResourceBehaviour const& group_behaviour();

}  // namespace holdfast::simulator::arm
