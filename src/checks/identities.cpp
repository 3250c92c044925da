/// Judgements about keys, roles and identities.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "checks/judging.hpp"

namespace holdfast::checks {
namespace {

using resource::Address;
using resource::Resource;

/// Addresses of the identities that a resource acts as; ids that are not in the graph stay ids.
std::vector<Address> identities_of(Judging const& judging, Resource const& resource,
                                   resource::PropertyName const& property) {
    std::vector<Address> out;
    auto const* map = resource::read(resource, property);
    if (!map || !map->is_object()) return out;
    for (auto const& member : map->get_object()) {
        auto const id = resource::ResourceId::parse(std::string_view(member.key()));
        auto const* identity = id ? judging.graph.find(*id) : nullptr;
        out.push_back(identity ? identity->address : std::string(member.key()));
    }
    return out;
}

keys::Chain const* chain_for(Judging const& judging, std::string_view purpose) {
    for (auto const& chain : judging.proofs.chains)
        if (chain.purpose == purpose &&
            std::ranges::any_of(chain.links, [&](auto const& link) { return link.address == judging.subject.address; }))
            return &chain;
    return nullptr;
}

Verdict purge_protected(Judging const& judging, keys::Chain const& chain) {
    auto const* vault = chain.vault.empty() ? nullptr : judging.graph.find(chain.vault);
    if (!vault)
        return {Outcome::unknown,
                chain.unknowns.empty() ? std::string("the vault was not read") : chain.unknowns.front()};
    if (auto const blocked = unreadable(judging, *vault)) return *blocked;
    bool const on = resource::read_truth(*vault, at::purge_protection).value_or(false);
    Verdict verdict{on ? Outcome::pass : Outcome::fail,
                    fmt::format("vault '{}': purge protection {}", name_of(*vault), on ? "on" : "off"),
                    json::Path(at::purge_protection.at)};
    verdict.resource = vault->address;
    return verdict;
}

/// Whether one of `identities` holds a role on the chain's key.
Verdict usable_by(Judging const& judging, keys::Chain const& chain, std::vector<Address> const& identities,
                  std::string_view whose) {
    if (chain.key.empty())
        return {Outcome::unknown,
                chain.unknowns.empty() ? std::string("the key was not read") : chain.unknowns.front()};
    if (identities.empty())
        return {Outcome::unknown, fmt::format("{} is not a user-assigned one, so its roles are not in view", whose)};
    std::vector<std::string> holders;
    bool found = false;
    for (auto const& user : chain.users) {
        holders.push_back(fmt::format("{} as {} on {}", user.principal, user.role, user.scope));
        found = found || std::ranges::find(identities, user.principal) != identities.end();
    }
    if (found) return {Outcome::pass, base::join(holders, "; ")};
    if (!judging.proofs.access.role_list_complete || !chain.unknowns.empty())
        return {Outcome::unknown,
                chain.unknowns.empty() ? judging.proofs.access.unknowns.front() : chain.unknowns.front()};
    return {Outcome::fail, holders.empty() ? fmt::format("no role on the key for {}", base::join(identities, ", "))
                                           : fmt::format("no role on the key for {}; others have: {}",
                                                         base::join(identities, ", "), base::join(holders, "; "))};
}

}  // namespace

Verdicts issuer_left_on(Judging const& judging) {
    constexpr std::array since{1, 34};  // Azure/AKS:CHANGELOG.md, release 2025-08-29
    auto const& cluster = judging.subject;
    if (cluster.raw)
        return {{Outcome::not_applicable, "the cluster stands: what it may change to is the plan's to say"}};
    if (resource::read_truth(cluster, at::issuer).value_or(true)) return {{Outcome::pass, "nobody switches it off"}};
    auto const version = resource::read_text(cluster, at::version);
    std::array numbers{0, 0};
    auto const words = base::split(version.value_or(""), '.');
    for (std::size_t i = 0; i < std::min(words.size(), numbers.size()); ++i)
        std::from_chars(words[i].data(), words[i].data() + words[i].size(), numbers[i]);
    bool const older = version && numbers < since;
    Verdict verdict{older ? Outcome::pass : Outcome::fail,
                    version ? fmt::format("Kubernetes {}, the issuer is off", *version)
                            : std::string("the issuer is off, and Azure chooses a version that keeps it on")};
    verdict.at = json::Path(at::issuer.at);
    return {verdict};
}

Verdicts identities_stand(Judging const& judging) {
    constexpr std::string_view of_user = "identity.userAssignedIdentities", principal = "principalId";
    Verdicts verdicts;
    auto const& subject = judging.subject;
    if (!subject.raw) return {{Outcome::not_applicable, "it does not stand yet"}};
    for (auto const& member : json::object_at(*subject.raw, of_user)) {
        auto const bound = json::text_at(member.value(), principal);
        auto const id = resource::ResourceId::parse(std::string_view(member.key()));
        auto const* identity = id ? judging.graph.find(*id) : nullptr;
        auto const stands =
            identity && identity->raw ? json::text_at(*identity->raw, "properties.principalId") : std::nullopt;
        if (!bound || !stands) {
            verdicts.push_back({Outcome::unknown,
                                fmt::format("whether identity '{}' is the one it is bound to: {} was not read",
                                            id ? id->name() : base::printable(std::string_view(member.key())),
                                            bound ? "the identity" : "its principal"),
                                json::Path(of_user)});
            continue;
        }
        bool const same = base::same_text(*bound, *stands);
        verdicts.push_back({same ? Outcome::pass : Outcome::fail,
                            same ? fmt::format("it acts as identity '{}'", name_of(*identity))
                                 : fmt::format("it is bound to principal {}; identity '{}' was made anew since and is {}",
                                               base::printable(*bound), name_of(*identity), base::printable(*stands)),
                            json::Path(of_user)});
    }
    if (verdicts.empty()) return {{Outcome::not_applicable, "it acts as no user-assigned identity"}};
    return verdicts;
}

Verdicts chain_purge_protected(Judging const& judging) {
    auto const* chain = chain_for(judging, judging.row.names);
    if (!chain) return {{Outcome::unknown, "the key chain could not be followed"}};
    return {purge_protected(judging, *chain)};
}

Verdicts disk_key_usable(Judging const& judging) {
    auto const* chain = chain_for(judging, "disks");
    auto const* set = resource::read_target(judging.graph, judging.subject, at::disk_set);
    if (!chain || !set) return {{Outcome::unknown, "the disk encryption set was not read"}};
    if (auto const blocked = unreadable(judging, *set)) return {*blocked};
    auto verdict = usable_by(judging, *chain, identities_of(judging, *set, at::set_identities), "the set's identity");
    verdict.resource = set->address;
    return {verdict};
}

Verdicts etcd_key_usable(Judging const& judging) {
    auto const* chain = chain_for(judging, "etcd");
    if (!chain) return {{Outcome::unknown, "the key chain could not be followed"}};
    auto const usable =
        usable_by(judging, *chain, identities_of(judging, judging.subject, at::identities), "the cluster's identity");
    if (usable.outcome != Outcome::pass) return {usable};
    auto const guarded = purge_protected(judging, *chain);
    if (guarded.outcome != Outcome::pass) return {guarded};
    return {{Outcome::pass, usable.seen + "; " + guarded.seen}};
}

Verdicts etcd_vault_open(Judging const& judging) {
    if (auto const instead = applies(judging)) return {*instead};
    auto const* chain = chain_for(judging, "etcd");
    auto const* vault = chain && !chain->vault.empty() ? judging.graph.find(chain->vault) : nullptr;
    if (!vault) return {{Outcome::unknown, "the vault was not read"}};
    if (auto const blocked = unreadable(judging, *vault)) return {*blocked};
    bool const closed =
        base::same_text(resource::read_text(*vault, at::vault_public).value_or("Enabled"), "Disabled") ||
        base::same_text(resource::read_text(*vault, at::vault_default).value_or("Allow"), "Deny");
    return {{closed ? Outcome::fail : Outcome::pass,
             fmt::format("vault '{}' is {} to public networks", name_of(*vault), closed ? "closed" : "open")}};
}

Verdicts own_zone_identity(Judging const& judging) {
    json::Path const where(at::private_zone.at);
    auto const zone = resource::read_text(judging.subject, at::private_zone);
    if (!zone || !zone->starts_with('/')) return {{Outcome::not_applicable, "no zone of one's own", where}};
    auto const identities = identities_of(judging, judging.subject, at::identities);
    if (identities.empty())
        return {{Outcome::fail, "the zone is ours but the cluster has no user-assigned identity",
                 json::Path(at::identity_kind.at)}};
    auto const* target = resource::read_target(judging.graph, judging.subject, at::private_zone);
    if (!target) return {{Outcome::unknown, "the zone was not read", where}};
    for (auto const& way : judging.proofs.access.ways) {
        auto const* role = shapes::find_role(way.role);
        if (role && shapes::permits(*role, write_zone) &&
            std::ranges::find(identities, way.principal) != identities.end() && way.scope == target->address)
            return {{Outcome::pass, fmt::format("{} is {} on the zone", way.principal, way.role), where}};
    }
    if (!judging.proofs.access.role_list_complete)
        return {{Outcome::unknown, "not every role assignment was read", where}};
    return {{Outcome::fail, fmt::format("no role to write the zone for {}", base::join(identities, ", ")), where}};
}

Verdicts kubelet_identity_handed_out(Judging const& judging) {
    auto const& cluster = judging.subject;
    auto const written = resource::read_text(cluster, at::kubelet_identity);
    if (!written)
        return {{Outcome::not_applicable, "Azure makes the kubelet identity", json::Path(at::kubelet_identity.at)}};
    auto const id = resource::ResourceId::parse(*written);
    auto const node_group = resource::read_text(cluster, at::node_group);
    if (id && node_group && base::same_text(id->group(), *node_group))
        return {{Outcome::not_applicable, fmt::format("'{}' was made by Azure in the node resource group", id->name()),
                 json::Path(at::kubelet_identity.at)}};
    auto const kind = resource::read_text(cluster, at::identity_kind).value_or("none");
    bool const handed_out = base::same_text(kind, "UserAssigned");
    return {{handed_out ? Outcome::pass : Outcome::fail, fmt::format("{} is {}", at::identity_kind.at, kind),
             json::Path(at::identity_kind.at)}};
}

Verdicts people_on_both_levels(Judging const& judging) {
    auto const& paths = judging.proofs.access;
    std::set<std::string> inside, file;
    for (auto const& way : paths.ways) {
        if (!way.human) continue;
        if (way.level == access::Level::kubernetes_api) inside.insert(way.principal);
        auto const* role = shapes::find_role(way.role);
        if (role && shapes::permits(*role, fetch_sign_in_file)) file.insert(way.principal);
    }
    std::vector<std::string> both, half;
    for (auto const& principal : inside) (file.contains(principal) ? both : half).push_back(principal);
    if (!both.empty())
        return {{Outcome::pass,
                 fmt::format("on both levels: {}{}", base::join(both, ", "),
                             half.empty() ? std::string() : fmt::format("; inside only: {}", base::join(half, ", ")))}};
    if (!paths.role_list_complete) return {{Outcome::unknown, "not every role assignment was read"}};
    if (inside.empty()) return {{Outcome::fail, "nobody has a right inside the cluster"}};
    return {{Outcome::fail, fmt::format("{} may act inside but not fetch the sign-in file", base::join(half, ", "))}};
}

Verdicts machines_narrow(Judging const& judging) {
    auto const& paths = judging.proofs.access;
    Verdicts verdicts;
    std::size_t machines = 0;
    for (auto const& way : paths.ways) {
        if (way.human) continue;
        ++machines;
        if (way.broad)
            verdicts.push_back({Outcome::fail,
                                fmt::format("{} is {} on {}: {}", way.principal, way.role, way.scope, way.meaning),
                                {},
                                {},
                                way.from});
    }
    if (!verdicts.empty()) return verdicts;
    if (!paths.role_list_complete)
        return {{Outcome::unknown,
                 paths.unknowns.empty() ? std::string("not every role assignment was read") : paths.unknowns.front()}};
    return {{Outcome::pass, fmt::format("{} roles of identities in view, none wide", machines)}};
}

Verdicts registry_pull(Judging const& judging) {
    auto const& registry = judging.subject;
    if (auto const blocked = unreadable(judging, registry);
        blocked && judging.graph.of_type(type::role_assignment).empty())
        return {*blocked};
    Verdicts verdicts;
    for (auto const* cluster : judging.graph.of_type(type::cluster)) {
        auto const* kubelet = resource::read_target(judging.graph, *cluster, at::kubelet_identity);
        if (!kubelet) {
            verdicts.push_back({Outcome::unknown, "the kubelet identity is not one of the graph"});
            continue;
        }
        std::vector<std::string> pulls, pushes;
        for (auto const& way : judging.proofs.access.ways) {
            if (way.principal != kubelet->address || way.scope != registry.address) continue;
            auto const* role = shapes::find_role(way.role);
            if (!role) continue;
            bool const push = shapes::permits(*role, push_images) || shapes::permits_data(*role, push_images);
            (push ? pushes : pulls).push_back(way.role);
        }
        if (!pushes.empty())
            verdicts.push_back(
                {Outcome::fail, fmt::format("{} may also push: {}", kubelet->address, base::join(pushes, ", "))});
        else if (!pulls.empty())
            verdicts.push_back({Outcome::pass, fmt::format("{} is {}", kubelet->address, base::join(pulls, ", "))});
        else if (!judging.proofs.access.role_list_complete)
            verdicts.push_back({Outcome::unknown, "not every role assignment was read"});
        else
            verdicts.push_back(
                {Outcome::fail, fmt::format("{} has no role on '{}'", kubelet->address, name_of(registry))});
    }
    return verdicts;
}

}  // namespace holdfast::checks
