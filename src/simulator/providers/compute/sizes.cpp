#include "simulator/providers/compute/sizes.hpp"

#include <algorithm>

namespace holdfast::simulator::providers::compute {
namespace {
constexpr Size rows[] = {
#include "simulator_vm_sizes.inc"
};
}  // namespace

std::span<Size const> sizes() { return rows; }

Size const* find_size(std::string_view name) {
    auto const* found = std::ranges::find_if(rows, [&](Size const& size) { return base::same_text(size.name, name); });
    return found == std::end(rows) ? nullptr : found;
}

Restricted restricted(Context const& context, std::string_view size, std::string_view location) {
    Restricted found;
    auto const here = resource::normal_location(location);
    for (auto const* sku : context.of_type(sku_type)) {
        if (!base::same_text(sku->id.name(), size)) continue;
        for (auto const& one : json::list_at(sku->body, "restrictions")) {
            auto places = strings(one, "restrictionInfo.locations");
            for (auto const& place : strings(one, "values")) places.push_back(place);
            bool const is_here = std::ranges::any_of(
                places, [&](auto const& place) { return resource::normal_location(place) == here; });
            if (!is_here) continue;
            if (base::same_text(text(one, "type"), "Zone"))
                for (auto& zone : strings(one, "restrictionInfo.zones")) found.zones.insert(std::move(zone));
            else found.everywhere = true;
        }
    }
    return found;
}

std::int64_t vcpus_allowed(Context const& context, std::string_view location, std::string_view family) {
    return family.empty() ? allowed(context, "Microsoft.Compute", location, "cores", vcpus_per_region)
                          : allowed(context, "Microsoft.Compute", location, family, vcpus_per_family);
}

int vcpus_used(Context const& context, std::string_view location, std::string_view family) {
    std::int64_t used = 0;
    for (auto const* pool : context.of_type("Microsoft.ContainerService/managedClusters/agentPools")) {
        auto const cluster = pool->id.parent();
        auto const* stored = cluster ? context.find(*cluster) : nullptr;
        if (!stored || resource::normal_location(text(stored->body, "location")) != resource::normal_location(location))
            continue;
        auto const* size = find_size(text(pool->body, "properties.vmSize"));
        if (!size || (!family.empty() && !base::same_text(size->family, family))) continue;
        if (text(pool->body, "properties.powerState.code") == "Stopped") continue;
        used += size->vcpus * json::whole_at(pool->body, "properties.count").value_or(0);
    }
    return static_cast<int>(used);
}

}  // namespace holdfast::simulator::providers::compute
