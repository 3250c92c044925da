#include "simulator/arm/types.hpp"

#include <algorithm>
#include <unordered_map>

#include "simulator/resourcegraph/resource_graph.hpp"

namespace holdfast::simulator::arm {
namespace {

std::vector<Provider const*> const& provider_list() {
    static std::vector<Provider const*> const list = [] {
        std::vector<Provider const*> all{&authorization(), &resources(), &features(), &resourcegraph::provider()};
        for (auto const* provider : providers()) all.push_back(provider);
        return all;
    }();
    return list;
}

// Types that hang on nothing and change nothing here: kept and shown, done at once. Policies are never evaluated.
constexpr std::string_view plain_source =
    "api-versions and permissions in the REST reference, read 2026-11-23; durations of seconds left out";
constexpr ResourceBehaviour plain_types[] = {
    {.type = "Microsoft.Network/publicIPPrefixes", .source = plain_source, .date = "2026-11-24"},
    {.type = "Microsoft.Network/applicationSecurityGroups", .source = plain_source, .date = "2026-11-24"},
    {.type = "Microsoft.Network/ipGroups", .source = plain_source, .date = "2026-11-24"},
    {.type = "Microsoft.Network/serviceEndpointPolicies", .source = plain_source, .date = "2026-11-24"},
    {.type = "Microsoft.Network/ddosProtectionPlans", .source = plain_source, .date = "2026-11-24"},
    {.type = "Microsoft.Network/privateDnsZones/A", .tracked = false, .source = plain_source, .date = "2026-11-24"},
    {.type = "Microsoft.OperationalInsights/workspaces/tables", .source = plain_source, .date = "2026-11-24"},
    {.type = "Microsoft.AlertsManagement/prometheusRuleGroups", .source = plain_source, .date = "2026-11-24"},
    {.type = "Microsoft.Authorization/policyAssignments",
     .state_at = "",
     .tracked = false,
     .source = plain_source,
     .date = "2026-11-24"},
    {.type = "Microsoft.Authorization/policyDefinitions",
     .state_at = "",
     .tracked = false,
     .source = plain_source,
     .date = "2026-11-24"},
    {.type = "Microsoft.Authorization/policySetDefinitions",
     .state_at = "",
     .tracked = false,
     .source = plain_source,
     .date = "2026-11-24"},
};

using ByType = std::unordered_map<std::string_view, ResourceBehaviour const*, base::WithoutCase, base::WithoutCase>;

ByType const& rows() {
    static ByType const map = [] {
        ByType by_type;
        for (auto const& row : plain_types) by_type.emplace(row.type, &row);
        for (auto const* provider : provider_list()) {
            for (auto const& row : provider->types) by_type.insert_or_assign(row.type, &row);
        }
        return by_type;
    }();
    return map;
}

constexpr std::string_view group_type = "Microsoft.Resources/resourceGroups";
constexpr std::string_view subscription_type = "Microsoft.Resources/subscriptions";

}  // namespace

ResourceBehaviour const& behaviour(std::string_view type) {
    static ResourceBehaviour const plain{.type = "",
                                         .patch = PatchStyle::merge,
                                         .source = "the common answers of resource providers",
                                         .date = "2026-11-23"};
    auto const found = rows().find(type);
    return found == rows().end() ? plain : *found->second;
}

bool has_behaviour(std::string_view type) { return rows().contains(type); }

std::span<Provider const* const> all_providers() { return provider_list(); }

Provider const* provider_named(std::string_view name_space) {
    for (auto const* provider : provider_list()) {
        if (base::same_text(provider->name, name_space)) return provider;
    }
    return nullptr;
}

Scheduled const* scheduled_named(std::string_view name) {
    for (auto const* provider : provider_list()) {
        for (auto const& function : provider->scheduled) {
            if (function.name == name) return &function;
        }
    }
    return nullptr;
}

std::string_view namespace_of(std::string_view type) { return type.substr(0, type.find('/')); }

std::string canonical_type(std::string_view type) {
    if (auto const* shape = shapes::find(type)) return std::string(shape->name);
    auto const found = rows().find(type);
    return found == rows().end() ? "" : std::string(found->second->type);
}

std::string canonical_namespace(std::string_view name_space) {
    if (auto const* provider = provider_named(name_space)) return std::string(provider->name);
    for (auto const& shape : shapes::all()) {
        if (base::same_text(namespace_of(shape.name), name_space)) return std::string(namespace_of(shape.name));
    }
    return is_storable(std::string(name_space) + "/x") ? std::string(name_space) : std::string();
}

bool is_storable(std::string_view type) {
    constexpr std::string_view publisher = "Microsoft.";
    auto const slash = type.find('/');
    return base::starts_with_text(type, publisher) && slash != std::string_view::npos && slash > publisher.size() &&
           type.size() <= 200 && std::all_of(type.begin(), type.end(), [](unsigned char c) {
               return std::isalnum(c) || c == '.' || c == '/' || c == '-' || c == '_';
           });
}

ResourceId topmost(ResourceId const& id) {
    auto top = id;
    for (auto parent = top.parent(); parent; parent = top.parent()) {
        auto const type = parent->type();
        if (base::same_text(type, group_type) || base::same_text(type, subscription_type)) break;
        top = *parent;
    }
    return top;
}

}  // namespace holdfast::simulator::arm
