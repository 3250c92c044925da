/// What a cluster's and a pool's life consists of; see provider.cpp for the rows.
#pragma once

#include "simulator/providers/containerservice/design.hpp"

namespace holdfast::simulator::providers::containerservice {

// cluster.cpp
Refusal validate_cluster(Context&, Write const&);
void accepted_cluster(Context&, Stored&, Stored const* before);
std::optional<double> cluster_takes(Context&, Stored const&, Stored const* before);
arm::Outcome complete_cluster(Context&, Stored&);
void deleted_cluster(Context&, Stored const&, std::span<Stored const> subtree);

// pools.cpp
Refusal validate_pool(Context&, Write const&);
void accepted_pool(Context&, Stored&, Stored const* before);
std::optional<double> pool_takes(Context&, Stored const&, Stored const* before);
arm::Outcome complete_pool(Context&, Stored&);
Refusal refuse_last_system_pool(Context&, Stored const&);
void erasing_pool(Context&, Stored&, std::map<std::string, std::string> const& query);
arm::Outcome empty_pool(Context&, Stored&);
void deleted_pool(Context&, Stored const&, std::span<Stored const> subtree);

// maintenance.cpp
Refusal validate_maintenance(Context&, Write const&);

// node_group.cpp: what Azure makes by itself
ResourceId node_group_of(Stored const& cluster);
void ensure_node_group(Context&, Stored const& cluster);
void ensure_kubelet_identity(Context&, Stored& cluster);
void ensure_network(Context&, Stored& cluster);  ///< network, security group, route table, load balancer, addresses
void ensure_addon_identities(Context&, Stored& cluster);
void ensure_scale_set(Context&, Stored const& cluster, Stored const& pool);
void ensure_node_routes(Context&, Stored const& cluster);  ///< node_routes.cpp: kubenet's, in the table of the subnet
void lock_down(Context&, Stored const& cluster);
void node_group_due(Context&, std::string const& id, json::Value const& payload);
void kubelet_identity_due(Context&, std::string const& id, json::Value const& payload);

// commands.cpp
std::span<arm::Action const> operator_actions();
/// The machines of a pool, by the names Kubernetes knows them by; none while it is stopped.
std::vector<std::string> nodes_of(Stored const& cluster, Stored const& pool);
void principal_due(Context&, std::string const& id, json::Value const& payload);

// rules_egress.cpp
/// Why nodes cannot reach a guarded API server: their way out is not among the authorized ranges.
Refusal nodes_shut_out(Context&, Stored const& cluster);
/// Why no node comes up: a rule drops what it fetches, or nobody it asks knows the API server's name.
Refusal nodes_cut_off(Context&, Stored const& cluster);

// rules_room.cpp
/// Why no cluster can be made or started in the region at the moment.
Refusal no_control_plane(Context&, Stored const& cluster);
/// Why a new cluster gets no address to go out by.
Refusal no_address(Context&, Stored const& cluster);
/// Why machines that a pool lacks cannot be had at the moment: all its nodes, those it has not yet, or with them those
/// that come and go in an upgrade.
enum class Room { for_all, for_more, for_surge };
Refusal no_machine(Context&, Stored const& cluster, Stored const& pool, Room);
/// Why no node of a pool can be emptied.
Refusal pods_stay(Context&, Stored const& pool, std::string_view code);
bool scales_down(Context const&, Stored const& pool);

// actions.cpp
std::span<arm::Action const> cluster_actions();
std::span<arm::Action const> pool_actions();
arm::Reply kubernetes_versions(Context&, arm::Call const&);
void started_due(Context&, std::string const& id, json::Value const& payload);
void stopped_due(Context&, std::string const& id, json::Value const& payload);
void rotated_due(Context&, std::string const& id, json::Value const& payload);
void image_due(Context&, std::string const& id, json::Value const& payload);

/// Eight letters and digits that belong to a cluster for ever: the end of its host name.
std::string mark_of(Stored const& cluster);
std::string newest_image(json::Value const& pool_body, std::string_view version);

}  // namespace holdfast::simulator::providers::containerservice
