// What must be registered first, and what Azure will make by itself.

#include <fmt/format.h>

#include <set>

#include "estate/draft.hpp"

namespace holdfast::estate {
namespace {

struct ProviderRow {
    std::string_view provider, feature, when, because;
    std::string_view source, date;
};
constexpr ProviderRow kProviders[] = {
#include "providers_needed.inc"
};

struct ByAzureRow {
    std::string_view what, when, because;
    std::string_view source, date;
};
constexpr ByAzureRow kByAzure[] = {
#include "by_azure.inc"
};

/// Every subscription has these from the start.
constexpr std::string_view kAlwaysThere[] = {"Microsoft.Resources", "Microsoft.Authorization"};

void providers(Draft& draft) {
    std::set<std::string> needed;
    for (auto const& [address, resource] : draft.estate.graph.resources()) {
        if (resource.ownership == resource::Ownership::managed) {
            needed.insert(resource.type.substr(0, resource.type.find('/')));
        }
    }
    for (auto const& row : kProviders) {
        if (!draft.spec.holds(row.when)) continue;
        needed.insert(std::string(row.provider));
        if (!row.feature.empty()) {
            draft.estate.features.push_back(
                {std::string(row.provider), std::string(row.feature), std::string(row.because)});
        }
    }
    for (auto const always : kAlwaysThere) needed.erase(std::string(always));
    draft.estate.providers.assign(needed.begin(), needed.end());
}

void by_azure(Draft& draft) {
    auto const& cluster = *draft.estate.graph.find("cluster");
    auto const said = json::text_at(cluster.body, "properties.nodeResourceGroup");
    std::string const node_group =
        said ? std::string(*said)
             : fmt::format("MC_{}_{}_{}", draft.id("group").name(), draft.id("cluster").name(), draft.region);
    auto const filled = [&](std::string_view what, std::string_view pool) {
        return fmt::format(fmt::runtime(what), fmt::arg("node_group", node_group),
                           fmt::arg("cluster", draft.id("cluster").name()), fmt::arg("pool", pool));
    };
    for (auto const& row : kByAzure) {
        if (!draft.spec.holds(row.when)) continue;
        if (row.what.find("{pool}") == std::string_view::npos) {
            draft.estate.by_azure.push_back({filled(row.what, ""), std::string(row.because)});
            continue;
        }
        for (auto const* pool : draft.estate.graph.of_type("Microsoft.ContainerService/managedClusters/agentPools")) {
            draft.estate.by_azure.push_back({filled(row.what, pool->id->name()), std::string(row.because)});
        }
    }
}

}  // namespace

void design_surroundings(Draft& draft) {
    providers(draft);
    by_azure(draft);
}

}  // namespace holdfast::estate
