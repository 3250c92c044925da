/// One cluster with its pools as a request wants it, and the rules it is held against.
#pragma once

#include "simulator/providers/containerservice/capacity.hpp"
#include "simulator/providers/containerservice/versions.hpp"

namespace holdfast::simulator::providers::containerservice {

inline constexpr std::string_view cluster_type = "Microsoft.ContainerService/managedClusters";
inline constexpr std::string_view pool_type = "Microsoft.ContainerService/managedClusters/agentPools";

struct Pool {
    std::string name;
    json::Value const* body = nullptr;  ///< with `properties`, as the pool alone
    Stored const* existing = nullptr;   ///< null: new
    bool asked = false;                 ///< this request writes it
    bool windows() const { return base::same_text(text(*body, "properties.osType"), "Windows"); }
    bool spot() const { return base::same_text(text(*body, "properties.scaleSetPriority"), "Spot"); }
    bool system() const { return base::same_text(text(*body, "properties.mode"), "System"); }
};

struct Design {
    ResourceId const& id;
    json::Value const& body;
    std::vector<Pool> pools;
    Stored const* existing = nullptr;  ///< the cluster; null: it is created
    bool cluster_asked = true;         ///< false: only a pool is written

    std::string at(json::Place path) const { return text(body, path); }
    bool on(json::Place path, bool otherwise = false) const { return truth(body, path, otherwise); }
    bool is(json::Place path, std::string_view value) const { return base::same_text(text(body, path), value); }
    std::string location() const { return at("location"); }
    bool any_windows() const;
    /// Every subnet that nodes or pods live in, once; empty: Azure makes the network.
    std::vector<std::string> node_subnets() const;
    std::vector<std::string> pod_subnets() const;
    bool own_network() const { return !node_subnets().empty(); }
    /// Object id of the control plane's identity when it is one made before; empty for system-assigned.
    std::string identity(Context const&) const;
    bool user_assigned() const { return base::same_text(text(body, "identity.type"), "UserAssigned"); }
    bool service_principal() const;
    std::string client_id() const;  ///< the service principal's; a write that leaves it out keeps it
    std::string outbound() const;  ///< "loadBalancer" when not said
    std::string plugin() const;    ///< "kubenet" when not said
    bool overlay() const { return is("properties.networkProfile.networkPluginMode", "overlay"); }
    bool cilium() const { return is("properties.networkProfile.networkDataplane", "cilium"); }
    bool vnet_integration() const { return on("properties.apiServerAccessProfile.enableVnetIntegration"); }
    bool private_api() const { return on("properties.apiServerAccessProfile.enablePrivateCluster"); }
};

/// A rule that AKS holds every design against. The rows stand in rules_*.cpp; the first that says no is the answer.
struct Rule {
    std::string_view name;
    Refusal (*judge)(Context&, Design const&);
    std::string_view source, date;
};
std::span<Rule const> version_rules();
std::span<Rule const> pool_rules();
std::span<Rule const> room_rules();
std::span<Rule const> network_rules();
std::span<Rule const> egress_rules();
std::span<Rule const> security_rules();
std::span<Rule const> access_rules();  ///< what the cluster's identity must be permitted

Refusal judge(Context&, Design const&);

/// "InvalidParameter", 400, the way AKS says it.
ArmError invalid(std::string message, std::string target = {});
ArmError refuse(int status, std::string_view code, std::string message, std::string target = {});

}  // namespace holdfast::simulator::providers::containerservice
