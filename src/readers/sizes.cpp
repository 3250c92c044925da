#include "readers/sizes.hpp"

#include <algorithm>

namespace holdfast::readers {
namespace {

constexpr std::string_view pool_type = "Microsoft.ContainerService/managedClusters/agentPools";

std::vector<std::string> texts(json::Value const& from, json::Place at) {
    std::vector<std::string> out;
    for (auto const& one : json::list_at(from, at))
        if (auto const* text = one.if_string()) out.emplace_back(*text);
    return out;
}

std::set<std::string> set_of(std::vector<std::string> list) { return {list.begin(), list.end()}; }

/// The zones that the region offers the size in; nothing: the list says nothing of zones.
std::optional<std::set<std::string>> offered(json::Value const& sku, std::string const& location) {
    for (auto const& place : json::list_at(sku, "locationInfo"))
        if (resource::normal_location(json::text_at(place, "location").value_or("")) == location)
            return set_of(texts(place, "zones"));
    return std::nullopt;
}

bool speaks_of(json::Value const& restriction, std::string const& location) {
    auto places = texts(restriction, "restrictionInfo.locations");
    for (auto& place : texts(restriction, "values")) places.push_back(std::move(place));
    return std::ranges::any_of(places, [&](auto const& place) { return resource::normal_location(place) == location; });
}

}  // namespace

std::vector<SizesWanted> sizes_wanted(resource::Graph const& estate,
                                      std::vector<resource::Resource const*> const& missing) {
    std::vector<SizesWanted> all;
    for (auto const* pool : missing) {
        auto const* cluster = pool->type == pool_type && pool->parent ? estate.find(*pool->parent) : nullptr;
        auto const size = json::text_at(pool->body, "properties.vmSize");
        auto const said = cluster ? json::text_at(cluster->body, "location") : std::nullopt;
        if (!said || !size || !pool->id) continue;
        auto const location = resource::normal_location(*said);
        auto known = std::ranges::find(all, location, &SizesWanted::location);
        if (known == all.end())
            known = all.insert(all.end(), {.list = "/subscriptions/" + pool->id->subscription() +
                                                   "/providers/Microsoft.Compute/skus?$filter=location eq '" +
                                                   location + "'",
                                           .location = location,
                                           .sizes = {}});
        known->sizes[std::string(*size)].merge(set_of(texts(pool->body, "properties.availabilityZones")));
    }
    return all;
}

std::optional<std::vector<resource::Closed>> closed_sizes(SizesWanted const& wanted, json::Array const& skus) {
    std::map<std::string, std::vector<json::Value const*>> listed;
    for (auto const& sku : skus)
        if (json::text_at(sku, "resourceType") == "virtualMachines")
            listed[base::lower(json::text_at(sku, "name").value_or(""))].push_back(&sku);
    if (listed.empty()) return std::nullopt;
    std::vector<resource::Closed> closed;
    for (auto const& [size, zones_wanted] : wanted.sizes) {
        auto const found = listed.find(base::lower(size));
        if (found == listed.end()) {
            closed.push_back({size, wanted.location, {}, "the region does not have it"});
            continue;
        }
        for (auto const* sku : found->second) {
            if (auto const zones = offered(*sku, wanted.location)) {
                std::vector<std::string> without;
                std::ranges::set_difference(zones_wanted, *zones, std::back_inserter(without));
                if (!without.empty())
                    closed.push_back({size, wanted.location, std::move(without), "the size is not offered there"});
            }
            for (auto const& one : json::list_at(*sku, "restrictions")) {
                bool const zonal = base::same_text(json::text_at(one, "type").value_or(""), "Zone");
                auto zones = texts(one, "restrictionInfo.zones");
                if (!speaks_of(one, wanted.location) || (zonal && zones.empty())) continue;
                closed.push_back({size, wanted.location, zonal ? std::move(zones) : std::vector<std::string>{},
                                  std::string(json::text_at(one, "reasonCode").value_or("Azure gives no reason"))});
            }
        }
    }
    return closed;
}

}  // namespace holdfast::readers
