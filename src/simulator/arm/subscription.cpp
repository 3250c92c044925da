// What belongs to the subscription itself: groups, providers, the list of everything.
#include <algorithm>

#include "simulator/arm/bodies.hpp"
#include "simulator/arm/groups.hpp"
#include "simulator/arm/requests.hpp"
#include "simulator/templates/deployments.hpp"
#include "simulator/templates/exported.hpp"

namespace holdfast::simulator::arm {
namespace {

constexpr std::string_view subscription_read = "Microsoft.Resources/subscriptions/read";

ResourceId here(Request const& request) { return ResourceId::subscription_of(request.subscription()); }

json::Object subscription_body(Request const& request) {
    auto const& owner = request.work.core().options.owner;
    return {{"id", here(request).text()},
            {"authorizationSource", "RoleBased"},
            {"managedByTenants", json::Array{}},
            {"subscriptionId", owner.subscription},
            {"tenantId", owner.tenant},
            {"displayName", "Simulated Azure"},
            {"state", "Enabled"},
            {"subscriptionPolicies", json::Object{{"locationPlacementId", "Internal_2014-09-01"},
                                                  {"quotaId", "Internal_2014-09-01"},
                                                  {"spendingLimit", "Off"}}}};
}

bool sees_subscription(Request const& request) {
    auto const& caller = request.work.caller().object_id;
    auto const assignments = request.store().assignments_of(caller);
    return !assignments.empty();
}

std::vector<std::string> namespaces() {
    std::set<std::string> names;
    for (auto const& shape : shapes::all()) names.insert(std::string(namespace_of(shape.name)));
    for (auto const* provider : all_providers()) names.insert(std::string(provider->name));
    return {names.begin(), names.end()};
}

bool is_tagged(Stored const& stored, std::string const& tag, std::string_view value) {
    auto const said = json::text_at(stored.body, json::Path("tags").child(tag));
    return said && (value.empty() || *said == value);
}

/// What a namespace says of its types. The same in every world and as long as the program runs, and asked for again and
/// again by whoever waits for a registration: so it is put together and written once.
struct Types {
    json::Array list;
    std::string written;
};
Types const& types_of(std::string const& name_space) {
    static std::map<std::string, Types> const all = [] {
        std::map<std::string, Types> made;
        for (auto const& shape : shapes::all()) {
            json::Array versions, locations;
            for (auto const version : shape.known_versions) versions.emplace_back(version);
            for (auto const place : {"West Europe", "North Europe", "East US", "East US 2", "West US 3"})
                locations.emplace_back(place);
            made[base::lower(namespace_of(shape.name))].list.push_back(
                json::Object{{"resourceType", shape.name.substr(shape.name.find('/') + 1)},
                             {"locations", std::move(locations)},
                             {"apiVersions", std::move(versions)},
                             {"capabilities", "None"}});
        }
        for (auto& [name, types] : made) types.written = json::write(types.list);
        return made;
    }();
    static Types const none{{}, "[]"};
    auto const found = all.find(base::lower(name_space));
    return found == all.end() ? none : found->second;
}

/// All that a provider's answer says but its types.
json::Object provider_head(Request const& request, std::string_view name_space) {
    auto const state = request.work.registered(name_space) ? std::string("Registered")
                                                           : request.store().registration(name_space).state;
    return {{"id", here(request).text() + "/providers/" + std::string(name_space)},
            {"namespace", name_space},
            {"registrationState", state},
            {"registrationPolicy", "RegistrationRequired"}};
}
json::Object provider_body(Request const& request, std::string const& name_space) {
    auto body = provider_head(request, name_space);
    body["resourceTypes"] = types_of(name_space).list;
    return body;
}
Answer provider_answer(Request const& request, std::string const& name_space) {
    auto text = json::write(provider_head(request, name_space));
    text.back() = ',';  // the types come last, by their name
    text.append("\"resourceTypes\":").append(types_of(name_space).written).append("}");
    return {.status = 200, .body = {}, .headers = {}, .written = std::move(text)};
}

ArmError unknown_namespace(std::string_view name_space) {
    auto refused =
        error(404, "InvalidResourceNamespace", "The resource namespace '" + std::string(name_space) + "' is invalid.");
    refused.from_gateway = true;
    return refused;
}

}  // namespace

Said subscriptions(Request const& request) {
    if (auto refused = check_api_version(request, "")) return tl::unexpected(*refused);
    json::Array all;
    if (sees_subscription(request)) all.push_back(subscription_body(request));
    auto answer = paged(request, std::move(all));
    answer.body.as_object()["count"] =
        json::Object{{"type", "Total"}, {"value", json::list_at(answer.body, "value").size()}};
    return answer;
}

Said subscription(Request const& request) {
    if (auto refused = check_api_version(request, "")) return tl::unexpected(*refused);
    if (!sees_subscription(request)) {
        if (auto refused = check_permission(request, subscription_read, here(request))) return tl::unexpected(*refused);
    }
    return Answer{.status = 200, .body = subscription_body(request), .headers = {}};
}

Said tenants(Request const& request) {
    if (auto refused = check_api_version(request, "")) return tl::unexpected(*refused);
    auto const& tenant = request.work.core().options.owner.tenant;
    return paged(request, {json::Object{{"id", "/tenants/" + tenant},
                                        {"tenantId", tenant},
                                        {"displayName", "Simulated directory"},
                                        {"defaultDomain", "azsim.test"},
                                        {"tenantCategory", "Home"}}});
}

Said locations(Request const& request) {
    if (auto refused = check_api_version(request, "")) return tl::unexpected(*refused);
    json::Array all;
    struct Place {
        char const *name, *shown;
    };
    for (auto const& [name, shown] :
         {Place{"westeurope", "West Europe"}, Place{"northeurope", "North Europe"}, Place{"eastus", "East US"},
          Place{"eastus2", "East US 2"}, Place{"westus3", "West US 3"}}) {
        all.push_back(json::Object{{"id", here(request).text() + "/locations/" + name},
                                   {"name", name},
                                   {"displayName", shown},
                                   {"regionalDisplayName", shown},
                                   {"metadata", json::Object{{"regionType", "Physical"}}}});
    }
    return paged(request, std::move(all));
}

// ------------------------------------------------------------------------------------------------ groups

Said group(Request const& request, ResourceId const& id) {
    auto const type = std::string(group_type);
    auto const& method = request.asked.method;
    if (method == "PUT") return put(request, id, type);
    if (method == "PATCH") return patch(request, id, type);
    if (method == "DELETE") return erase(request, id, type);
    if (method != "GET" && method != "HEAD") return tl::unexpected(method_not_allowed(request));
    auto said = get(request, id, type);
    if (!said && said.error().code == "ResourceNotFound") {
        return tl::unexpected(group_not_found(id));
    }
    return said;
}

Said list_groups(Request const& request) {
    if (auto refused = check_api_version(request, group_type)) return tl::unexpected(*refused);
    auto const& caller = request.work.caller().object_id;
    auto const filter = request.asked.asked_for("$filter");
    auto const tag = filtered_by(filter, "tagName"), value = filtered_by(filter, "tagValue");
    Page page(request);
    request.store().walk_type(group_type, here(request).key(), page.after(), [&](Stored const& stored) {
        bool const wanted =
            request.work.permits(caller, "Microsoft.Resources/subscriptions/resourceGroups/read", stored.id) &&
            (tag.empty() || is_tagged(stored, tag, value));
        return !wanted || page.take(stored, [&] { return request.work.shown(stored); });
    });
    return std::move(page).answer();
}

namespace {

/// What the list of everything says of a resource: all but its properties.
json::Value listed_body(Work const& work, Stored const& stored) {
    auto const shown = work.shown(stored);
    json::Object row;
    for (auto const* key :
         {"id", "name", "type", "location", "kind", "sku", "identity", "tags", "zones", "managedBy"}) {
        if (auto const* said = json::find(shown, key)) row[key] = *said;
    }
    if (auto const state = state_of(stored); !state.empty()) row["provisioningState"] = state;
    row["createdTime"] = base::to_string(stored.created);
    row["changedTime"] = base::to_string(stored.changed);
    return row;
}

}  // namespace

Said list_resources(Request const& request, ResourceId const& scope) {
    if (auto refused = check_api_version(request, "")) return tl::unexpected(*refused);
    if (is_group(scope) && !request.work.find(scope)) return tl::unexpected(group_not_found(scope));
    auto const filter = request.asked.asked_for("$filter");
    auto const type = filtered_by(filter, "resourceType"), group_name = filtered_by(filter, "resourceGroup"),
               name = filtered_by(filter, "name"), tag = filtered_by(filter, "tagName"),
               value = filtered_by(filter, "tagValue");
    auto const& caller = request.work.caller().object_id;
    auto const wanted = [&](Stored const& stored) {
        auto const parent = stored.id.parent();
        if (!behaviour(stored.type).tracked || is_group(stored.id) || !parent || !is_group(*parent)) return false;
        if (base::same_text(namespace_of(stored.type), "Microsoft.Authorization")) return false;
        if (!type.empty() && !base::same_text(stored.type, type)) return false;
        if (!group_name.empty() && !base::same_text(stored.id.group(), group_name)) return false;
        if (!name.empty() && !base::same_text(stored.id.name(), name)) return false;
        if (!tag.empty() && !is_tagged(stored, tag, value)) return false;
        return request.work.permits(caller, stored.type + "/read", stored.id);
    };
    Page page(request);
    request.store().walk_under(scope.key(), page.after(), [&](Stored const& stored) {
        return !wanted(stored) || page.take(stored, [&] { return listed_body(request.work, stored); });
    });
    return std::move(page).answer();
}

Said export_group(Request const& request, ResourceId const& group) {
    if (auto refused = check_api_version(request, "")) return tl::unexpected(*refused);
    if (auto refused = check_permission(request, std::string(group_type) + "/read", group))
        return tl::unexpected(*refused);
    if (!request.work.find(group)) return tl::unexpected(group_not_found(group));
    auto const body = read_body(request);
    if (!body) return tl::unexpected(body.error());
    templates::Export wanted;
    for (auto const& option : base::split(json::text_at(*body, "options").value_or(""), ','))
        if (auto const word = base::trimmed(option);
            word == "SkipAllParameterization" || word == "SkipResourceNameParameterization")
            wanted.names_are_parameters = false;
    for (auto const& one : json::list_at(*body, "resources"))
        if (auto const* id = one.if_string(); id && *id != "*") wanted.only.emplace_back(*id);
    return Answer{.status = 200,
                  .body = json::Object{{"template", templates::exported(request.work, group, wanted)}},
                  .headers = {}};
}

// ------------------------------------------------------------------------------------------------ providers

Said list_providers(Request const& request) {
    if (auto refused = check_api_version(request, "")) return tl::unexpected(*refused);
    if (auto refused = check_permission(request, subscription_read, here(request))) return tl::unexpected(*refused);
    json::Array all;
    for (auto const& name : namespaces()) all.push_back(provider_body(request, name));
    return paged(request, std::move(all));
}

Said provider(Request const& request, std::string_view name_space) {
    if (auto refused = check_api_version(request, "")) return tl::unexpected(*refused);
    auto const name = canonical_namespace(name_space);
    if (name.empty()) return tl::unexpected(unknown_namespace(name_space));
    if (auto refused = check_permission(request, "Microsoft.Resources/subscriptions/providers/read", here(request)))
        return tl::unexpected(*refused);
    return provider_answer(request, name);
}

Said register_provider(Request const& request, std::string_view name_space, bool wanted) {
    if (auto refused = check_api_version(request, "")) return tl::unexpected(*refused);
    auto const name = canonical_namespace(name_space);
    if (name.empty()) return tl::unexpected(unknown_namespace(name_space));
    auto const action = name + (wanted ? "/register/action" : "/unregister/action");
    if (auto refused = check_permission(request, action, here(request))) return tl::unexpected(*refused);
    auto const state = request.store().registration(name).state;
    auto const* known = provider_named(name);
    bool const always = known && known->registered_at_first;
    if (wanted && !always && state != "Registered" && state != "Registering") {
        auto const takes = known ? known->registration : Takes{5, 15, 60, "estimate from documentation, 2026-11-23"};
        auto const seconds = request.work.draw(takes, "REGISTER " + base::lower(name));
        request.store().put_registration(name, "Registering");
        request.work.schedule(request.work.now() + Duration{static_cast<std::int64_t>(seconds * 1000)},
                              "provider.registered", name, json::Object{});
    }
    if (!wanted && !always) request.store().put_registration(name, "NotRegistered");
    return provider_answer(request, name);
}

// ------------------------------------------------------------------------------------------------ rows

namespace {

std::optional<ArmError> validate_group(Context&, Write const& write) {
    auto const name = write.id.name();
    bool const fits =
        is_one_segment(name) && name.size() <= 90 && name.back() != '.' &&
        std::all_of(name.begin(), name.end(), [](unsigned char c) {
            return std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '(' || c == ')' || c >= 128;
        });
    if (fits) return std::nullopt;
    return error(400, "InvalidResourceGroup",
                 "The resource group name '" + std::string(name) +
                     "' is invalid: up to 90 letters, digits, '-', '_', '.', '(' and ')', not ending in '.'.");
}

Reply feature(Context& context, Call const& call, bool wanted) {
    auto& work = own(context);
    auto& store = work.core().store;
    auto const& name_space = call.parameters.at("provider");
    auto const& name = call.parameters.at("feature");
    if (canonical_namespace(name_space).empty()) return unknown_namespace(name_space);
    if (wanted && store.feature(name_space, name) == "NotRegistered") {
        auto const seconds = work.draw({30, 120, 900, "estimate from documentation, 2026-11-23"},
                                       "FEATURE " + base::lower(name_space) + "/" + base::lower(name));
        store.put_feature(name_space, name, "Registering");
        work.schedule(work.now() + Duration{static_cast<std::int64_t>(seconds * 1000)}, "feature.registered",
                      name_space + "/" + name, json::Object{});
    }
    return Answer{
        .status = 200,
        .body = json::Object{{"id", "/subscriptions/" + call.subscription + "/providers/Microsoft.Features/providers/" +
                                        name_space + "/features/" + name},
                             {"name", name_space + "/" + name},
                             {"type", "Microsoft.Features/providers/features"},
                             {"properties", json::Object{{"state", store.feature(name_space, name)}}}},
        .headers = {}};
}
Reply show_feature(Context& context, Call const& call) { return feature(context, call, false); }
Reply register_feature(Context& context, Call const& call) { return feature(context, call, true); }

}  // namespace

Provider const& resources() {
    static ResourceBehaviour const types[] = {[] {
                                                  auto row = group_behaviour();
                                                  row.validate = validate_group;
                                                  return row;
                                              }(),
                                              templates::deployment_behaviour(), templates::stack_behaviour()};
    static Provider const provider{.name = "Microsoft.Resources",
                                   .registered_at_first = true,
                                   .types = types,
                                   .routes = templates::deployment_routes(),
                                   .scheduled = templates::deployment_functions()};
    return provider;
}

Provider const& features() {
    static Route const routes[] = {
        {.method = "GET",
         .pattern = "Microsoft.Features/providers/{provider}/features/{feature}",
         .permission = "Microsoft.Features/providers/features/read",
         .run = show_feature},
        {.method = "POST",
         .pattern = "Microsoft.Features/providers/{provider}/features/{feature}/register",
         .permission = "Microsoft.Features/providers/features/register/action",
         .run = register_feature},
    };
    static Provider const provider{.name = "Microsoft.Features", .registered_at_first = true, .routes = routes};
    return provider;
}

}  // namespace holdfast::simulator::arm
