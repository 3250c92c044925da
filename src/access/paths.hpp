/// paths: the types and properties this room reads, named once. Private to `access`; a test finds each in `shapes`.
#pragma once

#include "resource/resource.hpp"

namespace holdfast::access {

namespace type {
inline constexpr std::string_view cluster = "Microsoft.ContainerService/managedClusters";
inline constexpr std::string_view role_assignment = "Microsoft.Authorization/roleAssignments";
inline constexpr std::string_view identity = "Microsoft.ManagedIdentity/userAssignedIdentities";
}  // namespace type

namespace at {
using Property = resource::PropertyName;
inline constexpr Property principal{type::role_assignment, "properties.principalId"};
inline constexpr Property principal_kind{type::role_assignment, "properties.principalType"};
inline constexpr Property role{type::role_assignment, "properties.roleDefinitionId"};
inline constexpr Property scope{type::role_assignment, "properties.scope"};
inline constexpr Property identity_principal{type::identity, "properties.principalId"};
inline constexpr Property entra{type::cluster, "properties.aadProfile.managed"};
inline constexpr Property entra_profile{type::cluster, "properties.aadProfile"};
inline constexpr Property azure_rbac{type::cluster, "properties.aadProfile.enableAzureRBAC"};
inline constexpr Property admin_groups{type::cluster, "properties.aadProfile.adminGroupObjectIDs"};
inline constexpr Property local_accounts_off{type::cluster, "properties.disableLocalAccounts"};
inline constexpr Property run_command_off{type::cluster, "properties.apiServerAccessProfile.disableRunCommand"};
}  // namespace at

// What a role must permit to open a way into the Kubernetes API from the Azure side.
inline constexpr std::string_view fetch_admin_credential =
    "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action";
inline constexpr std::string_view run_command = "Microsoft.ContainerService/managedClusters/runcommand/action";
inline constexpr std::string_view write_anything_in_cluster = "Microsoft.ContainerService/managedClusters/write";
inline constexpr std::string_view give_roles = "Microsoft.Authorization/roleAssignments/write";
inline constexpr std::string_view inside_cluster = "Microsoft.ContainerService/managedClusters/pods/read";
inline constexpr std::string_view delete_group = "Microsoft.Resources/subscriptions/resourceGroups/delete";

}  // namespace holdfast::access
