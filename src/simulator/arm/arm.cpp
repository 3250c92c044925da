#include "simulator/arm/arm.hpp"

#include <algorithm>

#include "simulator/arm/requests.hpp"
#include "simulator/entra/tokens.hpp"

namespace holdfast::simulator::arm {
namespace {

using Parameters = std::map<std::string, std::string>;

/// Matches path segments against "Microsoft.KeyVault/locations/{location}/deletedVaults/{name}".
std::optional<Parameters> match(std::string_view pattern, std::span<std::string const> segments) {
    if (static_cast<std::size_t>(std::ranges::count(pattern, '/')) + 1 != segments.size()) return std::nullopt;
    Parameters parameters;
    for (auto const& segment : segments) {
        auto const part = pattern.substr(0, pattern.find('/'));
        pattern.remove_prefix(std::min(part.size() + 1, pattern.size()));
        if (part.starts_with('{') && part.ends_with('}')) {
            parameters.emplace(part.substr(1, part.size() - 2), segment);
        } else if (!base::same_text(part, segment)) {
            return std::nullopt;
        }
    }
    return parameters;
}

std::string joined(std::span<std::string const> segments) {
    std::string text;
    text.reserve(250);
    for (auto const& segment : segments) text.append("/").append(segment);
    return text;
}

ArmError unknown_path(Request const& request) {
    auto missing = error(404, "NotFound", "Nothing answers at '" + request.asked.text() + "'.");
    missing.from_gateway = true;
    return missing;
}

ArmError unknown_type(std::string_view name_space, std::string_view type) {
    auto missing = canonical_namespace(name_space).empty()
                       ? error(404, "InvalidResourceNamespace",
                               "The resource namespace '" + std::string(name_space) + "' is invalid.")
                       : error(404, "InvalidResourceType",
                               "The resource type '" + std::string(type) + "' could not be found in the namespace '" +
                                   std::string(name_space) + "'.");
    missing.from_gateway = true;
    return missing;
}

/// An address that goes on where a name was expected, as when an id is put in a name's place:
/// "…/policyDefinitions/subscriptions/S/providers/…".
/// Source: recorded test traffic of Azure/azure-libraries-for-net, ManagePolicyDefinitionTest. 2026-12-01.
ArmError unsupported_type(Request const& request) {
    auto const& path = request.asked.path;
    std::size_t begin = 0;
    while (begin < path.size() && !base::same_text(path[begin], "providers")) ++begin;
    std::string type = begin + 1 < path.size() ? path[begin + 1] : std::string();
    for (auto i = begin + 2; i < path.size(); i += 2) type.append("/").append(path[i]);
    return error(404, "ResourceTypeNotSupported", "Unsupported resource type: '" + type + "'.");
}

/// "…/resourcegroups/rg/deployments/d/operations", an older form that az still sends, as it is written today.
std::optional<Asked> with_provider(Asked const& asked) {
    if (asked.path.size() < 5 || !asked.path_is(2, "resourceGroups") || !asked.path_is(4, "deployments"))
        return std::nullopt;
    auto today = asked;
    today.path.insert(today.path.begin() + 4, {"providers", "Microsoft.Resources"});
    return today;
}

/// Lists of extension types that look beyond their scope, and what else answers in place of plain resources.
struct Special {
    std::string_view type;
    Said (*list)(Request const&, ResourceId const& scope);
    Said (*one)(Request const&, ResourceId const&);
};
constexpr Special specials[] = {
    {"Microsoft.Authorization/roleAssignments", list_role_assignments, nullptr},
    {"Microsoft.Authorization/roleDefinitions", list_role_definitions, role_definition},
    {"Microsoft.Authorization/locks", list_locks, nullptr},
    {"Microsoft.Authorization/permissions", list_permissions, nullptr},
    {"Microsoft.Authorization/policyDefinitions", nullptr, policy_definition},
    {"Microsoft.Authorization/policySetDefinitions", nullptr, policy_definition},
    {"Microsoft.Resources/tags", nullptr, tags},
};
Special const* special(std::string_view type) {
    auto const found = std::find_if(std::begin(specials), std::end(specials),
                                    [&](Special const& row) { return base::same_text(row.type, type); });
    return found == std::end(specials) ? nullptr : found;
}

/// What an answer about a type carries that nobody here acts for: it is kept and shown, and nothing comes of it.
world::Header const stored_only{"x-holdfast-fidelity", "stored only"};

Said verb(Request const& request, ResourceId const& id, std::string const& type) {
    auto const& method = request.asked.method;
    if (method == "GET" || method == "HEAD") return get(request, id, type);
    if (method == "PUT") return put(request, id, type);
    if (method == "PATCH") return patch(request, id, type);
    if (method == "DELETE") return erase(request, id, type);
    return tl::unexpected(method_not_allowed(request));
}

Said on_resource(Request const& request, ResourceId const& id, std::string const& type) {
    if (auto const* row = special(type); row && row->one) return row->one(request, id);
    auto said = verb(request, id, type);
    if (said && !has_behaviour(type)) said->headers.push_back(stored_only);
    return said;
}

/// An action, or a GET below a resource that is no resource of its own ("upgradeProfiles/default").
std::optional<Said> try_action(Request const& request, std::string const& scope, std::span<std::string const> tail) {
    auto type = tail.front();
    for (std::size_t split = 3; split < tail.size(); split += 2) {
        type.append("/").append(tail[split - 2]);
        auto const rest = tail.subspan(split);
        for (auto const& action : behaviour(type).actions) {
            if (action.method != request.asked.method) continue;
            auto parameters = match(action.name, rest);
            if (!parameters) continue;
            auto const id = ResourceId::parse(scope + "/providers" + joined(tail.first(split)));
            if (!id) break;
            if (auto refused = check_permission(request, action.permission, *id))
                return Said(tl::unexpected(std::move(*refused)));
            if (auto refused = check_above(request, *id)) return Said(tl::unexpected(std::move(*refused)));
            auto const* stands = request.work.find(*id);
            if (!stands) return Said(tl::unexpected(not_found(*id)));
            if (request.writes()) return act(request, *request.store().edit(id->key()), action, std::move(*parameters));
            auto copy = *stands;  // reading changes nothing
            return act(request, copy, action, std::move(*parameters));
        }
    }
    return std::nullopt;
}

std::optional<Said> try_route(Request const& request, std::optional<ResourceId> const& scope,
                              std::span<std::string const> tail) {
    auto const under = !scope                   ? Route::Under::tenant
                       : scope->group().empty() ? Route::Under::subscription
                                                : Route::Under::group;
    for (auto const* provider : all_providers()) {
        for (auto const& route : provider->routes) {
            if (route.under != under || route.method != request.asked.method) continue;
            if (auto parameters = match(route.pattern, tail))
                return run_route(request, route, scope, std::move(*parameters));
        }
    }
    return std::nullopt;
}

/// What stands after the last "providers": a resource, a list, an action, a route.
Said below_provider(Request const& request, std::span<std::string const> before, std::span<std::string const> tail) {
    auto const scope_text = joined(before);
    std::optional<ResourceId> scope;
    if (!before.empty()) {
        auto parsed = ResourceId::parse(scope_text);
        bool const has_provider =
            std::ranges::any_of(before, [](auto const& segment) { return base::same_text(segment, "providers"); });
        if (!parsed) return tl::unexpected(has_provider ? unsupported_type(request) : unknown_path(request));
        scope = std::move(*parsed);
    }
    bool const container =
        !scope || before.size() == 2 || (before.size() == 4 && base::same_text(before[2], "resourceGroups"));
    if (container) {
        if (auto said = try_route(request, scope, tail)) return std::move(*said);
    }
    std::string type = tail.front();
    for (std::size_t i = 1; i < tail.size(); i += 2) type.append("/").append(tail[i]);
    auto known = canonical_type(type);
    if (known.empty() && is_storable(type)) known = type;
    bool const one = tail.size() % 2 == 1;  // namespace, then pairs
    if (auto said = try_action(request, scope_text, tail)) return std::move(*said);
    if (known.empty() && !special(type))
        return tl::unexpected(unknown_type(tail.front(), type.substr(type.find('/') + 1)));
    if (one) {
        // Definitions are read at any scope, the tenant's too.
        if (!scope && special(type)) scope = ResourceId::subscription_of(request.subscription());
        auto const text = (scope ? scope->text() : scope_text) + "/providers" + joined(tail);
        auto const id = ResourceId::parse(text);
        if (!id) return tl::unexpected(unknown_path(request));
        return on_resource(request, *id, known);
    }
    if (request.asked.method != "GET") return tl::unexpected(method_not_allowed(request));
    auto const parent_text =
        tail.size() == 2 ? scope_text : scope_text + "/providers" + joined(tail.first(tail.size() - 1));
    auto const parent = parent_text.empty()
                            ? base::Result<ResourceId>(ResourceId::subscription_of(request.subscription()))
                            : ResourceId::parse(parent_text);
    if (!parent) return tl::unexpected(unknown_path(request));
    if (auto const* row = special(type); row && row->list) return row->list(request, *parent);
    return list(request, *parent, known);
}

Said in_subscription(Request const& request) {
    auto const& asked = request.asked;
    auto const& path = asked.path;
    bool const reads = asked.method == "GET";
    if (!base::same_text(path[1], request.subscription())) {
        auto missing = error(404, "SubscriptionNotFound", "The subscription '" + path[1] + "' could not be found.");
        missing.from_gateway = true;
        return tl::unexpected(std::move(missing));
    }
    if (is_polling(asked) && reads) return poll(request.work, asked);
    if (path.size() == 2) return reads ? subscription(request) : Said(tl::unexpected(method_not_allowed(request)));
    auto const scope = [&request] { return ResourceId::subscription_of(request.subscription()); };

    if (asked.path_is(2, "resourceGroups")) {
        if (path.size() == 3) return reads ? list_groups(request) : Said(tl::unexpected(method_not_allowed(request)));
        if (path.size() == 4) return group(request, scope().group(path[3]));
        if (path.size() == 5 && asked.path_is(4, "resources") && reads)
            return list_resources(request, scope().group(path[3]));
        if (path.size() == 5 && asked.path_is(4, "exportTemplate") && asked.method == "POST")
            return export_group(request, scope().group(path[3]));
    }
    if (path.size() == 3 && reads) {
        if (asked.path_is(2, "resources")) return list_resources(request, scope());
        if (asked.path_is(2, "locations")) return locations(request);
        if (asked.path_is(2, "providers")) return list_providers(request);
    }
    if (asked.path_is(2, "providers") && path.size() == 4 && reads) return provider(request, path[3]);
    if (asked.path_is(2, "providers") && path.size() == 5 && asked.method == "POST") {
        if (asked.path_is(4, "register")) return register_provider(request, path[3], true);
        if (asked.path_is(4, "unregister")) return register_provider(request, path[3], false);
    }
    return tl::unexpected(unknown_path(request));
}

Said route(Request const& request) {
    if (auto older = with_provider(request.asked)) return carry_out(request.work, *older);
    auto const& path = request.asked.path;
    auto const reads = request.asked.method == "GET";
    if (path.empty()) return tl::unexpected(unknown_path(request));
    if (request.asked.path_is(0, "subscriptions") && path.size() == 1 && reads) return subscriptions(request);
    if (request.asked.path_is(0, "tenants") && path.size() == 1 && reads) return tenants(request);

    bool const in_one = request.asked.path_is(0, "subscriptions") && path.size() > 1;
    if (in_one && (!base::same_text(path[1], request.subscription()) || is_polling(request.asked)))
        return in_subscription(request);
    // The last "providers" that a namespace follows; Microsoft.Features has one of its own inside.
    for (std::size_t i = path.size(); i-- > 0;) {
        if (!request.asked.path_is(i, "providers") || i + 2 >= path.size()) continue;
        if (path[i + 1].find('.') == std::string::npos) continue;
        if (i > 0 && base::same_text(path[i - 1], "Microsoft.Features")) continue;
        if (in_one && i == 2 && path.size() == 5 && request.asked.method == "POST" &&
            (request.asked.path_is(4, "register") || request.asked.path_is(4, "unregister")))
            break;
        std::span<std::string const> const all(path);
        return below_provider(request, all.first(i), all.subspan(i + 1));
    }
    if (in_one) return in_subscription(request);
    return tl::unexpected(unknown_path(request));
}

}  // namespace

Said carry_out(Work& work, Asked const& asked) { return route({work, asked}); }

namespace {

/// The type a path speaks of, for the envelope of its errors.
Envelope envelope_of(Asked const& asked) {
    for (std::size_t i = asked.path.size(); i-- > 0;) {
        if (!asked.path_is(i, "providers") || i + 2 >= asked.path.size()) continue;
        return behaviour(asked.path[i + 1] + "/" + asked.path[i + 2]).envelope;
    }
    return Envelope::arm;
}

world::Response refuse(ArmError const& refused, Envelope envelope) {
    auto response = answer_json(refused.status, error_body(refused, envelope));
    response.headers.push_back({"x-ms-failure-cause", refused.from_gateway ? "gateway" : "service"});
    return response;
}

std::string_view because(entra::Fault fault) {
    switch (fault) {
        case entra::Fault::expired:
            return "ExpiredAuthenticationToken";
        case entra::Fault::audience:
            return "InvalidAuthenticationTokenAudience";
        case entra::Fault::tenant:
            return "InvalidAuthenticationTokenTenant";
        case entra::Fault::malformed:
            return "InvalidAuthenticationToken";
        case entra::Fault::none:
            break;
    }
    return "AuthenticationFailed";
}

/// The tenant of a subscription that is not of this one; empty: there is no such subscription.
std::string tenant_elsewhere(Core const& core, Asked const& asked) {
    if (!asked.path_is(0, "subscriptions") || asked.path.size() < 2) return {};
    for (auto const& one : core.options.directory.foreign)
        if (base::same_text(one.subscription, asked.path[1])) return one.tenant;
    return {};
}

world::Response unauthenticated(Core const& core, Asked const& asked, entra::Fault fault, std::string message,
                                std::string authority = {}) {
    auto refused = error(401, asked.bearer ? because(fault) : "AuthenticationFailed", std::move(message));
    refused.from_gateway = true;
    auto response = refuse(refused, Envelope::arm);
    if (authority.empty()) authority = entra::authority_for(core, asked);
    auto challenge = "Bearer authorization_uri=\"" + authority + "\"";
    if (asked.bearer) challenge += ", error=\"invalid_token\", error_description=\"" + refused.message + "\"";
    response.headers.push_back({"WWW-Authenticate", challenge});
    return response;
}

}  // namespace

world::Response answer(Core& core, Asked const& asked) {
    if (!asked.bearer) {
        return unauthenticated(core, asked, entra::Fault::none,
                               "Authentication failed. The 'Authorization' header is missing.");
    }
    auto token = entra::verify(core, *asked.bearer, entra::Audience::management, asked);
    if (!token) return unauthenticated(core, asked, token.error().fault, token.error().message);

    // Source: the answer as tests of public clients quote it, read 2026-12-01.
    if (auto const theirs = tenant_elsewhere(core, asked); !theirs.empty())
        return unauthenticated(core, asked, entra::Fault::tenant,
                               "The access token is from the wrong issuer. It must match the tenant '" + theirs +
                                   "' associated with this subscription. Please use its authority to get the token.",
                               entra::login_origin(asked) + "/" + theirs);

    auto const scope = asked.path_is(0, "subscriptions") && asked.path.size() > 1 ? "subscription" : "tenant";
    auto verdict = core.throttle.take(token->object_id, asked.method, scope, core.store.now());
    world::Response response;
    if (!verdict.allowed) {
        auto const wait = std::to_string(verdict.retry_after);
        auto refused = error(
            429, scope == std::string_view("tenant") ? "TenantRequestsThrottled" : "SubscriptionRequestsThrottled",
            "Too many requests of this kind. Try again after '" + wait + "' seconds.");
        refused.from_gateway = true;
        response = refuse(refused, Envelope::arm);
        response.headers.push_back({"Retry-After", wait});
    } else {
        Work work(core, {.object_id = std::move(token->object_id), .client_id = std::move(token->client_id)});
        auto said = carry_out(work, asked);
        if (said) {
            response = said->written.empty() ? answer_json(said->status, said->body)
                                             : answer_text(said->status, std::move(said->written));
            for (auto& header : said->headers) response.headers.push_back(std::move(header));
        } else {
            response = refuse(said.error(), envelope_of(asked));
        }
    }
    for (auto& header : verdict.headers) response.headers.push_back(std::move(header));
    return response;
}

// ------------------------------------------------------------------------------------------------ what happens by
// itself

namespace {

void purge_due(Work& work, Event const& event) {
    auto const& bin = work.core().store.bin();
    auto const found = bin.find(event.id);
    // Recovered and deleted again meanwhile: another event stands for the new date.
    if (found == bin.end() || found->second.until > work.now()) return;
    work.core().store.erase_soft_deleted(event.id);
}

void registered(Work& work, Event const& event) {
    if (work.core().store.registration(event.id).state != "Registering") return;
    if (work.core().fate().registration_hangs(event.id))
        work.schedule(work.now() + between_looks_at_what_hangs, event.function, event.id, json::Object{});
    else work.core().store.put_registration(event.id, "Registered");
}

void feature_registered(Work& work, Event const& event) {
    auto const slash = event.id.find('/');
    work.core().store.put_feature(event.id.substr(0, slash), event.id.substr(slash + 1), "Registered");
}

struct Happening {
    std::string_view name;
    void (*run)(Work&, Event const&);
    bool quiet = false;
};
constexpr Happening happenings[] = {
    {"operation", [](Work& work, Event const& event) { finish(work, event.id); }},
    {"operation.converges", [](Work& work, Event const& event) { converge(work, event.id); }},
    {"role.effective", [](Work&, Event const&) {}},  // a moment somebody may be waiting for
    {"provider.registered", registered},
    {"feature.registered", feature_registered},
    {"bin.purge", purge_due, true},
};
Happening const* happening(std::string_view name) {
    auto const found = std::find_if(std::begin(happenings), std::end(happenings),
                                    [&](Happening const& row) { return row.name == name; });
    return found == std::end(happenings) ? nullptr : found;
}

/// The store's clock stands at its moment.
void happen(Core& core, Event const& event) {
    Caller caller;
    if (auto const* operation = core.store.operation(event.id); operation && event.function == "operation") {
        auto const* principal = core.store.principal(operation->caller);
        caller = {.object_id = operation->caller, .client_id = principal ? principal->client_id : ""};
    }
    Work work(core, std::move(caller));
    if (auto const* ours = happening(event.function)) {
        ours->run(work, event);
    } else if (auto const* theirs = scheduled_named(event.function)) {
        theirs->run(work, event.id, event.payload);
    }
}

}  // namespace

bool is_quiet(Event const& event) {
    auto const* ours = happening(event.function);
    return ours && ours->quiet;
}

void pass_time(Core& core, Time now) {
    for (auto const* event = core.store.next_event(); event && event->at <= now; event = core.store.next_event()) {
        auto const happened = *event;
        core.store.advance(happened.at);
        core.store.drop_event(happened.number);
        happen(core, happened);
    }
    core.store.advance(now);
}

}  // namespace holdfast::simulator::arm
