/// What a cluster can be asked: credentials, versions, start and stop.
#include <algorithm>

#include "simulator/providers/containerservice/hooks.hpp"

namespace holdfast::simulator::providers::containerservice {
namespace {

constexpr std::string_view server_application =
    "6dae42f8-4368-4678-94ff-3960e28e3630";  // the AKS Entra server, recorded traffic, read 2026-11-23
constexpr std::string_view client_application = "80faf920-1908-4b52-b5ef-a8e7bedfc67a";

arm::Answer ok(json::Value body) { return {.status = 200, .body = std::move(body), .headers = {}}; }

/// A kubeconfig that people use: certificate authority, server, and how to sign in.
std::string kubeconfig(Context& context, Stored const& cluster, bool admin) {
    auto host = text(cluster.body, "properties.fqdn");
    if (truth(cluster.body, "properties.apiServerAccessProfile.enablePrivateCluster") || host.empty())
        if (auto const hidden = text(cluster.body, "properties.privateFQDN"); !hidden.empty()) host = hidden;
    auto const name = std::string(cluster.id.name());
    auto const user = (admin ? "clusterAdmin_" : "clusterUser_") + cluster.id.group() + "_" + name;
    auto secret = [&](std::string_view what) {
        auto prng = context.prng("credential " + std::string(what) + cluster.id.key());
        std::string bytes;
        for (int i = 0; i < 48; ++i) bytes.push_back(static_cast<char>(prng.next()));
        return base::base64(bytes);
    };
    std::string out = "apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n    certificate-authority-data: " +
                      base::base64("-----BEGIN CERTIFICATE-----\n" + secret("ca") + "\n-----END CERTIFICATE-----\n") +
                      "\n    server: https://" + host + ":443\n  name: " + name +
                      "\ncontexts:\n- context:\n    cluster: " + name + "\n    user: " + user + "\n  name: " + name +
                      (admin ? "-admin" : "") + "\ncurrent-context: " + name + (admin ? "-admin" : "") +
                      "\nusers:\n- name: " + user + "\n  user:\n";
    if (!admin && truth(cluster.body, "properties.aadProfile.managed")) {
        out +=
            "    exec:\n      apiVersion: client.authentication.k8s.io/v1beta1\n      command: kubelogin\n      "
            "args:\n";
        for (auto const& argument :
             {std::string("get-token"), std::string("--environment"), std::string("AzurePublicCloud"),
              std::string("--server-id"), std::string(server_application), std::string("--client-id"),
              std::string(client_application), std::string("--tenant-id"), context.tenant(), std::string("--login"),
              std::string("devicecode")})
            out += "      - " + argument + "\n";
        return out + "      env: null\n      provideClusterInfo: false\n";
    }
    return out + "    client-certificate-data: " + secret("certificate") + "\n    client-key-data: " + secret("key") +
           "\n    token: " + secret("token") + "\n";
}

arm::Reply credential(Context& context, Stored& cluster, std::string const& name, bool admin) {
    if (text(cluster.body, "properties.provisioningState") == "Creating")
        return refuse(409, "OperationNotAllowed", "The cluster is still being created.");
    bool const entra = truth(cluster.body, "properties.aadProfile.managed");
    if (truth(cluster.body, "properties.disableLocalAccounts") && (admin || !entra))
        return refuse(
            400, "BadRequest",
            "Getting static credential is not allowed because this cluster is set to disable local accounts.");
    return ok(json::Object{
        {"kubeconfigs",
         json::Array{json::Object{{"name", name}, {"value", base::base64(kubeconfig(context, cluster, admin))}}}}});
}

arm::Reply user_credential(Context& context, Stored& cluster, arm::Call const&) {
    return credential(context, cluster, "clusterUser", false);
}
arm::Reply admin_credential(Context& context, Stored& cluster, arm::Call const&) {
    return credential(context, cluster, "clusterAdmin", true);
}
arm::Reply monitoring_credential(Context& context, Stored& cluster, arm::Call const&) {
    return credential(context, cluster, "clusterMonitoringUser", true);
}

/// Newer patches of the same minor, and the newest of the next.
json::Array upgrades_from(std::string const& running, std::optional<Version> limit = {}) {
    json::Array out;
    auto const version = parse_version(running);
    if (!version) return out;
    auto const offer = [&](std::string const& text_of) {
        auto const offered = parse_version(text_of);
        if (offered && *offered > *version && (!limit || *offered <= *limit))
            out.push_back(json::Object{{"kubernetesVersion", text_of}});
    };
    if (auto const* same = find_minor(*version))
        for (auto const& patch : same->all_patches()) offer(patch);
    if (auto const* next = find_minor({version->major, version->minor + 1}))
        for (auto const& patch : next->all_patches()) offer(patch);
    return out;
}

arm::Reply upgrade_profile(Context& context, Stored& cluster, arm::Call const&) {
    auto const running = text(cluster.body, "properties.currentKubernetesVersion");
    json::Array pools;
    auto const limit = parse_version(running);
    for (auto const* pool : context.children(cluster.id, pool_type)) {
        auto const version = text(pool->body, "properties.currentOrchestratorVersion");
        pools.push_back(json::Object{{"name", pool->id.name()},
                                     {"kubernetesVersion", version},
                                     {"osType", text(pool->body, "properties.osType")},
                                     {"upgrades", upgrades_from(version, limit)}});
    }
    return ok(json::Object{
        {"id", cluster.id.text() + "/upgradeprofiles/default"},
        {"name", "default"},
        {"type", "Microsoft.ContainerService/managedClusters/upgradeprofiles"},
        {"properties", json::Object{{"controlPlaneProfile", json::Object{{"kubernetesVersion", running},
                                                                         {"osType", "Linux"},
                                                                         {"upgrades", upgrades_from(running)}}},
                                    {"agentPoolProfiles", std::move(pools)}}}});
}

arm::Reply pool_upgrade_profile(Context& context, Stored& pool, arm::Call const&) {
    auto const id = pool.id.parent();
    auto const* cluster = id ? context.find(*id) : nullptr;
    auto const running = text(pool.body, "properties.currentOrchestratorVersion");
    auto const limit =
        cluster ? parse_version(text(cluster->body, "properties.currentKubernetesVersion")) : std::nullopt;
    return ok(json::Object{{"id", pool.id.text() + "/upgradeProfiles/default"},
                           {"name", "default"},
                           {"type", "Microsoft.ContainerService/managedClusters/agentPools/upgradeProfiles"},
                           {"properties", json::Object{{"kubernetesVersion", running},
                                                       {"osType", text(pool.body, "properties.osType")},
                                                       {"upgrades", upgrades_from(running, limit)},
                                                       {"latestNodeImageVersion", newest_image(pool.body, running)}}}});
}

arm::Reply pool_versions(Context&, Stored& cluster, arm::Call const&) {
    auto const control = parse_version(text(cluster.body, "properties.currentKubernetesVersion"));
    json::Array versions;
    for (auto const& minor : minors())
        for (auto const& patch : minor.all_patches()) {
            auto const version = parse_version(patch);
            if (!control || !version || *version > *control || control->minor - version->minor > 2) continue;
            json::Object one{{"kubernetesVersion", patch}};
            if (*version == *control) one["default"] = true;
            versions.push_back(std::move(one));
        }
    return ok(json::Object{{"id", cluster.id.text() + "/availableAgentPoolVersions"},
                           {"name", "default"},
                           {"type", "Microsoft.ContainerService/managedClusters/availableAgentPoolVersions"},
                           {"properties", json::Object{{"agentPoolVersions", std::move(versions)}}}});
}

arm::Reply start_cluster(Context&, Stored& cluster, arm::Call const&) {
    if (text(cluster.body, "properties.powerState.code") == "Running")
        return arm::Started{.takes = {1, 2, 5, "estimate"},
                            .function = "aks.started",
                            .payload = json::Object{},
                            .state = {},
                            .final_status = 204};
    return arm::Started{.takes = {120, 240, 420, "estimate"},
                        .function = "aks.started",
                        .payload = json::Object{},
                        .state = "Starting",
                        .final_status = 204};
}

arm::Reply stop_cluster(Context&, Stored& cluster, arm::Call const&) {
    if (text(cluster.body, "properties.powerState.code") == "Stopped")
        return refuse(400, "OperationNotAllowed", "The managed cluster is stopped already.");
    return arm::Started{.takes = {60, 120, 240, "estimate"},
                        .function = "aks.stopped",
                        .payload = json::Object{},
                        .state = "Stopping",
                        .final_status = 204};
}

arm::Reply rotate_certificates(Context&, Stored& cluster, arm::Call const&) {
    if (text(cluster.body, "properties.powerState.code") == "Stopped")
        return refuse(400, "OperationNotAllowed", "Managed cluster is in stopped state.");
    return arm::Started{.takes = {600, 1200, 1800, "aks-docs certificate-rotation: up to 30 minutes"},
                        .function = "aks.rotated",
                        .payload = json::Object{},
                        .state = "RotatingClusterCertificates",
                        .final_status = 204};
}

arm::Reply upgrade_image(Context&, Stored& pool, arm::Call const&) {
    auto const newest = newest_image(pool.body, text(pool.body, "properties.currentOrchestratorVersion"));
    if (text(pool.body, "properties.nodeImageVersion") == newest)
        return refuse(
            400, "NodeImageVersionAlreadyLatest",
            "Agent pool " + std::string(pool.id.name()) + " is already using the latest image " + newest + ".");
    return arm::Started{.takes = {180, 300, 600, "estimate"},
                        .function = "aks.image",
                        .payload = json::Object{},
                        .state = "UpgradingNodeImageVersion",
                        .final_status = 204};
}

/// As far as the list of `az aks machine` shows them; where each runs is not modelled.
arm::Reply machines(Context& context, Stored& pool, arm::Call const&) {
    auto const parent = pool.id.parent();
    auto const* cluster = parent ? context.find(*parent) : nullptr;
    json::Array all;
    if (cluster)
        for (auto const& name : nodes_of(*cluster, pool))
            all.push_back(
                json::Object{{"id", pool.id.text() + "/machines/" + name},
                             {"name", name},
                             {"type", "Microsoft.ContainerService/managedClusters/agentPools/machines"},
                             {"properties", json::Object{{"network", json::Object{{"ipAddresses", json::Array{}}}}}}});
    return arm::Answer{.status = 200, .body = json::Object{{"value", std::move(all)}}, .headers = {}};
}

constexpr arm::Action on_cluster[] = {
    {"listClusterUserCredential", "POST", "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
     user_credential},
    {"listClusterAdminCredential", "POST",
     "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action", admin_credential},
    {"listClusterMonitoringUserCredential", "POST",
     "Microsoft.ContainerService/managedClusters/listClusterMonitoringUserCredential/action", monitoring_credential},
    {"upgradeProfiles/default", "GET", "Microsoft.ContainerService/managedClusters/upgradeProfiles/read",
     upgrade_profile},
    {"availableAgentPoolVersions", "GET", "Microsoft.ContainerService/managedClusters/availableAgentPoolVersions/read",
     pool_versions},
    {"start", "POST", "Microsoft.ContainerService/managedClusters/start/action", start_cluster, true},
    {"stop", "POST", "Microsoft.ContainerService/managedClusters/stop/action", stop_cluster, true},
    {"rotateClusterCertificates", "POST", "Microsoft.ContainerService/managedClusters/rotateClusterCertificates/action",
     rotate_certificates, true},
};
constexpr arm::Action on_pool[] = {
    {"upgradeProfiles/default", "GET", "Microsoft.ContainerService/managedClusters/agentPools/upgradeProfiles/read",
     pool_upgrade_profile},
    {"machines", "GET", "Microsoft.ContainerService/managedClusters/agentPools/machines/read", machines},
    {"upgradeNodeImageVersion", "POST",
     "Microsoft.ContainerService/managedClusters/agentPools/upgradeNodeImageVersion/action", upgrade_image, true},
};

void set_power(Context& context, std::string const& id, std::string_view state) {
    auto const parsed = ResourceId::parse(id);
    auto* cluster = parsed ? context.edit(*parsed) : nullptr;
    if (!cluster) return;
    json::put(cluster->body, "properties.powerState.code", json::Value(state));
    for (auto const* pool : context.children(cluster->id, pool_type))
        if (auto* edited = context.edit(pool->id))
            json::put(edited->body, "properties.powerState.code", json::Value(state));
}

}  // namespace

std::span<arm::Action const> cluster_actions() {
    static auto const all = [] {
        std::vector<arm::Action> actions(std::begin(on_cluster), std::end(on_cluster));
        for (auto const& action : operator_actions()) actions.push_back(action);
        return actions;
    }();
    return all;
}
std::span<arm::Action const> pool_actions() { return on_pool; }

arm::Reply kubernetes_versions(Context&, arm::Call const& call) {
    auto const& location = call.parameters.at("location");
    if (!find_region(location))
        return refuse(400, "LocationNotAvailableForResourceType", "The location '" + location + "' is not known.");
    json::Array values;
    for (auto const& minor : minors()) {
        json::Object patches;
        for (auto const& patch : minor.all_patches()) {
            json::Array next;
            for (auto const& upgrade : upgrades_from(patch))
                next.push_back(json::Value(text(upgrade, "kubernetesVersion")));
            patches[patch] = json::Object{{"upgrades", std::move(next)}};
        }
        json::Array plans;
        if (minor.community) plans.push_back("KubernetesOfficial");
        plans.push_back("AKSLongTermSupport");
        json::Object one{{"version", minor.minor},
                         {"capabilities", json::Object{{"supportPlan", std::move(plans)}}},
                         {"patchVersions", std::move(patches)}};
        if (minor.standard) one["isDefault"] = true;
        values.push_back(std::move(one));
    }
    return ok(json::Object{{"values", std::move(values)}});
}

void started_due(Context& context, std::string const& id, json::Value const&) {
    auto const* cluster = context.find(id);
    if (cluster && text(cluster->body, "properties.powerState.code") == "Stopped") {
        auto no = no_control_plane(context, *cluster);
        for (auto const* pool : context.children(cluster->id, pool_type))
            if (!no) no = no_machine(context, *cluster, *pool, Room::for_all);
        if (no) return context.fail(*no);
    }
    set_power(context, id, "Running");
}
void stopped_due(Context& context, std::string const& id, json::Value const&) { set_power(context, id, "Stopped"); }
void rotated_due(Context&, std::string const&, json::Value const&) {}
void image_due(Context& context, std::string const& id, json::Value const&) {
    auto const parsed = ResourceId::parse(id);
    auto* pool = parsed ? context.edit(*parsed) : nullptr;
    if (!pool) return;
    auto const owner = pool->id.parent();
    auto const* cluster = owner ? context.find(*owner) : nullptr;
    auto no = cluster ? no_machine(context, *cluster, *pool, Room::for_surge) : Refusal{};
    if (!no) no = pods_stay(context, *pool, "UpgradeFailed");
    if (no) context.fail(*no);
    else
        json::put(pool->body, "properties.nodeImageVersion",
                  json::Value(newest_image(pool->body, text(pool->body, "properties.currentOrchestratorVersion"))));
}

}  // namespace holdfast::simulator::providers::containerservice
