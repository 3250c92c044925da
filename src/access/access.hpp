/// access: who can get in, on both levels. A thin first version: each principal's way to the Azure resource and to the
/// Kubernetes API, through which role at which scope.
#pragma once

#include "resource/resource.hpp"

namespace holdfast::access {

enum class Level { azure_resource, kubernetes_api };
std::string_view name(Level);

struct Way {
    std::string principal;       ///< object id, or the address of an identity of the estate
    std::string principal_type;  ///< Group, User, ServicePrincipal
    std::string role;            ///< "Azure Kubernetes Service RBAC Cluster Admin"
    std::string scope;           ///< address or id; "cluster / namespace team-a"
    Level level;
    std::string meaning;     ///< "may do everything inside the cluster"
    bool human = true;       ///< false: the cluster's own identities
    resource::Address from;  ///< the resource that opens the way: a role assignment, or the cluster itself
    bool broad = false;      ///< may change everything at its scope, or give roles
};
struct Paths {
    std::vector<Way> ways;
    std::string sign_in;             ///< "Entra ID; local accounts off"
    bool role_list_complete = true;  ///< false: some role assignment could not be read or recognised
    std::vector<std::string> unknowns;
};
/// Sorted: the Kubernetes API first, people before machines, then by principal and role.
Paths paths(resource::Graph const&);

}  // namespace holdfast::access
