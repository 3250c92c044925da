/// Judgements about ranges, the way out and the way in.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "checks/judging.hpp"

namespace holdfast::checks {
namespace {

struct ReservedSubnetRow {
    std::string_view name, of, source, date;
};
constexpr ReservedSubnetRow reserved_subnets[] = {
#include "reserved_subnets.inc"
};

using resource::Resource;

/// The subnets of a cluster's pools, each once; a pool whose subnet is not in the graph is named in `missing`.
struct Subnets {
    std::vector<Resource const*> all;
    std::vector<std::string> missing;
    bool none_named = true;  ///< the network is Azure's
};
Subnets subnets_of(Judging const& judging) {
    Subnets subnets;
    std::set<Resource const*> seen;
    for (auto const* pool : pools_of(judging.graph, judging.subject)) {
        if (!resource::read_text(*pool, at::pool_subnet)) {
            if (unreadable(judging, *pool)) subnets.missing.push_back(name_of(*pool));
            continue;
        }
        subnets.none_named = false;
        auto const* subnet = resource::read_target(judging.graph, *pool, at::pool_subnet);
        if (!subnet) subnets.missing.push_back(name_of(*pool));
        else if (seen.insert(subnet).second) subnets.all.push_back(subnet);
    }
    return subnets;
}

/// Gives every subnet to `judge` and adds what could not be seen.
template <typename F>
Verdicts each_subnet(Judging const& judging, F const& judge) {
    Verdicts verdicts;
    auto const subnets = subnets_of(judging);
    for (auto const& pool : subnets.missing)
        verdicts.push_back({Outcome::unknown, fmt::format("the subnet of pool '{}' was not read", pool)});
    for (auto const* subnet : subnets.all) {
        if (auto blocked = unreadable(judging, *subnet)) {
            blocked->resource = subnet->address;
            verdicts.push_back(*blocked);
        } else {
            auto verdict = judge(*subnet);
            verdict.resource = subnet->address;
            verdicts.push_back(std::move(verdict));
        }
    }
    if (verdicts.empty())
        verdicts.push_back(subnets.none_named ? Verdict{Outcome::not_applicable, "the network is Azure's own"}
                                              : Verdict{Outcome::unknown, "no subnet was read"});
    return verdicts;
}

}  // namespace

Verdicts no_trouble(Judging const& judging) {
    auto const mine = base::split(judging.row.names, '\n');
    Verdicts verdicts;
    for (auto const& trouble : judging.proofs.troubles) {
        if (std::ranges::find(mine, trouble.rule) == mine.end()) continue;
        bool const said = std::ranges::any_of(
            verdicts, [&](auto const& v) { return v.seen == trouble.what && v.resource == trouble.address; });
        if (said) continue;  // several rules may stumble over the same unreadable range
        verdicts.push_back({trouble.unknown ? Outcome::unknown : Outcome::fail, trouble.what, trouble.at, trouble.fix,
                            trouble.address});
    }
    if (!verdicts.empty()) return verdicts;
    if (auto const blocked = unreadable(judging, judging.subject)) return {*blocked};
    std::vector<std::string> ranges;
    for (auto const& range : judging.proofs.map.subnets)
        if (!range.cidr.empty()) ranges.push_back(fmt::format("{} {}", range.label, range.cidr));
    for (auto const& range : judging.proofs.map.overlays)
        ranges.push_back(fmt::format("{} {}", range.label, range.cidr));
    return {{Outcome::pass, fmt::format("{} rules held against {}", mine.size(), base::join(ranges, ", "))}};
}

Verdicts routed_egress(Judging const& judging) {
    static constexpr std::string_view good_hops[] = {"VirtualAppliance", "VirtualNetworkGateway"};
    auto verdicts = each_subnet(judging, [&](Resource const& subnet) -> Verdict {
        json::Path const where(at::subnet_routes.at);
        if (!resource::read_text(subnet, at::subnet_routes))
            return {Outcome::fail, fmt::format("subnet '{}' has no route table", name_of(subnet)), where};
        auto const* table = resource::read_target(judging.graph, subnet, at::subnet_routes);
        if (!table)
            return {Outcome::unknown, fmt::format("the route table of subnet '{}' was not read", name_of(subnet)),
                    where};
        if (auto const blocked = unreadable(judging, *table)) return *blocked;
        for (auto const* route : judging.graph.children(table->address)) {
            if (!base::same_text(route->type, type::route) ||
                resource::read_text(*route, at::route_prefix) != "0.0.0.0/0")
                continue;
            auto const hop = resource::read_text(*route, at::route_hop).value_or("nothing");
            bool const good = std::ranges::any_of(good_hops, [&](auto const& h) { return base::same_text(h, hop); });
            return {good ? Outcome::pass : Outcome::fail,
                    fmt::format("0.0.0.0/0 of '{}' goes to {}", name_of(*table), hop), where};
        }
        return {Outcome::fail, fmt::format("route table '{}' has no route for 0.0.0.0/0", name_of(*table)), where};
    });
    for (auto& verdict : verdicts)
        if (verdict.outcome == Outcome::not_applicable)
            verdict = {Outcome::fail, "routed egress needs a network of one's own; the pools name none"};
    return verdicts;
}

Verdicts own_nat_attached(Judging const& judging) {
    auto verdicts = each_subnet(judging, [&](Resource const& subnet) -> Verdict {
        json::Path const where(at::subnet_nat.at);
        auto const nat = resource::read_text(subnet, at::subnet_nat);
        if (!nat) return {Outcome::fail, fmt::format("subnet '{}' has no NAT gateway", name_of(subnet)), where};
        auto const* gateway = resource::read_target(judging.graph, subnet, at::subnet_nat);
        return {Outcome::pass,
                fmt::format("subnet '{}' leaves through '{}'", name_of(subnet), gateway ? name_of(*gateway) : *nat),
                where};
    });
    for (auto& verdict : verdicts)
        if (verdict.outcome == Outcome::not_applicable)
            verdict = {Outcome::fail, "an own NAT gateway needs a network of one's own; the pools name none"};
    return verdicts;
}

namespace {

/// One value or a list: Azure takes either.
std::vector<std::string> one_or_more(Resource const& rule, at::Property const& one, at::Property const& more) {
    auto all = resource::read_texts(rule, more);
    if (auto const single = resource::read_text(rule, one); single && !single->empty()) all.push_back(*single);
    return all;
}
std::optional<int> whole(std::string const& text) {
    int number = 0;
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failure == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}
bool covers_port(std::vector<std::string> const& ranges, int port) {
    return std::ranges::any_of(ranges, [port](std::string const& range) {
        if (range == "*") return true;
        auto const dash = range.find('-');
        auto const first = whole(range.substr(0, dash));
        auto const last = dash == std::string::npos ? first : whole(range.substr(dash + 1));
        return first && last && *first <= port && port <= *last;
    });
}
/// How much of what the nodes need to reach, or of the nodes, a rule speaks of.
enum class Part { none, some, all };
Part of_nodes(std::vector<std::string> const& sources, Resource const& subnet) {
    auto const range = base::Cidr::parse(resource::read_text(subnet, at::subnet_range).value_or(""));
    auto most = Part::none;
    for (auto const& source : sources) {
        if (source == "*" || base::same_text(source, "VirtualNetwork")) return Part::all;
        auto const cidr = base::Cidr::parse(source.find('/') == std::string::npos ? source + "/32" : source);
        if (!cidr || (range && !cidr->overlaps(*range))) continue;
        if (range && cidr->contains(*range)) return Part::all;
        most = Part::some;
    }
    return most;
}
/// AKS lies in Azure's addresses, of its own region and of others; other tags and ranges may hold what it needs.
Part of_outside(std::vector<std::string> const& targets) {
    constexpr std::string_view everything[] = {"*", "0.0.0.0/0", "Internet", "AzureCloud"};
    auto most = Part::none;
    for (auto const& target : targets) {
        if (std::ranges::any_of(everything, [&](auto one) { return base::same_text(one, target); })) return Part::all;
        if (!base::same_text(target, "VirtualNetwork") && !base::same_text(target, "AzureLoadBalancer"))
            most = Part::some;
    }
    return most;
}

}  // namespace

/// Azure's own rules let everything out (65001), so only rules of the user's that come first can stop the nodes. The
/// first that speaks of all nodes and all of the outside decides; a rule that speaks of a part of either leaves a
/// doubt, where it says something else.
Verdicts rules_let_out(Judging const& judging) {
    constexpr int https = 443;
    if (resource::read_text(judging.subject, at::proxy))
        return {{Outcome::not_applicable, "the nodes go through a proxy", json::Path(at::proxy.at)}};
    return each_subnet(judging, [&](Resource const& subnet) -> Verdict {
        json::Path const where(at::subnet_nsg.at);
        if (!resource::read_text(subnet, at::subnet_nsg))
            return {Outcome::pass, fmt::format("subnet '{}' has no security group", name_of(subnet)), where};
        auto const* group = resource::read_target(judging.graph, subnet, at::subnet_nsg);
        if (!group)
            return {Outcome::unknown, fmt::format("the security group of subnet '{}' was not read", name_of(subnet)),
                    where};
        if (auto const blocked = unreadable(judging, *group)) return *blocked;
        std::vector<std::pair<std::int64_t, Resource const*>> rules;
        for (auto const* rule : judging.graph.children(group->address)) {
            if (!base::same_text(rule->type, type::security_rule)) continue;
            if (auto const priority = resource::read_whole(*rule, at::rule_priority))
                rules.emplace_back(*priority, rule);
        }
        std::ranges::sort(rules);
        bool lets_a_part = false, drops_a_part = false;
        auto const ends = [&](bool lets, std::string seen) -> Verdict {
            bool const doubtful = lets ? drops_a_part : lets_a_part;
            if (doubtful)
                seen += lets ? ", after rules that drop a part of it" : ", after rules that let a part of it out";
            return {doubtful ? Outcome::unknown : lets ? Outcome::pass : Outcome::fail, std::move(seen), where};
        };
        for (auto const& [priority, rule] : rules) {
            auto const protocol = resource::read_text(*rule, at::rule_protocol).value_or("*");
            if (!base::same_text(resource::read_text(*rule, at::rule_direction).value_or(""), "Outbound") ||
                (protocol != "*" && !base::same_text(protocol, "Tcp")) ||
                !covers_port(one_or_more(*rule, at::rule_port, at::rule_ports), https))
                continue;
            auto const part = std::min(of_nodes(one_or_more(*rule, at::rule_source, at::rule_sources), subnet),
                                       of_outside(one_or_more(*rule, at::rule_target, at::rule_targets)));
            bool const lets = base::same_text(resource::read_text(*rule, at::rule_access).value_or(""), "Allow");
            if (part == Part::some) (lets ? lets_a_part : drops_a_part) = true;
            if (part == Part::all)
                return ends(lets,
                            fmt::format("rule '{}' of '{}' (priority {}) {} TCP {} from subnet '{}' to the outside",
                                        name_of(*rule), name_of(*group), priority, lets ? "lets" : "drops", https,
                                        name_of(subnet)));
        }
        return ends(true, fmt::format("no rule of '{}' stops all that leaves", name_of(*group)));
    });
}

Verdicts kubenet_routes_identity(Judging const& judging) {
    json::Path const where(at::identity_kind.at);
    auto const kind = resource::read_text(judging.subject, at::identity_kind).value_or("none");
    bool const too_late = base::same_text(kind, "SystemAssigned");
    return each_subnet(judging, [&](Resource const& subnet) -> Verdict {
        if (!resource::read_text(subnet, at::subnet_routes))
            return {Outcome::pass, fmt::format("subnet '{}' has no route table of ours", name_of(subnet)), where};
        return {too_late ? Outcome::fail : Outcome::pass,
                fmt::format("{} is {}, and subnet '{}' has a route table of its own", at::identity_kind.at, kind,
                            name_of(subnet)),
                where};
    });
}

Verdicts nodes_subnet_free(Judging const& judging) {
    return each_subnet(judging, [](resource::Resource const& subnet) -> Verdict {
        json::Path const where(at::subnet_delegations.at);
        for (auto const& row : reserved_subnets)
            if (subnet.id && base::same_text(row.name, subnet.id->name()))
                return {Outcome::fail, fmt::format("subnet '{}' is kept for {}", name_of(subnet), row.of), where};
        auto const* delegations = resource::read(subnet, at::subnet_delegations);
        if (delegations && delegations->is_array())
            for (auto const& delegation : delegations->get_array())
                if (auto const service = json::text_at(delegation, delegated_service))
                    return {Outcome::fail,
                            fmt::format("subnet '{}' is delegated to {}", name_of(subnet), base::printable(*service)),
                            where};
        return {Outcome::pass, fmt::format("no service has subnet '{}' for itself", name_of(subnet)), where};
    });
}

Verdicts api_subnet_delegated(Judging const& judging) {
    json::Path const where(at::api_subnet.at);
    auto const& cluster = judging.subject;
    if (!resource::read_text(cluster, at::api_subnet)) {
        if (subnets_of(judging).none_named)
            return {{Outcome::pass, "Azure makes the subnet in its own network", where}};
        return {{Outcome::fail, "no subnet is named for the API server", where, "name a subnet of /28 or larger"}};
    }
    auto const* subnet = resource::read_target(judging.graph, cluster, at::api_subnet);
    if (!subnet) return {{Outcome::unknown, "the API server's subnet was not read", where}};
    if (auto const blocked = unreadable(judging, *subnet)) return {*blocked};
    auto const* delegations = resource::read(*subnet, at::subnet_delegations);
    if (delegations && delegations->is_array())
        for (auto const& delegation : delegations->get_array())
            if (base::same_text(json::text_at(delegation, delegated_service).value_or(""), type::cluster))
                return {{Outcome::pass,
                         fmt::format("subnet '{}' is delegated", name_of(*subnet)),
                         json::Path(at::subnet_delegations.at),
                         {},
                         subnet->address}};
    return {{Outcome::fail,
             fmt::format("subnet '{}' is not delegated", name_of(*subnet)),
             json::Path(at::subnet_delegations.at),
             {},
             subnet->address}};
}

Verdicts api_server_closed(Judging const& judging) {
    auto const& cluster = judging.subject;
    if (resource::read_truth(cluster, at::private_api).value_or(false))
        return {{Outcome::pass, "the API server has a private address only", json::Path(at::private_api.at)}};
    if (base::same_text(resource::read_text(cluster, at::public_access).value_or("Enabled"), "Disabled"))
        return {{Outcome::pass, "public network access is disabled", json::Path(at::public_access.at)}};
    auto const ranges = resource::read_texts(cluster, at::authorized);
    json::Path const where(at::authorized.at);
    if (ranges.empty()) return {{Outcome::fail, "public, and no authorized ranges: every address may reach it", where}};
    for (auto const& range : ranges)
        if (range.ends_with("/0"))
            return {
                {Outcome::fail, fmt::format("authorized ranges hold {}: every address may reach it", range), where}};
    return {{Outcome::pass, fmt::format("public, from {} only", base::join(ranges, ", ")), where}};
}

namespace {

/// The public addresses, and ranges of them, by which nodes leave through a NAT gateway or firewall that is in view.
std::vector<Resource const*> ways_out(Judging const& judging) {
    std::vector<Resource const*> out;
    auto const take = [&](Resource const& holder, resource::PropertyName const& list, std::string_view id_at) {
        auto const* places = resource::read(holder, list);
        if (!places || !places->is_array()) return;
        for (auto const& place : places->get_array()) {
            auto const text = json::text_at(place, json::Path(id_at));
            auto const id = text ? resource::ResourceId::parse(*text) : base::fail(base::ErrorCode::not_recognised, "");
            auto const* address = id ? judging.graph.find(*id) : nullptr;
            if (address && std::ranges::find(out, address) == out.end()) out.push_back(address);
        }
    };
    for (auto const* gateway : judging.graph.of_type(type::nat_gateway)) {
        take(*gateway, at::nat_addresses, member_id);
        take(*gateway, at::nat_prefixes, member_id);
    }
    for (auto const* wall : judging.graph.of_type(type::firewall)) take(*wall, at::firewall_places, place_address);
    return out;
}

/// Whether each address of it is in one of the ranges, single addresses among them.
bool all_within(base::Cidr const& addresses, std::vector<std::string> const& ranges) {
    std::vector<base::Cidr> known;
    for (auto const& range : ranges)
        if (auto const cidr = base::Cidr::parse(range.find('/') == std::string::npos ? range + "/32" : range))
            known.push_back(*cidr);
    auto const next_outside = [&](std::uint64_t from) {  // past every range that holds it
        auto const holds = [&](base::Cidr const& range) { return range.first() <= from && from <= range.last(); };
        for (auto it = std::ranges::find_if(known, holds); it != known.end(); it = std::ranges::find_if(known, holds))
            from = std::uint64_t{it->last()} + 1;
        return from;
    };
    return next_outside(addresses.first()) > addresses.last();
}

}  // namespace

Verdicts nodes_authorized(Judging const& judging) {
    auto const& cluster = judging.subject;
    json::Path const where(at::authorized.at);
    auto const ranges = resource::read_texts(cluster, at::authorized);
    std::vector<resource::Address> coming;  // known only later
    for (auto const& pending : cluster.pending)
        if (auto const* output = std::get_if<resource::Output>(&pending.from); output && pending.at.parent() == where)
            coming.push_back(output->address);
    bool const inside = resource::read_truth(cluster, at::private_api).value_or(false) ||
                        resource::read_truth(cluster, at::integrated).value_or(false);
    if (inside) return {{Outcome::not_applicable, "nodes reach the API server inside the network", where}};
    if (ranges.empty() && coming.empty()) return {{Outcome::not_applicable, "no authorized ranges", where}};
    auto const outbound = resource::read_text(cluster, at::outbound).value_or("loadBalancer");
    static constexpr std::string_view of_ours[] = {"userAssignedNATGateway", "userDefinedRouting"};
    if (std::ranges::none_of(of_ours, [&](auto one) { return base::same_text(one, outbound); }))
        return {{Outcome::pass, fmt::format("Azure lets in what it makes for outbound type {}", outbound), where}};
    auto const addresses = ways_out(judging);
    if (addresses.empty())
        return {{Outcome::not_applicable, "the nodes' public addresses are others' and not in view: they belong into the list", where}};
    Verdicts verdicts;
    std::vector<std::string> let_in;
    for (auto const* address : addresses) {
        bool const many = base::same_text(address->type, type::public_prefix);
        auto const text = resource::read_text(*address, many ? at::prefix : at::address);
        auto const written = text && !many ? std::string(*text) + "/32" : std::string(text.value_or(""));
        auto const leaves_as = base::Cidr::parse(written);
        bool const known = std::ranges::find(coming, address->address) != coming.end() ||
                           (leaves_as && all_within(*leaves_as, ranges));
        if (known) let_in.push_back(name_of(*address));
        else if (!leaves_as) verdicts.push_back({Outcome::unknown, fmt::format("the address of '{}' was not read", name_of(*address)), where});
        else
            verdicts.push_back({Outcome::fail, fmt::format("nodes leave as {} ('{}'), which no authorized range holds", *text, name_of(*address)), where,
                                fmt::format("add {} to the authorized ranges", written)});
    }
    if (!verdicts.empty()) return verdicts;
    return {{Outcome::pass, fmt::format("the nodes' way out is among the ranges: {}", base::join(let_in, ", ")), where}};
}

Verdicts egress_ours(Judging const& judging) {
    struct Row {
        std::string_view outbound;
        Outcome outcome;
        std::string_view seen;
    };
    static constexpr Row rows[] = {
        {"userAssignedNATGateway", Outcome::pass, "through a NAT gateway of ours"},
        {"userDefinedRouting", Outcome::pass, "by our routes"},
        {"none", Outcome::pass, "no way out at all"},
        {"block", Outcome::pass, "blocked"},
        {"loadBalancer", Outcome::fail, "through a load balancer that AKS makes, with addresses that AKS chooses"},
        {"managedNATGateway", Outcome::fail, "through a NAT gateway that AKS makes, with addresses that AKS chooses"},
    };
    auto const outbound = resource::read_text(judging.subject, at::outbound).value_or("loadBalancer");
    auto const row = std::ranges::find_if(rows, [&](auto const& r) { return base::same_text(r.outbound, outbound); });
    json::Path const where(at::outbound.at);
    if (row == std::end(rows))
        return {{Outcome::unknown, fmt::format("outbound type {} is not one we know", outbound), where}};
    auto const hops = row->outcome == Outcome::pass && !judging.proofs.map.egress.empty()
                          ? ": " + judging.proofs.map.egress
                          : std::string();
    return {{row->outcome, std::string(row->seen) + hops, where}};
}

Verdicts subnets_guarded(Judging const& judging) {
    return each_subnet(judging, [&](Resource const& subnet) -> Verdict {
        json::Path const where(at::subnet_nsg.at);
        auto const group = resource::read_text(subnet, at::subnet_nsg);
        if (!group) return {Outcome::fail, fmt::format("subnet '{}' has no security group", name_of(subnet)), where};
        auto const* known = resource::read_target(judging.graph, subnet, at::subnet_nsg);
        return {Outcome::pass,
                fmt::format("subnet '{}' is guarded by '{}'", name_of(subnet), known ? name_of(*known) : *group),
                where};
    });
}

}  // namespace holdfast::checks
