/// What is wrong with the ranges of a cluster.
///
/// One function a rule, listed in one table by the id of the rule; each reads a Picture and reports what it finds. A
/// rule that cannot be judged (a subnet that was not read, an IPv6 range) reports itself as unknown.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "network/picture.hpp"

namespace holdfast::network {
namespace {

using base::Cidr;
using resource::Graph;
using resource::Resource;

constexpr std::int64_t reserved_by_azure = 5;  ///< addresses Azure keeps in every subnet

struct Judging {
    Graph const& graph;
    Picture const& picture;
    std::string_view rule;
    std::vector<Trouble>& found;

    void trouble(Resource const& at, resource::PropertyName const& property, std::string what, std::string fix) const {
        found.push_back(
            {at.address, json::Path(property.at), std::move(what), std::move(fix), false, std::string(rule)});
    }
    void unknown(Resource const& at, resource::PropertyName const& property, std::string what) const {
        found.push_back({at.address, json::Path(property.at), std::move(what), {}, true, std::string(rule)});
    }
};

/// A range with the place it is written, or why it could not be read as IPv4.
struct Written {
    Resource const* owner;
    resource::PropertyName property;
    std::string text;
    std::string label;
    std::optional<Cidr> cidr;
};

Written written(Resource const& owner, resource::PropertyName const& property, std::string text, std::string label) {
    auto const parsed = Cidr::parse(text);
    std::optional<Cidr> cidr;
    if (parsed) cidr = *parsed;
    return {&owner, property, std::move(text), std::move(label), cidr};
}

std::vector<Written> cluster_ranges(Picture const& picture) {
    std::vector<Written> all{written(*picture.cluster, at::service_cidr, picture.service_cidr, "the service range")};
    if (!picture.pod_cidr.empty())
        all.push_back(written(*picture.cluster, at::pod_cidr, picture.pod_cidr, "the pod range"));
    return all;
}
std::vector<Written> network_ranges(Picture const& picture) {
    std::vector<Written> all;
    for (auto const* network : picture.networks)
        for (auto& text : resource::read_texts(*network, at::space))
            all.push_back(
                written(*network, at::space, std::move(text), fmt::format("network '{}'", name_of(*network))));
    return all;
}
/// Subnets that exist in the cluster's networks, the cluster's own and others.
std::vector<Written> subnet_ranges(Judging const& judging) {
    std::vector<Written> all;
    for (auto const* network : judging.picture.networks)
        for (auto const* subnet : judging.graph.children(network->address)) {
            if (!base::same_text(subnet->type, type::subnet)) continue;
            for (auto& text : ranges_of(*subnet))
                all.push_back(
                    written(*subnet, at::subnet_range, std::move(text), fmt::format("subnet '{}'", name_of(*subnet))));
        }
    return all;
}
std::vector<Written> peered_ranges(Judging const& judging) {
    std::vector<Written> all;
    for (auto const* network : judging.picture.networks)
        for (auto const* peering : judging.graph.children(network->address)) {
            if (!base::same_text(peering->type, type::peering)) continue;
            auto ranges = resource::read_texts(*peering, at::peer_space);
            auto const* remote = resource::read_target(judging.graph, *peering, at::peer);
            if (ranges.empty() && remote) ranges = resource::read_texts(*remote, at::space);
            if (ranges.empty())
                judging.unknown(*peering, at::peer_space,
                                fmt::format("the ranges behind peering '{}' were not read", name_of(*peering)));
            for (auto& text : ranges)
                all.push_back(written(*peering, at::peer_space, std::move(text),
                                      fmt::format("the network behind peering '{}'", name_of(*peering))));
        }
    return all;
}

/// One IPv4 range, or an unknown when it is something else. Says so once a place.
bool readable(Judging const& judging, Written const& range) {
    if (range.cidr) return true;
    judging.unknown(*range.owner, range.property,
                    fmt::format("{} {} is not an IPv4 range this can judge", range.label, range.text));
    return false;
}

void overlaps(Judging const& judging, std::vector<Written> const& ours, std::vector<Written> const& theirs) {
    for (auto const& mine : ours)
        for (auto const& other : theirs) {
            if (!mine.cidr || !other.cidr || !mine.cidr->overlaps(*other.cidr)) continue;
            judging.trouble(*mine.owner, mine.property,
                            fmt::format("{} {} overlaps {} {}", mine.label, mine.text, other.label, other.text),
                            "choose a range that nothing else uses");
        }
}

// ------------------------------------------------------------------------------------------------ ranges

/// cidr-001 … 004: ranges that AKS keeps for itself.
void reserved(Judging const& judging, std::string_view kept) {
    auto const taken = *Cidr::parse(kept);
    auto ranges = network_ranges(judging.picture);
    for (auto& range : cluster_ranges(judging.picture)) ranges.push_back(std::move(range));
    for (auto const& range : ranges) {
        if (!readable(judging, range) || !range.cidr->overlaps(taken)) continue;
        judging.trouble(*range.owner, range.property,
                        fmt::format("{} {} overlaps {}, which AKS keeps for itself", range.label, range.text, kept),
                        fmt::format("choose a range outside {}", kept));
    }
}
void link_local(Judging const& judging) { reserved(judging, "169.254.0.0/16"); }
void kept_172_30(Judging const& judging) { reserved(judging, "172.30.0.0/16"); }
void kept_172_31(Judging const& judging) { reserved(judging, "172.31.0.0/16"); }
void kept_192_0_2(Judging const& judging) { reserved(judging, "192.0.2.0/24"); }

void service_range_size(Judging const& judging) {
    auto const range = cluster_ranges(judging.picture).front();
    if (!readable(judging, range) || range.cidr->prefix() > 12) return;
    judging.trouble(*range.owner, range.property,
                    fmt::format("the service range {} is larger than Azure takes", range.text),
                    "write a range smaller than a /12, such as 172.16.0.0/16");
}
void service_off_subnets(Judging const& judging) {
    overlaps(judging, {cluster_ranges(judging.picture).front()}, subnet_ranges(judging));
}
void service_off_networks(Judging const& judging) {
    // The network's own ranges matter only beyond its subnets; a subnet that overlaps is reported by its own rule.
    auto const service = cluster_ranges(judging.picture).front();
    auto const subnets = subnet_ranges(judging);
    bool const on_subnet = service.cidr && std::ranges::any_of(subnets, [&](auto const& subnet) {
                               return subnet.cidr && subnet.cidr->overlaps(*service.cidr);
                           });
    if (!on_subnet) overlaps(judging, {service}, network_ranges(judging.picture));
    overlaps(judging, {service}, peered_ranges(judging));
}
void service_with_dns(Judging const& judging) {
    auto const& picture = judging.picture;
    if (picture.service_said == picture.dns_said) return;
    judging.trouble(*picture.cluster, picture.service_said ? at::dns_service_ip : at::service_cidr,
                    picture.service_said
                        ? fmt::format("the service range is {} but no DNS address is given", picture.service_cidr)
                        : fmt::format("the DNS address is {} but no service range is given", picture.dns_service_ip),
                    "give both, or neither");
}
void dns_inside(Judging const& judging) {
    auto const& picture = judging.picture;
    auto const service = cluster_ranges(picture).front();
    auto const dns = base::parse_ipv4(picture.dns_service_ip);
    if (picture.dns_service_ip.empty() || !service.cidr) return;
    if (!dns)
        return judging.unknown(*picture.cluster, at::dns_service_ip,
                               fmt::format("{} is not an IPv4 address", picture.dns_service_ip));
    if (service.cidr->contains(*dns)) return;
    judging.trouble(
        *picture.cluster, at::dns_service_ip,
        fmt::format("the DNS address {} is not in the service range {}", picture.dns_service_ip, service.text),
        fmt::format("write {}", base::ipv4_text(service.cidr->first() + 10)));
}
void dns_usable(Judging const& judging) {
    auto const service = cluster_ranges(judging.picture).front();
    auto const dns = base::parse_ipv4(judging.picture.dns_service_ip);
    if (!dns || !service.cidr) return;
    if (*dns != service.cidr->first() && *dns != service.cidr->first() + 1 && *dns != service.cidr->last()) return;
    judging.trouble(
        *judging.picture.cluster, at::dns_service_ip,
        fmt::format("{} is the first or last address of the service range; the first host is the API server's own",
                    judging.picture.dns_service_ip),
        fmt::format("write {}", base::ipv4_text(service.cidr->first() + 10)));
}
void pod_range_means_overlay(Judging const& judging) {
    auto const& picture = judging.picture;
    if (!picture.pod_said || (picture.mode != Mode::node_subnet && picture.mode != Mode::pod_subnet)) return;
    judging.trouble(*picture.cluster, at::pod_cidr,
                    fmt::format("the pod range {} is given, but pods take addresses from a subnet", picture.pod_cidr),
                    "remove the pod range, or choose overlay");
}
/// Azure joins no networks whose ranges overlap, and no two such networks to a third (Microsoft Learn, Create, change, or
/// delete a virtual network peering: requirements and constraints; read 2026-12-01).
void peers_apart(Judging const& judging) {
    auto const peers = peered_ranges(judging);
    overlaps(judging, peers, network_ranges(judging.picture));
    for (auto one = peers.begin(); one != peers.end(); ++one)
        for (auto other = std::next(one); other != peers.end(); ++other)
            if (one->owner != other->owner) overlaps(judging, {*one}, {*other});
}
void pod_range_free(Judging const& judging) {
    auto const all = cluster_ranges(judging.picture);
    if (all.size() < 2) return;
    overlaps(judging, {all[1]}, {all[0]});
    overlaps(judging, {all[1]}, subnet_ranges(judging));
    overlaps(judging, {all[1]}, peered_ranges(judging));
}
void network_size(Judging const& judging) {
    for (auto const& range : network_ranges(judging.picture))
        if (range.cidr && range.cidr->prefix() < 8)
            judging.trouble(*range.owner, range.property,
                            fmt::format("{} {} is larger than a /8", range.label, range.text),
                            "write a range of /8 or smaller");
}
void subnet_size(Judging const& judging) {
    for (auto const& range : subnet_ranges(judging))
        if (readable(judging, range) && range.cidr->prefix() > 29)
            judging.trouble(*range.owner, range.property,
                            fmt::format("{} {} is smaller than a /29", range.label, range.text),
                            "write a range of /29 or larger");
}
void subnets_inside(Judging const& judging) {
    auto const space = network_ranges(judging.picture);
    for (auto const& range : subnet_ranges(judging)) {
        bool const judged = range.cidr && std::ranges::any_of(space, [&](auto const& s) {
                                return s.cidr && range.owner->parent == s.owner->address;
                            });
        bool const inside =
            judged && std::ranges::any_of(space, [&](auto const& s) {
                return s.cidr && range.owner->parent == s.owner->address && s.cidr->contains(*range.cidr);
            });
        if (judged && !inside)
            judging.trouble(*range.owner, range.property,
                            fmt::format("{} {} is not inside its network's ranges", range.label, range.text),
                            "widen the network or move the subnet");
    }
}
void subnets_apart(Judging const& judging) {
    auto const all = subnet_ranges(judging);
    for (std::size_t i = 0; i < all.size(); ++i)
        for (std::size_t j = i + 1; j < all.size(); ++j)
            if (all[i].owner->parent == all[j].owner->parent) overlaps(judging, {all[j]}, {all[i]});
}

// ------------------------------------------------------------------------------------------------ room for nodes and
// pods

/// Nodes of a pool at their most: autoscaled to the top and in the middle of an upgrade.
std::int64_t most_nodes(Pool const& pool) { return pool.nodes.value_or(0) + pool.surge; }

std::int64_t nodes_of(Picture const& picture) {
    std::int64_t sum = 0;
    for (auto const& pool : picture.pools) sum += most_nodes(pool);
    return sum;
}

std::int64_t usable(Resource const& subnet, bool& known) {
    std::int64_t sum = 0;
    for (auto const& text : ranges_of(subnet)) {
        auto const cidr = Cidr::parse(text);
        if (!cidr) {
            known = false;
            continue;
        }
        sum += static_cast<std::int64_t>(cidr->size()) - reserved_by_azure;
    }
    if (ranges_of(subnet).empty()) known = false;
    return std::max<std::int64_t>(0, sum);
}

struct Need {
    std::int64_t addresses = 0;
    bool known = true;
    std::vector<std::string> sums;  ///< "system: 3+1 nodes"
};

/// Adds up what pools need of each subnet and compares. `addresses(pool)` is the formula, `words(pool)` its spoken
/// form.
template <typename Formula, typename Words>
void room(Judging const& judging, Resource const* Pool::* subnet_of, bool Pool::* names,
          resource::PropertyName const& property, Formula const& addresses, Words const& words) {
    std::map<resource::Address, std::pair<Resource const*, Need>> needs;
    for (auto const& pool : judging.picture.pools) {
        Resource const* subnet = pool.*subnet_of;
        if (!(pool.*names)) continue;
        if (!subnet) {
            judging.unknown(*pool.resource, property, fmt::format("the subnet of pool '{}' was not read", pool.name));
            continue;
        }
        auto& [where, need] = needs[subnet->address];
        where = subnet;
        if (!pool.nodes) need.known = false;
        need.addresses += addresses(pool);
        need.sums.push_back(words(pool));
    }
    for (auto& [address, entry] : needs) {
        auto& [subnet, need] = entry;
        if (auto const why = resource::unreadable(judging.graph, *subnet)) {
            judging.unknown(*subnet, at::subnet_range, fmt::format("subnet '{}': {}", name_of(*subnet), *why));
            continue;
        }
        auto const room = usable(*subnet, need.known);
        if (!need.known) {
            judging.unknown(
                *subnet, at::subnet_range,
                fmt::format("the size of subnet '{}' or the node count of its pools is not known", name_of(*subnet)));
            continue;
        }
        if (room >= need.addresses) continue;
        int prefix = 29;
        while (prefix > 8 && (std::int64_t{1} << (32 - prefix)) - reserved_by_azure < need.addresses) --prefix;
        judging.trouble(
            *subnet, at::subnet_range,
            fmt::format("subnet '{}' {} has {} usable addresses, its pools need {} ({})", name_of(*subnet),
                        base::join(ranges_of(*subnet), ", "), room, need.addresses, base::join(need.sums, "; ")),
            fmt::format("write a /{} or larger", prefix));
    }
}

std::string node_words(Pool const& pool) {
    return fmt::format("{}: {} nodes + {} while upgrading", pool.name, pool.nodes.value_or(0), pool.surge);
}

void room_node_subnet(Judging const& judging) {
    if (judging.picture.mode != Mode::node_subnet) return;
    room(
        judging, &Pool::subnet, &Pool::names_subnet, at::pool_subnet,
        [](Pool const& pool) { return most_nodes(pool) * (1 + pool.max_pods); },
        [](Pool const& pool) { return fmt::format("{}, each with {} pods", node_words(pool), pool.max_pods); });
}
void room_nodes_only(Judging const& judging, Mode mode) {
    if (judging.picture.mode != mode) return;
    room(judging, &Pool::subnet, &Pool::names_subnet, at::pool_subnet, most_nodes, node_words);
}
void room_overlay(Judging const& judging) { room_nodes_only(judging, Mode::overlay); }
void room_pod_subnet(Judging const& judging) {
    room_nodes_only(judging, Mode::pod_subnet);
    if (judging.picture.mode != Mode::pod_subnet) return;
    auto const batches = [](Pool const& pool) {
        // Addresses are handed out 16 at a time: dynamic mode asks for the next batch when fewer than 8 are free.
        std::int64_t const wanted = pool.max_pods + (pool.static_blocks ? 1 : 8);
        return most_nodes(pool) * ((wanted + 15) / 16) * 16;
    };
    room(judging, &Pool::pod_subnet, &Pool::names_pod_subnet, at::pool_pod_subnet, batches, [](Pool const& pool) {
        return fmt::format("{}, {} pods each in batches of 16", node_words(pool), pool.max_pods);
    });
}
/// One /24 a node out of the pod range.
void room_pod_range(Judging const& judging) {
    auto const& picture = judging.picture;
    if (picture.mode != Mode::overlay && picture.mode != Mode::kubenet) return;
    auto const pods = Cidr::parse(picture.pod_cidr);
    if (!pods)
        return judging.unknown(*picture.cluster, at::pod_cidr,
                               fmt::format("the pod range {} is not an IPv4 range this can judge", picture.pod_cidr));
    bool const counted = std::ranges::all_of(picture.pools, [](auto const& pool) { return pool.nodes.has_value(); });
    if (!counted) return judging.unknown(*picture.cluster, at::pod_cidr, "the node count of a pool is not known");
    std::int64_t const room = pods->prefix() > 24 ? 0 : std::int64_t{1} << (24 - pods->prefix());
    auto const nodes = nodes_of(picture);
    if (room >= nodes) return;
    int prefix = 24;
    while (prefix > 8 && (std::int64_t{1} << (24 - prefix)) < nodes) --prefix;
    judging.trouble(
        *picture.cluster, at::pod_cidr,
        fmt::format("the pod range {} has a /24 for {} nodes, the pools reach {}", picture.pod_cidr, room, nodes),
        fmt::format("write a /{} or larger", prefix));
}
void kubenet_limits(Judging const& judging) {
    room_nodes_only(judging, Mode::kubenet);
    auto const nodes = nodes_of(judging.picture);
    if (judging.picture.mode != Mode::kubenet || nodes <= 400) return;
    judging.trouble(*judging.picture.cluster, at::plugin,
                    fmt::format("kubenet holds at most 400 nodes, the pools reach {}", nodes), "choose overlay");
}
void api_subnet_room(Judging const& judging) {
    auto const& picture = judging.picture;
    if (!resource::read_text(*picture.cluster, at::api_subnet)) return;
    if (!picture.api_subnet)
        return judging.unknown(*picture.cluster, at::api_subnet, "the API server's subnet was not read");
    auto const& subnet = *picture.api_subnet;
    bool known = true;
    auto const room = usable(subnet, known);
    if (!known)
        return judging.unknown(subnet, at::subnet_range,
                               fmt::format("the size of subnet '{}' is not known", name_of(subnet)));
    if (room < 9)
        judging.trouble(
            subnet, at::subnet_range,
            fmt::format("the API server's subnet '{}' has {} usable addresses and needs 9", name_of(subnet), room),
            "write a /28 or larger");
    for (auto const& pool : picture.pools)
        if (pool.subnet == &subnet || pool.pod_subnet == &subnet)
            judging.trouble(*pool.resource, at::pool_subnet,
                            fmt::format("pool '{}' uses the API server's subnet '{}'", pool.name, name_of(subnet)),
                            "give the API server a subnet of its own");
}
void one_network(Judging const& judging) {
    std::set<resource::Address> networks;
    for (auto const& pool : judging.picture.pools)
        for (auto const* subnet : {pool.subnet, pool.pod_subnet})
            if (subnet && subnet->parent) networks.insert(*subnet->parent);
    if (auto const* subnet = judging.picture.api_subnet; subnet && subnet->parent) networks.insert(*subnet->parent);
    if (networks.size() < 2) return;
    std::vector<std::string> const names(networks.begin(), networks.end());
    judging.trouble(*judging.picture.cluster, at::plugin,
                    fmt::format("the cluster's subnets lie in {} networks: {}", names.size(), base::join(names, ", ")),
                    "put all subnets of one cluster in one virtual network");
}
void all_or_no_subnet(Judging const& judging) {
    auto const& pools = judging.picture.pools;
    bool const some = std::ranges::any_of(pools, &Pool::names_subnet),
               all = std::ranges::all_of(pools, &Pool::names_subnet);
    if (!some || all) return;
    for (auto const& pool : pools)
        if (!pool.names_subnet)
            judging.trouble(*pool.resource, at::pool_subnet,
                            fmt::format("pool '{}' names no subnet, others do", pool.name),
                            "name a subnet for every pool, or for none");
}
void pods_a_node(Judging const& judging) {
    for (auto const& pool : judging.picture.pools)
        if (pool.max_pods < 10 || pool.max_pods > 250)
            judging.trouble(
                *pool.resource, at::pool_max_pods,
                fmt::format("pool '{}' asks for {} pods a node; Azure takes 10 to 250", pool.name, pool.max_pods),
                "write a number from 10 to 250");
}
void pods_on_system_nodes(Judging const& judging) {
    for (auto const& pool : judging.picture.pools)
        if (pool.system && pool.max_pods < 30)
            judging.trouble(
                *pool.resource, at::pool_max_pods,
                fmt::format("system pool '{}' holds {} pods a node and needs room for 30", pool.name, pool.max_pods),
                "write 30 or more");
}
void azure_policy_limits(Judging const& judging) {
    auto const policy = resource::read_text(*judging.picture.cluster, at::policy);
    if (!policy || !base::same_text(*policy, "azure")) return;
    auto const nodes = nodes_of(judging.picture);
    if (nodes <= 250) return;
    judging.trouble(*judging.picture.cluster, at::policy,
                    fmt::format("network policy 'azure' holds at most 250 nodes, the pools reach {}", nodes),
                    "choose cilium");
}

struct Rule {
    std::string_view id;
    void (*judge)(Judging const&);
};
/// In the order of the rules' ids.
constexpr Rule rules[] = {
    {"cidr-001", link_local},
    {"cidr-002", kept_172_30},
    {"cidr-003", kept_172_31},
    {"cidr-004", kept_192_0_2},
    {"cidr-005", service_range_size},
    {"cidr-006", service_off_subnets},
    {"cidr-007", service_off_networks},
    {"cidr-008", service_with_dns},
    {"cidr-009", dns_inside},
    {"cidr-010", dns_usable},
    {"cidr-011", pod_range_means_overlay},
    {"cidr-012", pod_range_free},
    {"cidr-013", room_pod_range},
    {"cidr-018", network_size},
    {"cidr-020", subnet_size},
    {"combo-038", one_network},
    {"ip-001", room_node_subnet},
    {"ip-002", room_overlay},
    {"ip-003", room_pod_subnet},
    {"ip-005", kubenet_limits},
    {"ip-006", api_subnet_room},
    {"pods-001", pods_a_node},
    {"pods-002", pods_on_system_nodes},
    {"pods-008", azure_policy_limits},
    {"subnet-all-or-none", all_or_no_subnet},
    {"subnet-apart", subnets_apart},
    {"peers-apart", peers_apart},
    {"subnet-inside", subnets_inside},
};

constexpr auto ids = [] {
    std::array<std::string_view, std::size(rules)> out{};
    for (std::size_t i = 0; i < std::size(rules); ++i) out[i] = rules[i].id;
    return out;
}();

}  // namespace

std::span<std::string_view const> trouble_rules() { return ids; }

std::vector<Trouble> troubles(Graph const& graph) {
    std::vector<Trouble> found;
    for (auto const& picture : pictures(graph)) {
        for (auto const& rule : rules) {
            Judging const judging{graph, picture, rule.id, found};
            rule.judge(judging);
        }
        // A pool that stands but was not read needs addresses nobody counted.
        for (auto const& unread : graph.unread) {
            auto const id = resource::ResourceId::parse(unread.what);
            bool const ours = id && picture.cluster->id && base::same_text(id->type(), type::pool) &&
                              id->is_within(*picture.cluster->id);
            if (ours && !graph.find(*id))
                found.push_back({picture.cluster->address,
                                 {},
                                 fmt::format("pool '{}' was not read ({}), so its addresses are not counted",
                                             id->name(), unread.because),
                                 {},
                                 true,
                                 "ip-001"});
        }
        for (auto const* network : picture.networks)
            if (auto const why = resource::unreadable(graph, *network))
                found.push_back({network->address,
                                 json::Path(at::space.at),
                                 fmt::format("network '{}': {}", name_of(*network), *why),
                                 {},
                                 true,
                                 "cidr-006"});
    }
    return found;
}

}  // namespace holdfast::network
