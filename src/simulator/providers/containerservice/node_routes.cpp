/// kubenet: one route a node in the table of the nodes' subnet, written by the control plane and by nobody else.
///
/// Source: MicrosoftDocs/azure-aks-docs configure-kubenet; kubernetes-sigs/cloud-provider-azure
/// pkg/provider/azure_routes.go (a route is named after its node, leads to the node's address and covers a /24 of the
/// pod range). 2026-11-24.
#include <fmt/format.h>

#include <set>

#include "simulator/providers/containerservice/hooks.hpp"

namespace holdfast::simulator::providers::containerservice {
namespace {

constexpr std::string_view route_type = "Microsoft.Network/routeTables/routes";
constexpr std::uint32_t addresses_a_node = 256;
constexpr std::uint32_t first_free = 4;  ///< of a subnet: Azure keeps the ones before

}  // namespace

void ensure_node_routes(Context& context, Stored const& cluster) {
    if (!base::same_text(text(cluster.body, "properties.networkProfile.networkPlugin"), "kubenet")) return;
    auto const pods = base::Cidr::parse(text(cluster.body, "properties.networkProfile.podCidr"));
    if (!pods) return;
    auto const number = text(cluster.hidden, "number");
    if (number.empty()) return;  // its control plane does not run yet
    std::set<std::string> wanted;
    std::map<std::string, std::uint32_t> node_of_subnet;
    std::uint32_t block = pods->first();
    for (auto const* pool : context.children(cluster.id, pool_type)) {
        auto const* subnet = context.find(text(pool->body, "properties.vnetSubnetID"));
        auto const table = subnet ? ResourceId::parse(text(subnet->body, "properties.routeTable.id"))
                                  : base::Result<ResourceId>(base::fail({}));
        if (!table || !context.find(*table) || pool->deleting) continue;
        if (auto* edited = text(pool->hidden, "route_table").empty() ? context.edit(pool->id) : nullptr)
            json::put(edited->hidden, "route_table", json::Value(table->text()));
        auto const range = base::Cidr::parse(text(subnet->body, "properties.addressPrefix"));
        auto const nodes = json::whole_at(pool->body, "properties.count").value_or(1);
        for (std::int64_t node = 0; node < nodes; ++node, block += addresses_a_node) {
            auto const id = table->with(route_type, fmt::format("aks-{}-{}-vmss{:06}", pool->id.name(), number, node));
            wanted.insert(id.key());
            auto const address = (range ? range->first() : 0) + first_free + node_of_subnet[subnet->id.key()]++;
            if (context.find(id)) continue;
            context.put(id, json::Object{{"properties", json::Object{{"provisioningState", "Succeeded"},
                                                                     {"addressPrefix", base::ipv4_text(block) + "/24"},
                                                                     {"nextHopType", "VirtualAppliance"},
                                                                     {"nextHopIpAddress", base::ipv4_text(address)}}}});
        }
    }
    // Nodes that went take their routes along.
    for (auto const* pool : context.children(cluster.id, pool_type)) {
        auto const* subnet = context.find(text(pool->body, "properties.vnetSubnetID"));
        auto const table = subnet ? ResourceId::parse(text(subnet->body, "properties.routeTable.id"))
                                  : base::Result<ResourceId>(base::fail({}));
        if (!table || !context.find(*table)) continue;
        std::vector<ResourceId> gone;
        for (auto const* route : context.children(*table, route_type)) {
            auto const name = std::string(route->id.name());
            bool const of_cluster = name.starts_with("aks-") && name.find("-" + number + "-vmss") != std::string::npos;
            if (of_cluster && !wanted.contains(route->id.key())) gone.push_back(route->id);
        }
        for (auto const& id : gone) context.erase(id);
    }
}

}  // namespace holdfast::simulator::providers::containerservice
