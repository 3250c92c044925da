/// The way out: what each outbound type needs before the cluster, and what may follow what.
#include <algorithm>

#include "simulator/providers/containerservice/hooks.hpp"

namespace holdfast::simulator::providers::containerservice {
namespace {

constexpr char const* target = "networkProfile.outboundType";

Refusal routing(Context& context, Design const& design) {
    if (!base::same_text(design.outbound(), "userDefinedRouting")) return {};
    if (!design.own_network()) return invalid("Outbound type userDefinedRouting needs your own subnets.", target);
    for (auto const& id : design.node_subnets()) {
        auto const* subnet = context.find(id);
        auto const* table = subnet ? context.find(text(subnet->body, "properties.routeTable.id")) : nullptr;
        if (!table)
            return refuse(400, "ExistingRouteTableNotAssociatedWithSubnet",
                          "An existing route table has not been associated with subnet " + id +
                              ". Please update the route table association.",
                          target);
        Stored const* way_out = nullptr;
        for (auto const* route : context.children(table->id, "Microsoft.Network/routeTables/routes"))
            if (text(route->body, "properties.addressPrefix") == "0.0.0.0/0") way_out = route;
        if (!way_out)
            return refuse(400, "RouteTableMissingDefaultRoute",
                          "Route table " + table->id.text() + " of subnet " + id + " has no route 0.0.0.0/0.", target);
        auto const hop = text(way_out->body, "properties.nextHopType");
        if (!base::same_text(hop, "VirtualAppliance") && !base::same_text(hop, "VirtualNetworkGateway"))
            return refuse(400, "RouteTableInvalidNextHop",
                          "Default route 0.0.0.0/0 has a next hop of " + hop +
                              " but only next hops of VirtualAppliance or VirtualNetworkGateway are allowed.",
                          target);
    }
    return {};
}

Refusal own_gateway(Context& context, Design const& design) {
    if (!base::same_text(design.outbound(), "userAssignedNATGateway")) return {};
    if (!design.own_network()) return invalid("Outbound type userAssignedNATGateway needs your own subnets.", target);
    auto everything = design.node_subnets();
    auto const pods = design.pod_subnets();
    everything.insert(everything.end(), pods.begin(), pods.end());
    for (auto const& id : everything) {
        auto const* subnet = context.find(id);
        auto const* gateway = subnet ? context.find(text(subnet->body, "properties.natGateway.id")) : nullptr;
        if (!gateway)
            return refuse(
                400, "UserAssignedNATGatewayNotAssociatedWithSubnet",
                "Outbound type userAssignedNATGateway needs a NAT gateway on subnet " + id + "; there is none.",
                target);
        if (strings(gateway->body, "properties.publicIpAddresses").empty() &&
            json::list_at(gateway->body, "properties.publicIpAddresses").empty() &&
            json::list_at(gateway->body, "properties.publicIpPrefixes").empty())
            return refuse(400, "NATGatewayWithoutPublicIP",
                          "NAT gateway " + gateway->id.text() + " has no public IP address: nothing would get out.",
                          target);
    }
    return {};
}

Refusal shapes_of_egress(Context& context, Design const& design) {
    auto const outbound = design.outbound();
    if (base::same_text(outbound, "managedNATGateway") && design.own_network())
        return invalid(
            "Outbound type managedNATGateway works in a network of Azure's own only; use userAssignedNATGateway.",
            target);
    bool const none = base::same_text(outbound, "none") || base::same_text(outbound, "block");
    if (none && (!design.is("properties.bootstrapProfile.artifactSource", "Cache") || design.any_windows()))
        return invalid(
            "Outbound type " + outbound + " needs bootstrapProfile.artifactSource Cache and no Windows pools.", target);
    bool const balancer = base::same_text(outbound, "loadBalancer");
    constexpr char const* sources[] = {"properties.networkProfile.loadBalancerProfile.managedOutboundIPs",
                                       "properties.networkProfile.loadBalancerProfile.outboundIPs",
                                       "properties.networkProfile.loadBalancerProfile.outboundIPPrefixes"};
    auto const named = std::ranges::count_if(sources, [&](auto const* path) { return says(design.body, path); });
    if (named > 1)
        return refuse(400, "InvalidLoadBalancerProfile",
                      "Only one of managedOutboundIPs, outboundIPs and outboundIPPrefixes can be set.",
                      "networkProfile.loadBalancerProfile");
    if (named > 0 && !balancer)
        return refuse(400, "InvalidLoadBalancerProfile",
                      "loadBalancerProfile's outbound addresses need outbound type loadBalancer, not " + outbound + ".",
                      "networkProfile.loadBalancerProfile");
    for (auto const& id :
         arm::texts_at(design.body, "properties.networkProfile.loadBalancerProfile.outboundIPs.publicIPs[].id")) {
        auto const* address = context.find(id);
        if (address && !base::same_text(text(address->body, "sku.name"), "Standard"))
            return refuse(400, "InvalidLoadBalancerProfile",
                          "Outbound public IP address " + id + " must have SKU Standard.",
                          "networkProfile.loadBalancerProfile");
    }
    if (says(design.body, "properties.networkProfile.natGatewayProfile.managedOutboundIPProfile") &&
        !base::same_text(outbound, "managedNATGateway"))
        return invalid("natGatewayProfile.managedOutboundIPProfile needs outbound type managedNATGateway.",
                       "networkProfile.natGatewayProfile");
    auto const ports =
        json::whole_at(design.body, "properties.networkProfile.loadBalancerProfile.allocatedOutboundPorts").value_or(0);
    if (ports > 0) {
        std::int64_t nodes = 0;
        for (auto const& pool : design.pools) nodes += addresses_needed(design.body, *pool.body).nodes;
        auto const own = static_cast<std::int64_t>(
            json::list_at(design.body, "properties.networkProfile.loadBalancerProfile.outboundIPs.publicIPs").size());
        auto const addresses =
            own ? own
                : json::whole_at(design.body, "properties.networkProfile.loadBalancerProfile.managedOutboundIPs.count")
                      .value_or(1);
        if (nodes * ports > addresses * 64000)
            return refuse(400, "InvalidLoadBalancerProfileAllocatedOutboundPorts",
                          "Load balancer profile allocated ports " + std::to_string(ports) +
                              " is not in an allowable range given the number of nodes and IPs provisioned.",
                          "networkProfile.loadBalancerProfile.allocatedOutboundPorts");
    }
    return {};
}

Refusal moves(Context&, Design const& design) {
    if (!design.existing) return {};
    auto const before = text(design.existing->body, "properties.networkProfile.outboundType");
    auto const was = before.empty() ? std::string("loadBalancer") : before, will = design.outbound();
    if (base::same_text(was, will)) return {};
    auto const among = [&](std::initializer_list<std::string_view> types) {
        auto const in = [&](std::string const& one) {
            return std::ranges::any_of(types, [&](auto type) { return base::same_text(type, one); });
        };
        return in(was) && in(will);
    };
    bool const allowed = design.own_network()
                             ? among({"loadBalancer", "userAssignedNATGateway", "userDefinedRouting", "none", "block"})
                             : among({"loadBalancer", "managedNATGateway", "none", "block"});
    if (allowed) return {};
    return refuse(400, "PropertyChangeNotAllowed",
                  "Changing property 'networkProfile.outboundType' from " + was + " to " + will + " is not allowed.",
                  target);
}

constexpr std::string_view read_on = "2026-11-23";
constexpr Rule rules[] = {
    {"user-defined routing has its route", routing,
     "MicrosoftDocs/azure-aks-docs egress-outboundtype; error text RouteTableInvalidNextHop", read_on},
    {"an own NAT gateway is on the subnets", own_gateway, "MicrosoftDocs/azure-aks-docs nat-gateway", read_on},
    {"profiles fit the outbound type", shapes_of_egress,
     "SupportArticles-docs error-code-invalidloadbalancerprofileallocatedoutboundports; aks-docs "
     "load-balancer-standard",
     read_on},
    {"outbound types that may follow each other", moves, "MicrosoftDocs/azure-aks-docs egress-outboundtype (updating)",
     read_on},
};

}  // namespace

std::span<Rule const> egress_rules() { return rules; }

namespace {

/// The rule that speaks first of TCP 443 to the outside says no: nodes fetch all they need by that port. A rule for
/// some addresses of the subnet stops nobody here: which ones nodes get is not modelled.
Stored const* what_drops_https(Context& context, ResourceId const& group, Stored const& subnet) {
    std::vector<Stored const*> guards =
        context.children(group, "Microsoft.Network/networkSecurityGroups/securityRules");
    auto const priority = [](Stored const* rule) {
        return json::whole_at(rule->body, "properties.priority").value_or(0);
    };
    std::ranges::sort(guards, {}, priority);
    auto const words = [](Stored const* rule, char const* one, char const* more) {
        auto all = strings(rule->body, more);
        if (auto single = text(rule->body, one); !single.empty()) all.push_back(std::move(single));
        return all;
    };
    auto const holds_443 = [](std::string const& range) {
        int first = 0, last = 0;
        auto const read = std::sscanf(range.c_str(), "%d-%d", &first, &last);
        return range == "*" || (read == 1 && first == 443) || (read == 2 && first <= 443 && 443 <= last);
    };
    auto const range = base::Cidr::parse(text(subnet.body, "properties.addressPrefix"));
    auto const nodes = [&range](std::string const& source) {
        if (source == "*" || base::same_text(source, "VirtualNetwork")) return true;
        auto const cidr = base::Cidr::parse(source.find('/') == std::string::npos ? source + "/32" : source);
        return cidr && range && cidr->contains(*range);
    };
    auto const outside = [](std::string const& place) {
        return place == "*" || place == "0.0.0.0/0" || base::same_text(place, "Internet") ||
               base::starts_with_text(place, "AzureCloud");
    };
    for (auto const* rule : guards) {
        auto const protocol = text(rule->body, "properties.protocol");
        if (!base::same_text(text(rule->body, "properties.direction"), "Outbound") ||
            (protocol != "*" && !base::same_text(protocol, "Tcp")))
            continue;
        if (!std::ranges::any_of(words(rule, "properties.destinationPortRange", "properties.destinationPortRanges"),
                                 holds_443) ||
            !std::ranges::any_of(words(rule, "properties.sourceAddressPrefix", "properties.sourceAddressPrefixes"),
                                 nodes) ||
            !std::ranges::any_of(
                words(rule, "properties.destinationAddressPrefix", "properties.destinationAddressPrefixes"), outside))
            continue;
        return base::same_text(text(rule->body, "properties.access"), "Deny") ? rule : nullptr;
    }
    return nullptr;
}

/// A DNS server of the user's asks Azure by the links of its own network. Where that is another one, the zone of the
/// API server's name must be linked there, too; Azure's zone in the node resource group is linked to the cluster's
/// alone.
bool name_server_knows(Context& context, ResourceId const& network, std::string const& server,
                       std::string const& zone) {
    auto const ip = base::parse_ipv4(server);
    if (!ip || server == "168.63.129.16") return true;
    for (auto const* other : context.of_type("Microsoft.Network/virtualNetworks")) {
        bool const there = std::ranges::any_of(strings(other->body, "properties.addressSpace.addressPrefixes"),
                                               [&](auto const& range) {
                                                   auto const cidr = base::Cidr::parse(range);
                                                   return cidr && cidr->contains(*ip);
                                               });
        if (!there) continue;
        if (other->id == network) return true;
        auto const own = ResourceId::parse(zone);
        if (!own) return false;
        return std::ranges::any_of(
            context.children(*own, "Microsoft.Network/privateDnsZones/virtualNetworkLinks"), [&](auto const* link) {
                return base::same_text(text(link->body, "properties.virtualNetwork.id"), other->id.text());
            });
    }
    return true;  // somewhere that this world does not know
}

}  // namespace

/// Sources: MicrosoftDocs/azure-aks-docs outbound-rules-control-egress, private-clusters (hub and spoke with custom
/// DNS); SupportArticles-docs error-code-outboundconnfailvmextensionerror,
/// error-code-k8sapiserverdnslookupfailvmextensionerror. 2026-12-01.
Refusal nodes_cut_off(Context& context, Stored const& cluster) {
    auto const outbound = text(cluster.body, "properties.networkProfile.outboundType");
    bool const nothing_goes_out = base::same_text(outbound, "none") || base::same_text(outbound, "block") ||
                                  says(cluster.body, "properties.httpProxyConfig.httpsProxy");
    for (auto const* pool : context.children(cluster.id, pool_type)) {
        auto const* subnet = context.find(text(pool->body, "properties.vnetSubnetID"));
        if (!subnet) continue;
        auto const group = ResourceId::parse(text(subnet->body, "properties.networkSecurityGroup.id"));
        if (auto const* rule = group && !nothing_goes_out ? what_drops_https(context, *group, *subnet) : nullptr)
            return refuse(
                400, "OutboundConnFailVMExtensionError",
                "VMExtensionProvisioningError: Unable to establish outbound connection from agents (exit status 50): "
                "security rule " +
                    rule->id.text() +
                    " drops it. Please see https://aka.ms/aks-required-ports-and-addresses for more information.");
        auto const network = subnet->id.parent();
        auto const* stands = network ? context.find(*network) : nullptr;
        auto const zone = text(cluster.body, "properties.apiServerAccessProfile.privateDNSZone");
        if (!stands || !truth(cluster.body, "properties.apiServerAccessProfile.enablePrivateCluster") ||
            base::same_text(zone, "none"))
            continue;
        for (auto const& server : strings(stands->body, "properties.dhcpOptions.dnsServers"))
            if (!name_server_knows(context, *network, server, zone))
                return refuse(
                    400, "K8SAPIServerDNSLookupFailVMExtensionError",
                    "VMExtensionProvisioningError: Agents are unable to resolve Kubernetes API server name (exit "
                    "status 52): DNS server " +
                        server +
                        " lies in a network that its zone is not linked to. Please see "
                        "https://aka.ms/aks/private-cluster#hub-and-spoke-with-custom-dns for more information.");
    }
    return {};
}

/// Source: MicrosoftDocs/azure-aks-docs limit-egress-traffic (the firewall's address among the ranges), MicrosoftDocs/azure-docs
/// issue 111834 (NAT gateway: the nodes' extension fails after minutes). 2026-11-25.
Refusal nodes_shut_out(Context& context, Stored const& cluster) {
    auto const ranges = strings(cluster.body, "properties.apiServerAccessProfile.authorizedIPRanges");
    bool const inside = truth(cluster.body, "properties.apiServerAccessProfile.enablePrivateCluster") ||
                        truth(cluster.body, "properties.apiServerAccessProfile.enableVnetIntegration");
    if (ranges.empty() || inside) return {};
    std::vector<std::string> addresses;
    auto const leave_by = [&](json::Value const& body, char const* path) {
        for (auto const& id : arm::texts_at(body, path))
            if (auto const* address = context.find(id))
                if (auto ip = text(address->body, "properties.ipAddress"); !ip.empty()) addresses.push_back(ip);
    };
    for (auto const* pool : context.children(cluster.id, pool_type)) {
        auto const* subnet = context.find(text(pool->body, "properties.vnetSubnetID"));
        if (!subnet) continue;
        auto const outbound = text(cluster.body, "properties.networkProfile.outboundType");
        if (base::same_text(outbound, "userAssignedNATGateway")) {
            auto const* gateway = context.find(text(subnet->body, "properties.natGateway.id"));
            if (gateway) leave_by(gateway->body, "properties.publicIpAddresses[].id");
        }
        if (!base::same_text(outbound, "userDefinedRouting")) continue;
        auto const table = ResourceId::parse(text(subnet->body, "properties.routeTable.id"));
        if (!table) continue;
        for (auto const* route : context.children(*table, "Microsoft.Network/routeTables/routes")) {
            if (text(route->body, "properties.addressPrefix") != "0.0.0.0/0") continue;
            auto const hop = text(route->body, "properties.nextHopIpAddress");
            auto const network = subnet->id.parent();
            for (auto const* place : context.children(*network, "Microsoft.Network/virtualNetworks/subnets"))
                for (auto const* wall : context.users(place->id))
                    for (auto const& one : json::list_at(wall->body, "properties.ipConfigurations"))
                        if (text(one, "properties.privateIPAddress") == hop)
                            leave_by(wall->body, "properties.ipConfigurations[].properties.publicIPAddress.id");
        }
    }
    for (auto const& address : addresses) {
        auto const ip = base::parse_ipv4(address);
        bool const let_in = ip && std::ranges::any_of(ranges, [&](std::string const& range) {
            auto const cidr = base::Cidr::parse(range.find('/') == std::string::npos ? range + "/32" : range);
            return cidr && cidr->contains(*ip);
        });
        if (!let_in)
            return refuse(400, "K8SAPIServerConnFailVMExtensionError",
                          "Unable to establish connection from agents to Kubernetes API server: the nodes leave as " + address +
                              ", which is not an authorized IP range. Please see https://aka.ms/aks-required-ports-and-addresses "
                              "for more information.");
    }
    return {};
}

}  // namespace holdfast::simulator::providers::containerservice
