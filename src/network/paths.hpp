/// paths: the types and properties this room reads, named once. Private to `network`; a test finds each in `shapes`.
#pragma once

#include "resource/resource.hpp"

namespace holdfast::network {

namespace type {
inline constexpr std::string_view cluster = "Microsoft.ContainerService/managedClusters";
inline constexpr std::string_view pool = "Microsoft.ContainerService/managedClusters/agentPools";
inline constexpr std::string_view virtual_network = "Microsoft.Network/virtualNetworks";
inline constexpr std::string_view subnet = "Microsoft.Network/virtualNetworks/subnets";
inline constexpr std::string_view peering = "Microsoft.Network/virtualNetworks/virtualNetworkPeerings";
inline constexpr std::string_view nat_gateway = "Microsoft.Network/natGateways";
inline constexpr std::string_view public_ip = "Microsoft.Network/publicIPAddresses";
inline constexpr std::string_view route_table = "Microsoft.Network/routeTables";
inline constexpr std::string_view route = "Microsoft.Network/routeTables/routes";
inline constexpr std::string_view firewall = "Microsoft.Network/azureFirewalls";
inline constexpr std::string_view private_endpoint = "Microsoft.Network/privateEndpoints";
}  // namespace type

namespace at {
using Property = resource::PropertyName;
// cluster
inline constexpr Property plugin{type::cluster, "properties.networkProfile.networkPlugin"};
inline constexpr Property plugin_mode{type::cluster, "properties.networkProfile.networkPluginMode"};
inline constexpr Property dataplane{type::cluster, "properties.networkProfile.networkDataplane"};
inline constexpr Property policy{type::cluster, "properties.networkProfile.networkPolicy"};
inline constexpr Property pod_cidr{type::cluster, "properties.networkProfile.podCidr"};
inline constexpr Property service_cidr{type::cluster, "properties.networkProfile.serviceCidr"};
inline constexpr Property dns_service_ip{type::cluster, "properties.networkProfile.dnsServiceIP"};
inline constexpr Property outbound{type::cluster, "properties.networkProfile.outboundType"};
inline constexpr Property private_api{type::cluster, "properties.apiServerAccessProfile.enablePrivateCluster"};
inline constexpr Property api_integration{type::cluster, "properties.apiServerAccessProfile.enableVnetIntegration"};
inline constexpr Property api_subnet{type::cluster, "properties.apiServerAccessProfile.subnetId"};
inline constexpr Property authorized{type::cluster, "properties.apiServerAccessProfile.authorizedIPRanges"};
inline constexpr Property public_fqdn{type::cluster,
                                      "properties.apiServerAccessProfile.enablePrivateClusterPublicFQDN"};
// pool
inline constexpr Property pool_subnet{type::pool, "properties.vnetSubnetID"};
inline constexpr Property pool_pod_subnet{type::pool, "properties.podSubnetID"};
inline constexpr Property pool_pod_mode{type::pool, "properties.podIPAllocationMode"};
inline constexpr Property pool_count{type::pool, "properties.count"};
inline constexpr Property pool_autoscale{type::pool, "properties.enableAutoScaling"};
inline constexpr Property pool_max_count{type::pool, "properties.maxCount"};
inline constexpr Property pool_max_pods{type::pool, "properties.maxPods"};
inline constexpr Property pool_mode{type::pool, "properties.mode"};
inline constexpr Property pool_surge{type::pool, "properties.upgradeSettings.maxSurge"};
inline constexpr Property pool_unavailable{type::pool, "properties.upgradeSettings.maxUnavailable"};
// virtual network
inline constexpr Property space{type::virtual_network, "properties.addressSpace.addressPrefixes"};
inline constexpr Property subnet_range{type::subnet, "properties.addressPrefix"};
inline constexpr Property subnet_ranges{type::subnet, "properties.addressPrefixes"};
inline constexpr Property subnet_nat{type::subnet, "properties.natGateway.id"};
inline constexpr Property subnet_routes{type::subnet, "properties.routeTable.id"};
inline constexpr Property subnet_nsg{type::subnet, "properties.networkSecurityGroup.id"};
inline constexpr Property subnet_delegations{type::subnet, "properties.delegations"};
inline constexpr Property peer{type::peering, "properties.remoteVirtualNetwork.id"};
inline constexpr Property peer_space{type::peering, "properties.remoteAddressSpace.addressPrefixes"};
// the way out
inline constexpr Property nat_ips{type::nat_gateway, "properties.publicIpAddresses"};
inline constexpr Property ip_address{type::public_ip, "properties.ipAddress"};
inline constexpr Property route_prefix{type::route, "properties.addressPrefix"};
inline constexpr Property route_hop{type::route, "properties.nextHopType"};
inline constexpr Property route_hop_ip{type::route, "properties.nextHopIpAddress"};
inline constexpr Property firewall_configurations{type::firewall, "properties.ipConfigurations"};
inline constexpr Property endpoint_subnet{type::private_endpoint, "properties.subnet.id"};
}  // namespace at

// Inside list elements, relative to the element.
inline constexpr std::string_view delegated_service = "properties.serviceName";
inline constexpr std::string_view configuration_subnet = "properties.subnet.id";
inline constexpr std::string_view configuration_ip = "properties.publicIPAddress.id";
inline constexpr std::string_view reference_id = "id";

}  // namespace holdfast::network
