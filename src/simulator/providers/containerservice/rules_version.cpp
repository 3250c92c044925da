/// Which Kubernetes version may run, and which may follow it.
#include <algorithm>

#include "simulator/providers/containerservice/design.hpp"

namespace holdfast::simulator::providers::containerservice {
namespace {

std::string current_of(Stored const& stored, json::Place path, json::Place written) {
    auto const current = text(stored.body, path);
    return current.empty() ? text(stored.body, written) : current;
}

/// A written version that keeps what runs: the same text, or the minor or patch of it.
bool stays(std::string const& written, std::string const& running) {
    return written.empty() || written == running || running.starts_with(written + ".");
}

Refusal offered(Design const& design, std::string const& written, std::string const& what) {
    auto const version = parse_version(written);
    auto const* minor = version ? find_minor(*version) : nullptr;
    bool const known = !written.empty() ? resolved(written).has_value() : true;
    if (!known)
        return refuse(400, "K8sVersionNotSupported",
                      what + " asks for Kubernetes version " + written +
                          ", which is not supported in this region. Please use "
                          "[az aks get-versions -l " +
                          design.location() + "] command to get the supported version list in this region.",
                      "properties.kubernetesVersion");
    if (minor && !minor->community) {
        bool const long_term =
            design.is("properties.supportPlan", "AKSLongTermSupport") && design.is("sku.tier", "Premium");
        if (!long_term)
            return refuse(400, "K8sVersionNotSupported",
                          what + " asks for Kubernetes version " + written +
                              ", which is only available for Long-Term Support (LTS): it needs the "
                              "Premium tier and the AKSLongTermSupport plan.",
                          "properties.kubernetesVersion");
    }
    return {};
}

Refusal version_offered(Context&, Design const& design) {
    auto const written = design.at("properties.kubernetesVersion");
    if (design.existing && stays(written, current_of(*design.existing, "properties.currentKubernetesVersion",
                                                     "properties.kubernetesVersion")))
        return {};
    return offered(design, written, "Managed cluster " + std::string(design.id.name()));
}

/// Forward, one minor at a time.
Refusal one_minor_forward(std::string const& from, std::string const& to, std::string const& what) {
    auto const before = parse_version(from), after = parse_version(to);
    if (!before || !after || *before == *after) return {};
    if (*after < *before)
        return refuse(400, "OperationNotAllowed",
                      "Downgrading Kubernetes version of " + what + " from " + from + " to " + to + " is not allowed.");
    if (after->minor > before->minor + 1) {
        auto const* next = find_minor({before->major, before->minor + 1});
        return refuse(400, "OperationNotAllowed",
                      "Upgrading Kubernetes version of " + what + " from " + from + " to " + to +
                          " is not allowed. Available upgrades: [" + (next ? next->newest() : std::string()) +
                          "]. Please see https://aka.ms/aks-supported-k8s-ver for version details.");
    }
    return {};
}

Refusal upgrade_in_order(Context&, Design const& design) {
    if (!design.existing) return {};
    auto const running =
        current_of(*design.existing, "properties.currentKubernetesVersion", "properties.kubernetesVersion");
    auto const written = design.at("properties.kubernetesVersion");
    if (stays(written, running)) return {};
    return one_minor_forward(running, resolved(written).value_or(written),
                             "managed cluster " + std::string(design.id.name()));
}

Refusal pool_versions(Context&, Design const& design) {
    auto control = design.at("properties.kubernetesVersion");
    auto running = design.existing ? current_of(*design.existing, "properties.currentKubernetesVersion",
                                                "properties.kubernetesVersion")
                                   : std::string();
    auto const control_version =
        parse_version(design.existing && stays(control, running) ? running : resolved(control).value_or(control));
    if (!control_version) return {};
    for (auto const& pool : design.pools) {
        auto const written = text(*pool.body, "properties.orchestratorVersion");
        auto const runs = pool.existing ? current_of(*pool.existing, "properties.currentOrchestratorVersion",
                                                     "properties.orchestratorVersion")
                                        : std::string();
        auto wanted = written.empty()                         ? (pool.existing ? runs : control_version->text())
                      : stays(written, runs) && pool.existing ? runs
                                                              : resolved(written).value_or("");
        // A pool written as "1.36" beside a control plane of the same minor follows it.
        auto const version = parse_version(wanted);
        if (!version)
            return refuse(400, "K8sVersionNotSupported",
                          "Agent pool " + pool.name + " asks for Kubernetes version " + written +
                              ", which is not supported in this region.",
                          "agentPoolProfile.orchestratorVersion");
        if (pool.existing)
            if (auto no = one_minor_forward(runs, wanted, "agent pool " + pool.name)) return no;
        bool const minor_only = written.empty() || parse_version(written)->patch < 0;
        bool const ahead = version->minor > control_version->minor || (!minor_only && *version > *control_version);
        if (ahead || control_version->minor - version->minor > 2)
            return refuse(400, "NodePoolMcVersionIncompatible",
                          "Node pool version " + version->text() + " and control plane version " +
                              control_version->text() + " are incompatible. " +
                              (ahead ? "A node pool cannot be ahead of the control plane."
                                     : "A node pool may be at most two minor versions behind the control plane.") +
                              " For more information, please check https://aka.ms/aks/version-skew-policy");
        if (!design.existing && pool.system() && version->minor != control_version->minor)
            return refuse(400, "NodePoolMcVersionIncompatible",
                          "System node pool " + pool.name + " must be created with the version of the control plane, " +
                              control_version->text() + ".");
    }
    return {};
}

Refusal long_term_support(Context&, Design const& design) {
    if (!design.is("properties.supportPlan", "AKSLongTermSupport") || design.is("sku.tier", "Premium")) return {};
    return invalid("The support plan AKSLongTermSupport needs the Premium tier.", "properties.supportPlan");
}

Refusal channels(Context&, Design const& design) {
    if (design.is("properties.autoUpgradeProfile.upgradeChannel", "node-image") &&
        says(design.body, "properties.autoUpgradeProfile.nodeOSUpgradeChannel") &&
        !design.is("properties.autoUpgradeProfile.nodeOSUpgradeChannel", "NodeImage"))
        return invalid("Upgrade channel node-image needs the node OS upgrade channel NodeImage.",
                       "autoUpgradeProfile.nodeOSUpgradeChannel");
    return {};
}

constexpr std::string_view read_on = "2026-11-23";
constexpr Rule rules[] = {
    {"the version is offered", version_offered,
     "MicrosoftDocs/azure-aks-docs supported-kubernetes-versions; Azure/AKS release 2026-10-25", read_on},
    {"upgrades go forward, one minor at a time", upgrade_in_order,
     "MicrosoftDocs/azure-aks-docs upgrade-aks-cluster; types 2026-05-01", read_on},
    {"pools follow the control plane", pool_versions, "SupportArticles-docs nodepoolmcversionincompatible-error",
     read_on},
    {"long-term support is Premium", long_term_support, "MicrosoftDocs/azure-aks-docs long-term-support (06/2025)",
     read_on},
    {"upgrade channels fit each other", channels, "terraform-provider-azurerm kubernetes_cluster_resource", read_on},
};

}  // namespace

std::span<Rule const> version_rules() { return rules; }

}  // namespace holdfast::simulator::providers::containerservice
