#include "simulator/arm/requests.hpp"

#include <algorithm>

#include "simulator/arm/access.hpp"
#include "simulator/arm/groups.hpp"
#include "simulator/templates/jsonc.hpp"

namespace holdfast::simulator::arm {
namespace {

constexpr std::size_t usual_page = 100, largest_page = 1000;

std::optional<std::size_t> number_asked_for(Request const& request, char const* key) {
    auto const text = request.asked.asked_for(key);
    if (text.empty() || text.size() > 9 ||
        !std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); }))
        return std::nullopt;
    return static_cast<std::size_t>(std::stoul(text));
}

std::size_t size_of_page(Request const& request) {
    return std::clamp<std::size_t>(number_asked_for(request, "$top").value_or(usual_page), 1, largest_page);
}

/// The same request, behind what was given.
std::string next_link(Request const& request, std::string_view skip_token) {
    auto const& asked = request.asked;
    auto link = asked.origin + asked.target.substr(0, asked.target.find('?'));
    char before = '?';
    auto const say = [&](std::string_view key, std::string_view value) {
        link.append(1, std::exchange(before, '&')).append(base::percent_encoded(key)).append("=");
        link.append(base::percent_encoded(value));
    };
    for (auto const& [key, value] : asked.query)
        if (key != "$skiptoken") say(key, value);
    say("$skiptoken", skip_token);
    return link;
}

/// "2025-09-01" or "2021-05-01-preview": the date, or nothing.
std::optional<std::string_view> version_date(std::string_view version) {
    if (version.size() < 10) return std::nullopt;
    for (std::size_t i = 0; i < 10; ++i) {
        bool const dash = i == 4 || i == 7;
        if (dash ? version[i] != '-' : !std::isdigit(static_cast<unsigned char>(version[i]))) return std::nullopt;
    }
    auto const suffix = version.substr(10);
    if (!suffix.empty() && (suffix.size() < 2 || suffix.front() != '-')) return std::nullopt;
    return version.substr(0, 10);
}

std::string listed(std::span<std::string_view const> versions) {
    std::string text;
    for (auto const version : versions) text.append(text.empty() ? "" : ", ").append(version);
    return text;
}

bool is_lock(ResourceId const& id) { return base::same_text(id.type(), "Microsoft.Authorization/locks"); }

}  // namespace

Refusal check_permission(Request const& request, std::string_view action, ResourceId const& scope) {
    if (action.empty()) return std::nullopt;
    // What belongs to all tenants (built-in definitions) is readable by everybody who has signed in.
    if (scope.subscription().empty() && action.ends_with("/read")) return std::nullopt;
    auto const& caller = request.work.caller();
    if (request.work.permits(caller.object_id, action, scope)) return std::nullopt;
    auto refused =
        error(403, "AuthorizationFailed",
              "The client '" + caller.client_id + "' with object id '" + caller.object_id +
                  "' is not allowed to perform action '" + std::string(action) + "' over scope '" + scope.text() +
                  "', or the scope is invalid. If access was granted recently, sign in again.");
    refused.from_gateway = true;
    return refused;
}

namespace {

struct OldVersion {
    std::string_view name_space, oldest, source, date;
};
constexpr OldVersion old_versions[] = {
#include "simulator_versions.inc"
};

std::string_view oldest_taken(std::string_view type, std::span<std::string_view const> published) {
    auto oldest = std::ranges::min(published).substr(0, 10);
    for (auto const& row : old_versions)
        if (base::same_text(row.name_space, namespace_of(type))) oldest = std::min(oldest, row.oldest);
    return oldest;
}

}  // namespace

Refusal check_api_version(Request const& request, std::string_view type) {
    auto const version = request.asked.asked_for("api-version");
    auto const gateway = [](ArmError refused) {
        refused.from_gateway = true;
        return refused;
    };
    if (version.empty())
        return gateway(
            error(400, "MissingApiVersionParameter", "Every request needs the query parameter api-version."));
    auto const date = version_date(version);
    auto const* shape = shapes::find(type);
    auto const known = shape ? shape->known_versions : std::span<std::string_view const>{};
    if (date && (known.empty() || *date >= oldest_taken(type, known))) return std::nullopt;
    if (type.empty() || known.empty())
        return gateway(error(400, "InvalidApiVersionParameter",
                             "The api-version '" + version + "' is invalid. It is a date such as '2025-04-01'."));
    auto const slash = type.find('/');
    return gateway(error(400, "NoRegisteredProviderFound",
                         "No registered resource provider of namespace '" + std::string(namespace_of(type)) +
                             "' serves type '" + std::string(type.substr(slash + 1)) + "' with api-version '" +
                             version + "'. The supported api-versions are '" + listed(known) + "'."));
}

Refusal check_registered(Request const& request, std::string_view type) {
    auto const name_space = std::string(namespace_of(type));
    if (request.work.registered(name_space)) return std::nullopt;
    auto refused = error(409, "MissingSubscriptionRegistration",
                         "The subscription is not registered to use namespace '" + name_space +
                             "'. See https://aka.ms/rps-not-found for how to register subscriptions.");
    refused.details.push_back(error(409, "MissingSubscriptionRegistration", refused.message, name_space));
    refused.from_gateway = true;
    return refused;
}

/// Scopes that role assignments name although no resource stands there: what is inside a cluster is not Resource
/// Manager's. Source: "Use Azure RBAC for Kubernetes authorization", learn.microsoft.com, read 2026-11-24.
constexpr std::string_view scopes_without_resource[] = {"Microsoft.ContainerService/managedClusters/namespaces"};
/// A region of a provider, where quotas hang; it is there without anybody making it.
constexpr std::string_view region_of_provider = "/locations";

Refusal check_above(Request const& request, ResourceId const& id) {
    auto const gateway = [](ArmError refused) {
        refused.from_gateway = true;
        return refused;
    };
    if (auto const group = group_key(id); !group.empty() && group != id.key()) {
        auto const* stored = request.store().find(group);
        if (!stored) return group_not_found(ResourceId::subscription_of(id.subscription()).group(id.group()));
        if (stored->deleting && request.writes() && request.asked.method != "DELETE")
            return gateway(error(409, "ResourceGroupBeingDeleted",
                                 "The resource group '" + id.group() +
                                     "' is being deleted and takes no operations until that has ended."));
    }
    auto const parent = id.parent();
    if (!parent || !request.writes() || request.asked.method == "DELETE") return std::nullopt;
    auto const type = parent->type();
    if (base::same_text(type, "Microsoft.Resources/subscriptions") || is_group(*parent)) return std::nullopt;
    if (type.ends_with(region_of_provider)) return std::nullopt;
    bool const pure_scope = std::any_of(std::begin(scopes_without_resource), std::end(scopes_without_resource),
                                        [&](std::string_view scope) { return base::same_text(type, scope); });
    if (request.work.find(pure_scope ? *parent->parent() : *parent)) return std::nullopt;
    return gateway(error(404, "ParentResourceNotFound",
                         "Failed to perform '" + base::lower(request.asked.method) + "' on '" + std::string(id.name()) +
                             "' of type '" + id.type() + "': the parent resource '" + parent->text() +
                             "' could not be found."));
}

Refusal check_locks(Request const& request, ResourceId const& id, bool deletes) {
    if (is_lock(id)) return std::nullopt;
    for (auto const* lock : request.work.of_type("Microsoft.Authorization/locks")) {
        auto const scope = lock->id.parent();
        if (!scope) continue;
        auto const level = json::text_at(lock->body, "properties.level").value_or("");
        bool const read_only = base::same_text(level, "ReadOnly");
        bool const above = id.is_within(*scope);
        bool const below = deletes && scope->is_within(id);
        if (!(above && (deletes || read_only)) && !below) continue;
        auto refused = error(409, "ScopeLocked",
                             "The scope '" + id.text() + "' cannot perform " + (deletes ? "delete" : "write") +
                                 " operations because these scopes are locked: '" + scope->text() +
                                 "'. Remove the lock and try again.");
        refused.from_gateway = true;
        return refused;
    }
    return check_denied(request, id, id.type() + (deletes ? "/delete" : "/write"));
}

Refusal check_denied(Request const& request, ResourceId const& id, std::string_view action) {
    auto const& caller = request.work.caller();
    for (std::optional<ResourceId> at = id; at; at = at->parent()) {
        auto const* stored = request.work.find(*at);
        auto const deny = stored ? deny_assignment_of(*stored) : std::nullopt;
        if (!deny || !covers(deny->permission, action)) continue;
        if (*at != id && !deny->reaches_children) continue;
        if (!deny->owner.empty() && base::same_text(deny->owner, caller.stack)) continue;
        if (std::ranges::any_of(deny->excluded_principals,
                                [&](auto const& one) { return base::same_text(one, caller.object_id); }))
            continue;
        auto refused =
            error(403, "DenyAssignmentAuthorizationFailed",
                  "The client '" + caller.client_id + "' with object id '" + caller.object_id +
                      "' has permission to perform action '" + std::string(action) + "' on scope '" + id.text() +
                      "'; however, the access is denied because of the deny assignment with name '" + deny->name +
                      "' and Id '" + deny->id + "' at scope '" + at->text() + "'.");
        refused.from_gateway = true;
        return refused;
    }
    return std::nullopt;
}

Refusal check_etag(Request const& request, ResourceBehaviour const& row, Stored const* existing) {
    if (row.etag_at.empty()) return std::nullopt;
    auto const bare = [](std::string_view tag) {
        tag = base::trimmed(tag);
        if (tag.starts_with("W/")) tag.remove_prefix(2);
        if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"') tag = tag.substr(1, tag.size() - 2);
        return tag;
    };
    auto const refuse = [&](std::string message) {
        return row.etag_mismatch == 409 ? error(409, "EtagMismatch", std::move(message))
                                        : error(412, "PreconditionFailed", std::move(message));
    };
    auto const match = bare(request.asked.header("If-Match"));
    auto const none_match = bare(request.asked.header("If-None-Match"));
    if (none_match == "*" && existing) return refuse("The resource stands already, and If-None-Match: * was sent.");
    if (match.empty()) return std::nullopt;
    if (!existing) return refuse("If-Match was sent, but the resource does not stand.");
    if (match != "*" && match != etag_of(*existing))
        return refuse("Etag mismatched: the resource has changed since it was read.");
    return std::nullopt;
}

base::Result<json::Value> parsed_body(Request const& request) {
    auto const& path = request.asked.path;
    bool const lenient = std::any_of(
        path.begin(), path.end(), [](std::string const& segment) { return base::same_text(segment, "deployments"); });
    return lenient ? templates::parse_jsonc(request.asked.body) : json::parse(request.asked.body);
}

tl::expected<json::Value, ArmError> read_body(Request const& request) {
    if (base::trimmed(request.asked.body).empty())
        return tl::unexpected(error(400, "MissingRequestBody", "The request needs a body, and has none."));
    auto body = parsed_body(request);
    if (!body)
        return tl::unexpected(
            error(400, "InvalidRequestContent", "The request content is not valid JSON: " + body.error().what));
    if (!body->is_object())
        return tl::unexpected(error(400, "InvalidRequestContent", "The request content must be a JSON object."));
    return std::move(*body);
}

Answer paged(Request const& request, json::Array all) {
    auto const begin = std::min(number_asked_for(request, "$skiptoken").value_or(0), all.size());
    auto const end = std::min(begin + size_of_page(request), all.size());
    json::Array page(all.begin() + static_cast<std::ptrdiff_t>(begin), all.begin() + static_cast<std::ptrdiff_t>(end));
    json::Object body{{"value", std::move(page)}};
    if (end < all.size()) body["nextLink"] = next_link(request, std::to_string(end));
    return {.status = 200, .body = std::move(body), .headers = {}};
}

Page::Page(Request const& request)
    : request_(request), after_(base::lower(request.asked.asked_for("$skiptoken"))), size_(size_of_page(request)) {}

Answer Page::answer() && {
    json::Object body{{"value", std::move(values_)}};
    if (more_) body["nextLink"] = next_link(request_, last_);
    return {.status = 200, .body = std::move(body), .headers = {}};
}

ArmError not_found(ResourceId const& id) {
    auto missing = error(404, "ResourceNotFound",
                         "The resource '" + id.type() + "/" + std::string(id.name()) + "'" +
                             (id.group().empty() ? "" : " under resource group '" + id.group() + "'") +
                             " was not found. See https://aka.ms/ARMResourceNotFoundFix");
    missing.from_gateway = true;
    return missing;
}

ArmError group_not_found(ResourceId const& group) {
    auto missing =
        error(404, "ResourceGroupNotFound", "Resource group '" + std::string(group.name()) + "' could not be found.");
    missing.from_gateway = true;
    return missing;
}

ArmError method_not_allowed(Request const& request) {
    auto refused =
        error(405, "MethodNotAllowed",
              "The resource '" + request.asked.text() + "' does not answer to " + request.asked.method + ".");
    refused.from_gateway = true;
    return refused;
}

std::string filtered_by(std::string_view filter, std::string_view property) {
    auto const text = std::string(filter);
    auto const lowered = base::lower(text);
    auto const wanted = base::lower(property);
    for (auto at = lowered.find(wanted); at != std::string::npos; at = lowered.find(wanted, at + 1)) {
        if (at > 0 && std::isalnum(static_cast<unsigned char>(lowered[at - 1]))) continue;  // "name" is not "tagName"
        auto rest = std::string_view(lowered).substr(at + wanted.size());
        auto const open = rest.find('\'');
        if (open == std::string_view::npos) return {};
        auto const between = base::trimmed(rest.substr(0, open));
        if (between != "eq" && between != "(") continue;
        auto const begin = at + wanted.size() + open + 1;
        auto const close = text.find('\'', begin);
        return close == std::string::npos ? "" : text.substr(begin, close - begin);
    }
    return {};
}

}  // namespace holdfast::simulator::arm
