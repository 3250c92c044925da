/// The rows of Microsoft.ContainerService.
#include "simulator/providers/containerservice/hooks.hpp"
#include "simulator/providers/providers.hpp"

namespace holdfast::simulator::providers {
namespace {

using namespace containerservice;
using arm::Link;
using arm::ResourceBehaviour;

constexpr std::string_view join_subnet = "Microsoft.Network/virtualNetworks/subnets/join/action";
constexpr std::string_view assign = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action";

constexpr Link cluster_links[] = {
    {.at = "identity.userAssignedIdentities{}", .action = assign},
    {.at = "properties.identityProfile.kubeletidentity.resourceId", .action = assign},
    {.at = "properties.diskEncryptionSetID", .action = "Microsoft.Compute/diskEncryptionSets/read"},
    {.at = "properties.apiServerAccessProfile.subnetId", .action = join_subnet},
    {.at = "properties.addonProfiles.omsagent.config.logAnalyticsWorkspaceResourceID",
     .action = "Microsoft.OperationalInsights/workspaces/sharedkeys/read"},
    {.at = "properties.securityProfile.defender.logAnalyticsWorkspaceResourceId",
     .action = "Microsoft.OperationalInsights/workspaces/read"},
    {.at = "properties.securityProfile.azureKeyVaultKms.keyVaultResourceId", .action = {}},
    {.at = "properties.networkProfile.loadBalancerProfile.outboundIPs.publicIPs[].id",
     .action = "Microsoft.Network/publicIPAddresses/join/action"},
    {.at = "properties.bootstrapProfile.containerRegistryId", .action = {}},
};
constexpr Link pool_links[] = {
    {.at = "properties.vnetSubnetID", .action = join_subnet},
    {.at = "properties.podSubnetID", .action = join_subnet},
};
constexpr std::string_view cluster_secrets[] = {"properties.windowsProfile.adminPassword",
                                                "properties.servicePrincipalProfile.secret",
                                                "properties.aadProfile.serverAppSecret"};

constexpr std::string_view operations = "providers/Microsoft.ContainerService/locations/{location}/operations/{id}";
constexpr std::string_view results = "providers/Microsoft.ContainerService/locations/{location}/operationresults/{id}";

ResourceBehaviour alike(std::string_view type) {
    ResourceBehaviour row{.type = type};
    row.put = arm::Lro::async;
    row.erase = arm::Lro::async_and_location;
    row.put_retry_after = 0;  // recorded: none
    row.erase_retry_after = 0;
    row.creating = "Creating";
    row.updating = "Updating";
    row.lock = arm::WriteLock::whole;
    row.conflict = arm::Conflict::aks;
    row.envelope = arm::Envelope::aks;
    row.status_body = arm::StatusBody::timed;
    row.operation_path = operations;
    row.result_path = results;
    row.source = "recorded: java canCRUDKubernetesCluster (2021), azure-cli aks recordings (2023, 2025)";
    row.date = "2026-11-23";
    return row;
}

std::span<ResourceBehaviour const> types() {
    static ResourceBehaviour const rows[] = {
        [] {
            auto row = alike(cluster_type);
            row.create = {218, 330, 455, "recorded 240-455 s"};
            row.update = {60, 180, 250, "recorded 250 s"};
            row.destroy = {120, 240, 420, "estimate"};
            row.patch = arm::PatchStyle::tags;
            row.etag_at = "eTag";
            row.system_data = true;
            row.saved_after = 2;  // estimate: long enough for two that start together
            row.links = cluster_links;
            row.actions = cluster_actions();
            row.secrets = cluster_secrets;
            row.validate = validate_cluster;
            row.accepted = accepted_cluster;
            row.duration = cluster_takes;
            row.complete = complete_cluster;
            row.deleted = deleted_cluster;
            row.id_says_resourcegroups = true;
            row.shown_type = "Microsoft.ContainerService/ManagedClusters";
            return row;
        }(),
        [] {
            auto row = alike(pool_type);
            row.create = {196, 200, 420, "recorded 196 s"};
            row.update = {20, 60, 180, "estimate"};
            row.destroy = {60, 120, 240, "estimate"};
            row.etag_at = "properties.eTag";
            row.tracked = false;
            row.links = pool_links;
            row.actions = pool_actions();
            row.validate = validate_pool;
            row.accepted = accepted_pool;
            row.duration = pool_takes;
            row.complete = complete_pool;
            row.before_delete = refuse_last_system_pool;
            row.erasing = erasing_pool;
            row.erase_step = empty_pool;
            row.deleted = deleted_pool;
            row.id_says_resourcegroups = true;
            return row;
        }(),
        [] {
            ResourceBehaviour row{.type = "Microsoft.ContainerService/managedClusters/maintenanceConfigurations"};
            row.state_at = {};
            row.envelope = arm::Envelope::aks;
            row.tracked = false;
            row.validate = validate_maintenance;
            row.source = "MicrosoftDocs/azure-aks-docs planned-maintenance; types 2026-05-01";
            row.date = "2026-11-23";
            return row;
        }(),
    };
    return rows;
}

constexpr arm::Route routes[] = {
    {.under = arm::Route::Under::subscription,
     .method = "GET",
     .pattern = "Microsoft.ContainerService/locations/{location}/kubernetesVersions",
     .permission = {},
     .run = kubernetes_versions},
};
constexpr arm::Scheduled scheduled[] = {
    {"aks.node_group", node_group_due}, {"aks.kubelet_identity", kubelet_identity_due},
    {"aks.started", started_due},       {"aks.stopped", stopped_due},
    {"aks.rotated", rotated_due},       {"aks.image", image_due},
    {"aks.principal", principal_due},
};

}  // namespace

arm::Provider const& microsoft_containerservice() {
    static arm::Provider const provider{
        .name = "Microsoft.ContainerService", .types = types(), .routes = routes, .scheduled = scheduled};
    return provider;
}

}  // namespace holdfast::simulator::providers
