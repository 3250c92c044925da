/// access: who may do what, from the role assignments that stand and have taken effect.
#pragma once

#include "simulator/store/store.hpp"

namespace holdfast::simulator::arm {

enum class When { now, eventually };  ///< eventually: as if every assignment had taken effect
enum class Plane { control, data };

bool permits(Store const&, std::string_view principal, std::string_view action, ResourceId const& scope, Plane, When);

/// One entry of `permissions`: a role's actions and what it takes away.
struct Permission {
    std::vector<std::string> actions, not_actions, data_actions, not_data_actions;
};
/// Whether the permission's actions cover this one, and its exceptions do not.
bool covers(Permission const&, std::string_view action, Plane = Plane::control);
/// Every permission a principal has at a scope, in effect.
std::vector<Permission> permissions_at(Store const&, std::string_view principal, ResourceId const& scope);
/// The permissions of a role, built in or custom. Empty when there is no such role.
std::vector<Permission> permissions_of_role(Store const&, std::string_view role_guid);
bool role_exists(Store const&, std::string_view role_guid);

/// What a service forbids on something that stands and, if said so, below it. Nobody makes one directly: AKS does on a
/// node resource group, a deployment stack on what it manages. Kept beside what is shown, as `denied_by`.
struct DenyAssignment {
    std::string id, name;
    std::string owner;  ///< id of the stack whose own acts it does not hold; AKS acts below the door
    Permission permission;
    std::vector<std::string> excluded_principals;
    bool reaches_children = false;
};
inline constexpr std::string_view denied_by = "deny";
json::Value to_json(DenyAssignment const&);
std::optional<DenyAssignment> deny_assignment_of(Stored const&);

/// Where an assignment's effect begins; kept beside what is shown.
inline constexpr std::string_view effective_at = "effectiveAt";

}  // namespace holdfast::simulator::arm
