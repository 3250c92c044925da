#include "simulator/graph/graph.hpp"

#include <algorithm>
#include <set>

#include "simulator/arm/requests.hpp"
#include "simulator/entra/tokens.hpp"

namespace holdfast::simulator::graph {
namespace {

world::Response refuse(Core& core, int status, std::string_view code, std::string message) {
    return answer_json(
        status,
        json::Object{{"error", json::Object{{"code", code},
                                            {"message", std::move(message)},
                                            {"innerError", json::Object{{"date", base::to_string(core.store.now())},
                                                                        {"request-id", core.prng("graph").guid()}}}}}});
}

struct Kind {
    std::string_view kind, segment, odata;
};
constexpr Kind kinds[] = {
    {"User", "users", "#microsoft.graph.user"},
    {"Group", "groups", "#microsoft.graph.group"},
    {"ServicePrincipal", "servicePrincipals", "#microsoft.graph.servicePrincipal"},
};
Kind const* kind_of_segment(std::string_view segment) {
    auto const* found = std::find_if(std::begin(kinds), std::end(kinds),
                                     [&](Kind const& kind) { return base::same_text(kind.segment, segment); });
    return found == std::end(kinds) ? nullptr : found;
}

json::Object group_object(std::string_view id, std::string_view name) {
    return {{"@odata.type", "#microsoft.graph.group"},
            {"id", id},
            {"displayName", name},
            {"mailNickname", name},
            {"securityEnabled", true},
            {"mailEnabled", false},
            {"groupTypes", json::Array{}}};
}

json::Object principal_object(Principal const& principal) {
    if (principal.kind == "Group") return group_object(principal.object_id, principal.name);
    bool const service = principal.kind == "ServicePrincipal";
    json::Object object{{"@odata.type", service ? kinds[2].odata : kinds[0].odata},
                        {"id", principal.object_id},
                        {"displayName", principal.name}};
    if (service) {
        object["appId"] = principal.client_id;
        object["appDisplayName"] = principal.name;
        object["accountEnabled"] = true;
        object["servicePrincipalType"] = principal.resource.empty() ? "Application" : "ManagedIdentity";
        object["servicePrincipalNames"] = json::Array{json::Value(principal.client_id)};
        if (!principal.resource.empty())
            object["alternativeNames"] = json::Array{"isExplicit=True", json::Value(principal.resource)};
    } else {
        object["userPrincipalName"] = principal.client_id;
        object["mail"] = principal.client_id;
        object["accountEnabled"] = true;
        object["businessPhones"] = json::Array{};
    }
    return object;
}

/// A world whose directory names no groups takes any GUID for one that exists: groups are the deployer's own business.
bool knows_groups(Core const& core) {
    auto const& all = core.store.principals();
    return std::any_of(all.begin(), all.end(), [](auto const& entry) { return entry.second.kind == "Group"; });
}
json::Object unnamed_group(std::string_view id) { return group_object(id, "group " + std::string(id.substr(0, 8))); }

json::Value listed(json::Array items, std::string_view of) {
    return json::Object{{"@odata.context", "https://graph.microsoft.com/v1.0/$metadata#" + std::string(of)},
                        {"value", std::move(items)}};
}

std::string quoted(std::string_view text) {
    auto const open = text.find('\'');
    auto const close = text.rfind('\'');
    if (open == std::string_view::npos || close <= open) return {};
    std::string out;
    for (auto i = open + 1; i < close; ++i) {
        out.push_back(text[i]);
        if (text[i] == '\'' && text[i + 1] == '\'') ++i;  // a doubled quote is one
    }
    return out;
}

/// A filter of one comparison: what az, SDKs and Terraform send. Others are refused by name.
struct Filter {
    enum class Test { all, equal, begins, name, unknown } test = Test::all;
    std::string property, value;
};
Filter read_filter(std::string_view text) {
    text = base::trimmed(text);
    if (text.empty()) return {};
    auto const flat = base::lower(text);
    if (flat.find(" and ") != std::string::npos || flat.find(" or ") != std::string::npos)
        return {.test = Filter::Test::unknown, .property = {}, .value = {}};
    if (flat.starts_with("serviceprincipalnames/any("))
        return {.test = Filter::Test::name, .property = "serviceprincipalnames", .value = quoted(text)};
    if (flat.starts_with("startswith(")) {
        auto const property = flat.substr(11, flat.find(',') - 11);
        return {.test = Filter::Test::begins, .property = std::string(base::trimmed(property)), .value = quoted(text)};
    }
    auto const is = flat.find(" eq ");
    if (is == std::string::npos) return {.test = Filter::Test::unknown, .property = {}, .value = {}};
    return {.test = Filter::Test::equal, .property = flat.substr(0, is), .value = quoted(text)};
}
std::string property_of(Principal const& principal, std::string_view property) {
    if (property == "displayname") return principal.name;
    if (property == "id") return principal.object_id;
    if (property == "appid" || property == "userprincipalname" || property == "mail") return principal.client_id;
    return {};
}
bool fits(Principal const& principal, Filter const& filter) {
    switch (filter.test) {
        case Filter::Test::all:
            return true;
        case Filter::Test::equal:
            return base::same_text(property_of(principal, filter.property), filter.value);
        case Filter::Test::begins:
            return base::starts_with_text(property_of(principal, filter.property), filter.value);
        case Filter::Test::name:
            return base::same_text(principal.client_id, filter.value) ||
                   base::same_text(principal.object_id, filter.value);
        case Filter::Test::unknown:
            break;
    }
    return false;
}

world::Response by_ids(Core& core, Asked const& asked) {
    auto const body = json::parse(asked.body);
    if (!body || !body->is_object()) return refuse(core, 400, "BadRequest", "The body is not a JSON object.");
    auto const& types = json::list_at(*body, "types");
    bool const groups = types.empty() || std::any_of(types.begin(), types.end(), [](json::Value const& type) {
                            return type.is_string() && base::same_text(std::string_view(type.get_string()), "group");
                        });
    json::Array found;
    for (auto const& id : json::list_at(*body, "ids")) {
        if (!id.is_string()) continue;
        auto const* principal = core.store.principal(std::string_view(id.get_string()));
        if (principal && base::same_text(principal->object_id, std::string_view(id.get_string()))) {
            found.push_back(principal_object(*principal));
        } else if (groups && !principal && !knows_groups(core) && base::is_guid(std::string_view(id.get_string()))) {
            found.push_back(unnamed_group(std::string_view(id.get_string())));
        }
    }
    return answer_json(200, listed(std::move(found), "directoryObjects"));
}

world::Response list_of(Core& core, Asked const& asked, Kind const& kind) {
    auto const filter = read_filter(asked.asked_for("$filter"));
    if (filter.test == Filter::Test::unknown) {
        return refuse(core, 400, "Request_UnsupportedQuery",
                      "The simulated Azure does not read the filter '" + base::printable(asked.asked_for("$filter")) +
                          "': one eq, startswith or servicePrincipalNames/any.");
    }
    json::Array found;
    for (auto const& [id, principal] : core.store.principals()) {
        if (principal.kind == kind.kind && fits(principal, filter)) found.push_back(principal_object(principal));
    }
    return answer_json(200, listed(std::move(found), kind.segment));
}

world::Response missing(Core& core, std::string_view id) {
    return refuse(core, 404, "Request_ResourceNotFound",
                  "Resource '" + base::printable(id) +
                      "' does not exist or one of its queried reference-property objects are not present.");
}

/// The object id at the end of ".../directoryObjects/{id}".
std::string reference(json::Value const& value) {
    auto const* text = value.if_string();
    if (!text) return {};
    std::string_view const whole(*text);
    return std::string(whole.substr(whole.rfind('/') + 1));
}

world::Response create_group(Core& core, Asked const& asked) {
    auto const body = json::parse(asked.body);
    auto const name = body && body->is_object() ? json::text_at(*body, "displayName") : std::nullopt;
    if (!name || name->empty() || !json::text_at(*body, "mailNickname"))
        return refuse(core, 400, "Request_BadRequest", "A group needs displayName and mailNickname.");
    Principal group{.object_id = core.prng("graph group").guid(),
                    .kind = "Group",
                    .client_id = {},
                    .name = std::string(*name),
                    .resource = {},
                    .visible_from = core.store.now()};
    for (auto const& item : json::list_at(*body, json::Path{}.child("members@odata.bind"))) {
        auto const member = reference(item);
        if (!core.store.principal(member)) return missing(core, member);
        group.members.push_back(base::lower(member));
    }
    return answer_json(201, principal_object(core.store.put(std::move(group))));
}

bool has_member(Principal const& group, std::string_view id) {
    return std::any_of(group.members.begin(), group.members.end(),
                       [&](std::string const& member) { return base::same_text(member, id); });
}

world::Response add_member(Core& core, Asked const& asked, Principal group) {
    auto const body = json::parse(asked.body);
    auto const* said = body && body->is_object() ? json::find(*body, json::Path{}.child("@odata.id")) : nullptr;
    auto const member = said ? reference(*said) : std::string();
    if (!core.store.principal(member)) return missing(core, member);
    if (has_member(group, member)) {
        return refuse(core, 400, "Request_BadRequest",
                      "One or more added object references already exist for the following modified properties: "
                      "'members'.");
    }
    group.members.push_back(base::lower(member));
    core.store.put(std::move(group));
    return {.status = 204, .headers = {}, .body = {}};
}

world::Response remove_member(Core& core, Principal group, std::string_view member) {
    if (!has_member(group, member)) return missing(core, member);
    std::erase_if(group.members, [&](std::string const& id) { return base::same_text(id, member); });
    core.store.put(std::move(group));
    return {.status = 204, .headers = {}, .body = {}};
}

void members_of(Core const& core, Principal const& group, bool transitive, std::set<std::string>& seen,
                json::Array& found) {
    for (auto const& id : group.members) {
        auto const* member = core.store.principal(id);
        if (!member || !seen.insert(base::lower(id)).second) continue;
        found.push_back(principal_object(*member));
        if (transitive && member->kind == "Group") members_of(core, *member, true, seen, found);
    }
}

json::Array groups_of(Core const& core, std::string_view id, bool as_objects) {
    json::Array found;
    for (auto const& holder : core.store.holders_of(id)) {
        auto const* group = base::same_text(holder, id) ? nullptr : core.store.principal(holder);
        if (!group) continue;
        found.push_back(as_objects ? json::Value(principal_object(*group)) : json::Value(group->object_id));
    }
    return found;
}

/// What stands behind "{kind}/{id}".
world::Response about(Core& core, Asked const& asked, Principal const& principal, std::span<std::string const> rest) {
    bool const reads = asked.method == "GET", group = principal.kind == "Group";
    auto const is = [&](std::size_t at, std::string_view word) {
        return at < rest.size() && base::same_text(rest[at], word);
    };
    if (rest.empty() && reads) return answer_json(200, principal_object(principal));
    if (rest.empty() && asked.method == "DELETE" && group) {
        auto const id = principal.object_id;
        core.store.erase_principal(id);
        return {.status = 204, .headers = {}, .body = {}};
    }
    if (rest.size() == 1 && reads && group && (is(0, "members") || is(0, "transitiveMembers") || is(0, "owners"))) {
        std::set<std::string> seen;
        json::Array found;
        if (!is(0, "owners")) members_of(core, principal, is(0, "transitiveMembers"), seen, found);
        return answer_json(200, listed(std::move(found), "directoryObjects"));
    }
    if (rest.size() == 2 && group && asked.method == "POST" && is(0, "members") && is(1, "$ref"))
        return add_member(core, asked, principal);
    if (rest.size() == 3 && group && asked.method == "DELETE" && is(0, "members") && is(2, "$ref"))
        return remove_member(core, principal, rest[1]);
    if (rest.size() == 1 && reads && (is(0, "memberOf") || is(0, "transitiveMemberOf")))
        return answer_json(200, listed(groups_of(core, principal.object_id, true), "directoryObjects"));
    if (rest.size() == 1 && asked.method == "POST" && (is(0, "getMemberGroups") || is(0, "getMemberObjects")))
        return answer_json(200, listed(groups_of(core, principal.object_id, false), "Collection(Edm.String)"));
    if (rest.size() == 1 && asked.method == "POST" && is(0, "checkMemberGroups")) {
        auto const body = json::parse(asked.body);
        json::Array found;
        if (body && body->is_object()) {
            auto const all = groups_of(core, principal.object_id, false);
            for (auto const& id : json::list_at(*body, "groupIds")) {
                if (std::find(all.begin(), all.end(), id) != all.end()) found.push_back(id);
            }
        }
        return answer_json(200, listed(std::move(found), "Collection(Edm.String)"));
    }
    return refuse(
        core, 404, "BadRequest",
        "Resource not found for the segment '" + base::printable(rest.empty() ? asked.method : rest.front()) + "'.");
}

}  // namespace

world::Response answer(Core& core, Asked const& asked) {
    if (!asked.bearer) return refuse(core, 401, "InvalidAuthenticationToken", "Access token is empty.");
    auto const token = entra::verify(core, *asked.bearer, entra::Audience::graph, asked);
    if (!token) return refuse(core, 401, "InvalidAuthenticationToken", token.error().message);

    std::vector<std::string> path(asked.path.begin(), asked.path.end());
    if (!path.empty() && (path.front() == "v1.0" || path.front() == "beta")) path.erase(path.begin());
    if (path.empty()) return refuse(core, 400, "BadRequest", "Nothing was asked for.");
    auto const& what = path.front();
    bool const reads = asked.method == "GET";
    std::span<std::string const> const rest(path);

    if (asked.method == "POST" && path.size() == 2 && base::same_text(what, "directoryObjects") &&
        base::same_text(path[1], "getByIds"))
        return by_ids(core, asked);
    if (base::same_text(what, "me")) {
        auto const* caller = core.store.principal(token->object_id);
        if (!caller || caller->kind != "User")
            return refuse(core, 400, "BadRequest", "/me request is only valid with delegated authentication flow.");
        return about(core, asked, *caller, rest.subspan(1));
    }
    if (base::starts_with_text(what, "servicePrincipals(appId=")) {
        auto const* principal = core.store.principal(quoted(what));
        return principal ? about(core, asked, *principal, rest.subspan(1)) : missing(core, quoted(what));
    }
    auto const* kind = kind_of_segment(what);
    if (kind && path.size() == 1 && reads) return list_of(core, asked, *kind);
    if (kind && path.size() == 1 && asked.method == "POST" && kind->kind == "Group") return create_group(core, asked);
    if (path.size() > 1 && (kind || base::same_text(what, "directoryObjects"))) {
        auto const* principal = core.store.principal(path[1]);
        bool const named = principal && (base::same_text(principal->object_id, path[1]) || principal->kind == "User");
        if (named && (!kind || kind->kind == principal->kind)) return about(core, asked, *principal, rest.subspan(2));
        if (kind && kind->kind == "Group" && path.size() == 2 && reads && !principal && !knows_groups(core) &&
            base::is_guid(path[1]))
            return answer_json(200, unnamed_group(path[1]));
        return missing(core, path[1]);
    }
    return refuse(core, 404, "BadRequest", "Resource not found for the segment '" + base::printable(what) + "'.");
}

}  // namespace holdfast::simulator::graph
