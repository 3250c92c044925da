#include "readers/sizes.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>

namespace holdfast::readers {
namespace {

constexpr std::string_view pool_type = "Microsoft.ContainerService/managedClusters/agentPools";
constexpr std::int64_t mb_a_gb = 1024, bytes_a_gb = std::int64_t{1} << 30;

std::vector<std::string> texts(json::Value const& from, json::Place at) {
    std::vector<std::string> out;
    for (auto const& one : json::list_at(from, at))
        if (auto const* text = one.if_string()) out.emplace_back(*text);
    return out;
}

std::set<std::string> set_of(std::vector<std::string> list) { return {list.begin(), list.end()}; }

/// What the SKU says of itself under a name: "EncryptionAtHostSupported" is "True".
std::optional<std::string> capability(json::Value const& sku, std::string_view name) {
    for (auto const& one : json::list_at(sku, "capabilities"))
        if (base::same_text(json::text_at(one, "name").value_or(""), name))
            return std::string(json::text_at(one, "value").value_or(""));
    return std::nullopt;
}
std::optional<std::int64_t> number(std::optional<std::string> const& text) {
    std::int64_t value = 0;
    if (!text) return std::nullopt;
    auto const [end, wrong] = std::from_chars(text->data(), text->data() + text->size(), value);
    return wrong == std::errc{} && end == text->data() + text->size() ? std::optional(value) : std::nullopt;
}

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

/// What one pool asks of one SKU, and does not get.
class Fitting {
public:
    Fitting(resource::Resource const& pool, json::Value const& sku, std::string const& location)
        : pool_(pool.body),
          sku_(sku),
          location_(location),
          zones_(set_of(texts(pool.body, "properties.availabilityZones"))) {}

    std::vector<std::string> against() {
        restrictions();
        zones();
        disk();
        if (json::truth_at(pool_, "properties.enableEncryptionAtHost").value_or(false) &&
            base::same_text(capability(sku_, "EncryptionAtHostSupported").value_or("True"), "False"))
            against_.emplace_back("it does not encrypt on the host");
        return std::move(against_);
    }

private:
    void restrictions() {
        for (auto const& one : json::list_at(sku_, "restrictions")) {
            if (!speaks_of(one, location_)) continue;
            auto const because = json::text_at(one, "reasonCode").value_or("Azure gives no reason");
            if (!base::same_text(json::text_at(one, "type").value_or(""), "Zone")) {
                against_.push_back(fmt::format("it is closed in {}: {}", location_, because));
                continue;
            }
            auto const shut = of_ours(set_of(texts(one, "restrictionInfo.zones")));
            if (!shut.empty())
                against_.push_back(
                    fmt::format("it is closed in {}, zone {}: {}", location_, base::join(shut, ", "), because));
        }
    }
    void zones() {
        auto const there = offered(sku_, location_);
        if (!there) return;
        std::vector<std::string> without;
        std::ranges::set_difference(zones_, *there, std::back_inserter(without));
        if (!without.empty())
            against_.push_back(fmt::format("{} does not have it in zone {}", location_, base::join(without, ", ")));
    }
    void disk() {
        auto const wanted_gb = json::whole_at(pool_, "properties.osDiskSizeGB");
        if (!wanted_gb || !base::same_text(json::text_at(pool_, "properties.osDiskType").value_or(""), "Ephemeral"))
            return;
        auto const cached = number(capability(sku_, "CachedDiskBytes")),
                   temporary = number(capability(sku_, "MaxResourceVolumeMB"));
        if (!cached || !temporary) return;
        auto const cache_gb = *cached / bytes_a_gb, temporary_gb = *temporary / mb_a_gb;
        if (*wanted_gb > std::max(cache_gb, temporary_gb))
            against_.push_back(fmt::format(
                "an ephemeral OS disk of {} GB does not fit: it caches {} GB and has {} GB of temporary disk",
                *wanted_gb, cache_gb, temporary_gb));
    }
    std::vector<std::string> of_ours(std::set<std::string> const& zones) const {
        std::vector<std::string> both;
        std::ranges::set_intersection(zones_, zones, std::back_inserter(both));
        return both;
    }

    json::Value const& pool_;
    json::Value const& sku_;
    std::string const& location_;
    std::set<std::string> zones_;
    std::vector<std::string> against_;
};

}  // namespace

std::vector<SizesWanted> sizes_wanted(resource::Graph const& estate,
                                      std::vector<resource::Resource const*> const& missing) {
    std::vector<SizesWanted> all;
    for (auto const* pool : missing) {
        auto const* cluster = pool->type == pool_type && pool->parent ? estate.find(*pool->parent) : nullptr;
        auto const said = cluster ? json::text_at(cluster->body, "location") : std::nullopt;
        if (!said || !json::text_at(pool->body, "properties.vmSize") || !pool->id) continue;
        auto const location = resource::normal_location(*said);
        auto known = std::ranges::find(all, location, &SizesWanted::location);
        if (known == all.end())
            known = all.insert(all.end(),
                               {.list = "/subscriptions/" + pool->id->subscription() +
                                        "/providers/Microsoft.Compute/skus?$filter=location eq '" + location + "'",
                                .location = location,
                                .pools = {}});
        known->pools.push_back(pool);
    }
    return all;
}

std::optional<std::vector<resource::Unfit>> unfit(SizesWanted const& wanted, json::Array const& skus) {
    std::map<std::string, std::vector<json::Value const*>> listed;
    for (auto const& sku : skus)
        if (json::text_at(sku, "resourceType") == "virtualMachines")
            listed[base::lower(json::text_at(sku, "name").value_or(""))].push_back(&sku);
    if (listed.empty()) return std::nullopt;
    std::vector<resource::Unfit> found;
    for (auto const* pool : wanted.pools) {
        auto const known = listed.find(base::lower(json::text_at(pool->body, "properties.vmSize").value_or("")));
        if (known == listed.end()) {
            found.push_back({pool->address, wanted.location + " does not have it"});
            continue;
        }
        for (auto const* sku : known->second)
            for (auto& reason : Fitting(*pool, *sku, wanted.location).against())
                found.push_back({pool->address, std::move(reason)});
    }
    return found;
}

}  // namespace holdfast::readers
