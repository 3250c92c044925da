/// judging: what a predicate is given and what it answers. Private to `checks`.
#pragma once

#include "checks/checks.hpp"
#include "checks/paths.hpp"

namespace holdfast::checks {

/// What is worked out once for a graph and asked by many rules.
struct Proofs {
    network::Map map;
    std::vector<network::Trouble> troubles;
    std::vector<keys::Chain> chains;
    access::Paths access;
};

struct Judging {
    resource::Graph const& graph;
    Proofs const& proofs;
    RuleRow const& row;
    resource::Resource const& subject;  ///< for rules over the graph as a whole: an empty resource
};

struct Verdict {
    Outcome outcome = Outcome::unknown;
    std::string seen;
    json::Path at = {};
    std::string fix = {};             ///< instead of the row's
    resource::Address resource = {};  ///< instead of the subject
};
using Verdicts = std::vector<Verdict>;

struct Predicate {
    std::string_view name;
    Verdicts (*judge)(Judging const&);
};
/// Every registered predicate, in order of name.
std::span<Predicate const> predicates();
Predicate const* find_predicate(std::string_view name);

// Registered in predicates.cpp; implemented by concept.
Verdicts is(Judging const&);
Verdicts is_none_of(Judging const&);
/// Whether the row's condition holds: nullopt yes; else the verdict to give instead (not applicable, or unknown).
std::optional<Verdict> applies(Judging const&);

/// "X could not be read: …", when nothing may be said of that resource.
std::optional<Verdict> unreadable(Judging const&, resource::Resource const&);
std::string name_of(resource::Resource const&);
std::vector<resource::Resource const*> pools_of(resource::Graph const&, resource::Resource const& cluster);

Verdicts something_recognised(Judging const&);
Verdicts all_succeeded(Judging const&);
Verdicts pool_name(Judging const&);
Verdicts system_pool_exists(Judging const&);
Verdicts autoscale_bounds(Judging const&);
Verdicts size_fits(Judging const&);
Verdicts spread_over_zones(Judging const&);
Verdicts no_trouble(Judging const&);
Verdicts routed_egress(Judging const&);
Verdicts own_nat_attached(Judging const&);
Verdicts rules_let_out(Judging const&);
Verdicts nodes_authorized(Judging const&);
Verdicts kubenet_routes_identity(Judging const&);
Verdicts nodes_subnet_free(Judging const&);
Verdicts api_subnet_delegated(Judging const&);
Verdicts api_server_closed(Judging const&);
Verdicts egress_ours(Judging const&);
Verdicts subnets_guarded(Judging const&);
Verdicts own_zone_identity(Judging const&);
Verdicts kubelet_identity_handed_out(Judging const&);
Verdicts chain_purge_protected(Judging const&);
Verdicts identities_stand(Judging const&);
Verdicts issuer_left_on(Judging const&);
Verdicts disk_key_usable(Judging const&);
Verdicts etcd_key_usable(Judging const&);
Verdicts etcd_vault_open(Judging const&);
Verdicts people_on_both_levels(Judging const&);
Verdicts machines_narrow(Judging const&);
Verdicts registry_pull(Judging const&);
Verdicts node_group_untouched(Judging const&);
Verdicts audit_logged(Judging const&);
Verdicts maintenance_planned(Judging const&);

}  // namespace holdfast::checks
