/// picture: a cluster and its pools, read once into plain words. Private to `network`.
#pragma once

#include "network/network.hpp"
#include "network/paths.hpp"

namespace holdfast::network {

/// How pods get their addresses: what decides every formula.
enum class Mode { unknown, kubenet, overlay, node_subnet, pod_subnet, none };

struct Pool {
    resource::Resource const* resource = nullptr;
    std::string name;
    resource::Resource const* subnet = nullptr;  ///< null: Azure's own network, or not in the graph
    resource::Resource const* pod_subnet = nullptr;
    bool names_subnet = false, names_pod_subnet = false;
    bool static_blocks = false;
    bool system = false;
    std::optional<std::int64_t> nodes;  ///< most nodes: maxCount when autoscaling, else count
    std::int64_t surge = 0;             ///< extra nodes during an upgrade
    std::int64_t max_pods = 0;
};

struct Picture {
    resource::Resource const* cluster = nullptr;
    Mode mode = Mode::unknown;
    std::vector<Pool> pools;
    std::vector<resource::Resource const*> networks;  ///< that the cluster's subnets belong to; sorted by address
    resource::Resource const* api_subnet = nullptr;
    std::string service_cidr, dns_service_ip,
        pod_cidr;  ///< with Azure's defaults; pod_cidr empty where pods live in subnets
    bool service_said = false, dns_said = false, pod_said = false;
};
/// One a cluster that can be judged, in order of address.
std::vector<Picture> pictures(resource::Graph const&);

/// A subnet's ranges, as written.
std::vector<std::string> ranges_of(resource::Resource const& subnet);
/// Name as Azure shows it: the last segment of the id, else the address.
std::string name_of(resource::Resource const&);
/// Nodes that an upgrade adds: percent of the nodes rounded up, or the number; none where nodes may be missing instead.
std::int64_t surge_of(std::string_view max_surge, bool may_be_unavailable, std::int64_t nodes);

}  // namespace holdfast::network
