/// The register of predicates, and the two that most rows need: a property has, or has not, one of some values.
#include <fmt/format.h>

#include <algorithm>

#include "checks/judging.hpp"

namespace holdfast::checks {
namespace {

using resource::Resource;

constexpr Predicate registered[] = {
    {"all_succeeded", all_succeeded},
    {"api_server_closed", api_server_closed},
    {"api_subnet_delegated", api_subnet_delegated},
    {"audit_logged", audit_logged},
    {"autoscale_bounds", autoscale_bounds},
    {"chain_purge_protected", chain_purge_protected},
    {"disk_key_usable", disk_key_usable},
    {"egress_ours", egress_ours},
    {"etcd_key_usable", etcd_key_usable},
    {"etcd_vault_open", etcd_vault_open},
    {"identities_stand", identities_stand},
    {"is", is},
    {"is_none_of", is_none_of},
    {"issuer_left_on", issuer_left_on},
    {"kubelet_identity_handed_out", kubelet_identity_handed_out},
    {"kubenet_routes_identity", kubenet_routes_identity},
    {"machines_narrow", machines_narrow},
    {"maintenance_planned", maintenance_planned},
    {"no_trouble", no_trouble},
    {"node_group_untouched", node_group_untouched},
    {"nodes_authorized", nodes_authorized},
    {"nodes_subnet_free", nodes_subnet_free},
    {"own_nat_attached", own_nat_attached},
    {"own_zone_identity", own_zone_identity},
    {"people_on_both_levels", people_on_both_levels},
    {"pool_name", pool_name},
    {"registry_pull", registry_pull},
    {"routed_egress", routed_egress},
    {"rules_let_out", rules_let_out},
    {"size_fits", size_fits},
    {"something_recognised", something_recognised},
    {"spread_over_zones", spread_over_zones},
    {"subnets_guarded", subnets_guarded},
    {"system_pool_exists", system_pool_exists},
};

constexpr std::string_view absent_word = "(absent)";
constexpr std::string_view present_word = "(present)";

/// A property of the subject or, with "^" in front, of its parent.
struct Looked {
    Resource const* owner = nullptr;  ///< null: the parent is not in the graph
    json::Path path;
    std::optional<std::string> value;  ///< as text; empty: not set
    bool structured = false;           ///< set, but a list or an object
    bool pending = false;              ///< set, but known only later
    std::optional<Verdict> blocked;    ///< nothing may be said
};

std::string scalar_text(json::Value const& value) {
    if (auto const* text = value.if_string()) return std::string(std::string_view(*text));
    return json::write(value);
}

Looked look(Judging const& judging, std::string_view at) {
    Looked looked;
    looked.owner = &judging.subject;
    if (at.starts_with('^')) {
        at.remove_prefix(1);
        looked.owner = judging.subject.parent ? judging.graph.find(*judging.subject.parent) : nullptr;
    }
    looked.path = json::Path(at);
    if (!looked.owner) {
        looked.blocked =
            Verdict{Outcome::unknown, fmt::format("what {} belongs to was not read", judging.subject.address)};
        return looked;
    }
    looked.blocked = unreadable(judging, *looked.owner);
    if (looked.blocked) return looked;
    for (auto const& pending : looked.owner->pending) {
        auto const& there = pending.at.segments();
        auto const& here = looked.path.segments();
        if (there.size() >= here.size() && std::equal(here.begin(), here.end(), there.begin())) looked.pending = true;
    }
    resource::PropertyName const property{looked.owner->type, at};
    auto const* value = resource::read(*looked.owner, property);
    if (!value) return looked;
    looked.structured = value->is_array() || value->is_object();
    bool const empty = (value->is_array() && value->get_array().empty()) ||
                       (value->is_object() && value->get_object().empty()) ||
                       (value->is_string() && value->get_string().empty());
    if (!empty) looked.value = scalar_text(*value);
    return looked;
}

bool among(Looked const& looked, std::optional<std::string> const& effective, std::vector<std::string> const& values) {
    bool const set = looked.value || looked.pending;
    return std::ranges::any_of(values, [&](auto const& value) {
        if (value == absent_word) return !set;
        if (value == present_word) return set;
        return effective && !looked.structured && base::same_text(*effective, value);
    });
}

/// The value, or what Azure takes in its place.
std::optional<std::string> effective(Looked const& looked, std::string_view absent) {
    if (looked.value || looked.pending) return looked.value;
    if (absent.empty() || absent == "?") return std::nullopt;
    return std::string(absent);
}

std::string evidence(Looked const& looked, std::string_view absent, Resource const& subject) {
    auto const where = looked.owner == &subject ? looked.path.text()
                                                : fmt::format("{} of {}", looked.path.text(), looked.owner->address);
    if (looked.pending && !looked.value) return fmt::format("{} is set, its value known only later", where);
    if (!looked.value) {
        if (absent.empty() || absent == "?") return fmt::format("{} is not set", where);
        return fmt::format("{} is not set; Azure takes {}", where, absent);
    }
    constexpr std::size_t most = 160;
    auto const& value = *looked.value;
    return fmt::format("{} is {}", where, value.size() > most ? value.substr(0, most) + "…" : value);
}

Verdicts membership(Judging const& judging, bool inside_is_good) {
    auto const& row = judging.row;
    auto const looked = look(judging, row.at);
    if (looked.blocked) return {*looked.blocked};
    auto const values = base::split(row.wants, '\n');
    bool const set = looked.value || looked.pending;
    bool const says_absent = std::ranges::find(values, absent_word) != values.end();
    if (!set && row.absent == "?" && !says_absent)
        return {{Outcome::unknown,
                 fmt::format("{} is not set, and what Azure takes then is not known", looked.path.text()),
                 looked.path}};
    bool const inside = among(looked, effective(looked, row.absent), values);
    // The finding is about the subject (a pool), even where the property is its parent's.
    return {{inside == inside_is_good ? Outcome::pass : Outcome::fail, evidence(looked, row.absent, judging.subject),
             looked.path}};
}

}  // namespace

std::span<Predicate const> predicates() { return registered; }

Predicate const* find_predicate(std::string_view name) {
    auto const at = std::ranges::lower_bound(registered, name, {}, &Predicate::name);
    return at != std::end(registered) && at->name == name ? at : nullptr;
}

std::optional<Verdict> applies(Judging const& judging) {
    auto const& row = judging.row;
    if (row.when_at.empty()) return std::nullopt;
    auto const looked = look(judging, row.when_at);
    if (looked.blocked) return looked.blocked;
    if (among(looked, effective(looked, row.when_absent), base::split(row.when_is, '\n'))) return std::nullopt;
    return Verdict{Outcome::not_applicable, evidence(looked, row.when_absent, judging.subject), looked.path};
}

Verdicts is(Judging const& judging) { return membership(judging, true); }
Verdicts is_none_of(Judging const& judging) { return membership(judging, false); }

std::optional<Verdict> unreadable(Judging const& judging, Resource const& resource) {
    auto const why = resource::unreadable(judging.graph, resource);
    if (!why) return std::nullopt;
    return Verdict{Outcome::unknown, fmt::format("{} could not be judged: {}", resource.address, *why)};
}

std::string name_of(Resource const& resource) {
    return resource.id ? std::string(resource.id->name()) : resource.address;
}

std::vector<Resource const*> pools_of(resource::Graph const& graph, Resource const& cluster) {
    std::vector<Resource const*> pools;
    for (auto const* child : graph.children(cluster.address))
        if (base::same_text(child->type, type::pool)) pools.push_back(child);
    return pools;
}

}  // namespace holdfast::checks
