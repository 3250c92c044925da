/// The rows of Microsoft.Network.
#include "simulator/providers/network/network.hpp"
#include "simulator/providers/quotas.hpp"
#include "simulator/providers/providers.hpp"

namespace holdfast::simulator::providers {
namespace {

using namespace network;
using arm::Link;
using arm::Lro;
using arm::ResourceBehaviour;
using arm::Takes;
using arm::WriteLock;

constexpr std::string_view measured = "public recordings 2017-2021 (first answer to terminal poll)";
constexpr std::string_view estimate = "estimate, no recording";
constexpr Takes some_seconds{2, 8, 20, estimate};

constexpr std::string_view join_group = "Microsoft.Network/networkSecurityGroups/join/action";
constexpr std::string_view join_table = "Microsoft.Network/routeTables/join/action";
constexpr std::string_view join_gateway = "Microsoft.Network/natGateways/join/action";
constexpr std::string_view join_address = "Microsoft.Network/publicIPAddresses/join/action";
constexpr std::string_view join_subnet = "Microsoft.Network/virtualNetworks/subnets/join/action";

constexpr Link subnet_links[] = {
    {.at = "properties.networkSecurityGroup.id", .action = join_group},
    {.at = "properties.routeTable.id", .action = join_table},
    {.at = "properties.natGateway.id", .action = join_gateway},
};
constexpr Link peering_links[] = {
    {.at = "properties.remoteVirtualNetwork.id",
     .action = "Microsoft.Network/virtualNetworks/peer/action",
     .must_be_ready = false},
};
constexpr Link gateway_links[] = {{.at = "properties.publicIpAddresses[].id", .action = join_address}};
constexpr Link firewall_links[] = {
    {.at = "properties.ipConfigurations[].properties.subnet.id", .action = join_subnet},
    {.at = "properties.ipConfigurations[].properties.publicIPAddress.id", .action = join_address},
    {.at = "properties.firewallPolicy.id",
     .action = "Microsoft.Network/firewallPolicies/join/action",
     .locked_too = true},
};
constexpr Link policy_links[] = {
    {.at = "properties.basePolicy.id", .action = "Microsoft.Network/firewallPolicies/join/action"}};
constexpr Link zone_link_links[] = {
    {.at = "properties.virtualNetwork.id", .action = "Microsoft.Network/virtualNetworks/join/action"},
};
constexpr Link endpoint_links[] = {
    {.at = "properties.subnet.id", .action = join_subnet},
    {.at = "properties.privateLinkServiceConnections[].properties.privateLinkServiceId", .action = {}},
    {.at = "properties.manualPrivateLinkServiceConnections[].properties.privateLinkServiceId", .action = {}},
};
constexpr Link zone_group_links[] = {
    {.at = "properties.privateDnsZoneConfigs[].properties.privateDnsZoneId",
     .action = "Microsoft.Network/privateDnsZones/join/action"},
};

constexpr std::string_view operations = "providers/Microsoft.Network/locations/{location}/operations/{id}";
constexpr std::string_view results = "providers/Microsoft.Network/locations/{location}/operationResults/{id}";

/// What all of Microsoft.Network does alike; the rows below change what differs.
constexpr ResourceBehaviour alike(std::string_view type, Takes create, Takes update, Takes destroy, int retry_after) {
    ResourceBehaviour row{.type = type};
    row.put = Lro::async;
    row.erase = Lro::async_and_location;
    row.put_retry_after = retry_after;
    row.erase_retry_after = 10;
    row.create = create;
    row.update = update;
    row.destroy = destroy;
    row.patch = arm::PatchStyle::tags;
    row.lock = WriteLock::whole;
    row.operation_path = operations;
    row.result_path = results;
    row.etag_at = "etag";
    row.etag_header = true;
    row.before_delete = refuse_in_use;
    row.source = "recorded exchanges, read 2026-11-23";
    row.date = "2026-11-23";
    return row;
}
constexpr ResourceBehaviour child(std::string_view type, Takes takes, int retry_after) {
    auto row = alike(type, takes, takes, some_seconds, retry_after);
    row.patch = arm::PatchStyle::none;
    row.tracked = false;
    row.before_delete = nullptr;
    return row;
}

constexpr auto virtual_networks = [] {
    auto row = alike("Microsoft.Network/virtualNetworks", {1, 4, 30, measured}, {1, 4, 30, measured},
                     {5, 11, 22, measured}, 3);
    row.actions = network_actions;
    row.validate = validate_network;
    row.accepted = accepted_network;
    return row;
}();
constexpr auto subnets = [] {
    auto row = child("Microsoft.Network/virtualNetworks/subnets", {2, 5, 30, "estimate from virtual networks"}, 3);
    row.links = subnet_links;
    row.omitted = arm::OmittedChildren::kept_unsaid;
    row.kept_unsaid_since = subnets_kept_since;
    row.validate = validate_subnet;
    row.accepted = accepted_subnet;
    row.complete = complete_subnet;
    row.before_delete = refuse_in_use;
    return row;
}();
constexpr auto peerings = [] {
    auto row = child("Microsoft.Network/virtualNetworks/virtualNetworkPeerings", {2, 10, 11, measured}, 10);
    row.links = peering_links;
    row.omitted = arm::OmittedChildren::kept;
    row.validate = validate_peering;
    row.accepted = accepted_peering;
    row.complete = complete_peering;
    row.deleted = deleted_peering;
    return row;
}();
constexpr auto security_groups = [] {
    auto row =
        alike("Microsoft.Network/networkSecurityGroups", {1, 3, 20, measured}, {1, 3, 20, measured}, some_seconds, 3);
    row.validate = validate_security_group;
    row.accepted = accepted_security_group;
    row.view = view_security_group;
    return row;
}();
constexpr auto security_rules = [] {
    auto row = child("Microsoft.Network/networkSecurityGroups/securityRules", {1, 3, 20, measured}, 10);
    row.validate = validate_security_rule;
    row.accepted = accepted_security_rule;
    return row;
}();
constexpr auto route_tables = [] {
    auto row = alike("Microsoft.Network/routeTables", {1, 11, 12, measured}, {1, 11, 12, measured}, some_seconds, 10);
    row.validate = validate_route_table;
    row.accepted = accepted_route_table;
    row.view = view_subnets_of;
    return row;
}();
constexpr auto routes = [] {
    auto row = child("Microsoft.Network/routeTables/routes", {2, 10, 20, measured}, 10);
    row.validate = validate_route;
    row.accepted = accepted_route;
    return row;
}();
constexpr auto public_addresses = [] {
    auto row = alike("Microsoft.Network/publicIPAddresses", {1, 2, 31, measured}, {1, 2, 10, measured},
                     {1, 5, 20, measured}, 1);
    row.validate = validate_public_address;
    row.accepted = accepted_public_address;
    row.complete = complete_public_address;
    row.view = view_public_address;
    return row;
}();
constexpr auto nat_gateways = [] {
    auto row = alike("Microsoft.Network/natGateways", {3, 10, 30, estimate}, {3, 10, 30, estimate}, some_seconds, 10);
    row.links = gateway_links;
    row.validate = validate_nat_gateway;
    row.accepted = accepted_nat_gateway;
    row.view = view_subnets_of;
    return row;
}();
constexpr auto firewalls = [] {
    auto row = alike("Microsoft.Network/azureFirewalls", {240, 420, 900, estimate}, {120, 240, 600, estimate},
                     {120, 240, 420, estimate}, 10);
    row.links = firewall_links;
    row.validate = validate_firewall;
    row.accepted = accepted_firewall;
    row.complete = complete_firewall;
    return row;
}();
constexpr auto firewall_policies = [] {
    auto row =
        alike("Microsoft.Network/firewallPolicies", {10, 25, 80, estimate}, {10, 25, 80, estimate}, some_seconds, 10);
    row.links = policy_links;
    row.validate = validate_firewall_policy;
    row.accepted = accepted_firewall_policy;
    row.view = view_firewall_policy;
    return row;
}();
constexpr auto rule_groups = [] {
    auto row = child("Microsoft.Network/firewallPolicies/ruleCollectionGroups", {5, 15, 40, estimate}, 10);
    row.validate = validate_rule_group;
    row.accepted = accepted_rule_group;
    return row;
}();
/// Recorded: net PrivateDnsZone.CanUpdateWithExplicitETag and its like, read 2026-12-01.
constexpr std::string_view precondition_failed = "network.precondition_failed";
constexpr arm::Scheduled scheduled[] = {
    {precondition_failed,
     [](Context& context, std::string const&, json::Value const& refused) {
         context.fail(arm::error(412, text(refused, "code"), text(refused, "message")));
     }},
};

constexpr auto zones = [] {
    auto row = alike("Microsoft.Network/privateDnsZones", {21, 32, 124, measured}, {21, 32, 124, measured},
                     {11, 20, 40, measured}, 10);
    row.create_status = row.update_status = 202;
    row.accepted_empty = true;
    row.erase_final_status = 200;
    row.etag_fails_by = precondition_failed;
    row.put = Lro::async_and_location;
    row.lock = WriteLock::itself;
    row.operation_path = "providers/Microsoft.Network/privateDnsOperationStatuses/{id}";
    row.result_path = "providers/Microsoft.Network/privateDnsOperationResults/{id}";
    row.validate = validate_zone;
    row.accepted = accepted_zone;
    row.view = view_zone;
    row.before_delete = refuse_linked_zone;
    return row;
}();
constexpr auto zone_links = [] {
    auto row = alike("Microsoft.Network/privateDnsZones/virtualNetworkLinks", {10, 47, 53, measured},
                     {10, 47, 53, measured}, {22, 30, 41, measured}, 10);
    row.create_status = row.update_status = 202;
    row.accepted_empty = true;
    row.erase_final_status = 200;
    row.etag_fails_by = precondition_failed;
    row.put = Lro::async_and_location;
    row.lock = WriteLock::itself;
    row.tracked = false;
    row.operation_path = "providers/Microsoft.Network/privateDnsOperationStatuses/{id}";
    row.result_path = "providers/Microsoft.Network/privateDnsOperationResults/{id}";
    row.links = zone_link_links;
    row.validate = validate_zone_link;
    row.accepted = accepted_zone_link;
    row.complete = complete_zone_link;
    row.before_delete = nullptr;
    return row;
}();
constexpr auto endpoints = [] {
    auto row = alike("Microsoft.Network/privateEndpoints", {30, 70, 94, measured}, {10, 30, 60, measured},
                     {10, 30, 60, estimate}, 10);
    row.links = endpoint_links;
    row.validate = validate_private_endpoint;
    row.accepted = accepted_private_endpoint;
    row.complete = complete_private_endpoint;
    return row;
}();
constexpr auto zone_groups = [] {
    auto row = child("Microsoft.Network/privateEndpoints/privateDnsZoneGroups", {2, 10, 20, estimate}, 10);
    row.links = zone_group_links;
    row.validate = validate_zone_group;
    return row;
}();
/// Made by AKS in the node resource group only; nobody PUTs it here.
constexpr auto load_balancers = [] {
    auto row = alike("Microsoft.Network/loadBalancers", {1, 3, 10, measured}, {1, 3, 10, measured}, some_seconds, 3);
    row.before_delete = nullptr;
    return row;
}();

constexpr ResourceBehaviour types[] = {
    virtual_networks, subnets,      peerings,      security_groups,   security_rules, route_tables, routes,
    public_addresses, nat_gateways, firewalls,     firewall_policies, rule_groups,    zones,        zone_links,
    endpoints,        zone_groups,  load_balancers};

arm::Reply list_usages(arm::Context& context, arm::Call const& call) {
    auto const& location = call.parameters.at("location");
    if (!find_region(location))
        return arm::error(400, "LocationNotAvailableForResourceType", "The location '" + location + "' is not known.");
    json::Array value;
    for (auto const& quota : quotas())
        if (quota.counts.starts_with("Microsoft.Network/"))
            value.push_back(usage(quota.name, std::string(quota.name), used(context, quota, location),
                                  allowed(context, quota, location)));
    return arm::Answer{.status = 200, .body = json::Object{{"value", std::move(value)}}, .headers = {}};
}
constexpr arm::Route routes_of_network[] = {
    {.under = arm::Route::Under::subscription,
     .method = "GET",
     .pattern = "Microsoft.Network/locations/{location}/usages",
     .permission = "Microsoft.Network/locations/usages/read",
     .run = list_usages},
};

constexpr arm::Provider provider{.name = "Microsoft.Network",
                                 .registration = {5, 20, 60, "estimate"},
                                 .types = types,
                                 .routes = routes_of_network,
                                 .scheduled = scheduled};

}  // namespace

arm::Provider const& microsoft_network() { return provider; }

}  // namespace holdfast::simulator::providers
