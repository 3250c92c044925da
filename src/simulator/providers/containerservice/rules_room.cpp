/// What there is room for: clusters and machines that a subscription and a region have left, and pods that let go of
/// their nodes.
#include <algorithm>

#include "simulator/providers/circumstances.hpp"
#include "simulator/providers/compute/sizes.hpp"
#include "simulator/providers/containerservice/hooks.hpp"
#include "simulator/providers/quotas.hpp"

namespace holdfast::simulator::providers::containerservice {
namespace {

Refusal one_more_cluster(Context& context, Design const& design) {
    if (design.existing) return {};
    return none_left(context, cluster_type, design.location());
}

Refusal sizes_are_not_restricted(Context& context, Design const& design) {
    for (auto const& pool : design.pools) {
        if (pool.existing) continue;
        auto const size = text(*pool.body, "properties.vmSize");
        auto const closed = compute::restricted(context, size, design.location());
        auto const zones = strings(*pool.body, "properties.availabilityZones");
        bool const zone_closed =
            std::ranges::any_of(zones, [&](auto const& zone) { return closed.zones.contains(zone); });
        if (closed.everywhere)
            return refuse(400, "SkuNotAvailable",
                          "Provisioning of resource(s) for container service " + std::string(design.id.name()) +
                              " in resource group " + design.id.group() + " failed. Message: The requested size " +
                              size + " for agent pool " + pool.name + " is currently not available in location '" +
                              design.location() + "' zones '" + base::join(zones, ",") + "' for subscription '" +
                              design.id.subscription() +
                              "'. Please try another size or deploy to a different location or zones. See "
                              "https://aka.ms/azureskunotavailable for details.");
        if (zone_closed)
            return refuse(400, "AvailabilityZoneNotSupported",
                          "Preflight validation check failed. The zone(s) '" + base::join(zones, ",") +
                              "' for resource '" + pool.name + "' is not supported in '" + design.location() +
                              "' for this subscription.");
    }
    return {};
}

Refusal pods_let_go(Context& context, Design const& design) {
    if (!design.existing) return {};
    auto const changes = [](std::string const& wanted, std::string const& runs) {
        return !wanted.empty() && wanted != runs && !runs.starts_with(wanted + ".");
    };
    bool upgrades = changes(design.at("properties.kubernetesVersion"),
                            text(design.existing->body, "properties.currentKubernetesVersion"));
    for (auto const& pool : design.pools)
        upgrades |= pool.existing && changes(text(*pool.body, "properties.orchestratorVersion"),
                                             text(pool.existing->body, "properties.currentOrchestratorVersion"));
    if (!upgrades) return {};
    for (auto const& budget : budgets(context, design.existing->id))
        if (budget.forbids_all)
            return refuse(400, "UnsatisfiablePDB",
                          "1 error occurred: PDB " + budget.name +
                              " has maxUnavailable == 0, can't proceed with put operation.");
    return {};
}

constexpr Rule rules[] = {
    {"a cluster more", one_more_cluster, "microsoft/aspire issue 19701; aks-docs quotas-skus-regions", "2026-12-01"},
    {"sizes that the subscription may use", sizes_are_not_restricted,
     "Azure/azure-cli issue 16961; MicrosoftDocs azure-resource-manager error-sku-not-available", "2026-12-01"},
    {"budgets that let no pod go hold up an upgrade", pods_let_go, "SupportArticles-docs error-code-unsatisfiablepdb",
     "2026-12-01"},
};

/// Nodes that have a machine, as the scale set says.
std::int64_t nodes_there(Context const& context, Stored const& pool) {
    auto const* set = context.find(text(pool.hidden, "scale_set"));
    return set ? json::whole_at(set->body, "sku.capacity").value_or(0) : 0;
}

}  // namespace

std::span<Rule const> room_rules() { return rules; }

/// Source: SupportArticles-docs akscapacityheavyusage-error. 2026-12-01.
Refusal no_control_plane(Context& context, Stored const& cluster) {
    auto const location = text(cluster.body, "location");
    if (!sold_out(context, location, clusters)) return {};
    return refuse(409, "AksCapacityHeavyUsage",
                  "AKS is experiencing heavy usage in region " + location +
                      ". In the meantime, please consider creating new AKS clusters in a different region. For more "
                      "details on this error, visit https://aka.ms/akscapacityheavyusage.");
}

/// The address that AKS makes for the way out counts, too.
/// Source: SupportArticles-docs error-code-publicipcountlimitreached. 2026-12-01.
Refusal no_address(Context& context, Stored const& cluster) {
    auto const outbound = text(cluster.body, "properties.networkProfile.outboundType");
    bool const made_by_azure =
        base::same_text(outbound, "managedNATGateway") ||
        json::whole_at(cluster.body, "properties.networkProfile.loadBalancerProfile.managedOutboundIPs.count")
                .value_or(0) > 0;
    if (!made_by_azure) return {};
    return none_left(context, "Microsoft.Network/publicIPAddresses", text(cluster.body, "location"));
}

/// Source: SupportArticles-docs zonalallocation-allocationfailed-error; a scale set spreads its machines over its zones
/// one after the other. 2026-12-01.
Refusal no_machine(Context& context, Stored const& cluster, Stored const& pool, Room room) {
    auto const location = text(cluster.body, "location"), size = text(pool.body, "properties.vmSize");
    auto const zones = strings(pool.body, "properties.availabilityZones");
    auto const there = room == Room::for_all ? 0 : nodes_there(context, pool);
    auto const wanted = json::whole_at(pool.body, "properties.count").value_or(1) +
                        (room == Room::for_surge ? surge_nodes(pool.body) : 0);
    for (auto node = there; node < wanted; ++node) {
        auto const zone =
            zones.empty() ? std::string() : zones[static_cast<std::size_t>(node) % zones.size()];
        if (!sold_out(context, location, size, zone)) continue;
        if (zone.empty())
            return refuse(409, "AllocationFailed",
                          "VM allocation failed for size " + size + " in " + location +
                              ". Please retry later or try deploying to a different location. This is not AKS "
                              "controlled behavior.");
        return refuse(409, "ZonalAllocationFailed",
                      "Allocation failed. We do not have sufficient capacity for the requested VM size " + size +
                          " in zone " + zone +
                          ". Read more about improving likelihood of allocation success at "
                          "https://aka.ms/allocation-guidance. If the error is due to capacity constraint, consider "
                          "upgrading with maxUnavailable instead of maxSurge.");
    }
    return {};
}

/// Source: SupportArticles-docs error-code-poddrainfailure (upgrades say UpgradeFailed there); Azure/aks-deployer
/// pkg/apierror: PodDrainFailure before scale-down and reimage. 2026-12-01.
Refusal pods_stay(Context& context, Stored const& pool, std::string_view code) {
    auto const cluster = pool.id.parent();
    if (!cluster) return {};
    for (auto const& budget : budgets(context, *cluster)) {
        if (budget.allowed > 0 || (!budget.pool.empty() && !base::same_text(budget.pool, pool.id.name()))) continue;
        return refuse(400, code,
                      "Drain of a node of agent pool " + std::string(pool.id.name()) +
                          " failed: evicting a pod failed with Too Many Requests error. This is often caused by a "
                          "restrictive Pod Disruption Budget (PDB) policy. See "
                          "https://aka.ms/aks/debugdrainfailures. PDB debug info: blocked by pdb " +
                          budget.name + ".");
    }
    return {};
}

bool scales_down(Context const& context, Stored const& pool) {
    return json::whole_at(pool.body, "properties.count").value_or(1) < nodes_there(context, pool);
}

}  // namespace holdfast::simulator::providers::containerservice
