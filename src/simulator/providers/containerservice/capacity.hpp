/// How many addresses a pool takes, and where: the published allocation rules as arithmetic.
///
/// Worst case on purpose: autoscaled pools count their maximum, and an upgrade's surge nodes are there too.
/// Source: MicrosoftDocs/azure-aks-docs concepts-network-ip-address-planning, azure-cni-overlay,
/// concepts-network-legacy-cni (2026-11-23).
#pragma once

#include "simulator/providers/rules.hpp"

namespace holdfast::simulator::providers::containerservice {

enum class Networking { node_subnet, pod_subnet, pod_blocks, overlay, kubenet, bring_your_own };
/// What a pool's nodes and pods live in; a pool with a pod subnet decides for itself.
Networking networking_of(json::Value const& cluster_body, json::Value const& pool_body);

std::int64_t usual_max_pods(Networking);
std::int64_t max_pods_of(Networking, json::Value const& pool_body);
std::int64_t most_nodes(json::Value const& pool_body);  ///< maxCount when autoscaled, else count (1 when not said)
std::int64_t surge_nodes(json::Value const& pool_body);

struct Addresses {
    std::int64_t in_node_subnet = 0, in_pod_subnet = 0;
    std::int64_t nodes = 0;  ///< with surge
};
Addresses addresses_needed(json::Value const& cluster_body, json::Value const& pool_body);

/// What a standing pool holds of this subnet.
std::int64_t addresses_of_pool(Context const&, Stored const& pool, ResourceId const& subnet);

inline constexpr int kept_by_azure = 5;  ///< of every subnet
inline constexpr int api_server_addresses = 9;

}  // namespace holdfast::simulator::providers::containerservice
