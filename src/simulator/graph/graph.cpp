#include "simulator/graph/graph.hpp"

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

json::Object principal_object(Principal const& principal) {
    bool const service = principal.kind == "ServicePrincipal";
    json::Object object{{"@odata.type", service                     ? "#microsoft.graph.servicePrincipal"
                                        : principal.kind == "Group" ? "#microsoft.graph.group"
                                                                    : "#microsoft.graph.user"},
                        {"id", principal.object_id},
                        {"displayName", principal.name}};
    if (service) {
        object["appId"] = principal.client_id;
        object["servicePrincipalType"] = principal.resource.empty() ? "Application" : "ManagedIdentity";
        object["servicePrincipalNames"] = json::Array{json::Value(principal.client_id)};
    }
    return object;
}

/// Groups are the deployer's own business: any GUID is taken for one that exists.
json::Object group_object(std::string_view id) {
    return {{"@odata.type", "#microsoft.graph.group"},
            {"id", id},
            {"displayName", "group " + std::string(id.substr(0, 8))},
            {"securityEnabled", true},
            {"mailEnabled", false},
            {"groupTypes", json::Array{}}};
}

json::Value listed(json::Array items, std::string_view of) {
    return json::Object{{"@odata.context", "https://graph.microsoft.com/v1.0/$metadata#" + std::string(of)},
                        {"value", std::move(items)}};
}

std::string quoted(std::string_view text) {
    auto const open = text.find('\'');
    auto const close = text.rfind('\'');
    return open == std::string_view::npos || close <= open ? "" : std::string(text.substr(open + 1, close - open - 1));
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
        } else if (groups && !principal && base::is_guid(std::string_view(id.get_string()))) {
            found.push_back(group_object(std::string_view(id.get_string())));
        }
    }
    return answer_json(200, listed(std::move(found), "directoryObjects"));
}

world::Response service_principals(Core& core, Asked const& asked) {
    auto const filter = asked.asked_for("$filter");
    auto const wanted = quoted(filter);
    bool const by_name = base::lower(filter).find("displayname") != std::string::npos;
    json::Array found;
    for (auto const& [id, principal] : core.store.principals()) {
        if (principal.kind != "ServicePrincipal") continue;
        bool const fits = filter.empty() || (by_name ? base::same_text(principal.name, wanted)
                                                     : base::same_text(principal.client_id, wanted) ||
                                                           base::same_text(principal.object_id, wanted));
        if (fits) found.push_back(principal_object(principal));
    }
    return answer_json(200, listed(std::move(found), "servicePrincipals"));
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
    auto const missing = [&](std::string_view id) {
        return refuse(core, 404, "Request_ResourceNotFound",
                      "Resource '" + std::string(id) +
                          "' does not exist or one of its queried reference-property "
                          "objects are not present.");
    };

    if (asked.method == "POST" && path.size() == 2 && base::same_text(what, "directoryObjects") &&
        base::same_text(path[1], "getByIds"))
        return by_ids(core, asked);
    if (reads && path.size() == 1 && base::same_text(what, "servicePrincipals")) return service_principals(core, asked);
    if (reads && path.size() == 1 && base::starts_with_text(what, "servicePrincipals(appId=")) {
        auto const* principal = core.store.principal(quoted(what));
        return principal ? answer_json(200, principal_object(*principal)) : missing(quoted(what));
    }
    if (reads && path.size() == 2 &&
        (base::same_text(what, "servicePrincipals") || base::same_text(what, "directoryObjects"))) {
        auto const* principal = core.store.principal(path[1]);
        return principal ? answer_json(200, principal_object(*principal)) : missing(path[1]);
    }
    if (reads && path.size() == 2 && base::same_text(what, "groups"))
        return base::is_guid(path[1]) ? answer_json(200, group_object(path[1])) : missing(path[1]);
    if (reads && path.size() == 1 && (base::same_text(what, "groups") || base::same_text(what, "users")))
        return answer_json(200, listed({}, what));
    if (reads && path.size() == 1 && base::same_text(what, "me")) {
        return refuse(core, 400, "BadRequest", "/me request is only valid with delegated authentication flow.");
    }
    return refuse(core, 404, "BadRequest", "Resource not found for the segment '" + what + "'.");
}

}  // namespace holdfast::simulator::graph
