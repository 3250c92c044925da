/// paths: the types and properties this room reads, named once. Private to `keys`; a test finds each in `shapes`.
#pragma once

#include "resource/resource.hpp"

namespace holdfast::keys {

namespace type {
inline constexpr std::string_view cluster = "Microsoft.ContainerService/managedClusters";
inline constexpr std::string_view pool = "Microsoft.ContainerService/managedClusters/agentPools";
inline constexpr std::string_view disk_encryption_set = "Microsoft.Compute/diskEncryptionSets";
inline constexpr std::string_view vault = "Microsoft.KeyVault/vaults";
inline constexpr std::string_view key = "Microsoft.KeyVault/vaults/keys";
inline constexpr std::string_view role_assignment = "Microsoft.Authorization/roleAssignments";
inline constexpr std::string_view identity = "Microsoft.ManagedIdentity/userAssignedIdentities";
}  // namespace type

namespace at {
using Property = resource::PropertyName;
inline constexpr Property disk_set{type::cluster, "properties.diskEncryptionSetID"};
inline constexpr Property kms_enabled{type::cluster, "properties.securityProfile.azureKeyVaultKms.enabled"};
inline constexpr Property kms_key{type::cluster, "properties.securityProfile.azureKeyVaultKms.keyId"};
inline constexpr Property kms_vault{type::cluster, "properties.securityProfile.azureKeyVaultKms.keyVaultResourceId"};
inline constexpr Property os_disk{type::pool, "properties.osDiskType"};
inline constexpr Property active_key{type::disk_encryption_set, "properties.activeKey.keyUrl"};
inline constexpr Property follows_newest{type::disk_encryption_set, "properties.rotationToLatestKeyVersionEnabled"};
inline constexpr Property encryption{type::disk_encryption_set, "properties.encryptionType"};
inline constexpr Property purge_protection{type::vault, "properties.enablePurgeProtection"};
inline constexpr Property retention{type::vault, "properties.softDeleteRetentionInDays"};
inline constexpr Property kind{type::key, "properties.kty"};
inline constexpr Property size{type::key, "properties.keySize"};
inline constexpr Property curve{type::key, "properties.curveName"};
inline constexpr Property rotation{type::key, "properties.rotationPolicy.lifetimeActions"};
inline constexpr Property principal{type::role_assignment, "properties.principalId"};
inline constexpr Property role{type::role_assignment, "properties.roleDefinitionId"};
inline constexpr Property identity_principal{type::identity, "properties.principalId"};
}  // namespace at

// Inside one of a key's lifetime actions.
inline constexpr std::string_view action_kind = "action.type";
inline constexpr std::string_view after_creation = "trigger.timeAfterCreate";
inline constexpr std::string_view before_expiry = "trigger.timeBeforeExpiry";

/// The data action whose holders can open what the key protects.
inline constexpr std::string_view unwrap = "Microsoft.KeyVault/vaults/keys/unwrap/action";
inline constexpr std::string_view decrypt = "Microsoft.KeyVault/vaults/keys/decrypt/action";

}  // namespace holdfast::keys
