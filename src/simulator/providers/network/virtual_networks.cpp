/// Virtual networks, subnets, peerings.
#include <algorithm>
#include <array>

#include "simulator/providers/network/network.hpp"

namespace holdfast::simulator::providers::network {
namespace {

constexpr std::string_view network_type = "Microsoft.Network/virtualNetworks";
constexpr std::string_view subnet_type = "Microsoft.Network/virtualNetworks/subnets";
constexpr std::string_view peering_type = "Microsoft.Network/virtualNetworks/virtualNetworkPeerings";

/// Services a subnet can be delegated to; the simulated cloud has these.
constexpr std::string_view delegation_services[] = {
    "Microsoft.ContainerService/managedClusters",
    "Microsoft.ContainerInstance/containerGroups",
    "Microsoft.Web/serverFarms",
    "Microsoft.App/environments",
    "Microsoft.Sql/managedInstances",
    "Microsoft.DBforPostgreSQL/flexibleServers",
    "Microsoft.DBforMySQL/flexibleServers",
    "Microsoft.Network/dnsResolvers",
    "Microsoft.NetApp/volumes",
    "Microsoft.ServiceNetworking/trafficControllers",
    "Microsoft.Databricks/workspaces",
    "Microsoft.ApiManagement/service",
};
constexpr std::string_view endpoint_services[] = {
    "Microsoft.KeyVault", "Microsoft.ContainerRegistry",    "Microsoft.Storage",           "Microsoft.Storage.Global",
    "Microsoft.Sql",      "Microsoft.AzureCosmosDB",        "Microsoft.ServiceBus",        "Microsoft.EventHub",
    "Microsoft.Web",      "Microsoft.AzureActiveDirectory", "Microsoft.CognitiveServices",
};

Refusal range_is_canonical(std::string const& written) {
    auto const slash = written.find('/');
    auto const address = slash == std::string::npos
                             ? base::Result<std::uint32_t>(base::fail(base::ErrorCode::syntax, ""))
                             : base::parse_ipv4(written.substr(0, slash));
    int const prefix = slash == std::string::npos ? -1 : std::atoi(written.c_str() + slash + 1);
    if (!address || prefix < 0 || prefix > 32)
        return arm::error(400, "InvalidAddressPrefixFormat",
                          "Address prefix " + written + " is not formatted correctly.");
    auto const mask = prefix == 0 ? 0u : ~std::uint32_t{0} << (32 - prefix);
    if (auto const canonical = base::Cidr::of(*address & mask, prefix); canonical.text() != written)
        return arm::error(400, "InvalidCIDRNotation",
                          "The address prefix " + written +
                              " has an invalid CIDR notation. For the given prefix length, the "
                              "address prefix should be " +
                              canonical.text() + ".");
    return {};
}

struct NamedRange {
    std::string name;
    base::Cidr range;
};

Refusal ranges_fit(std::string_view network, std::vector<base::Cidr> const& space,
                   std::vector<NamedRange> const& subnets) {
    for (std::size_t i = 0; i < subnets.size(); ++i) {
        auto const& one = subnets[i];
        if (one.range.prefix() > 29)
            return arm::error(400, "NetcfgInvalidSubnet",
                              "Subnet '" + one.name + "' is not valid in virtual network '" + std::string(network) +
                                  "': the smallest range is a /29.");
        bool const inside =
            std::any_of(space.begin(), space.end(), [&](auto const& all) { return all.contains(one.range); });
        if (!inside)
            return arm::error(400, "NetcfgInvalidSubnet",
                              "Subnet '" + one.name +
                                  "' is not valid because its IP address range is outside the IP address "
                                  "range of virtual network '" +
                                  std::string(network) + "'.");
        for (std::size_t j = 0; j < i; ++j)
            if (subnets[j].range.overlaps(one.range))
                return arm::error(400, "NetcfgSubnetRangesOverlap",
                                  "Subnet '" + one.name +
                                      "' is not valid because its IP address range overlaps with that of an "
                                      "existing subnet '" +
                                      subnets[j].name + "' in virtual network '" + std::string(network) + "'.");
    }
    return {};
}

/// A subnet that something lives in keeps its range and its delegation.
Refusal used_subnet_stays(Context& context, Write const& write) {
    if (!write.existing) return {};
    auto const users = context.users(write.id);
    auto const* holder = [&]() -> Stored const* {
        for (auto const* user : users)
            if (user->type != network_type && user->type != "Microsoft.KeyVault/vaults" &&
                !user->type.starts_with("Microsoft.Authorization/"))
                return user;
        return nullptr;
    }();
    if (!holder) return {};
    auto const was = subnet_range(write.existing->body), will = subnet_range(write.desired);
    if (was && will && *was != *will)
        return arm::error(400, "InUsePrefixCannotBeDeleted",
                          "IpPrefix " + was->text() + " on Subnet " + std::string(write.id.name()) +
                              " has active allocations (" + holder->id.text() + ") and cannot be deleted.");
    for (auto const& delegation : json::list_at(write.existing->body, "properties.delegations")) {
        auto const service = text(delegation, "properties.serviceName");
        auto const& after = json::list_at(write.desired, "properties.delegations");
        bool const kept = std::any_of(after.begin(), after.end(), [&](auto const& one) {
            return base::same_text(text(one, "properties.serviceName"), service);
        });
        if (!kept)
            return arm::error(400, "SubnetMissingRequiredDelegation",
                              "Subnet " + std::string(write.id.name()) +
                                  " requires any of the following delegation(s) [" + service +
                                  "] to reference service association link.");
    }
    return {};
}

std::string region_of(Context const& context, ResourceId const& id) {
    auto const* stored = context.find(id);
    return stored ? text(stored->body, "location") : std::string();
}

}  // namespace

void fill_resource_guid(Context& context, Stored& stored, Stored const* before) {
    auto const old = before ? text(before->body, "properties.resourceGuid") : std::string();
    json::put(stored.body, "properties.resourceGuid",
              json::Value(old.empty() ? context.guid("guid " + stored.id.key()) : old));
}

Refusal same_region(Context const& context, std::string_view of, std::string const& location, ResourceId const& id) {
    auto const there = region_of(context, id);
    if (there.empty() || location.empty() || resource::normal_location(there) == resource::normal_location(location))
        return {};
    return arm::error(400, "InvalidResourceReference",
                      "Resource " + std::string(of) + " in region " + location + " cannot reference " + id.text() +
                          " in region " + there + ": both must be in the same region.");
}

Refusal validate_network(Context& context, Write const& write) {
    if (auto no = ordinary(context, write)) return no;
    auto const prefixes = strings(write.desired, "properties.addressSpace.addressPrefixes");
    if (prefixes.empty())
        return arm::error(400, "AddressPrefixStringCannotBeNullOrEmpty",
                          "Address prefix string for resource " + write.id.text() + " cannot be null or empty.");
    for (auto const& prefix : prefixes)
        if (auto no = range_is_canonical(prefix)) return no;
    auto const space = address_space(write.desired);
    for (std::size_t i = 0; i < space.size(); ++i) {
        if (space[i].prefix() < 2 || space[i].prefix() > 29)
            return arm::error(
                400, "InvalidAddressPrefixFormat",
                "Address prefix " + space[i].text() + " of a virtual network must be between /2 and /29.");
        for (std::size_t j = 0; j < i; ++j)
            if (space[j].overlaps(space[i]))
                return arm::error(400, "NetcfgAddressSpaceOverlap",
                                  "Address prefixes " + space[j].text() + " and " + space[i].text() +
                                      " of virtual network '" + std::string(write.id.name()) + "' overlap.");
    }
    std::vector<NamedRange> subnets;
    for (auto const& [id, body] : write.children)
        if (id.type() == subnet_type) {
            if (auto const range = subnet_range(body)) subnets.push_back({std::string(id.name()), *range});
            for (auto const* target :
                 {"properties.networkSecurityGroup.id", "properties.routeTable.id", "properties.natGateway.id"})
                if (auto const other = ResourceId::parse(text(body, target)))
                    if (auto no = same_region(context, "virtual network", text(write.desired, "location"), *other))
                        return no;
        }
    if (subnets.empty() && write.api_version >= subnets_kept_since)
        for (auto const* kept : context.children(write.id, subnet_type))
            if (auto const range = subnet_range(kept->body)) subnets.push_back({std::string(kept->id.name()), *range});
    if (auto no = ranges_fit(write.id.name(), space, subnets)) return no;
    // A peer must stay apart from the new address space.
    for (auto const* peering : context.children(write.id, peering_type)) {
        auto const* remote = context.find(text(peering->body, "properties.remoteVirtualNetwork.id"));
        if (!remote) continue;
        for (auto const& theirs : address_space(remote->body))
            for (auto const& ours : space)
                if (ours.overlaps(theirs))
                    return arm::error(400, "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet",
                                      "Address space of the remote virtual network " + remote->id.text() +
                                          " overlaps with " + ours.text() + ".");
    }
    return {};
}

void accepted_network(Context& context, Stored& stored, Stored const* before) {
    fill_resource_guid(context, stored, before);
    fill(stored.body, "properties.enableDdosProtection", false);
}

Refusal validate_subnet(Context& context, Write const& write) {
    if (auto no = name_allowed(subnet_type, write.id.name())) return no;
    auto written = strings(write.desired, "properties.addressPrefixes");
    if (auto const one = text(write.desired, "properties.addressPrefix"); !one.empty())
        written.insert(written.begin(), one);
    if (written.empty())
        return arm::error(400, "AddressPrefixStringCannotBeNullOrEmpty",
                          "Address prefix string for resource " + write.id.text() + " cannot be null or empty.");
    for (auto const& prefix : written)
        if (auto no = range_is_canonical(prefix)) return no;

    bool const for_firewall = base::same_text(write.id.name(), "AzureFirewallSubnet");
    if (for_firewall && says(write.desired, "properties.networkSecurityGroup.id"))
        return arm::error(400, "NetworkSecurityGroupNotAllowedOnAzureFirewallSubnet",
                          "A network security group cannot be associated with the subnet AzureFirewallSubnet.");
    auto const& delegations = json::list_at(write.desired, "properties.delegations");
    if (delegations.size() > 1)
        return arm::error(400, "MaximumDelegationsPerSubnetReached",
                          "Subnet " + std::string(write.id.name()) + " can have one delegation only.");
    for (auto const& delegation : delegations) {
        auto const service = text(delegation, "properties.serviceName");
        if (std::none_of(std::begin(delegation_services), std::end(delegation_services),
                         [&](auto known) { return base::same_text(known, service); }))
            return arm::error(400, "InvalidServiceNameOnDelegation",
                              "Cannot find service provider with name " + service + ".");
    }
    for (auto const& endpoint : json::list_at(write.desired, "properties.serviceEndpoints")) {
        auto const service = text(endpoint, "service");
        if (std::none_of(std::begin(endpoint_services), std::end(endpoint_services),
                         [&](auto known) { return base::same_text(known, service); }))
            return arm::error(400, "SubnetHasServiceEndpointWithInvalidServiceName",
                              "Subnet " + std::string(write.id.name()) +
                                  " has a service endpoint with the invalid service name " + service + ".");
    }
    if (auto no = used_subnet_stays(context, write)) return no;
    if (write.inline_child) return {};  // the network's own hook saw all ranges at once

    auto const parent = write.id.parent();
    auto const* network = parent ? context.find(*parent) : nullptr;
    if (!network) return {};
    for (auto const* target :
         {"properties.networkSecurityGroup.id", "properties.routeTable.id", "properties.natGateway.id"})
        if (auto const other = ResourceId::parse(text(write.desired, target)))
            if (auto no = same_region(context, "virtual network", text(network->body, "location"), *other)) return no;
    std::vector<NamedRange> subnets;
    for (auto const* sibling : context.children(network->id, subnet_type)) {
        if (sibling->id == write.id) continue;
        if (auto const range = subnet_range(sibling->body))
            subnets.push_back({std::string(sibling->id.name()), *range});
    }
    if (auto const range = subnet_range(write.desired)) subnets.push_back({std::string(write.id.name()), *range});
    return ranges_fit(network->id.name(), address_space(network->body), subnets);
}

/// Where a service is reached from a subnet: a database's only in its own region, storage's in the pair's too, the
/// others' everywhere (recorded; the pair of a region that has none here stays out).
static json::Array served_from(Context const& context, Stored const& subnet, json::Value const& endpoint) {
    auto const service = text(endpoint, "service");
    auto const network = subnet.id.parent();
    auto const* stands = network ? context.find(*network) : nullptr;
    auto const region = stands ? resource::normal_location(text(stands->body, "location")) : std::string();
    if (region.empty()) return {"*"};
    if (base::same_text(service, "Microsoft.Sql")) return {region};
    if (!base::same_text(service, "Microsoft.Storage")) return {"*"};
    auto const* known = find_region(region);
    if (known && !known->pair.empty()) return {region, known->pair};
    return {region};
}

arm::Outcome complete_subnet(Context&, Stored& stored) {
    if (auto* endpoints = json::find(stored.body, "properties.serviceEndpoints"); endpoints && endpoints->is_array())
        for (auto& endpoint : endpoints->as_array()) json::put(endpoint, "provisioningState", "Succeeded");
    return arm::Done{};
}

void accepted_subnet(Context& context, Stored& stored, Stored const*) {
    touch_parent(context, stored);
    fill(stored.body, "properties.privateEndpointNetworkPolicies", "Disabled");
    fill(stored.body, "properties.privateLinkServiceNetworkPolicies", "Enabled");
    if (auto* endpoints = json::find(stored.body, "properties.serviceEndpoints"); endpoints && endpoints->is_array())
        for (auto& endpoint : endpoints->as_array()) {
            if (json::list_at(endpoint, "locations").empty())
                json::put(endpoint, "locations", served_from(context, stored, endpoint));
            json::put(endpoint, "provisioningState", "Updating");
        }
    if (auto* delegations = json::find(stored.body, "properties.delegations"); delegations && delegations->is_array())
        for (auto& delegation : delegations->as_array()) {
            json::put(delegation, "id", json::Value(stored.id.text() + "/delegations/" + text(delegation, "name")));
            json::put(delegation, "type", "Microsoft.Network/virtualNetworks/subnets/delegations");
            json::put(delegation, "properties.provisioningState", "Succeeded");
            json::put(delegation, "properties.actions",
                      json::Array{"Microsoft.Network/virtualNetworks/subnets/join/action"});
        }
}

namespace {

/// What of a subnet somebody holds.
std::vector<std::string> held_addresses(Context const& context, ResourceId const& subnet) {
    std::vector<std::string> held;
    for (auto const* user : context.users(subnet))
        json::each_leaf(user->body, [&](json::Path const& at, json::Value const& leaf) {
            auto const place = at.text();
            bool const names_one =
                place.ends_with("privateIPAddress") || place.find(".ipAddresses[") != std::string::npos;
            if (names_one && leaf.is_string()) held.emplace_back(leaf.get_string());
        });
    return held;
}

/// GET …/CheckIPAddressAvailability?ipAddress=A: whether it is free, and a few that are.
arm::Reply check_address(Context& context, Stored& network, arm::Call const& call) {
    auto const asked = call.query.find("ipaddress");
    auto const address = asked == call.query.end() ? std::nullopt : std::optional(base::parse_ipv4(asked->second));
    if (!address || !*address)
        return arm::error(400, "InvalidIPAddress", "The query parameter ipAddress holds no address.", "ipAddress");
    for (auto const* subnet : context.children(network.id, subnet_type)) {
        auto const range = subnet_range(subnet->body);
        if (!range || !range->contains(**address)) continue;
        auto const held = held_addresses(context, subnet->id);
        auto const first = range->first() + 4, last = range->last() - 1;  // Azure keeps four at the start and the last
        auto const free = [&](std::uint32_t one) {
            return std::ranges::find(held, base::ipv4_text(one)) == held.end();
        };
        bool const reserved = **address < first || **address > last;
        if (!reserved && free(**address))
            return arm::Answer{.status = 200, .body = json::Object{{"available", true}}, .headers = {}};
        json::Array others;
        constexpr std::size_t shown = 5;
        for (auto one = first; one <= last && others.size() < shown; ++one)
            if (free(one)) others.emplace_back(base::ipv4_text(one));
        json::Object body{{"available", false}, {"availableIPAddresses", std::move(others)}};
        body["isPlatformReserved"] = reserved;
        return arm::Answer{.status = 200, .body = std::move(body), .headers = {}};
    }
    return arm::error(400, "PrivateIPAddressNotInAnySubnet",
                      "Private static IP address " + asked->second +
                          " does not belong to the range of any subnet in the virtual network " + network.id.text() +
                          ".");
}

}  // namespace

arm::Action const network_actions[1] = {
    {"CheckIPAddressAvailability", "GET", "Microsoft.Network/virtualNetworks/checkIpAddressAvailability/read",
     check_address},
};

Refusal validate_peering(Context& context, Write const& write) {
    if (auto no = name_allowed(peering_type, write.id.name())) return no;
    auto const parent = write.id.parent();
    auto const remote = ResourceId::parse(text(write.desired, "properties.remoteVirtualNetwork.id"));
    if (!parent || !remote)
        return arm::error(400, "InvalidRequestFormat", "A peering names its remote virtual network.",
                          "properties.remoteVirtualNetwork.id");
    if (*parent == *remote)
        return arm::error(400, "CannotPeerVnetToItself",
                          "Virtual network " + parent->text() + " cannot be peered with itself.");
    auto const* here = context.find(*parent);
    auto const* there = context.find(*remote);
    if (!here || !there) return {};
    for (auto const* sibling : context.children(*parent, peering_type))
        if (sibling->id != write.id &&
            base::same_text(text(sibling->body, "properties.remoteVirtualNetwork.id"), remote->text()))
            return arm::error(400, "AnotherPeeringAlreadyReferencesRemoteVnet",
                              "Peering " + write.id.text() + " cannot reference remote virtual network " +
                                  remote->text() + ": another peering " + sibling->id.text() + " already does.");
    for (auto const& ours : address_space(here->body))
        for (auto const& theirs : address_space(there->body))
            if (ours.overlaps(theirs))
                return arm::error(400, "VnetAddressSpacesOverlap",
                                  "Cannot create or update peering " + write.id.text() + ". Virtual networks " +
                                      parent->text() + " and " + remote->text() +
                                      " cannot be peered because their address spaces overlap.");
    return {};
}

namespace {
/// The peering that looks back, if there is one.
Stored const* counterpart(Context const& context, Stored const& peering) {
    auto const remote = ResourceId::parse(text(peering.body, "properties.remoteVirtualNetwork.id"));
    auto const here = peering.id.parent();
    if (!remote || !here) return nullptr;
    for (auto const* other : context.children(*remote, peering_type))
        if (base::same_text(text(other->body, "properties.remoteVirtualNetwork.id"), here->text())) return other;
    return nullptr;
}
void set_state(Stored& peering, std::string_view state, std::string_view sync) {
    json::put(peering.body, "properties.peeringState", json::Value(state));
    json::put(peering.body, "properties.peeringSyncLevel", json::Value(sync));
}
}  // namespace

void accepted_peering(Context& context, Stored& stored, Stored const* before) {
    touch_parent(context, stored);
    fill_resource_guid(context, stored, before);
    for (auto const* flag : {"properties.allowVirtualNetworkAccess"}) fill(stored.body, flag, true);
    for (auto const* flag : {"properties.allowForwardedTraffic", "properties.allowGatewayTransit",
                             "properties.useRemoteGateways", "properties.doNotVerifyRemoteGateways"})
        fill(stored.body, flag, false);
    if (auto const* remote = context.find(text(stored.body, "properties.remoteVirtualNetwork.id")))
        if (auto const* space = json::find(remote->body, "properties.addressSpace")) {
            json::put(stored.body, "properties.remoteAddressSpace", *space);
            json::put(stored.body, "properties.remoteVirtualNetworkAddressSpace", *space);
        }
    set_state(stored, before ? text(before->body, "properties.peeringState") : "Initiated", "RemoteNotInSync");
}

arm::Outcome complete_peering(Context& context, Stored& stored) {
    auto const* other = counterpart(context, stored);
    if (!other) {
        set_state(stored, "Initiated", "RemoteNotInSync");
        return arm::Done{};
    }
    set_state(stored, "Connected", "FullyInSync");
    if (auto* edited = context.edit(other->id)) set_state(*edited, "Connected", "FullyInSync");
    return arm::Done{};
}

void deleted_peering(Context& context, Stored const& stored, std::span<Stored const>) {
    if (auto const* other = counterpart(context, stored))
        if (auto* edited = context.edit(other->id)) set_state(*edited, "Disconnected", "RemoteNotInSync");
}

}  // namespace holdfast::simulator::providers::network
