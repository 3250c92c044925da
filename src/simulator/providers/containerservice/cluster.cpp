/// A managed cluster: judged, accepted, built, taken away.
#include <algorithm>

#include "simulator/providers/compute/encryption.hpp"
#include "simulator/providers/containerservice/hooks.hpp"

namespace holdfast::simulator::providers::containerservice {
namespace {

constexpr Duration node_group_after = std::chrono::seconds{8};
constexpr Duration kubelet_identity_after =
    std::chrono::seconds{30};  // recorded: identityProfile shows 30 s into Creating

constexpr arm::Takes creating{218, 330, 455, "recorded 240 s, 280 s, at most 302 s, about 455 s (private)"};
constexpr arm::Takes creating_windows{423, 450, 600,
                                      "a Windows pool inline: as a Windows pool, recorded between 423 s and 453 s"};
constexpr arm::Takes updating{60, 180, 250, "recorded 250 s (tags, add-ons)"};
constexpr arm::Takes scaling{98, 150, 236, "recorded 98 s, 236 s"};
constexpr arm::Takes upgrading{300, 480, 900, "estimate"};

Design design_of(Context& context, Write const& write, std::vector<std::pair<ResourceId, json::Value>>& kept) {
    Design design{.id = write.id, .body = write.desired, .pools = {}, .existing = write.existing};
    for (auto const& [id, body] : write.children)
        if (id.type() == pool_type) design.pools.push_back({std::string(id.name()), &body, context.find(id), true});
    // agentPoolProfiles left out of an update: the pools stay.
    if (design.pools.empty() && write.existing) {
        for (auto const* pool : context.children(write.id, pool_type)) kept.emplace_back(pool->id, pool->body);
        for (auto const& [id, body] : kept)
            design.pools.push_back({std::string(id.name()), &body, context.find(id), false});
    }
    return design;
}

void move_identity(Context& context, Stored& stored, Stored const* before) {
    auto const type = text(stored.body, "identity.type");
    if (base::same_text(type, "SystemAssigned")) {
        auto principal_id = before ? text(before->body, "identity.principalId") : std::string();
        if (principal_id.empty()) {
            Principal principal;
            principal.object_id = principal_id = context.guid("principal " + stored.id.key());
            principal.client_id = context.guid("client " + stored.id.key());
            principal.kind = "ServicePrincipal";
            principal.name = std::string(stored.id.name());
            principal.resource = stored.id.key();
            principal.visible_from = context.now();
            context.add_principal(std::move(principal));
        }
        json::put(stored.body, "identity.principalId", json::Value(principal_id));
        json::put(stored.body, "identity.tenantId", json::Value(context.tenant()));
    }
    if (auto* given = json::find(stored.body, "identity.userAssignedIdentities"); given && given->is_object())
        for (auto& member : given->as_object())
            if (auto const* identity = context.find(std::string(member.key())))
                member.value() = json::Object{{"principalId", text(identity->body, "properties.principalId")},
                                              {"clientId", text(identity->body, "properties.clientId")}};
    if (!type.empty()) json::put(stored.body, "properties.servicePrincipalProfile", json::Object{{"clientId", "msi"}});
    auto const kubelet = text(stored.body, "properties.identityProfile.kubeletidentity.resourceId");
    if (auto const* identity = kubelet.empty() ? nullptr : context.find(kubelet)) {
        json::put(stored.body, "properties.identityProfile.kubeletidentity.clientId",
                  json::Value(text(identity->body, "properties.clientId")));
        json::put(stored.body, "properties.identityProfile.kubeletidentity.objectId",
                  json::Value(text(identity->body, "properties.principalId")));
    }
}

/// Host names: the public one unless hidden, the private one for private clusters.
void name_hosts(Context& context, Stored& stored) {
    auto const region = resource::normal_location(text(stored.body, "location"));
    bool const is_private = truth(stored.body, "properties.apiServerAccessProfile.enablePrivateCluster");
    auto const zone = text(stored.body, "properties.apiServerAccessProfile.privateDNSZone");
    auto const suffix = std::string(cluster_suffix);
    auto const subdomain = text(stored.body, "properties.fqdnSubdomain");
    auto const host = subdomain.empty() ? base::lower(text(stored.body, "properties.dnsPrefix")) + "-" + mark_of(stored)
                                        : base::lower(subdomain);
    bool const public_name =
        !is_private || truth(stored.body, "properties.apiServerAccessProfile.enablePrivateClusterPublicFQDN", true);
    json::erase(stored.body, "properties.fqdn");
    json::erase(stored.body, "properties.privateFQDN");
    if (public_name) json::put(stored.body, "properties.fqdn", json::Value(host + ".hcp." + region + "." + suffix));
    if (is_private && !base::same_text(zone, "none")) {
        auto const id = ResourceId::parse(zone);
        auto const zone_name = id ? std::string(id->name())
                                  : context.guid("zone " + stored.id.key()) + ".privatelink." + region + "." + suffix;
        auto const before = text(stored.hidden, "zone");
        json::put(stored.hidden, "zone", json::Value(before.empty() || id ? zone_name : before));
        json::put(stored.body, "properties.privateFQDN", json::Value(host + "." + text(stored.hidden, "zone")));
    }
    if (is_private && text(stored.hidden, "portal").empty())
        json::put(stored.hidden, "portal", json::Value(context.guid("portal " + stored.id.key()).substr(0, 32)));
    json::put(stored.body, "properties.azurePortalFQDN",
              json::Value(is_private ? text(stored.hidden, "portal") + "-priv.portal." + region + "." + suffix
                                     : host + ".portal.hcp." + region + "." + suffix));
}

void fill_network(json::Value& body) {
    constexpr char const* at = "properties.networkProfile.";
    auto const path = [&](char const* name) { return json::Path(std::string(at) + name); };
    fill(body, path("networkPlugin"), "kubenet");
    bool const kubenet = base::same_text(text(body, path("networkPlugin")), "kubenet");
    bool const overlay = base::same_text(text(body, path("networkPluginMode")), "overlay");
    fill(body, path("networkDataplane"), "azure");
    fill(body, path("networkPolicy"),
         base::same_text(text(body, path("networkDataplane")), "cilium") ? "cilium" : "none");
    fill(body, path("loadBalancerSku"), "standard");
    fill(body, path("outboundType"), "loadBalancer");
    fill(body, path("serviceCidr"), "10.0.0.0/16");
    fill(body, path("dnsServiceIP"), "10.0.0.10");
    fill(body, path("serviceCidrs"), json::Array{text(body, path("serviceCidr")).c_str()});
    fill(body, path("ipFamilies"), json::Array{"IPv4"});
    if (kubenet || overlay) {
        fill(body, path("podCidr"), "10.244.0.0/16");
        fill(body, path("podCidrs"), json::Array{text(body, path("podCidr")).c_str()});
    }
    if (base::same_text(text(body, path("outboundType")), "loadBalancer")) {
        if (!says(body, path("loadBalancerProfile.outboundIPs")) &&
            !says(body, path("loadBalancerProfile.outboundIPPrefixes")))
            fill(body, path("loadBalancerProfile.managedOutboundIPs.count"), 1);
        fill(body, path("loadBalancerProfile.backendPoolType"), "nodeIPConfiguration");
    }
    if (base::same_text(text(body, path("outboundType")), "managedNATGateway")) {
        fill(body, path("natGatewayProfile.managedOutboundIPProfile.count"), 1);
        fill(body, path("natGatewayProfile.idleTimeoutInMinutes"), 4);
    }
}

void fill_cluster(Context& context, Stored& stored) {
    auto& body = stored.body;
    fill(body, "sku.name", "Base");
    fill(body, "sku.tier", "Free");
    fill(body, "properties.kubernetesVersion", json::Value(standard_minor().newest()));
    fill(body, "properties.nodeResourceGroup",
         json::Value("MC_" + stored.id.group() + "_" + std::string(stored.id.name()) + "_" +
                     resource::normal_location(text(body, "location"))));
    fill(body, "properties.enableRBAC", true);
    fill(body, "properties.supportPlan", "KubernetesOfficial");
    fill(body, "properties.disableLocalAccounts", false);
    fill(body, "properties.autoUpgradeProfile.nodeOSUpgradeChannel", "NodeImage");
    fill(body, "properties.securityProfile", json::Object{});
    for (auto const* driver : {"diskCSIDriver", "fileCSIDriver", "snapshotController"})
        fill(body, json::Path("properties.storageProfile").child(driver).child("enabled"), true);
    fill(body, "properties.metricsProfile.costAnalysis.enabled", false);
    fill(body, "properties.bootstrapProfile.artifactSource", "Direct");
    fill(body, "properties.workloadAutoScalerProfile", json::Object{});
    if (truth(body, "properties.aadProfile.managed")) {
        fill(body, "properties.aadProfile.enableAzureRBAC", false);
        fill(body, "properties.aadProfile.tenantID", json::Value(context.tenant()));
    }
    if (truth(body, "properties.apiServerAccessProfile.enablePrivateCluster")) {
        fill(body, "properties.apiServerAccessProfile.privateDNSZone", "system");
        fill(body, "properties.apiServerAccessProfile.enablePrivateClusterPublicFQDN", true);
    }
    auto const version = parse_version(resolved(text(body, "properties.kubernetesVersion")).value_or(""));
    auto const* minor = version ? find_minor(*version) : nullptr;
    // az and azurerm send an empty list for "no ranges"; Azure shows none then.
    if (auto const* ranges = json::find(body, "properties.apiServerAccessProfile.authorizedIPRanges");
        ranges && ranges->is_array() && ranges->get_array().empty())
        json::erase(body, "properties.apiServerAccessProfile.authorizedIPRanges");
    fill(body, "properties.oidcIssuerProfile.enabled", minor && minor->oidc);
    if (truth(body, "properties.oidcIssuerProfile.enabled"))
        json::put(
            body, "properties.oidcIssuerProfile.issuerURL",
            json::Value("https://" + resource::normal_location(text(body, "location")) + ".oic.prod-aks.azsim.test/" +
                        context.tenant() + "/" + (text(stored.hidden, "issuer")) + "/"));
    fill_network(body);
    json::put(body, "properties.maxAgentPools", 100);
}

/// What kind of update this is decides its state and how long it takes.
enum class Change { nothing_much, scale, upgrade };
Change change_of(Context& context, Stored const& stored, Stored const* before) {
    if (!before) return Change::nothing_much;
    auto const running = text(before->body, "properties.currentKubernetesVersion");
    auto const wanted = text(stored.body, "properties.kubernetesVersion");
    if (!wanted.empty() && wanted != running && !running.starts_with(wanted + ".")) return Change::upgrade;
    for (auto const* pool : context.children(stored.id, pool_type))
        if (text(pool->body, "properties.provisioningState") == "Scaling") return Change::scale;
    return Change::nothing_much;
}

}  // namespace

std::string mark_of(Stored const& cluster) { return text(cluster.hidden, "mark"); }

Refusal validate_cluster(Context& context, Write const& write) {
    if (auto no = ordinary(context, write)) return no;
    std::vector<std::pair<ResourceId, json::Value>> kept;
    return judge(context, design_of(context, write, kept));
}

void accepted_cluster(Context& context, Stored& stored, Stored const* before) {
    if (before) keep_fixed(cluster_type, stored.body, before->body);
    if (!before) {
        auto prng = context.prng("mark " + stored.id.key());
        std::string mark;
        for (int i = 0; i < 8; ++i) mark.push_back("abcdefghijklmnopqrstuvwxyz0123456789"[prng.below(36)]);
        json::put(stored.hidden, "mark", json::Value(mark));
        json::put(stored.hidden, "issuer", json::Value(context.guid("issuer " + stored.id.key())));
        std::string uid = context.guid("uid " + stored.id.key());
        std::erase(uid, '-');
        json::put(stored.body, "properties.resourceUID", json::Value(uid.substr(0, 24)));
    } else if (auto const uid = text(before->body, "properties.resourceUID"); !uid.empty()) {
        json::put(stored.body, "properties.resourceUID", json::Value(uid));
    }
    fill_cluster(context, stored);
    fill(stored.body, "properties.powerState.code", "Running");
    move_identity(context, stored, before);
    name_hosts(context, stored);
    // Windows passwords that were not sent again stay (the core keeps them hidden); add-ons keep the identities they
    // have.
    if (before) {
        auto const old = text(before->body, "properties.currentKubernetesVersion");
        json::put(stored.body, "properties.currentKubernetesVersion", json::Value(old));
        if (auto const* profile = json::find(before->body, "properties.identityProfile");
            profile && !says(stored.body, "properties.identityProfile"))
            json::put(stored.body, "properties.identityProfile", *profile);
        auto const change = change_of(context, stored, before);
        if (change != Change::nothing_much)
            json::put(stored.body, "properties.provisioningState", change == Change::upgrade ? "Upgrading" : "Scaling");
        lock_down(context, stored);
    } else {
        json::put(stored.body, "properties.currentKubernetesVersion",
                  json::Value(resolved(text(stored.body, "properties.kubernetesVersion")).value_or("")));
        context.schedule(context.now() + node_group_after, "aks.node_group", stored.id.text());
        context.schedule(context.now() + kubelet_identity_after, "aks.kubelet_identity", stored.id.text());
    }
}

std::optional<double> cluster_takes(Context& context, Stored const& stored, Stored const* before) {
    auto const purpose = "PUT " + stored.id.key();
    if (before) {
        switch (change_of(context, stored, before)) {
            case Change::upgrade:
                return context.draw(upgrading, purpose);
            case Change::scale:
                return context.draw(scaling, purpose);
            case Change::nothing_much:
                return context.draw(updating, purpose);
        }
    }
    auto const pools = context.children(stored.id, pool_type);
    bool const windows = std::ranges::any_of(
        pools, [](auto const* pool) { return base::same_text(text(pool->body, "properties.osType"), "Windows"); });
    return context.draw(windows ? creating_windows : creating, purpose);
}

arm::Outcome complete_cluster(Context& context, Stored& stored) {
    if (auto const* set = context.find(text(stored.body, "properties.diskEncryptionSetID")))
        if (auto no = compute::cannot_encrypt(context, *set)) {
            auto failed = refuse(no->status, no->code, no->message);
            failed.subcode = "PutManagedClusterAndComponents_FailedPrecondition";
            return failed;
        }
    if (text(stored.body, "properties.provisioningState") == "Creating") {
        if (auto no = no_control_plane(context, stored)) return *no;
        if (auto no = no_address(context, stored)) return *no;
    }
    if (auto no = nodes_shut_out(context, stored)) return *no;
    if (auto no = nodes_cut_off(context, stored)) return *no;
    ensure_node_group(context, stored);
    ensure_kubelet_identity(context, stored);
    ensure_network(context, stored);
    ensure_node_routes(context, stored);
    for (auto const* pool : context.children(stored.id, pool_type))
        if (auto no = no_machine(context, stored, *pool, Room::for_more)) return *no;
    ensure_addon_identities(context, stored);
    lock_down(context, stored);
    auto const wanted = text(stored.body, "properties.kubernetesVersion");
    auto const running = text(stored.body, "properties.currentKubernetesVersion");
    if (running.empty() || (wanted != running && !running.starts_with(wanted + ".")))
        json::put(stored.body, "properties.currentKubernetesVersion", json::Value(resolved(wanted).value_or(wanted)));
    if (truth(stored.body, "properties.apiServerAccessProfile.enablePrivateCluster"))
        json::put(stored.body, "properties.privateLinkResources",
                  json::Array{json::Object{{"id", stored.id.text() + "/privateLinkResources/management"},
                                           {"name", "management"},
                                           {"type", "Microsoft.ContainerService/managedClusters/privateLinkResources"},
                                           {"groupId", "management"},
                                           {"requiredMembers", json::Array{"management"}}}});
    return arm::Done{};
}

void deleted_cluster(Context& context, Stored const& stored, std::span<Stored const> subtree) {
    auto const group = node_group_of(stored);
    // kubenet's own table comes off the user's subnets: nothing refers to what is gone.
    for (auto const& pool : subtree) {
        auto const id = ResourceId::parse(text(pool.body, "properties.vnetSubnetID"));
        auto const* subnet = id ? context.find(*id) : nullptr;
        auto const table = subnet ? ResourceId::parse(text(subnet->body, "properties.routeTable.id")) : id;
        if (subnet && table && table->is_within(group)) json::erase(context.edit(*id)->body, "properties.routeTable");
    }
    // Its link and record in a zone of the user's go with it; the zone stays.
    if (auto const link = ResourceId::parse(text(stored.hidden, "zone_link")); link && context.find(*link))
        context.erase(*link);
    if (auto const zone = ResourceId::parse(text(stored.body, "properties.apiServerAccessProfile.privateDNSZone")))
        if (auto* edited = context.edit(*zone)) {
            auto const host = text(stored.body, "properties.privateFQDN");
            json::erase(edited->hidden, json::Path("records").child(host.substr(0, host.find('.'))));
        }
    if (context.find(group)) context.erase(group);
    if (auto const own = text(stored.body, "identity.principalId"); !own.empty()) context.remove_principal(own);
}

}  // namespace holdfast::simulator::providers::containerservice
