/// Agent pools, inline and alone.
#include <algorithm>

#include "simulator/providers/compute/sizes.hpp"
#include "simulator/providers/containerservice/hooks.hpp"

namespace holdfast::simulator::providers::containerservice {
namespace {

constexpr arm::Takes creating{196, 200, 420, "recorded 196 s"};
constexpr arm::Takes creating_windows{423, 450, 600, "recorded between 423 s and 453 s"};
constexpr arm::Takes updating{20, 60, 180, "estimate"};
constexpr arm::Takes scaling{60, 98, 180, "from cluster scaling, recorded 98 s and 236 s"};
constexpr arm::Takes upgrading{180, 300, 600, "estimate"};
constexpr int usual_disk_gib = 128;

Stored const* cluster_of(Context const& context, ResourceId const& pool) {
    auto const id = pool.parent();
    return id ? context.find(*id) : nullptr;
}

void fill_disk(json::Value& body) {
    auto const size_gib = json::whole_at(body, "properties.osDiskSizeGB").value_or(0);
    auto const* size = compute::find_size(text(body, "properties.vmSize"));
    auto const room = size ? std::max(size->cache_gib, size->temp_gib) : 0;
    fill(body, "properties.osDiskType", room >= (size_gib > 0 ? size_gib : usual_disk_gib) ? "Ephemeral" : "Managed");
    if (size_gib > 0) return;
    bool const ephemeral = base::same_text(text(body, "properties.osDiskType"), "Ephemeral");
    json::put(body, "properties.osDiskSizeGB", ephemeral && room > 0 ? std::min(room, usual_disk_gib) : usual_disk_gib);
}

}  // namespace

/// Node images carry the month they were built in. Source: Azure/AKS release notes (naming), 2026-11.
std::string newest_image(json::Value const& body, std::string_view version) {
    auto const system = text(body, "properties.osSKU");
    auto const parsed = parse_version(version);
    if (base::same_text(system, "Windows2022")) return "AKSWindows-2022-containerd-20348.4405.261110";
    if (base::same_text(system, "Windows2025")) return "AKSWindows-2025-gen2-26100.7171.261110";
    if (base::starts_with_text(system, "AzureLinux")) return "AKSAzureLinux-V3gen2-202611.10.0";
    if (base::same_text(system, "AzureContainerLinux")) return "AKSAzureContainerLinux-gen2-202611.10.0";
    bool const older =
        base::same_text(system, "Ubuntu2204") || (base::same_text(system, "Ubuntu") && parsed && parsed->minor < 35);
    return older ? "AKSUbuntu-2204gen2containerd-202611.10.0" : "AKSUbuntu-2404gen2containerd-202611.10.0";
}

Refusal validate_pool(Context& context, Write const& write) {
    if (auto no = name_allowed(pool_type, write.id.name())) return no;
    if (write.existing)
        if (auto no = nothing_fixed_changes(pool_type, write.existing->body, write.desired)) return no;
    if (write.inline_child) return {};  // the cluster's own hook judges all pools at once
    auto const* cluster = cluster_of(context, write.id);
    if (!cluster) return {};
    auto const state = text(cluster->body, "properties.powerState.code");
    if (state == "Stopped")
        return refuse(400, "OperationNotAllowed",
                      "Managed cluster is in stopped state, the operation cannot be performed. Please start the "
                      "managed cluster.");
    Design design{.id = cluster->id, .body = cluster->body, .pools = {}, .existing = cluster, .cluster_asked = false};
    for (auto const* sibling : context.children(cluster->id, pool_type))
        if (sibling->id != write.id)
            design.pools.push_back({std::string(sibling->id.name()), &sibling->body, sibling, false});
    design.pools.push_back({std::string(write.id.name()), &write.desired, write.existing, true});
    return judge(context, design);
}

void accepted_pool(Context& context, Stored& stored, Stored const* before) {
    auto& body = stored.body;
    if (before) keep_fixed(pool_type, body, before->body);
    auto const* cluster = cluster_of(context, stored.id);
    auto const control = cluster ? text(cluster->body, "properties.kubernetesVersion") : std::string();
    fill(body, "properties.count", 1);
    fill(body, "properties.vmSize", "Standard_D4ds_v5");
    fill(body, "properties.type", "VirtualMachineScaleSets");
    fill(body, "properties.mode", "User");
    fill(body, "properties.osType", "Linux");
    fill(body, "properties.enableAutoScaling", false);
    fill(body, "properties.scaleDownMode", "Delete");
    fill(body, "properties.enableNodePublicIP", false);
    fill(body, "properties.enableEncryptionAtHost", false);
    fill(body, "properties.enableUltraSSD", false);
    fill(body, "properties.kubeletDiskType", "OS");
    fill(body, "properties.powerState.code", "Running");
    if (!base::same_text(text(body, "properties.scaleSetPriority"), "Spot") &&
        !says(body, "properties.upgradeSettings.maxUnavailable"))
        fill(body, "properties.upgradeSettings.maxSurge", "10%");
    fill_disk(body);
    auto const written = text(body, "properties.orchestratorVersion");
    if (written.empty())
        json::put(body, "properties.orchestratorVersion",
                  json::Value(before            ? text(before->body, "properties.orchestratorVersion")
                              : control.empty() ? standard_minor().newest()
                                                : control));
    auto const running = before ? text(before->body, "properties.currentOrchestratorVersion") : std::string();
    auto const wanted = text(body, "properties.orchestratorVersion");
    auto const resolved_now = resolved(wanted).value_or(wanted);
    auto const version = running.empty() ? resolved_now : running;
    bool const windows = base::same_text(text(body, "properties.osType"), "Windows");
    auto const parsed = parse_version(version);
    fill(body, "properties.osSKU", !windows ? "Ubuntu" : parsed && parsed->minor >= 37 ? "Windows2025" : "Windows2022");
    fill(body, "properties.enableFIPS", base::same_text(text(body, "properties.osSKU"), "Windows2025"));
    fill(body, "properties.maxPods",
         usual_max_pods(networking_of(cluster ? cluster->body : json::Value(json::Object{}), body)));
    if (!windows) {
        fill(body, "properties.securityProfile.enableVTPM", false);
        fill(body, "properties.securityProfile.enableSecureBoot", false);
    }
    fill(body, "properties.securityProfile.sshAccess", "LocalUser");
    json::put(body, "properties.currentOrchestratorVersion", json::Value(version));
    auto const image = before ? text(before->body, "properties.nodeImageVersion") : std::string();
    json::put(body, "properties.nodeImageVersion", json::Value(image.empty() ? newest_image(body, version) : image));
    if (!before) return;
    bool const upgrades = wanted != running && !running.starts_with(wanted + ".");
    bool const scales = json::whole_at(body, "properties.count") != json::whole_at(before->body, "properties.count");
    if (upgrades || scales) json::put(body, "properties.provisioningState", upgrades ? "Upgrading" : "Scaling");
}

std::optional<double> pool_takes(Context& context, Stored const& stored, Stored const* before) {
    auto const purpose = "PUT " + stored.id.key();
    if (!before)
        return context.draw(
            base::same_text(text(stored.body, "properties.osType"), "Windows") ? creating_windows : creating, purpose);
    auto const state = text(stored.body, "properties.provisioningState");
    return context.draw(state == "Upgrading" ? upgrading : state == "Scaling" ? scaling : updating, purpose);
}

arm::Outcome complete_pool(Context& context, Stored& stored) {
    auto const wanted = text(stored.body, "properties.orchestratorVersion");
    auto const running = text(stored.body, "properties.currentOrchestratorVersion");
    bool const upgrades = wanted != running && !running.starts_with(wanted + ".");
    if (auto const* cluster = cluster_of(context, stored.id))
        if (auto no = no_machine(context, *cluster, stored, upgrades ? Room::for_surge : Room::for_more)) return *no;
    if (upgrades)
        if (auto no = pods_stay(context, stored, "UpgradeFailed")) return *no;
    if (scales_down(context, stored))
        if (auto no = pods_stay(context, stored, "PodDrainFailure")) return *no;
    if (upgrades) {
        auto const version = resolved(wanted).value_or(wanted);
        json::put(stored.body, "properties.currentOrchestratorVersion", json::Value(version));
        json::put(stored.body, "properties.nodeImageVersion", json::Value(newest_image(stored.body, version)));
    }
    if (auto const* cluster = cluster_of(context, stored.id)) {
        ensure_node_group(context, *cluster);
        ensure_scale_set(context, *cluster, stored);
        ensure_node_routes(context, *cluster);
    }
    return arm::Done{};
}

Refusal refuse_last_system_pool(Context& context, Stored const& pool) {
    auto const* cluster = cluster_of(context, pool.id);
    if (!cluster || cluster->deleting) return {};
    auto const* group = context.find(ResourceId::subscription_of(pool.id.subscription()).group(pool.id.group()));
    if (group && group->deleting) return {};
    if (!base::same_text(text(pool.body, "properties.mode"), "System")) return {};
    auto const siblings = context.children(cluster->id, pool_type);
    bool const another = std::ranges::any_of(siblings, [&](auto const* one) {
        return one->id != pool.id && base::same_text(text(one->body, "properties.mode"), "System") && !one->deleting;
    });
    if (another) return {};
    return refuse(400, "OperationNotAllowed", "There has to be at least one system agent pool.");
}

constexpr std::string_view ignores_budgets = "ignore-pod-disruption-budget";

void erasing_pool(Context&, Stored& pool, std::map<std::string, std::string> const& query) {
    auto const asked = query.find(std::string(ignores_budgets));
    bool const ignores = asked != query.end() && base::same_text(asked->second, "true");
    json::put(pool.hidden, "ignores_budgets", json::Value(ignores));
}

/// Its nodes are emptied before they go. Source: AKS REST reference, agent pools, delete. 2026-12-01.
arm::Outcome empty_pool(Context& context, Stored& pool) {
    if (truth(pool.hidden, "ignores_budgets")) return arm::Done{};
    if (auto no = pods_stay(context, pool, "PodDrainFailure")) return *no;
    return arm::Done{};
}

void deleted_pool(Context& context, Stored const& pool, std::span<Stored const>) {
    auto const set = ResourceId::parse(text(pool.hidden, "scale_set"));
    if (set && context.find(*set)) context.erase(*set);
}

}  // namespace holdfast::simulator::providers::containerservice
