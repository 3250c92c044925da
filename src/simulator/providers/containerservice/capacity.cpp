#include "simulator/providers/containerservice/capacity.hpp"

#include <algorithm>
#include <charconv>

namespace holdfast::simulator::providers::containerservice {
namespace {

std::int64_t in_steps(std::int64_t number, std::int64_t step) { return (number + step - 1) / step * step; }

std::optional<std::int64_t> number_of(std::string_view digits) {
    std::int64_t value = 0;
    auto const [stopped, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc{} && stopped == digits.data() + digits.size() ? std::optional(value) : std::nullopt;
}

}  // namespace

Networking networking_of(json::Value const& cluster, json::Value const& pool) {
    auto const plugin = text(cluster, "properties.networkProfile.networkPlugin");
    if (base::same_text(plugin, "none")) return Networking::bring_your_own;
    if (plugin.empty() || base::same_text(plugin, "kubenet")) return Networking::kubenet;
    if (base::same_text(text(cluster, "properties.networkProfile.networkPluginMode"), "overlay"))
        return Networking::overlay;
    if (!text(pool, "properties.podSubnetID").empty())
        return base::same_text(text(pool, "properties.podIPAllocationMode"), "StaticBlock") ? Networking::pod_blocks
                                                                                            : Networking::pod_subnet;
    return Networking::node_subnet;
}

std::int64_t usual_max_pods(Networking networking) {
    switch (networking) {
        case Networking::node_subnet:
            return 30;
        case Networking::overlay:
        case Networking::bring_your_own:
            return 250;
        default:
            return 110;
    }
}

std::int64_t max_pods_of(Networking networking, json::Value const& pool) {
    auto const said = json::whole_at(pool, "properties.maxPods").value_or(0);
    return said > 0 ? said : usual_max_pods(networking);
}

std::int64_t most_nodes(json::Value const& pool) {
    auto const count = json::whole_at(pool, "properties.count").value_or(1);
    if (!truth(pool, "properties.enableAutoScaling")) return count;
    return std::max(count, json::whole_at(pool, "properties.maxCount").value_or(count));
}

std::int64_t surge_nodes(json::Value const& pool) {
    auto const unavailable = text(pool, "properties.upgradeSettings.maxUnavailable");
    if (!unavailable.empty() && unavailable != "0" && unavailable != "0%") return 0;
    auto surge = text(pool, "properties.upgradeSettings.maxSurge");
    if (surge.empty()) surge = base::same_text(text(pool, "properties.scaleSetPriority"), "Spot") ? "0" : "10%";
    if (surge.ends_with('%')) {
        auto const percent = number_of(std::string_view(surge).substr(0, surge.size() - 1)).value_or(0);
        return (percent * most_nodes(pool) + 99) / 100;
    }
    return number_of(surge).value_or(0);
}

Addresses addresses_needed(json::Value const& cluster, json::Value const& pool) {
    auto const networking = networking_of(cluster, pool);
    auto const pods = max_pods_of(networking, pool);
    Addresses needed;
    needed.nodes = most_nodes(pool) + surge_nodes(pool);
    needed.in_node_subnet = networking == Networking::node_subnet ? needed.nodes * (1 + pods) : needed.nodes;
    if (networking == Networking::pod_subnet) needed.in_pod_subnet = needed.nodes * in_steps(pods + 8, 16);
    if (networking == Networking::pod_blocks) needed.in_pod_subnet = needed.nodes * in_steps(pods + 1, 16);
    return needed;
}

std::int64_t addresses_of_pool(Context const& context, Stored const& pool, ResourceId const& subnet) {
    auto const cluster_id = pool.id.parent();
    auto const* cluster = cluster_id ? context.find(*cluster_id) : nullptr;
    if (!cluster) return 0;
    auto const needed = addresses_needed(cluster->body, pool.body);
    std::int64_t held = 0;
    if (base::same_text(text(pool.body, "properties.vnetSubnetID"), subnet.text())) held += needed.in_node_subnet;
    if (base::same_text(text(pool.body, "properties.podSubnetID"), subnet.text())) held += needed.in_pod_subnet;
    return held;
}

}  // namespace holdfast::simulator::providers::containerservice
