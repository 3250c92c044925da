/// From vault to disk: each link, what is lost with it, and who may use the key.
#include <fmt/format.h>

#include <algorithm>

#include "keys/keys.hpp"
#include "keys/paths.hpp"

namespace holdfast::keys {
namespace {

using resource::Graph;
using resource::Resource;

std::string name_of(Resource const& resource) {
    return resource.id ? std::string(resource.id->name()) : resource.address;
}

/// A key as a URL names it: "https://VAULT.vault.azure.net/keys/KEY[/VERSION]".
struct Named {
    std::string vault, key;
};
std::optional<Named> named_by(std::string_view url) {
    auto const scheme = url.find("://");
    if (scheme == std::string_view::npos) return std::nullopt;
    auto const parts = base::split(url.substr(scheme + 3), '/');
    if (parts.size() < 3 || !base::same_text(parts[1], "keys")) return std::nullopt;
    return Named{base::split(parts[0], '.').front(), parts[2]};
}

/// The key a property names, whether its version is known yet or already written as a URL.
Resource const* key_behind(Graph const& graph, Resource const& user, resource::PropertyName const& property,
                           Chain& chain) {
    if (auto const* output = resource::read_output(user, property)) {
        auto const* key = graph.find(output->address);
        if (!key) chain.unknowns.push_back(fmt::format("key {} is not in what was read", output->address));
        return key;
    }
    auto const url = resource::read_text(user, property);
    if (!url) return nullptr;
    auto const named = named_by(*url);
    if (!named) {
        chain.unknowns.push_back(fmt::format("{} names no key that can be recognised", user.address));
        return nullptr;
    }
    for (auto const* key : graph.of_type(type::key)) {
        auto const* vault = key->parent ? graph.find(*key->parent) : nullptr;
        if (vault && base::same_text(name_of(*key), named->key) && base::same_text(name_of(*vault), named->vault))
            return key;
    }
    chain.unknowns.push_back(fmt::format("key '{}' in vault '{}' is not in what was read", named->key, named->vault));
    return nullptr;
}

/// "P90D" as people say it; anything less plain stays as it is.
std::string period(std::string_view iso) {
    struct Unit {
        char letter;
        std::string_view word;
    };
    static constexpr Unit units[] = {{'D', "day"}, {'W', "week"}, {'M', "month"}, {'Y', "year"}};
    auto const* unit =
        iso.size() < 3 || iso.front() != 'P' ? std::end(units) : std::ranges::find(units, iso.back(), &Unit::letter);
    auto const number = unit == std::end(units) ? std::string_view() : iso.substr(1, iso.size() - 2);
    if (number.empty() || number.size() > 6 ||
        !std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; }))
        return std::string(iso);
    return fmt::format("{} {}{}", number, unit->word, number == "1" ? "" : "s");
}

std::string rotation_words(Resource const& key) {
    auto const* actions = resource::read(key, at::rotation);
    if (!actions || !actions->is_array()) return "never rotates by itself";
    for (auto const& action : actions->get_array()) {
        if (!base::same_text(json::text_at(action, action_kind).value_or(""), "rotate")) continue;
        if (auto const after = json::text_at(action, after_creation))
            return fmt::format("rotates {} after creation", period(*after));
        if (auto const before = json::text_at(action, before_expiry))
            return fmt::format("rotates {} before it expires", period(*before));
    }
    return "never rotates by itself";
}

std::string key_words(Resource const& key) {
    auto kind = resource::read_text(key, at::kind).value_or("kind not known");
    if (auto const size = resource::read_whole(key, at::size)) kind += fmt::format(" {}", *size);
    if (auto const curve = resource::read_text(key, at::curve)) kind += " " + *curve;
    return fmt::format("key '{}' ({}, {})", name_of(key), kind, rotation_words(key));
}

std::string vault_words(Resource const& vault) {
    bool const protected_ = resource::read_truth(vault, at::purge_protection).value_or(false);
    auto const days = resource::read_whole(vault, at::retention);
    auto words = fmt::format("vault '{}' ({}", name_of(vault), protected_ ? "purge protection" : "no purge protection");
    if (days) words += fmt::format(", kept {} days after deletion", *days);
    return words + ")";
}

std::string vault_loss(Resource const& vault, std::string_view what) {
    bool const protected_ = resource::read_truth(vault, at::purge_protection).value_or(false);
    auto const days = resource::read_whole(vault, at::retention).value_or(90);
    return protected_
               ? fmt::format(
                     "with the vault goes the key, and with it {}; recoverable for {} days, nobody can purge it sooner",
                     what, days)
               : fmt::format(
                     "with the vault goes the key, and with it {}; whoever may purge can make that final at once",
                     what);
}

/// The identity that stands behind a role assignment, by reference or by principal id.
std::string principal_of(Graph const& graph, Resource const& assignment) {
    if (auto const* output = resource::read_output(assignment, at::principal)) return output->address;
    auto const id = resource::read_text(assignment, at::principal);
    if (!id) return "unknown principal";
    for (auto const* identity : graph.of_type(type::identity))
        if (auto const principal = resource::read_text(*identity, at::identity_principal);
            principal && base::same_text(*principal, *id))
            return identity->address;
    return *id;
}

shapes::Role const* role_of(Resource const& assignment) {
    auto const definition = resource::read_text(assignment, at::role);
    if (!definition) return nullptr;
    auto const slash = definition->rfind('/');
    return shapes::find_role(slash == std::string::npos ? *definition : definition->substr(slash + 1));
}

void users(Graph const& graph, Resource const& key, Chain& chain) {
    std::vector<Resource const*> scopes;  // the key and everything above it
    for (Resource const* at = &key; at; at = at->parent ? graph.find(*at->parent) : nullptr) scopes.push_back(at);
    for (auto const* assignment : graph.of_type(type::role_assignment)) {
        auto const* scope = assignment->parent ? graph.find(*assignment->parent) : nullptr;
        if (!scope || std::ranges::find(scopes, scope) == scopes.end()) continue;
        if (auto const why = resource::unreadable(graph, *assignment)) {
            chain.unknowns.push_back(fmt::format("{}: {}", assignment->address, *why));
            continue;
        }
        auto const* role = role_of(*assignment);
        if (!role) {
            chain.unknowns.push_back(fmt::format("{} gives a role that is not built in", assignment->address));
            continue;
        }
        if (!shapes::permits_data(*role, unwrap) && !shapes::permits_data(*role, decrypt)) continue;
        auto const* shape = shapes::find(scope->type);
        User user{principal_of(graph, *assignment), std::string(role->name),
                  fmt::format("{} '{}'", shape && !shape->plain.empty() ? shape->plain : scope->type, name_of(*scope)),
                  assignment->address};
        chain.who_can_use.push_back(fmt::format("{} as {} on {}", user.principal, user.role, user.scope));
        chain.users.push_back(std::move(user));
    }
    std::ranges::sort(chain.who_can_use);
}

/// Vault and key in front, whoever may use them behind.
void key_links(Graph const& graph, Resource const& key, std::string_view what, Chain& chain) {
    chain.key = key.address;
    if (auto const* vault = key.parent ? graph.find(*key.parent) : nullptr) {
        chain.vault = vault->address;
        if (auto const why = resource::unreadable(graph, *vault))
            chain.unknowns.push_back(fmt::format("{}: {}", vault->address, *why));
        chain.links.push_back({vault->address, vault_words(*vault), vault_loss(*vault, what)});
    }
    if (auto const why = resource::unreadable(graph, key))
        chain.unknowns.push_back(fmt::format("{}: {}", key.address, *why));
    chain.links.push_back({key.address, key_words(key),
                           fmt::format("without any of its versions still in use, {} cannot be opened again", what)});
    users(graph, key, chain);
}

Chain disks(Graph const& graph, Resource const& cluster) {
    Chain chain{.purpose = "disks"};
    constexpr std::string_view what = "every disk of the cluster";
    auto const* set = resource::read_target(graph, cluster, at::disk_set);
    if (!set) {
        chain.unknowns.emplace_back("the disk encryption set is not in what was read");
    } else {
        if (auto const why = resource::unreadable(graph, *set))
            chain.unknowns.push_back(fmt::format("{}: {}", set->address, *why));
        if (auto const* key = key_behind(graph, *set, at::active_key, chain)) key_links(graph, *key, what, chain);
        bool const follows = resource::read_truth(*set, at::follows_newest).value_or(false);
        bool const both =
            resource::read_text(*set, at::encryption).value_or("").find("PlatformAndCustomer") != std::string::npos;
        chain.links.push_back(
            {set->address,
             fmt::format("disk encryption set '{}' ({}{})", name_of(*set),
                         follows ? "follows the newest key version" : "stays on one key version",
                         both ? ", platform key below" : ""),
             "disks stay encrypted with the key; without the set they cannot be attached, and no new one can be made"});
    }
    std::vector<std::string> pools;
    for (auto const* pool : graph.children(cluster.address))
        if (base::same_text(pool->type, type::pool)) pools.push_back(name_of(*pool));
    chain.links.push_back({cluster.address,
                           pools.empty()
                               ? std::string("disks of the nodes and of persistent volumes")
                               : fmt::format("disks of pools {} and persistent volumes of their storage classes",
                                             base::join(pools, ", ")),
                           "data of persistent volumes; nodes are made anew"});
    return chain;
}

Chain etcd(Graph const& graph, Resource const& cluster) {
    Chain chain{.purpose = "etcd"};
    constexpr std::string_view what = "every secret the cluster stores";
    if (auto const* key = key_behind(graph, cluster, at::kms_key, chain)) key_links(graph, *key, what, chain);
    chain.links.push_back(
        {cluster.address, "secrets in etcd", "secrets of all namespaces; the API server stops answering"});
    return chain;
}

}  // namespace

std::vector<Chain> chains(Graph const& graph) {
    std::vector<Chain> all;
    for (auto const* cluster : graph.of_type(type::cluster)) {
        if (auto const why = resource::unreadable(graph, *cluster)) {
            Chain chain{.purpose = "disks and etcd"};
            chain.unknowns.push_back(fmt::format("{}: {}", cluster->address, *why));
            all.push_back(std::move(chain));
            continue;
        }
        if (resource::read(*cluster, at::disk_set) || resource::read_output(*cluster, at::disk_set))
            all.push_back(disks(graph, *cluster));
        if (resource::read_truth(*cluster, at::kms_enabled).value_or(false)) all.push_back(etcd(graph, *cluster));
    }
    return all;
}

}  // namespace holdfast::keys
