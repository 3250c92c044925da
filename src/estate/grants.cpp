// Who may do what: a role assignment for each right that an identity of the estate needs (data/grants.yaml) and for
// each that the spec gives to people (data/people_roles.yaml).
//
// An assignment is the triple of scope, principal and role; its name hashes the three, so it is known when the
// principal is.

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "estate/subnets.hpp"

namespace holdfast::estate {
namespace {

struct GrantRow {
    std::string_view id, who, role, guid, scope, when, before, because;
    std::string_view source, date;
};
constexpr GrantRow kGrants[] = {
#include "grants.inc"
};

struct PeopleRow {
    std::string_view who, level, word, when, role, guid, because;
    std::string_view source, date;
};
constexpr PeopleRow kPeople[] = {
#include "people_roles.inc"
};

/// Judgements that a row of data/grants.yaml names: whether the right is needed on that scope.
struct Judgement {
    std::string_view name;
    bool (*holds)(Draft const&, Address const& scope);
};
constexpr Judgement kJudgements[] = {
    {"always", [](Draft const&, Address const&) { return true; }},
    {"vault_is_ours", [](Draft const& draft, Address const& scope) { return draft.is_ours(scope); }},
    {"vault_is_foreign",
     [](Draft const& draft, Address const& scope) {
         auto const& key = *draft.estate.graph.find(scope);
         return key.parent && !draft.is_ours(*key.parent);
     }},
    {"subnet_of_cluster", [](Draft const&, Address const& scope) { return subnet_part(scope).granted; }},
    {"cluster_writes_routes",
     [](Draft const& draft, Address const&) { return draft.spec.maybe_text("network.plugin") == "kubenet"; }},
    {"own_dns_zone", [](Draft const& draft, Address const&) { return draft.has("dns"); }},
    {"private_etcd_vault",
     [](Draft const& draft, Address const&) {
         return draft.spec.maybe_text("encryption.etcd.vaultAccess") == "private";
     }},
};

bool needed(GrantRow const& row, Draft const& draft, Address const& scope) {
    auto const judgement = std::ranges::find(kJudgements, row.when, &Judgement::name);
    assert(judgement != std::end(kJudgements) && "`when` of data/grants.yaml names a judgement");
    return judgement->holds(draft, scope);
}

/// Who is granted something: known by object id, or from an answer still to come.
struct Principal {
    std::variant<std::string, resource::Output> id;
    resource::Origin origin;
    bool from_cluster = false;  ///< exists only once the cluster does
};

std::optional<Principal> principal(Draft const& draft, std::string_view who) {
    auto const& spec = draft.spec;
    Address const address(who);
    std::string const key = who == "identity/kubelet" ? "identity.kubelet" : "identity.controlPlane";
    if (draft.has(address)) {
        auto const origin = who == "identity/disk" ? spec.origin("identity.disks") : spec.origin(key);
        return Principal{resource::Output{address, "properties.principalId"}, origin};
    }
    if (who == "identity/disk") return std::nullopt;
    if (auto const object = spec.maybe_text("identity.servicePrincipal.objectId")) {
        return Principal{*object, spec.origin("identity.servicePrincipal.objectId")};
    }
    json::Path const at = who == "identity/kubelet" ? json::Path("properties.identityProfile.kubeletidentity.objectId")
                                                    : json::Path("identity.principalId");
    return Principal{resource::Output{"cluster", at}, spec.origin(key), true};
}

/// The body that all assignments share. `beneath`: below the scope's node, for a namespace.
Resource& assignment(Draft& draft, Address address, Address const& scope, std::string const& beneath,
                     Principal const& who, std::string_view type, std::string_view guid, std::string_view because) {
    Resource grant;
    grant.address = std::move(address);
    grant.type = "Microsoft.Authorization/roleAssignments";
    grant.parent = scope;
    auto const above = ResourceId::parse(draft.id(scope).text() + beneath);
    assert(above);
    if (auto const* known = std::get_if<std::string>(&who.id)) {
        grant.id = above->with(grant.type, resource::assignment_name(*above, *known, guid));
    }
    if (!draft.is_ours(scope)) {
        draft.written_elsewhere(above->text() + "/providers/Microsoft.Authorization/roleAssignments");
    }
    Resource& added = draft.estate.graph.add(std::move(grant));
    draft.put_because(
        added, "properties.roleDefinitionId",
        ResourceId::subscription_of(above->subscription()).with("Microsoft.Authorization/roleDefinitions", guid).text(),
        "the narrowest role that works");
    if (auto const* known = std::get_if<std::string>(&who.id)) {
        json::put(added.body, "properties.principalId", json::Value(boost::json::string(*known)));
        added.origins[json::Path("properties.principalId")] = who.origin;
    } else {
        draft.await(added, "properties.principalId", std::get<resource::Output>(who.id), who.origin);
    }
    draft.put_because(
        added, "properties.principalType", type,
        "with it Azure takes a principal at its word instead of looking for one that is still too new to be found");
    draft.put_because(added, "properties.description", fmt::format("holdfast:{}: {}", draft.spec.name(), because),
                      "says whose it is and what for");
    added.origins[json::Path()] = {.by = resource::Origin::By::standard, .because = std::string(because)};
    return added;
}

void grants_of_identities(Draft& draft) {
    for (auto const& row : kGrants) {
        auto const who = principal(draft, row.who);
        if (!who) continue;
        bool const each = row.scope.ends_with('*');
        std::vector<Address> scopes;
        for (auto const& [address, resource] : draft.estate.graph.resources()) {
            bool const meant =
                each ? address.starts_with(row.scope.substr(0, row.scope.size() - 1)) : address == row.scope;
            if (meant && needed(row, draft, address)) scopes.push_back(address);
        }
        for (auto const& scope : scopes) {
            Address const address =
                each ? fmt::format("access/{}-{}", row.id, last_word(scope)) : fmt::format("access/{}", row.id);
            std::string const because =
                fmt::format(fmt::runtime(row.because), fmt::arg("joined", subnet_part(scope).because));
            assignment(draft, address, scope, "", *who, "ServicePrincipal", row.guid, because);
            Address const waiting(row.before);
            if (who->from_cluster || waiting.empty() || !draft.is_ours(waiting)) continue;
            draft.refer(waiting, address, because);
        }
    }
}

/// "group" -> "Group"; what Azure calls the three kinds of principal.
std::string principal_type(std::string_view kind) {
    return kind == "user" ? "User" : kind == "servicePrincipal" ? "ServicePrincipal" : "Group";
}

void grant_to(Draft& draft, PeopleRow const& row, std::string const& object_id, std::string_view type,
              std::string const& name_space, std::string const& key) {
    std::string where = "cluster";
    std::string beneath;
    if (!name_space.empty()) {
        beneath = "/namespaces/" + name_space;
        where = name_space;
    }
    auto const called = [&](std::string_view who) {
        return base::lower(fmt::format("access/people-{}-{}-{}-{}", who, row.level, row.word, where));
    };
    auto const same_person = [&](Address const& there) {
        auto const* grant = draft.estate.graph.find(there);
        return grant && json::text_at(grant->body, "properties.principalId") == std::string_view(object_id);
    };
    Address address = called(std::string_view(object_id).substr(0, 8));
    if (same_person(address)) return;  // said twice, by adminGroups and by a grant
    if (draft.has(address)) address = called(object_id);
    if (draft.has(address)) return;
    assignment(draft, address, "cluster", beneath, Principal{object_id, draft.spec.origin(key)}, type, row.guid,
               row.because);
}

void grants_of_people(Draft& draft) {
    auto const& spec = draft.spec;
    auto const groups = spec.texts("access.adminGroups");
    for (std::size_t i = 0; i < groups.size(); ++i) {
        for (auto const& row : kPeople) {
            if (row.who != "adminGroup" || !spec.holds(row.when)) continue;
            grant_to(draft, row, groups[i], "Group", "", fmt::format("access.adminGroups[{}]", i));
        }
    }
    for (std::size_t i = 0; i < spec.count("access.grants"); ++i) {
        std::string const key = fmt::format("access.grants[{}]", i);
        auto const level = spec.text(key + ".level"), word = spec.text(key + ".role");
        // With Kubernetes' own authorization the right is a manifest in the cluster, not a thing of Azure.
        if (level == "kubernetes" && !spec.holds("access.kubernetesAuthorization = azure")) {
            auto const within = spec.maybe_text(key + ".namespace");
            draft.estate.unseen.push_back(
                {fmt::format("role binding of {} as {} in {}", spec.text(key + ".to"), word,
                             within ? "namespace " + *within : "the whole cluster"),
                 "it stands inside the cluster, where Azure shows nothing; `holdfast export --to kubernetes` writes it, and "
                 "`kubectl diff -f -` compares it"});
            continue;
        }
        auto const row = std::ranges::find_if(kPeople, [&](PeopleRow const& one) {
            return one.who == "grant" && one.level == level && one.word == word;
        });
        if (row == std::end(kPeople)) {
            draft.mistake(key + ".role", fmt::format("there is no role {} on the level {}", word, level),
                          "choose another role");
            continue;
        }
        grant_to(draft, *row, spec.text(key + ".to"), principal_type(spec.maybe_text(key + ".kind").value_or("group")),
                 spec.maybe_text(key + ".namespace").value_or(""), key + ".to");
    }
}

}  // namespace

void design_grants(Draft& draft) {
    grants_of_identities(draft);
    grants_of_people(draft);
}

}  // namespace holdfast::estate
