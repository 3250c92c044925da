// What stands beside the cluster: registry, workspace, the names of a private API server, private endpoints.

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "estate/draft.hpp"

namespace holdfast::estate {
namespace {

struct ZoneRow {
    std::string_view service, cloud, zone;
    std::string_view source, date;
};
constexpr ZoneRow kZones[] = {
#include "dns_zones.inc"
};

struct PrivateLink {
    std::string_view word, part, target, group, service, because;
    std::string_view source, date;
};
constexpr PrivateLink kPrivateLinks[] = {
#include "private_links.inc"
};

std::string zone_name(Draft const& draft, std::string_view service) {
    std::string const cloud = draft.spec.maybe_text("azure.cloud").value_or("public");
    auto const in_cloud = [&](std::string_view one) {
        return std::ranges::find_if(kZones,
                                    [&](ZoneRow const& row) { return row.service == service && row.cloud == one; });
    };
    auto row = in_cloud(cloud);
    if (row == std::end(kZones)) row = in_cloud("public");
    return fmt::format(fmt::runtime(row->zone), fmt::arg("region", draft.region));
}

void link(Draft& draft, Address const& address, Address const& zone) {
    Resource& link = draft.ours(address, zone);
    draft.put_because(link, "properties.virtualNetwork.id", draft.id("network").text(),
                      "names of the zone are found here");
    draft.put_because(link, "properties.registrationEnabled", false, "machines do not write their names into it");
}

void registry(Draft& draft) {
    auto const& spec = draft.spec;
    if (spec.has("operations.registry.id")) {
        draft.standing("registry", "operations.registry.id");
        return;
    }
    if (spec.maybe_text("operations.registry") != "new") return;
    Resource& registry = draft.ours("registry", "group");
    draft.put_because(registry, "sku.name", "Premium",
                      "private endpoints, retention and zone redundancy exist only there");
    draft.put_because(registry, "properties.adminUserEnabled", false, "nobody shares a password");
    draft.put_because(registry, "properties.anonymousPullEnabled", false, "every pull has a name");
    draft.put_because(registry, "properties.dataEndpointEnabled", true,
                      "layers come from a host of this registry's own, which a firewall can name");
    draft.put_because(registry, "properties.networkRuleBypassOptions", "AzureServices",
                      "Defender and Azure's own builds still reach it");
}

void workspace(Draft& draft) {
    auto const& spec = draft.spec;
    if (spec.has("operations.workspace.id")) {
        draft.standing("workspace", "operations.workspace.id");
        return;
    }
    if (spec.maybe_text("operations.workspace") != "new") return;
    Resource& workspace = draft.ours("workspace", "group");
    draft.land(workspace, "operations.diagnostics", "operations.diagnostics");
    draft.put_because(workspace, "properties.sku.name", "PerGB2018", "the kind that new workspaces have");
    draft.put_because(workspace, "properties.features.disableLocalAuth", true, "no shared keys: everybody signs in");
}

void api_server_zone(Draft& draft) {
    auto const& spec = draft.spec;
    if (spec.has("apiServer.zone.id")) {
        draft.standing("dns", "apiServer.zone.id");
        return;
    }
    if (spec.maybe_text("apiServer.zone") != "own") return;
    draft.ours("dns", "group", zone_name(draft, "cluster"));
    if (draft.has("network")) link(draft, "dns/link", "dns");
}

void private_endpoints(Draft& draft) {
    auto const& spec = draft.spec;
    if (!draft.has("network/subnets/endpoints")) return;
    for (auto const& word : spec.texts("network.privateEndpoints")) {
        auto const row = std::ranges::find(kPrivateLinks, word, &PrivateLink::word);
        Address const target(row->target);
        assert(draft.has(target) && "the spec refuses a private endpoint that leads nowhere");
        Address const address = fmt::format("network/endpoints/{}", row->part);
        Resource& endpoint = draft.ours(address, "group");
        draft.put(endpoint, "properties.subnet.id", draft.id("network/subnets/endpoints").text(),
                  "network.privateEndpoints");
        json::Object properties;
        properties["privateLinkServiceId"] = draft.id(target).text();
        properties["groupIds"] = json::Array{json::Value(row->group)};
        json::Object connection;
        connection["name"] = row->part;
        connection["properties"] = std::move(properties);
        json::Array connections;
        connections.emplace_back(std::move(connection));
        draft.put(endpoint, "properties.privateLinkServiceConnections", std::move(connections),
                  "network.privateEndpoints");

        // Without the zone, the network would go on finding the public address.
        Address const zone = fmt::format("endpoint-dns/{}", row->service);
        if (!draft.has(zone)) {
            draft.ours(zone, "group", zone_name(draft, row->service));
            link(draft, zone + "/link", zone);
        }
        Resource& group = draft.ours(address + "/dns", address);
        json::Object zone_properties;
        zone_properties["privateDnsZoneId"] = draft.id(zone).text();
        json::Object configuration;
        configuration["name"] = row->service;
        configuration["properties"] = std::move(zone_properties);
        json::Array configurations;
        configurations.emplace_back(std::move(configuration));
        draft.put_because(group, "properties.privateDnsZoneConfigs", std::move(configurations),
                          "the private address is found under the public name");

        if (draft.is_ours(target)) {
            Resource& closed = *draft.estate.graph.find(target);
            draft.put(closed, "properties.publicNetworkAccess", "Disabled", "network.privateEndpoints");
        }
    }
}

}  // namespace

void design_services(Draft& draft) {
    registry(draft);
    workspace(draft);
}

void design_private_ways(Draft& draft) {
    api_server_zone(draft);
    private_endpoints(draft);
}

}  // namespace holdfast::estate
