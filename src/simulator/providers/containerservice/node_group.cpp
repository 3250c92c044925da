/// The node resource group: what Azure makes by itself beside a cluster, and takes away with it.
#include <algorithm>

#include "simulator/arm/access.hpp"
#include "simulator/providers/containerservice/hooks.hpp"
#include "simulator/providers/managedidentity/identities.hpp"

namespace holdfast::simulator::providers::containerservice {
namespace {

constexpr std::string_view contributor = "b24988ac-6180-42a0-ab88-20f7382dd24c";

json::Object made(Stored const& cluster) { return {{"location", text(cluster.body, "location")}}; }

json::Object with_state(json::Object properties) {
    properties["provisioningState"] = "Succeeded";
    return properties;
}

/// The number in the names of a cluster's things.
std::string number_of(Context& context, Stored const& cluster) {
    return std::to_string(10'000'000 + context.prng("number " + cluster.id.key()).below(90'000'000));
}
std::string number_kept(Context& context, Stored& cluster) {
    auto number = text(cluster.hidden, "number");
    if (!number.empty()) return number;
    number = number_of(context, cluster);
    json::put(cluster.hidden, "number", json::Value(number));
    return number;
}

std::string control_identity(Context const& context, Stored const& cluster) {
    Design const design{.id = cluster.id, .body = cluster.body, .pools = {}};
    return design.identity(context);
}

ResourceId identity_in(ResourceId const& group, std::string const& name) {
    return group.with("Microsoft.ManagedIdentity/userAssignedIdentities", name);
}

Stored const& ensure_identity(Context& context, Stored const& cluster, std::string const& name) {
    auto const id = identity_in(node_group_of(cluster), name);
    if (auto const* there = context.find(id)) return *there;
    auto& stored = context.put(id, json::Value(made(cluster)));
    managedidentity::give_principal(context, stored);
    return stored;
}

json::Object profile_of(Stored const& identity) {
    return {{"resourceId", identity.id.text()},
            {"clientId", text(identity.body, "properties.clientId")},
            {"objectId", text(identity.body, "properties.principalId")}};
}

ResourceId public_address(Context& context, Stored const& cluster, std::string const& name) {
    auto const id = node_group_of(cluster).with("Microsoft.Network/publicIPAddresses", name);
    if (context.find(id)) return id;
    auto prng = context.prng("address " + id.key());
    auto body = made(cluster);
    body["sku"] = json::Object{{"name", "Standard"}, {"tier", "Regional"}};
    body["tags"] = json::Object{{"aks-managed-type", "aks-slb-managed-outbound-ip"}};
    body["properties"] = with_state(
        {{"ipAddress", base::ipv4_text((20u << 24) | static_cast<std::uint32_t>(1 + prng.below((1u << 24) - 2)))},
         {"publicIPAddressVersion", "IPv4"},
         {"publicIPAllocationMethod", "Static"},
         {"idleTimeoutInMinutes", 4}});
    context.put(id, json::Value(std::move(body)));
    return id;
}

/// A list of `count` addresses of Azure's own, as references.
json::Array addresses(Context& context, Stored& cluster, std::string const& purpose, std::int64_t count) {
    json::Array out;
    for (std::int64_t i = 0; i < count; ++i) {
        auto const key = json::Path("addresses").child(purpose + std::to_string(i));
        auto name = text(cluster.hidden, key);
        if (name.empty()) {
            name = context.guid(purpose + std::to_string(i) + " " + cluster.id.key());
            json::put(cluster.hidden, key, json::Value(name));
        }
        out.push_back(json::Object{{"id", public_address(context, cluster, name).text()}});
    }
    return out;
}

std::vector<std::string> subnets_of(Context const& context, Stored const& cluster) {
    std::vector<std::string> out;
    for (auto const* pool : context.children(cluster.id, pool_type))
        if (auto const id = text(pool->body, "properties.vnetSubnetID");
            !id.empty() && std::ranges::find(out, id) == out.end())
            out.push_back(id);
    return out;
}

void ensure_own_network(Context& context, Stored& cluster, std::string const& number,
                        std::optional<ResourceId> const& table, ResourceId const& nsg) {
    auto const id = node_group_of(cluster).with("Microsoft.Network/virtualNetworks", "aks-vnet-" + number);
    if (context.find(id)) return;
    auto body = made(cluster);
    body["properties"] = with_state({{"addressSpace", json::Object{{"addressPrefixes", json::Array{"10.224.0.0/12"}}}},
                                     {"enableDdosProtection", false},
                                     {"resourceGuid", context.guid("guid " + id.key())}});
    context.put(id, json::Value(std::move(body)));
    json::Object subnet = with_state({{"addressPrefix", "10.224.0.0/16"},
                                      {"networkSecurityGroup", json::Object{{"id", nsg.text()}}},
                                      {"privateEndpointNetworkPolicies", "Disabled"},
                                      {"privateLinkServiceNetworkPolicies", "Enabled"}});
    if (table) subnet["routeTable"] = json::Object{{"id", table->text()}};
    context.put(id.with("Microsoft.Network/virtualNetworks/subnets", "aks-subnet"),
                json::Object{{"properties", std::move(subnet)}});
}

void ensure_balancer(Context& context, Stored const& cluster, std::string const& name, json::Array frontends) {
    auto const id = node_group_of(cluster).with("Microsoft.Network/loadBalancers", name);
    auto body = made(cluster);
    body["sku"] = json::Object{{"name", "Standard"}, {"tier", "Regional"}};
    body["properties"] = with_state({{"frontendIPConfigurations", std::move(frontends)}});
    context.put(id, json::Value(std::move(body)));
}

/// The record of the API server, and the link that lets the nodes find it, in a zone of the user's.
void ensure_zone(Context& context, Stored& cluster) {
    auto const zone_id = ResourceId::parse(text(cluster.body, "properties.apiServerAccessProfile.privateDNSZone"));
    if (!zone_id) return;
    auto* zone = context.edit(*zone_id);
    if (!zone) return;
    auto const host = text(cluster.body, "properties.privateFQDN");
    json::put(zone->hidden, json::Path("records").child(host.substr(0, host.find('.'))), json::Value("A"));
    auto const subnets = subnets_of(context, cluster);
    auto const subnet = subnets.empty() ? std::nullopt : std::optional(ResourceId::parse(subnets.front()));
    auto const network = subnet && *subnet ? (*subnet)->parent() : std::nullopt;
    if (!network) return;
    constexpr std::string_view link_type = "Microsoft.Network/privateDnsZones/virtualNetworkLinks";
    for (auto const* link : context.children(*zone_id, link_type))
        if (base::same_text(text(link->body, "properties.virtualNetwork.id"), network->text())) return;
    auto const link =
        zone_id->with(link_type, text(cluster.body, "properties.dnsPrefix").empty()
                                     ? mark_of(cluster)
                                     : text(cluster.body, "properties.dnsPrefix") + "-" + mark_of(cluster));
    context.put(link, json::Object{{"location", "global"},
                                   {"properties", with_state({{"virtualNetwork", json::Object{{"id", network->text()}}},
                                                              {"registrationEnabled", false},
                                                              {"virtualNetworkLinkState", "Completed"}})}});
    json::put(cluster.hidden, "zone_link", json::Value(link.text()));
}

}  // namespace

ResourceId node_group_of(Stored const& cluster) {
    return ResourceId::subscription_of(cluster.id.subscription())
        .group(text(cluster.body, "properties.nodeResourceGroup"));
}

void ensure_node_group(Context& context, Stored const& cluster) {
    auto const id = node_group_of(cluster);
    if (!context.find(id)) {
        json::Object body = made(cluster);
        body["managedBy"] = cluster.id.text();
        json::Object tags{{"aks-managed-cluster-name", cluster.id.name()},
                          {"aks-managed-cluster-rg", cluster.id.group()}};
        body["tags"] = std::move(tags);
        body["properties"] = json::Object{{"provisioningState", "Succeeded"}};
        context.put(id, json::Value(std::move(body)));
        if (auto const principal = control_identity(context, cluster); !principal.empty())
            context.grant(principal, contributor, id);
    }
    lock_down(context, cluster);
}

void lock_down(Context& context, Stored const& cluster) {
    bool const wanted =
        base::same_text(text(cluster.body, "properties.nodeResourceGroupProfile.restrictionLevel"), "ReadOnly");
    auto const id = node_group_of(cluster);
    auto const* group = context.find(id);
    if (!group || wanted == says(group->hidden, arm::denied_by)) return;
    auto* edited = context.edit(id);
    if (!wanted) {
        json::erase(edited->hidden, arm::denied_by);
        return;
    }
    json::put(
        edited->hidden, arm::denied_by,
        to_json(arm::DenyAssignment{
            .id = id.text() + "/providers/Microsoft.Authorization/denyAssignments/" +
                  context.guid("deny " + cluster.id.key()),
            .name = "Deny assignment created by AKS for the node resource group of " + std::string(cluster.id.name()),
            .owner = {},
            .permission = {.actions = {"*"}, .not_actions = {"*/read"}, .data_actions = {}, .not_data_actions = {}},
            .excluded_principals = {},
            .reaches_children = true}));
}

void ensure_kubelet_identity(Context& context, Stored& cluster) {
    if (text(cluster.body, "identity.type").empty()) return;  // a service principal is the kubelet's identity too
    if (!text(cluster.body, "properties.identityProfile.kubeletidentity.resourceId").empty()) return;
    ensure_node_group(context, cluster);
    auto const& identity = ensure_identity(context, cluster, std::string(cluster.id.name()) + "-agentpool");
    json::put(cluster.body, "properties.identityProfile.kubeletidentity", profile_of(identity));
}

void ensure_addon_identities(Context& context, Stored& cluster) {
    constexpr std::string_view addons[] = {"azurepolicy", "omsagent", "azureKeyvaultSecretsProvider"};
    for (auto const addon : addons) {
        auto const at = json::Path("properties.addonProfiles").child(std::string(addon));
        if (!truth(cluster.body, at.child("enabled"))) continue;
        auto const& identity =
            ensure_identity(context, cluster, base::lower(addon) + "-" + std::string(cluster.id.name()));
        json::put(cluster.body, at.child("identity"), profile_of(identity));
    }
}

void ensure_network(Context& context, Stored& cluster) {
    auto const group = node_group_of(cluster);
    auto const number = number_kept(context, cluster);
    auto const outbound = text(cluster.body, "properties.networkProfile.outboundType");
    bool const kubenet = base::same_text(text(cluster.body, "properties.networkProfile.networkPlugin"), "kubenet");
    auto const subnets = subnets_of(context, cluster);

    auto const nsg = group.with("Microsoft.Network/networkSecurityGroups", "aks-agentpool-" + number + "-nsg");
    if (!context.find(nsg)) {
        auto body = made(cluster);
        body["properties"] = with_state({{"resourceGuid", context.guid("guid " + nsg.key())}});
        context.put(nsg, json::Value(std::move(body)));
    }
    std::optional<ResourceId> table;
    bool const own_table = std::ranges::any_of(subnets, [&](auto const& id) {
        auto const* subnet = context.find(id);
        return subnet && !text(subnet->body, "properties.routeTable.id").empty();
    });
    if (kubenet && !own_table) {
        table = group.with("Microsoft.Network/routeTables", "aks-agentpool-" + number + "-routetable");
        if (!context.find(*table)) {
            auto body = made(cluster);
            body["properties"] = with_state({{"disableBgpRoutePropagation", false}});
            context.put(*table, json::Value(std::move(body)));
        }
        // kubenet puts its table on the user's subnets when they have none.
        for (auto const& id : subnets)
            if (auto const parsed = ResourceId::parse(id))
                if (auto* subnet = context.edit(*parsed))
                    json::put(subnet->body, "properties.routeTable", json::Object{{"id", table->text()}});
    }
    if (subnets.empty()) ensure_own_network(context, cluster, number, table, nsg);

    if (base::same_text(outbound, "loadBalancer")) {
        auto const at = json::Path("properties.networkProfile.loadBalancerProfile");
        json::Array effective;
        if (auto const* own = json::find(cluster.body, at.child("outboundIPs").child("publicIPs"));
            own && own->is_array())
            effective = own->get_array();
        else
            effective =
                addresses(context, cluster, "outbound",
                          json::whole_at(cluster.body, at.child("managedOutboundIPs").child("count")).value_or(1));
        json::Array frontends;
        for (auto const& address : effective) {
            auto const id = text(address, "id");
            frontends.push_back(json::Object{{"name", id.substr(id.rfind('/') + 1)},
                                             {"properties", json::Object{{"publicIPAddress", json::Object{{"id", id}}},
                                                                         {"provisioningState", "Succeeded"}}}});
        }
        ensure_balancer(context, cluster, "kubernetes", std::move(frontends));
        json::put(cluster.body, at.child("effectiveOutboundIPs"), std::move(effective));
        json::put(cluster.body, "properties.networkProfile.loadBalancerSku",
                  "Standard");  // recorded: capital once it stands
    }
    if (base::same_text(outbound, "managedNATGateway")) {
        auto const at = json::Path("properties.networkProfile.natGatewayProfile");
        auto effective =
            addresses(context, cluster, "gateway",
                      json::whole_at(cluster.body, at.child("managedOutboundIPProfile").child("count")).value_or(1));
        auto const gateway = group.with("Microsoft.Network/natGateways", "aks-agentpool-" + number + "-natgateway");
        auto body = made(cluster);
        body["sku"] = json::Object{{"name", "Standard"}, {"tier", "Regional"}};
        body["properties"] = with_state(
            {{"publicIpAddresses", effective},
             {"idleTimeoutInMinutes", json::whole_at(cluster.body, at.child("idleTimeoutInMinutes")).value_or(4)}});
        context.put(gateway, json::Value(std::move(body)));
        auto const subnet = group.with("Microsoft.Network/virtualNetworks", "aks-vnet-" + number)
                                .with("Microsoft.Network/virtualNetworks/subnets", "aks-subnet");
        if (auto* edited = context.edit(subnet))
            json::put(edited->body, "properties.natGateway", json::Object{{"id", gateway.text()}});
        json::put(cluster.body, at.child("effectiveOutboundIPs"), std::move(effective));
    }
    bool const integrated = truth(cluster.body, "properties.apiServerAccessProfile.enableVnetIntegration");
    if (integrated) ensure_balancer(context, cluster, "kube-apiserver", {});
    if (truth(cluster.body, "properties.apiServerAccessProfile.enablePrivateCluster")) {
        if (!integrated) {
            auto const endpoint = group.with("Microsoft.Network/privateEndpoints", "kube-apiserver");
            if (!context.find(endpoint)) {
                auto body = made(cluster);
                auto const subnet = subnets.empty()
                                        ? group.with("Microsoft.Network/virtualNetworks", "aks-vnet-" + number).text() +
                                              "/subnets/aks-subnet"
                                        : subnets.front();
                body["properties"] = with_state({{"subnet", json::Object{{"id", subnet}}}});
                context.put(endpoint, json::Value(std::move(body)));
            }
        }
        ensure_zone(context, cluster);
    }
}

void ensure_scale_set(Context& context, Stored const& cluster, Stored const& pool) {
    auto const known = text(pool.hidden, "scale_set");
    auto const name = std::string(pool.id.name());
    bool const windows = base::same_text(text(pool.body, "properties.osType"), "Windows");
    auto number = text(cluster.hidden, "number");
    if (number.empty()) number = number_of(context, cluster);
    auto const id = node_group_of(cluster).with("Microsoft.Compute/virtualMachineScaleSets",
                                                windows ? "aks" + name : "aks-" + name + "-" + number + "-vmss");
    auto body = made(cluster);
    body["sku"] = json::Object{{"name", text(pool.body, "properties.vmSize")},
                               {"tier", "Standard"},
                               {"capacity", json::whole_at(pool.body, "properties.count").value_or(1)}};
    if (auto const* zones = json::find(pool.body, "properties.availabilityZones"); zones && zones->is_array())
        body["zones"] = zones->get_array();
    body["tags"] = json::Object{
        {"aks-managed-poolName", name},
        {"aks-managed-orchestrator", "Kubernetes:" + text(pool.body, "properties.currentOrchestratorVersion")}};
    if (auto const kubelet = text(cluster.body, "properties.identityProfile.kubeletidentity.resourceId");
        !kubelet.empty())
        body["identity"] =
            json::Object{{"type", "UserAssigned"}, {"userAssignedIdentities", json::Object{{kubelet, json::Object{}}}}};
    json::Object disk{{"diskSizeGB", json::whole_at(pool.body, "properties.osDiskSizeGB").value_or(128)}};
    if (auto const set = text(cluster.body, "properties.diskEncryptionSetID"); !set.empty())
        disk["managedDisk"] = json::Object{{"diskEncryptionSet", json::Object{{"id", set}}}};
    json::Object machine{
        {"storageProfile", json::Object{{"osDisk", std::move(disk)}}},
        {"securityProfile", json::Object{{"encryptionAtHost", truth(pool.body, "properties.enableEncryptionAtHost")}}}};
    body["properties"] = with_state({{"overprovision", false}, {"virtualMachineProfile", std::move(machine)}});
    context.put(id, json::Value(std::move(body)));
    if (known.empty())
        if (auto* edited = context.edit(pool.id)) json::put(edited->hidden, "scale_set", json::Value(id.text()));
}

void node_group_due(Context& context, std::string const& id, json::Value const&) {
    if (auto const* cluster = context.find(id); cluster && !cluster->deleting) ensure_node_group(context, *cluster);
}

void kubelet_identity_due(Context& context, std::string const& id, json::Value const&) {
    auto const parsed = ResourceId::parse(id);
    auto* cluster = parsed ? context.edit(*parsed) : nullptr;
    if (cluster && !cluster->deleting) ensure_kubelet_identity(context, *cluster);
}

}  // namespace holdfast::simulator::providers::containerservice
