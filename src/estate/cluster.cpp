// The cluster, its pools, and when Azure may touch them.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "estate/subnets.hpp"

namespace holdfast::estate {
namespace {

/// AKS names the node resource group after three names and refuses more than 80 characters.
constexpr std::size_t kNodeGroupMax = 80;
constexpr std::size_t kDnsPrefixMax = 54;

class Cluster {
public:
    explicit Cluster(Draft& draft) : draft_(draft), spec_(draft.spec) {}

    void design() {
        cluster_ = &draft_.ours("cluster", "group");
        draft_.land(*cluster_);
        put_because("sku.name", "Base", "AKS Automatic would decide much of this by itself");
        put_because("properties.enableRBAC", true, "without it everybody who gets in may do everything");
        identity();
        names();
        sign_in();
        network();
        encryption();
        support();
        add_ons();
        trust();
        windows();
        for (std::size_t i = 0; i < spec_.count("pools"); ++i) pool(i);
        maintenance();
    }

private:
    void put(char const* at, Given value, std::string const& key) { draft_.put(*cluster_, at, std::move(value), key); }
    void put_because(char const* at, Given value, std::string because) {
        draft_.put_because(*cluster_, at, std::move(value), std::move(because));
    }

    void identity() {
        auto const kind = spec_.maybe_text("identity.controlPlane").value_or("");
        if (draft_.has("identity/cluster")) {
            put("identity.type", "UserAssigned", "identity.controlPlane");
            draft_.put(*cluster_,
                       json::Path("identity.userAssignedIdentities").child(draft_.id("identity/cluster").text()),
                       json::Object{}, "identity.controlPlane");
        } else if (kind == "systemAssigned") {
            put("identity.type", "SystemAssigned", "identity.controlPlane");
        } else if (auto const secret = spec_.maybe_secret("identity.servicePrincipal.secret")) {
            // The client id landed by its row.
            draft_.await(*cluster_, "properties.servicePrincipalProfile.secret", placed(*secret),
                         spec_.origin("identity.servicePrincipal.secret"));
        }
        if (!draft_.has("identity/kubelet")) return;
        put("properties.identityProfile.kubeletidentity.resourceId", draft_.id("identity/kubelet").text(),
            "identity.kubelet");
        auto const later = [&](char const* at, char const* from) {
            draft_.await(*cluster_, at, resource::Output{"identity/kubelet", from}, spec_.origin("identity.kubelet"));
        };
        later("properties.identityProfile.kubeletidentity.clientId", "properties.clientId");
        later("properties.identityProfile.kubeletidentity.objectId", "properties.principalId");
    }

    /// Files of secrets are named beside the spec.
    resource::SecretName placed(resource::SecretName secret) const {
        bool const beside = secret.kind == resource::SecretName::Kind::file && !secret.name.starts_with('/');
        if (beside && !spec_.folder.empty()) secret.name = spec_.folder + "/" + secret.name;
        return secret;
    }

    void names() {
        std::string const node_group =
            fmt::format("MC_{}_{}_{}", draft_.id("group").name(), draft_.id("cluster").name(), draft_.region);
        if (!spec_.has("azure.nodeGroup") && node_group.size() > kNodeGroupMax) {
            put_because("properties.nodeResourceGroup", shortened(node_group, kNodeGroupMax),
                        fmt::format("the name that AKS would make has {} characters; Azure allows {}",
                                    node_group.size(), kNodeGroupMax));
        }
        std::string const prefix =
            spec_.maybe_text("apiServer.prefix").value_or(shortened(spec_.name(), kDnsPrefixMax));
        // With a zone of one's own the prefix must be predictable, so that two clusters can share the zone.
        bool const own_zone = draft_.has("dns");
        char const* const at = own_zone ? "properties.fqdnSubdomain" : "properties.dnsPrefix";
        put(at, prefix, spec_.has("apiServer.prefix") ? "apiServer.prefix" : "name");
    }

    void sign_in() {
        if (spec_.truth("access.entra")) {
            put("properties.aadProfile.tenantID", draft_.context.tenant, "azure.tenant");
        }
    }

    void network() {
        if (own_zone())
            put("properties.apiServerAccessProfile.privateDNSZone", draft_.id("dns").text(), "apiServer.zone");
        if (draft_.has("dns/link")) {
            draft_.refer("cluster", "dns/link", "nodes find the private API server through the zone");
        }
        if (spec_.maybe_text("apiServer.zone").value_or("own") != "own") {
            put("properties.apiServerAccessProfile.privateDNSZone", spec_.text("apiServer.zone"), "apiServer.zone");
        }
        if (draft_.has("network/subnets/apiserver")) {
            put("properties.apiServerAccessProfile.subnetId", draft_.id("network/subnets/apiserver").text(),
                "network.subnets.apiserver");
        }
        nodes_among_the_authorized();
        put_because("properties.networkProfile.loadBalancerSku", "standard", "the other kind is retired");

        // Azure switches both features of advanced networking on with the whole, unless told otherwise.
        bool const flows = spec_.truth("network.observability"), encrypted = spec_.truth("network.encryptTraffic");
        if (flows || encrypted) {
            put("properties.networkProfile.advancedNetworking.enabled", true,
                flows ? "network.observability" : "network.encryptTraffic");
            put("properties.networkProfile.advancedNetworking.observability.enabled", flows, "network.observability");
            put("properties.networkProfile.advancedNetworking.security.enabled", encrypted, "network.encryptTraffic");
        }

        auto const egress = spec_.text("network.egress.by");
        struct Outbound {
            std::string_view by;
            char const* count;
            char const* idle;
        };
        constexpr Outbound kOutbound[] = {
            {"loadBalancer", "properties.networkProfile.loadBalancerProfile.managedOutboundIPs.count",
             "properties.networkProfile.loadBalancerProfile.idleTimeoutInMinutes"},
            {"managedNatGateway", "properties.networkProfile.natGatewayProfile.managedOutboundIPProfile.count",
             "properties.networkProfile.natGatewayProfile.idleTimeoutInMinutes"},
        };
        for (auto const& outbound : kOutbound) {
            if (outbound.by != egress) continue;
            if (auto const n = spec_.maybe_whole("network.egress.publicIps"))
                put(outbound.count, *n, "network.egress.publicIps");
            if (auto const n = spec_.maybe_whole("network.egress.idleMinutes"))
                put(outbound.idle, *n, "network.egress.idleMinutes");
        }
        if (draft_.has("network/routes/default")) {
            draft_.refer("cluster", "network/routes/default", "AKS refuses nodes whose subnet has no way out yet");
        }
        if (spec_.holds("network.egress.by = firewall") && draft_.is_ours("network/firewall-policy/aks")) {
            draft_.refer("cluster", "network/firewall-policy/aks",
                         "nodes cannot start until the firewall lets AKS through");
        }
    }
    /// AKS lets its own load balancer's addresses in by itself, and no others: nodes that leave by a gateway or firewall
    /// of ours would be shut out of a guarded API server and never join.
    void nodes_among_the_authorized() {
        bool const guarded = spec_.holds(
            "apiServer.access = public & apiServer.authorizedRanges & apiServer.vnetIntegration != true & "
            "network.egress.by = natGateway|firewall & !network.egress.id");
        if (!guarded) return;
        json::Path const ranges("properties.apiServerAccessProfile.authorizedIPRanges");
        auto next = spec_.texts("apiServer.authorizedRanges").size();
        for (auto const& [address, resource] : draft_.estate.graph.resources()) {
            if (resource.type != "Microsoft.Network/publicIPAddresses") continue;
            draft_.await(*cluster_, ranges.child(next++), resource::Output{address, "properties.ipAddress", "/32"},
                         {.by = resource::Origin::By::standard, .because = "the nodes reach the API server from there"});
        }
    }
    bool own_zone() const { return draft_.has("dns"); }

    void encryption() {
        if (draft_.has("disk-encryption")) {
            put("properties.diskEncryptionSetID", draft_.id("disk-encryption").text(), "encryption.disks.key");
        }
        if (!draft_.has("keys/etcd")) {  // decided, though nothing need be said of it
            cluster_->origins["properties.securityProfile.azureKeyVaultKms.enabled"] =
                spec_.origin("encryption.etcd.key");
            return;
        }
        draft_.await(*cluster_, "properties.securityProfile.azureKeyVaultKms.keyId",
                     resource::Output{"keys/etcd", "properties.keyUriWithVersion"},
                     spec_.origin("encryption.etcd.key"));
        if (spec_.maybe_text("encryption.etcd.vaultAccess") == "private") {
            put("properties.securityProfile.azureKeyVaultKms.keyVaultResourceId", draft_.id("vault/etcd").text(),
                "encryption.etcd.vault");
        }
    }

    /// Long-term support ends with the tier that has it.
    void support() {
        if (!spec_.has("operations.longTermSupport"))
            cluster_->origins["properties.supportPlan"] = spec_.origin("operations.tier");
    }

    void add_ons() {
        if (!draft_.has("workspace")) return;
        auto const& workspace = draft_.id("workspace").text();
        if (spec_.truth("operations.containerInsights")) {
            put("properties.addonProfiles.omsagent.config.logAnalyticsWorkspaceResourceID", workspace,
                "operations.workspace");
        }
        if (spec_.truth("operations.defender")) {
            put("properties.securityProfile.defender.logAnalyticsWorkspaceResourceId", workspace,
                "operations.workspace");
        }
    }

    /// Certificates go to Azure as base64 of their PEM text.
    void trust() {
        if (auto const pem = spec_.maybe_text("operations.proxy.trustedCa")) {
            put("properties.httpProxyConfig.trustedCa", base::base64(*pem), "operations.proxy.trustedCa");
        }
        json::Array authorities;
        for (auto const& pem : spec_.texts("operations.certificateAuthorities"))
            authorities.emplace_back(base::base64(pem));
        if (!authorities.empty()) {
            put("properties.securityProfile.customCATrustCertificates", std::move(authorities),
                "operations.certificateAuthorities");
        }
    }

    void windows() {
        if (auto const password = spec_.maybe_secret("windows.password")) {
            draft_.await(*cluster_, "properties.windowsProfile.adminPassword", placed(*password),
                         spec_.origin("windows.password"));
            put_because("properties.windowsProfile.enableCSIProxy", true, "volumes reach Windows pods through it");
        }
    }

    void pool(std::size_t i) {
        std::string const key = fmt::format("pools[{}]", i);
        std::string const name = spec_.text(key + ".name");
        Address const address = "cluster/pools/" + base::lower(name);
        if (draft_.has(address)) {
            draft_.mistake(key + ".name", fmt::format("there are two pools called {}", name), "give each its own name");
            return;
        }
        bool const windows = spec_.maybe_text(key + ".os") == "windows";
        Resource& pool = draft_.ours(address, "cluster");
        draft_.land(pool, "pools[]", key);
        if (!windows) draft_.land(pool, "access.ssh", "access.ssh");
        draft_.put_because(pool, "properties.type", "VirtualMachineScaleSets",
                           "the kind of pool that scales and spans zones");
        bool const scales = spec_.has(key + ".min") && spec_.has(key + ".max");
        draft_.put(pool, "properties.enableAutoScaling", scales, scales ? key + ".max" : key + ".count");
        if (scales && !spec_.has(key + ".count")) {
            json::put(pool.body, "properties.count", *spec_.maybe_whole(key + ".min"));
            pool.origins["properties.count"] = {.by = resource::Origin::By::azure,
                                                .because = "a start: from here on the autoscaler decides"};
        }
        if (auto const subnet = nodes_subnet(spec_, i)) {
            bool const said = spec_.has(key + ".subnet") || spec_.has(key + ".subnet.id");
            draft_.put(pool, "properties.vnetSubnetID", draft_.id(*subnet).text(),
                       said ? key + ".subnet" : "network.subnets.nodes");
        } else {  // decided, too: whoever leaves a network of one's own is told what that takes
            pool.origins["properties.vnetSubnetID"] = spec_.origin("network.virtualNetwork");
        }
        if (draft_.has("network/subnets/pods")) {
            draft_.put(pool, "properties.podSubnetID", draft_.id("network/subnets/pods").text(),
                       "network.subnets.pods");
        }
    }

    void maintenance() {
        if (!spec_.has("operations.maintenance.day")) return;
        for (auto const* name : {"upgrades", "node-upgrades"}) {
            Resource& window = draft_.ours(fmt::format("cluster/maintenance/{}", name), "cluster");
            draft_.land(window, "operations.maintenance", "operations.maintenance");
        }
        // Releases of AKS itself take the older form: hours of UTC, a list a day, every week.
        Resource& releases = draft_.ours("cluster/maintenance/releases", "cluster");
        draft_.put(releases, "properties.timeInWeek", hours_in_week(), "operations.maintenance.day");
    }

    json::Array hours_in_week() const {
        auto const day = week_day(spec_.text("operations.maintenance.day"));
        auto const start = minutes(spec_.text("operations.maintenance.start"));
        auto const offset = spec_.text("operations.maintenance.utcOffset");
        auto const ahead = minutes(offset.substr(1)) * (offset.starts_with('-') ? -1 : 1);
        auto const hours = static_cast<int>(spec_.maybe_whole("operations.maintenance.hours").value_or(4));
        constexpr int kHoursAWeek = 7 * 24;
        // The first whole hour inside the window: half an hour before it would be outside.
        int const first = (((day * 24 * 60 + start - ahead + 59) / 60) % kHoursAWeek + kHoursAWeek) % kHoursAWeek;
        std::map<int, json::Array> slots;
        for (int hour = first; hour < first + hours; ++hour) slots[hour % kHoursAWeek / 24].emplace_back(hour % 24);
        json::Array week;
        for (auto& [on, list] : slots)
            week.push_back(json::Object{{"day", kWeek[static_cast<std::size_t>(on)]}, {"hourSlots", std::move(list)}});
        return week;
    }
    static constexpr std::string_view kWeek[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                 "Thursday", "Friday", "Saturday"};
    static int week_day(std::string_view day) {
        auto const at = std::ranges::find_if(kWeek, [&](auto one) { return base::same_text(one, day); });
        return static_cast<int>(at - std::begin(kWeek));
    }
    /// "01:30" -> 90.
    static int minutes(std::string_view clock) {
        auto const two = [&](std::size_t at) { return (clock[at] - '0') * 10 + (clock[at + 1] - '0'); };
        return two(0) * 60 + two(3);
    }

    Draft& draft_;
    spec::Spec const& spec_;
    Resource* cluster_ = nullptr;
};

}  // namespace

void design_cluster(Draft& draft) { Cluster(draft).design(); }

}  // namespace holdfast::estate
