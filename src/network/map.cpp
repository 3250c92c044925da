/// The network of a cluster as a value to draw.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "network/picture.hpp"

namespace holdfast::network {
namespace {

using resource::Graph;
using resource::Resource;

struct OutboundRow {
    std::string_view type;   ///< networkProfile.outboundType
    std::string_view words;  ///< what carries traffic where no resource of ours does
};
/// Source: MicrosoftDocs/azure-aks-docs egress-outboundtype.md, 2026-11.
constexpr OutboundRow outbound_rows[] = {
    {"loadBalancer", "the cluster's load balancer"},
    {"managedNATGateway", "a NAT gateway that Azure makes"},
    {"managedNATGatewayV2", "a NAT gateway that Azure makes"},
    {"userAssignedNATGateway", "the subnet's NAT gateway"},
    {"userDefinedRouting", "the subnet's route table"},
    {"none", "nothing: no way out"},
    {"block", "nothing: blocked"},
};

std::string quoted(Resource const& resource) { return fmt::format("'{}'", name_of(resource)); }

Resource const* by_id(Graph const& graph, std::string_view text) {
    auto const id = resource::ResourceId::parse(text);
    return id ? graph.find(*id) : nullptr;
}

std::string ip_words(Resource const& ip) {
    auto const address = resource::read_text(ip, at::ip_address);
    return address ? fmt::format("public IP {} {}", quoted(ip), *address) : fmt::format("public IP {}", quoted(ip));
}

/// Public addresses named by a list of {id}.
std::vector<std::string> addresses_of(Graph const& graph, Resource const& gateway) {
    std::vector<std::string> out;
    auto const* list = resource::read(gateway, at::nat_ips);
    if (!list || !list->is_array()) return out;
    for (auto const& item : list->get_array()) {
        auto const id = json::text_at(item, reference_id);
        if (!id) continue;
        auto const* ip = by_id(graph, *id);
        out.push_back(ip ? ip_words(*ip) : fmt::format("public IP {}", *id));
    }
    return out;
}

Resource const* default_route(Graph const& graph, Resource const& table) {
    for (auto const* route : graph.children(table.address))
        if (base::same_text(route->type, type::route) && resource::read_text(*route, at::route_prefix) == "0.0.0.0/0")
            return route;
    return nullptr;
}

/// The firewall behind a next hop: the one whose address the route waits for or names.
Resource const* firewall_of(Graph const& graph, Resource const& route) {
    auto const* target = resource::read_target(graph, route, at::route_hop_ip);
    if (target && base::same_text(target->type, type::firewall)) return target;
    auto const address = resource::read_text(route, at::route_hop_ip);
    if (!address) return nullptr;
    for (auto const* firewall : graph.of_type(type::firewall)) {
        auto const written = json::write(firewall->raw ? *firewall->raw : firewall->body);
        if (written.find('"' + *address + '"') != std::string::npos) return firewall;
    }
    return nullptr;
}

std::vector<std::string> firewall_hops(Graph const& graph, Resource const& firewall) {
    std::vector<std::string> hops{fmt::format("firewall {}", quoted(firewall))};
    auto const* configurations = resource::read(firewall, at::firewall_configurations);
    if (!configurations || !configurations->is_array()) return hops;
    for (auto const& configuration : configurations->get_array()) {
        auto const id = json::text_at(configuration, configuration_ip);
        if (!id) continue;
        auto const* ip = by_id(graph, *id);
        hops.push_back(ip ? ip_words(*ip) : fmt::format("public IP {}", *id));
    }
    return hops;
}

void way_out(Graph const& graph, Picture const& picture, Map& map) {
    auto const outbound = resource::read_text(*picture.cluster, at::outbound).value_or("loadBalancer");
    auto const row =
        std::ranges::find_if(outbound_rows, [&](auto const& r) { return base::same_text(r.type, outbound); });
    std::string const words = row != std::end(outbound_rows) ? std::string(row->words) : outbound;
    Resource const* subnet = nullptr;
    for (auto const& pool : picture.pools)
        if (!subnet) subnet = pool.subnet;
    if (base::same_text(outbound, "none") || base::same_text(outbound, "block")) {
        map.egress = words;
        return;
    }
    if (base::same_text(outbound, "userAssignedNATGateway") && subnet) {
        if (auto const* nat = resource::read_target(graph, *subnet, at::subnet_nat)) {
            map.way_out.push_back(fmt::format("NAT gateway {}", quoted(*nat)));
            for (auto& ip : addresses_of(graph, *nat)) map.way_out.push_back(std::move(ip));
        } else {
            map.unknowns.push_back(
                fmt::format("the NAT gateway of subnet {} is not in what was read", quoted(*subnet)));
        }
    } else if (base::same_text(outbound, "userDefinedRouting") && subnet) {
        auto const* table = resource::read_target(graph, *subnet, at::subnet_routes);
        auto const* route = table ? default_route(graph, *table) : nullptr;
        if (!table) {
            map.unknowns.push_back(
                fmt::format("the route table of subnet {} is not in what was read", quoted(*subnet)));
        } else if (!route) {
            map.way_out.push_back(fmt::format("route table {} without a default route", quoted(*table)));
        } else if (auto const* firewall = firewall_of(graph, *route)) {
            map.way_out = firewall_hops(graph, *firewall);
        } else {
            map.way_out.push_back(
                fmt::format("next hop {}", resource::read_text(*route, at::route_hop_ip).value_or("?")));
        }
    }
    if (map.way_out.empty()) map.way_out.push_back(words);
    map.egress = map.way_out.front();
    for (std::size_t i = 1; i < map.way_out.size(); ++i) map.egress += " through " + map.way_out[i];
    map.way_out.emplace_back("internet");
}

void api_server(Picture const& picture, Map& map) {
    auto const& cluster = *picture.cluster;
    bool const is_private = resource::read_truth(cluster, at::private_api).value_or(false);
    bool const integrated = resource::read_truth(cluster, at::api_integration).value_or(false);
    auto const ranges = resource::read_texts(cluster, at::authorized);
    std::string where = is_private ? "private" : "public";
    if (!is_private) where += ranges.empty() ? ", open to the internet" : " from " + base::join(ranges, ", ");
    if (integrated)
        where +=
            picture.api_subnet ? fmt::format(", in subnet {}", quoted(*picture.api_subnet)) : ", inside the network";
    else if (is_private) where += ", through a private endpoint that Azure makes";
    if (is_private && resource::read_truth(cluster, at::public_fqdn).value_or(false))
        where += ", its name resolves publicly";
    map.api_server = where;
    map.api_server_public = !is_private;
}

Range drawn(Graph const& graph, Resource const& subnet, Picture const& picture) {
    Range range{.label = name_of(subnet), .cidr = base::join(ranges_of(subnet), ", ")};
    std::vector<std::string> notes;
    auto const attached = [&](at::Property const& property, std::string_view word) {
        if (!resource::read_text(subnet, property)) return;
        auto const* target = resource::read_target(graph, subnet, property);
        notes.push_back(target ? fmt::format("{} {}", word, quoted(*target)) : std::string(word));
    };
    attached(at::subnet_nat, "NAT gateway");
    attached(at::subnet_routes, "route table");
    attached(at::subnet_nsg, "security group");
    if (auto const* delegations = resource::read(subnet, at::subnet_delegations);
        delegations && delegations->is_array()) {
        std::set<std::string> services;
        for (auto const& delegation : delegations->get_array())
            if (auto const service = json::text_at(delegation, delegated_service)) {
                auto const* shape = shapes::find(*service);
                services.insert(shape && !shape->plain.empty() ? std::string(shape->plain) : std::string(*service));
            }
        for (auto const& service : services) notes.push_back("delegated: " + service);
    }
    range.note = base::join(notes, ", ");
    for (auto const& pool : picture.pools) {
        if (pool.subnet == &subnet) {
            range.holds_nodes = true;
            range.uses.push_back(pool.nodes ? fmt::format("pool {}, up to {} nodes", pool.name, *pool.nodes)
                                            : fmt::format("pool {}", pool.name));
        }
        if (pool.pod_subnet == &subnet) range.uses.push_back(fmt::format("pods of pool {}", pool.name));
    }
    if (picture.api_subnet == &subnet) {
        range.holds_api_server = true;
        range.uses.emplace_back("API server");
    }
    for (auto const* endpoint : graph.of_type(type::private_endpoint))
        if (resource::read_target(graph, *endpoint, at::endpoint_subnet) == &subnet)
            range.uses.push_back(fmt::format("private endpoint {}", name_of(*endpoint)));
    for (auto const* firewall : graph.of_type(type::firewall)) {
        auto const* configurations = resource::read(*firewall, at::firewall_configurations);
        if (!configurations || !configurations->is_array()) continue;
        for (auto const& configuration : configurations->get_array()) {
            auto const id = json::text_at(configuration, configuration_subnet);
            if (id && by_id(graph, *id) == &subnet) {
                range.uses.push_back(fmt::format("firewall {}", name_of(*firewall)));
                break;
            }
        }
    }
    return range;
}

}  // namespace

Map map(Graph const& graph) {
    Map map;
    auto const all = pictures(graph);
    if (all.empty()) {
        for (auto const* cluster : graph.of_type(type::cluster))
            map.unknowns.push_back(fmt::format("{}: {}", cluster->address,
                                               resource::unreadable(graph, *cluster).value_or("could not be read")));
        if (map.unknowns.empty()) map.unknowns.emplace_back("no cluster was found");
        return map;
    }
    auto const& picture = all.front();
    for (std::size_t i = 1; i < all.size(); ++i)
        map.unknowns.push_back(fmt::format("{} is not drawn: one cluster a picture", all[i].cluster->address));

    std::vector<std::string> names;
    for (auto const* network : picture.networks) {
        names.push_back(name_of(*network));
        if (auto const why = resource::unreadable(graph, *network)) {
            map.unknowns.push_back(fmt::format("{}: {}", network->address, *why));
        } else {
            for (auto& range : resource::read_texts(*network, at::space)) map.space.push_back(std::move(range));
        }
        for (auto const* subnet : graph.children(network->address)) {
            if (!base::same_text(subnet->type, type::subnet)) continue;
            map.subnets.push_back(drawn(graph, *subnet, picture));
            if (auto const why = resource::unreadable(graph, *subnet))
                map.unknowns.push_back(fmt::format("{}: {}", subnet->address, *why));
        }
    }
    for (auto const& pool : picture.pools)
        if (pool.names_subnet && !pool.subnet)
            map.unknowns.push_back(fmt::format("the subnet of pool {} is not in what was read", pool.name));
    map.network = names.empty() ? "made by Azure" : base::join(names, ", ");
    if (names.empty()) {
        Range range{.label = "made by Azure",
                    .note = "in the node resource group; goes when the cluster goes",
                    .holds_nodes = true};
        for (auto const& pool : picture.pools)
            range.uses.push_back(pool.nodes ? fmt::format("pool {}, up to {} nodes", pool.name, *pool.nodes)
                                            : fmt::format("pool {}", pool.name));
        map.subnets.push_back(std::move(range));
    }

    if (!picture.pod_cidr.empty()) {
        auto const policy = resource::read_text(*picture.cluster, at::policy);
        map.overlays.push_back({.label = "pods",
                                .cidr = picture.pod_cidr,
                                .note = policy ? "network policy " + *policy : "no network policy"});
    }
    map.overlays.push_back({.label = "services", .cidr = picture.service_cidr, .note = "never routed"});
    if (!picture.dns_service_ip.empty())
        map.overlays.push_back({.label = "cluster DNS", .cidr = picture.dns_service_ip});
    way_out(graph, picture, map);
    api_server(picture, map);
    return map;
}

}  // namespace holdfast::network
