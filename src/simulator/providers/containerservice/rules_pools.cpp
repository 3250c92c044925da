/// What a pool may be: names, counts, sizes, systems.
#include <algorithm>
#include <array>
#include <boost/regex.hpp>

#include "simulator/providers/compute/sizes.hpp"
#include "simulator/providers/containerservice/design.hpp"

namespace holdfast::simulator::providers::containerservice {
namespace {

constexpr std::int64_t most_pools = 100, most_nodes_a_pool = 1000, nodes_free = 1000, nodes_paid = 5000;
constexpr std::int64_t least_pods = 10, most_pods = 250, least_system_pods = 30;
constexpr int usual_disk_gib = 128;

std::string profile(std::string_view property) { return "agentPoolProfile." + std::string(property); }

Refusal names(Context&, Design const& design) {
    if (design.pools.empty())
        return invalid("Managed cluster " + std::string(design.id.name()) + " needs at least one agent pool.",
                       "agentPoolProfiles");
    if (static_cast<std::int64_t>(design.pools.size()) > most_pools)
        return invalid("A managed cluster has at most " + std::to_string(most_pools) + " agent pools.",
                       "agentPoolProfiles");
    static boost::regex const linux_name("^[a-z][a-z0-9]{0,11}$"), windows_name("^[a-z][a-z0-9]{0,5}$");
    for (std::size_t i = 0; i < design.pools.size(); ++i) {
        auto const& pool = design.pools[i];
        if (pool.name == "aksmanagedap")
            return refuse(400, "ReservedResourceName", "The agent pool name aksmanagedap is reserved.",
                          profile("name"));
        if (!matches(pool.name, pool.windows() ? windows_name : linux_name))
            return invalid("The value of parameter agentPoolProfile.name is invalid: '" + pool.name + "'. " +
                               (pool.windows() ? "Windows agent pool names have 1 to 6 lower-case letters or digits"
                                               : "Agent pool names have 1 to 12 lower-case letters or digits") +
                               " and start with a letter.",
                           profile("name"));
        for (std::size_t j = 0; j < i; ++j)
            if (design.pools[j].name == pool.name)
                return invalid("Agent pool name '" + pool.name + "' is not unique.", profile("name"));
    }
    return {};
}

Refusal a_system_pool(Context&, Design const& design) {
    bool const there = std::ranges::any_of(design.pools, [](Pool const& pool) {
        return pool.system() && !pool.windows() && (most_nodes(*pool.body) > 0);
    });
    if (there) return {};
    return refuse(400, "OperationNotAllowed",
                  "There has to be at least one system agent pool (Linux, mode System, with nodes).",
                  "agentPoolProfiles");
}

Refusal system_pools(Context&, Design const& design) {
    for (auto const& pool : design.pools) {
        if (!pool.system()) continue;
        if (pool.windows())
            return invalid("Agent pool " + pool.name + " of osType Windows cannot have mode System.", profile("mode"));
        if (pool.spot())
            return invalid("Agent pool " + pool.name + " of priority Spot cannot have mode System.",
                           profile("scaleSetPriority"));
    }
    return {};
}

Refusal counts(Context&, Design const& design) {
    std::int64_t nodes = 0;
    for (auto const& pool : design.pools) {
        auto const count = json::whole_at(*pool.body, "properties.count").value_or(1);
        auto const low = json::whole_at(*pool.body, "properties.minCount"),
                   high = json::whole_at(*pool.body, "properties.maxCount");
        std::int64_t const least = pool.system() ? 1 : 0;
        if (count < least || count > most_nodes_a_pool)
            return invalid("The value of parameter agentPoolProfile.count is invalid for pool " + pool.name + ": " +
                               std::to_string(count) + " is not in [" + std::to_string(least) + ", 1000].",
                           profile("count"));
        if (!truth(*pool.body, "properties.enableAutoScaling")) {
            if (low || high)
                return invalid(
                    "Agent pool " + pool.name + ": minCount and maxCount are allowed with enableAutoScaling only.",
                    profile("minCount"));
        } else {
            if (!low || !high || *low < least || *high > most_nodes_a_pool || *low > *high)
                return invalid("Agent pool " + pool.name + ": an autoscaled pool needs " + std::to_string(least) +
                                   " <= minCount <= maxCount <= 1000.",
                               profile("minCount"));
            if (count < *low || count > *high)
                return invalid("Agent pool " + pool.name + ": count " + std::to_string(count) +
                                   " is not between minCount " + std::to_string(*low) + " and maxCount " +
                                   std::to_string(*high) + ".",
                               profile("count"));
        }
        nodes += most_nodes(*pool.body);
    }
    bool const free = design.at("sku.tier").empty() || design.is("sku.tier", "Free");
    if (nodes > (free ? nodes_free : nodes_paid))
        return invalid("Managed cluster " + std::string(design.id.name()) + " would have " + std::to_string(nodes) +
                       " nodes; tier " + (free ? "Free allows 1000" : design.at("sku.tier") + " allows 5000") + ".");
    if (design.plugin() == "kubenet" && nodes > 400) return invalid("A kubenet cluster has at most 400 nodes.");
    if (design.is("properties.networkProfile.networkPolicy", "azure") && nodes > 250)
        return invalid("Network policy azure supports at most 250 nodes.", "networkProfile.networkPolicy");
    return {};
}

Refusal pods(Context&, Design const& design) {
    std::int64_t all = 0;
    for (auto const& pool : design.pools) {
        auto const most = max_pods_of(networking_of(design.body, *pool.body), *pool.body);
        if (most < least_pods || most > most_pods)
            return invalid("The value of parameter agentPoolProfile.maxPods is invalid for pool " + pool.name + ": " +
                               std::to_string(most) + " is not in [10, 250].",
                           profile("maxPods"));
        if (pool.system() && most < least_system_pods)
            return refuse(400, "InsufficientMaxPods",
                          "System agent pool " + pool.name + " needs maxPods of at least 30.", profile("maxPods"));
        all += most * most_nodes(*pool.body);
    }
    if (all < 30)
        return refuse(400, "InsufficientMaxPods", "The cluster's nodes together must run at least 30 pods.",
                      profile("maxPods"));
    return {};
}

Refusal sizes(Context&, Design const& design) {
    auto const* region = find_region(design.location());
    for (auto const& pool : design.pools) {
        auto const written = text(*pool.body, "properties.vmSize");
        if (written.empty()) continue;
        auto const* size = compute::find_size(written);
        if (!size)
            return refuse(400, "VMSizeNotSupported",
                          "The VM size of " + written + " is not allowed in your subscription in location '" +
                              design.location() + "'. For more details, please visit https://aka.ms/cpu-quota",
                          profile("vmSize"));
        if (size->vcpus < 2)
            return refuse(400, "VMSizeNotSupported",
                          "VM size " + written + " of agent pool " + pool.name + " has fewer than 2 vCPUs.",
                          profile("vmSize"));
        if (pool.system() && (size->memory_gib < 4 || size->burstable))
            return refuse(
                400, "SystemPoolSkuTooLow",
                "The system node pool must use VM sku with at least 2 cores and 4GB memory that is not burstable. The "
                "VM SKU " +
                    written + " is not.",
                profile("vmSize"));
        auto const zones = strings(*pool.body, "properties.availabilityZones");
        for (auto const& zone : zones)
            if (!region || !region->zones || !size->zones || (zone != "1" && zone != "2" && zone != "3"))
                return refuse(400, "AvailabilityZoneNotSupported",
                              "Preflight validation check failed. The zone(s) '" + base::join(zones, ",") +
                                  "' for resource '" + pool.name + "' is not supported in '" + design.location() + "'.",
                              profile("availabilityZones"));
        if (truth(*pool.body, "properties.enableEncryptionAtHost") && !size->host)
            return refuse(
                400, "EncryptionAtHostNotSupported",
                "VM size " + written + " of agent pool " + pool.name + " does not support encryption at host.",
                profile("enableEncryptionAtHost"));
        if (base::same_text(text(*pool.body, "properties.osDiskType"), "Ephemeral")) {
            auto const asked = json::whole_at(*pool.body, "properties.osDiskSizeGB").value_or(0);
            auto const room = std::max(size->cache_gib, size->temp_gib);
            auto const wanted = asked > 0 ? asked : std::min<std::int64_t>(usual_disk_gib, room);
            if (room < 30 || wanted > room)
                return refuse(400, "EphemeralOSDiskNotSupported",
                              "The virtual machine size " + written + " has a cache size of " +
                                  std::to_string(size->cache_gib) + " GB and a temp disk size of " +
                                  std::to_string(size->temp_gib) + " GB, but the OS disk requires " +
                                  std::to_string(std::max<std::int64_t>(wanted, 30)) +
                                  " GB. Use a VM size with larger cache or temp disk, or disable ephemeral OS.",
                              profile("osDiskType"));
        }
        bool const trusted = truth(*pool.body, "properties.securityProfile.enableVTPM") ||
                             truth(*pool.body, "properties.securityProfile.enableSecureBoot");
        if (trusted && (!size->generation2 || size->arm64 || size->confidential || pool.windows()))
            return refuse(400, "TrustedLaunchNotSupported",
                          "Agent pool " + pool.name + ": trusted launch needs a Gen2 x64 Linux size; " + written +
                              (pool.windows() ? " runs Windows." : " is none."),
                          profile("securityProfile"));
        bool const fips = truth(*pool.body, "properties.enableFIPS");
        if (fips && (size->confidential ||
                     (size->arm64 && !base::starts_with_text(text(*pool.body, "properties.osSKU"), "AzureLinux"))))
            return invalid("Agent pool " + pool.name + ": FIPS is not available on VM size " + written + ".",
                           profile("enableFIPS"));
        if (base::same_text(text(*pool.body, "properties.osSKU"), "Windows2025") && !size->generation2)
            return invalid("Agent pool " + pool.name + ": Windows2025 needs a Gen2 VM size.", profile("vmSize"));
        if (pool.windows() && size->arm64)
            return invalid("Agent pool " + pool.name + ": Windows does not run on Arm64 sizes.", profile("vmSize"));
    }
    return {};
}

Refusal host_encryption_feature(Context& context, Design const& design) {
    for (auto const& pool : design.pools)
        if (truth(*pool.body, "properties.enableEncryptionAtHost") && !pool.existing &&
            !context.feature_registered("Microsoft.Compute", "EncryptionAtHost"))
            return refuse(400, "SubscriptionNotEnabledEncryptionAtHost",
                          "Subscription does not enable EncryptionAtHost. Register the feature "
                          "Microsoft.Compute/EncryptionAtHost first.",
                          profile("enableEncryptionAtHost"));
    return {};
}

struct System {
    std::string_view name;
    bool windows;
    int from_minor, before_minor;  // 0: no bound
    bool retired;
};
/// Node systems. Source: Azure/AKS changelog to 2026-07-17, aks-docs node images (2026-11-23).
constexpr System systems[] = {
    {"Ubuntu", false, 0, 0, false},      {"Ubuntu2204", false, 0, 0, false},
    {"Ubuntu2404", false, 32, 0, false}, {"AzureLinux", false, 0, 0, false},
    {"AzureLinux3", false, 0, 0, false}, {"AzureContainerLinux", false, 34, 0, false},
    {"CBLMariner", false, 0, 0, true},   {"Windows2022", true, 0, 37, false},
    {"Windows2025", true, 32, 0, false}, {"Windows2019", true, 0, 0, true},
    {"WindowsAnnual", true, 0, 0, true},
};

Refusal node_systems(Context&, Design const& design) {
    auto const control = parse_version(resolved(design.at("properties.kubernetesVersion")).value_or(""));
    for (auto const& pool : design.pools) {
        if (pool.existing && !pool.asked) continue;
        auto const written = text(*pool.body, "properties.osSKU");
        if (written.empty()) continue;
        auto const* row =
            std::ranges::find_if(systems, [&](System const& one) { return base::same_text(one.name, written); });
        if (row == std::end(systems))
            return invalid("Agent pool " + pool.name + ": osSKU '" + written + "' is not supported.", profile("osSKU"));
        if (row->windows != pool.windows())
            return invalid("Agent pool " + pool.name + ": osSKU " + written + " does not fit osType " +
                               (pool.windows() ? "Windows" : "Linux") + ".",
                           profile("osSKU"));
        if (row->retired && !pool.existing)
            return refuse(400, "OSSKUNotSupported",
                          "Agent pool " + pool.name + ": osSKU " + written + " is retired; new pools cannot use it.",
                          profile("osSKU"));
        auto own = parse_version(resolved(text(*pool.body, "properties.orchestratorVersion")).value_or(""));
        auto const version = says(*pool.body, "properties.orchestratorVersion") && own ? own : control;
        if (version && row->from_minor && version->minor < row->from_minor)
            return invalid("Agent pool " + pool.name + ": osSKU " + written + " needs Kubernetes 1." +
                               std::to_string(row->from_minor) + " or later.",
                           profile("osSKU"));
        if (version && row->before_minor && version->minor >= row->before_minor)
            return invalid("Agent pool " + pool.name + ": osSKU " + written + " is not available from Kubernetes 1." +
                               std::to_string(row->before_minor) + " on.",
                           profile("osSKU"));
        if (pool.existing) {
            auto const before = text(pool.existing->body, "properties.osSKU");
            if (pool.windows() && !before.empty() && !base::same_text(before, written))
                return refuse(400, "PropertyChangeNotAllowed",
                              "Changing property 'agentPoolProfile.osSKU' is not allowed.", profile("osSKU"));
        }
    }
    return {};
}

Refusal surge(Context&, Design const& design) {
    for (auto const& pool : design.pools) {
        auto const surge_text = text(*pool.body, "properties.upgradeSettings.maxSurge"),
                   away = text(*pool.body, "properties.upgradeSettings.maxUnavailable");
        auto const zero = [](std::string const& written) {
            return written.empty() || written == "0" || written == "0%";
        };
        static boost::regex const shape("^[0-9]+%?$");
        for (auto const& written : {surge_text, away})
            if (!written.empty() && !matches(written, shape))
                return invalid(
                    "Agent pool " + pool.name + ": '" + written + "' is neither a whole number nor a percentage.",
                    profile("upgradeSettings"));
        if (pool.spot() && !zero(surge_text))
            return invalid("Agent pool " + pool.name + ": Spot pools cannot set maxSurge.",
                           profile("upgradeSettings.maxSurge"));
        if (!zero(surge_text) && !zero(away))
            return invalid("Agent pool " + pool.name + ": only one of maxSurge and maxUnavailable can be above zero.",
                           profile("upgradeSettings"));
        if (surge_text == "0" && zero(away))
            return invalid("Agent pool " + pool.name + ": maxSurge and maxUnavailable cannot both be zero.",
                           profile("upgradeSettings"));
        if (pool.system() && !zero(away))
            return invalid("Agent pool " + pool.name + ": maxUnavailable is for user pools.",
                           profile("upgradeSettings.maxUnavailable"));
    }
    return {};
}

Refusal kinds(Context&, Design const& design) {
    for (auto const& pool : design.pools) {
        if (base::same_text(text(*pool.body, "properties.type"), "AvailabilitySet"))
            return refuse(400, "AvailabilitySetNotSupported",
                          "Agent pool " + pool.name + ": availability sets are retired; use VirtualMachineScaleSets.",
                          profile("type"));
        auto const runtime = text(*pool.body, "properties.workloadRuntime");
        if (base::same_text(runtime, "WasmWasi"))
            return invalid("Agent pool " + pool.name + ": workload runtime WasmWasi is retired.",
                           profile("workloadRuntime"));
        if (base::same_text(runtime, "KataVmIsolation") &&
            (truth(*pool.body, "properties.enableFIPS") ||
             !base::starts_with_text(text(*pool.body, "properties.osSKU"), "AzureLinux")))
            return invalid("Agent pool " + pool.name + ": KataVmIsolation needs Azure Linux without FIPS.",
                           profile("workloadRuntime"));
        for (auto const& taint : strings(*pool.body, "properties.nodeTaints")) {
            static boost::regex const shape(
                "^[A-Za-z0-9][A-Za-z0-9./_-]*(=[A-Za-z0-9._-]*)?:(NoSchedule|PreferNoSchedule|NoExecute)$");
            if (!matches(taint, shape))
                return invalid(
                    "Agent pool " + pool.name + ": taint '" + taint + "' is not of the form key=value:Effect.",
                    profile("nodeTaints"));
        }
        if (auto const* labels = json::find(*pool.body, "properties.nodeLabels"); labels && labels->is_object())
            for (auto const& label : labels->get_object())
                if (std::string_view(label.key()).starts_with("kubernetes.azure.com/") && !pool.existing)
                    return invalid("Agent pool " + pool.name + ": the label prefix kubernetes.azure.com is reserved.",
                                   profile("nodeLabels"));
        if (truth(*pool.body, "properties.windowsProfile.disableOutboundNat") &&
            (base::same_text(design.outbound(), "loadBalancer") || truth(*pool.body, "properties.enableNodePublicIP")))
            return invalid("Agent pool " + pool.name +
                               ": disableOutboundNat needs outbound type NAT gateway or user-defined routing and no "
                               "node public IPs.",
                           profile("windowsProfile.disableOutboundNat"));
    }
    return {};
}

/// vCPUs that this request adds must be free, in the family and in the region.
Refusal quota(Context& context, Design const& design) {
    std::map<std::string_view, std::int64_t> added;
    for (auto const& pool : design.pools) {
        auto const* size = compute::find_size(text(*pool.body, "properties.vmSize"));
        if (!size) continue;
        auto const before = pool.existing ? json::whole_at(pool.existing->body, "properties.count").value_or(0) : 0;
        auto const more = json::whole_at(*pool.body, "properties.count").value_or(1) - before;
        if (more > 0) added[size->family] += more * size->vcpus;
    }
    std::int64_t all = 0;
    for (auto const& [family, cores] : added) {
        all += cores;
        auto const left = compute::vcpus_allowed(context, design.location(), family) -
                          compute::vcpus_used(context, design.location(), family);
        if (cores > left)
            return refuse(400, "ErrCode_InsufficientVCPUQuota",
                          "Insufficient vcpu quota requested " + std::to_string(cores) + ", remaining " +
                              std::to_string(std::max<std::int64_t>(0, left)) + " for family " + std::string(family) +
                              " for region " + design.location() + ".");
    }
    auto const left =
        compute::vcpus_allowed(context, design.location()) - compute::vcpus_used(context, design.location());
    if (all > left)
        return refuse(400, "ErrCode_InsufficientVCPUQuota",
                      "Insufficient regional vcpu quota left for location " + design.location() +
                          ". left regional vcpu quota " + std::to_string(std::max<std::int64_t>(0, left)) +
                          ", requested quota " + std::to_string(all) + ".");
    return {};
}

constexpr std::string_view read_on = "2026-11-23";
constexpr Rule rules[] = {
    {"names of pools", names, "types 2026-05-01 (pattern); aks-docs learn/quick-windows-container", read_on},
    {"at least one Linux system pool", a_system_pool, "MicrosoftDocs/azure-aks-docs use-system-pools (04/2026)",
     read_on},
    {"what a system pool cannot be", system_pools, "MicrosoftDocs/azure-aks-docs use-system-pools (04/2026)", read_on},
    {"counts and autoscaling", counts, "MicrosoftDocs/azure-aks-docs quotas-skus-regions; cluster-autoscaler", read_on},
    {"pods per node", pods, "MicrosoftDocs/azure-aks-docs azure-cni-overlay, use-system-pools", read_on},
    {"sizes carry what is asked of them", sizes,
     "compute size pages; aks-docs use-trusted-launch, enable-fips-nodes, concepts-storage (ephemeral OS)", read_on},
    {"encryption at host is a feature of the subscription", host_encryption_feature,
     "MicrosoftDocs/azure-aks-docs enable-host-encryption", read_on},
    {"systems of nodes", node_systems, "Azure/AKS changelog to 2026-07-17", read_on},
    {"surge", surge, "terraform-provider-azurerm upgrade_settings checks; aks-docs upgrade-aks-cluster", read_on},
    {"kinds of pools", kinds, "Azure/AKS changelog; aks-docs node-taints", read_on},
    {"vCPU quota", quota, "SupportArticles-docs error-code-quotaexceeded", read_on},
};

}  // namespace

std::span<Rule const> pool_rules() { return rules; }

}  // namespace holdfast::simulator::providers::containerservice
