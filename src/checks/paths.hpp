/// paths: the types and properties that predicates read beyond their rows, named once. Private to `checks`; a test
/// finds each in `shapes`, and each path of data/rules.yaml too.
#pragma once

#include "resource/resource.hpp"

namespace holdfast::checks {

namespace type {
inline constexpr std::string_view cluster = "Microsoft.ContainerService/managedClusters";
inline constexpr std::string_view pool = "Microsoft.ContainerService/managedClusters/agentPools";
inline constexpr std::string_view maintenance = "Microsoft.ContainerService/managedClusters/maintenanceConfigurations";
inline constexpr std::string_view subnet = "Microsoft.Network/virtualNetworks/subnets";
inline constexpr std::string_view route_table = "Microsoft.Network/routeTables";
inline constexpr std::string_view route = "Microsoft.Network/routeTables/routes";
inline constexpr std::string_view security_rule = "Microsoft.Network/networkSecurityGroups/securityRules";
inline constexpr std::string_view disk_encryption_set = "Microsoft.Compute/diskEncryptionSets";
inline constexpr std::string_view vault = "Microsoft.KeyVault/vaults";
inline constexpr std::string_view nat_gateway = "Microsoft.Network/natGateways";
inline constexpr std::string_view firewall = "Microsoft.Network/azureFirewalls";
inline constexpr std::string_view public_address = "Microsoft.Network/publicIPAddresses";
inline constexpr std::string_view public_prefix = "Microsoft.Network/publicIPPrefixes";
inline constexpr std::string_view diagnostics = "Microsoft.Insights/diagnosticSettings";
inline constexpr std::string_view role_assignment = "Microsoft.Authorization/roleAssignments";
}  // namespace type

namespace at {
using Property = resource::PropertyName;
inline constexpr Property outbound{type::cluster, "properties.networkProfile.outboundType"};
inline constexpr Property private_api{type::cluster, "properties.apiServerAccessProfile.enablePrivateCluster"};
inline constexpr Property authorized{type::cluster, "properties.apiServerAccessProfile.authorizedIPRanges"};
inline constexpr Property public_access{type::cluster, "properties.publicNetworkAccess"};
inline constexpr Property private_zone{type::cluster, "properties.apiServerAccessProfile.privateDNSZone"};
inline constexpr Property integrated{type::cluster, "properties.apiServerAccessProfile.enableVnetIntegration"};
inline constexpr Property api_subnet{type::cluster, "properties.apiServerAccessProfile.subnetId"};
inline constexpr Property version{type::cluster, "properties.kubernetesVersion"};
inline constexpr Property proxy{type::cluster, "properties.httpProxyConfig.httpsProxy"};
inline constexpr Property issuer{type::cluster, "properties.oidcIssuerProfile.enabled"};
inline constexpr Property identity_kind{type::cluster, "identity.type"};
inline constexpr Property identities{type::cluster, "identity.userAssignedIdentities"};
inline constexpr Property kubelet_identity{type::cluster, "properties.identityProfile.kubeletidentity.resourceId"};
inline constexpr Property node_group{type::cluster, "properties.nodeResourceGroup"};
inline constexpr Property disk_set{type::cluster, "properties.diskEncryptionSetID"};
inline constexpr Property pool_os{type::pool, "properties.osType"};
inline constexpr Property pool_mode{type::pool, "properties.mode"};
inline constexpr Property pool_subnet{type::pool, "properties.vnetSubnetID"};
inline constexpr Property pool_size{type::pool, "properties.vmSize"};
inline constexpr Property pool_zones{type::pool, "properties.availabilityZones"};
inline constexpr Property pool_autoscale{type::pool, "properties.enableAutoScaling"};
inline constexpr Property pool_min{type::pool, "properties.minCount"};
inline constexpr Property pool_max{type::pool, "properties.maxCount"};
inline constexpr Property subnet_nat{type::subnet, "properties.natGateway.id"};
inline constexpr Property subnet_routes{type::subnet, "properties.routeTable.id"};
inline constexpr Property subnet_nsg{type::subnet, "properties.networkSecurityGroup.id"};
inline constexpr Property subnet_delegations{type::subnet, "properties.delegations"};
inline constexpr Property nat_addresses{type::nat_gateway, "properties.publicIpAddresses"};
inline constexpr Property nat_prefixes{type::nat_gateway, "properties.publicIpPrefixes"};
inline constexpr Property firewall_places{type::firewall, "properties.ipConfigurations"};
inline constexpr Property address{type::public_address, "properties.ipAddress"};
inline constexpr Property prefix{type::public_prefix, "properties.ipPrefix"};
inline constexpr Property route_prefix{type::route, "properties.addressPrefix"};
inline constexpr Property route_hop{type::route, "properties.nextHopType"};
inline constexpr Property subnet_range{type::subnet, "properties.addressPrefix"};
inline constexpr Property rule_access{type::security_rule, "properties.access"};
inline constexpr Property rule_direction{type::security_rule, "properties.direction"};
inline constexpr Property rule_priority{type::security_rule, "properties.priority"};
inline constexpr Property rule_protocol{type::security_rule, "properties.protocol"};
inline constexpr Property rule_source{type::security_rule, "properties.sourceAddressPrefix"};
inline constexpr Property rule_sources{type::security_rule, "properties.sourceAddressPrefixes"};
inline constexpr Property rule_target{type::security_rule, "properties.destinationAddressPrefix"};
inline constexpr Property rule_targets{type::security_rule, "properties.destinationAddressPrefixes"};
inline constexpr Property rule_port{type::security_rule, "properties.destinationPortRange"};
inline constexpr Property rule_ports{type::security_rule, "properties.destinationPortRanges"};
inline constexpr Property set_identities{type::disk_encryption_set, "identity.userAssignedIdentities"};
inline constexpr Property vault_public{type::vault, "properties.publicNetworkAccess"};
inline constexpr Property vault_default{type::vault, "properties.networkAcls.defaultAction"};
inline constexpr Property purge_protection{type::vault, "properties.enablePurgeProtection"};
inline constexpr Property logs{type::diagnostics, "properties.logs"};
}  // namespace at

// Inside one element of a list.
inline constexpr std::string_view delegated_service = "properties.serviceName";
inline constexpr std::string_view member_id = "id";
inline constexpr std::string_view place_address = "properties.publicIPAddress.id";
inline constexpr std::string_view log_category = "category";
inline constexpr std::string_view log_group = "categoryGroup";
inline constexpr std::string_view log_enabled = "enabled";

/// What Azure says of every resource's last write; read-only, so in the raw answer.
inline constexpr std::string_view provisioning_state = "properties.provisioningState";

/// Data and control actions that a role for pulling images must not have.
inline constexpr std::string_view pull_images = "Microsoft.ContainerRegistry/registries/pull/read";
inline constexpr std::string_view push_images = "Microsoft.ContainerRegistry/registries/push/write";
inline constexpr std::string_view fetch_sign_in_file =
    "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action";
inline constexpr std::string_view write_zone = "Microsoft.Network/privateDnsZones/A/write";

}  // namespace holdfast::checks
