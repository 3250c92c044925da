#include <fmt/format.h>

#include "exports/exports.hpp"

namespace holdfast::exports {

namespace {

/// What a grant's role is called inside Kubernetes. Source: Kubernetes RBAC, user-facing roles.
struct KubernetesRole {
    std::string_view ours, theirs;
};
constexpr KubernetesRole kRoles[] = {
    {"reader", "view"}, {"writer", "edit"}, {"admin", "admin"}, {"clusterAdmin", "cluster-admin"}};

/// How an Entra principal appears to Kubernetes: groups and users by object id.
constexpr struct {
    std::string_view ours, theirs;
} kSubjects[] = {{"group", "Group"}, {"user", "User"}, {"servicePrincipal", "User"}};

std::string_view translated(auto const& table, std::string_view word) {
    for (auto const& row : table)
        if (row.ours == word) return row.theirs;
    return {};
}

std::string quoted(std::string_view text) { return json::write(json::Value(text)); }

std::string role_binding(spec::Spec const& spec, std::size_t i) {
    auto const key = [&](std::string_view field) { return fmt::format("access.grants[{}].{}", i, field); };
    auto const role = translated(kRoles, spec.text(key("role")));
    auto const name_space = spec.maybe_text(key("namespace"));
    auto const to = spec.text(key("to"));
    auto out = fmt::format("---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {}\nmetadata:\n  name: {}\n", name_space ? "RoleBinding" : "ClusterRoleBinding",
                           quoted(fmt::format("holdfast-{}-{}", role, base::hex(base::sha256(to)).substr(0, 8))));
    if (name_space) out += fmt::format("  namespace: {}\n", quoted(*name_space));
    out += fmt::format("roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: {}\n", quoted(role));
    out += fmt::format("subjects:\n  - apiGroup: rbac.authorization.k8s.io\n    kind: {}\n    name: {}\n", translated(kSubjects, spec.text(key("kind"))), quoted(to));
    return out;
}

std::string storage_class(std::string_view name, std::string_view sku, std::string const& set) {
    return fmt::format(
        "---\napiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata:\n  name: {}\n"
        "provisioner: disk.csi.azure.com\nreclaimPolicy: Delete\nvolumeBindingMode: WaitForFirstConsumer\nallowVolumeExpansion: true\n"
        "parameters:\n  skuName: {}\n  kind: managed\n  diskEncryptionSetID: {}\n",
        quoted(name), quoted(sku), quoted(set));
}

}  // namespace

std::string kubernetes(spec::Spec const& spec, estate::Estate const& estate) {
    std::string out;
    if (spec.maybe_text("access.kubernetesAuthorization") == "kubernetes")
        for (std::size_t i = 0; i < spec.count("access.grants"); ++i)
            if (spec.text(fmt::format("access.grants[{}].level", i)) == "kubernetes") out += role_binding(spec, i);
    if (auto const* set = estate.graph.find("disk-encryption"); set && set->id) {
        out += storage_class("holdfast-premium-cmk", "Premium_LRS", set->id->text());
        out += storage_class("holdfast-standard-cmk", "StandardSSD_LRS", set->id->text());
    }
    auto const head = fmt::format("# What {} asks for inside the cluster. Apply with: kubectl apply -f -\n", quoted(spec.name()));
    return out.empty() ? head + "# Nothing: Azure grants every right, and disks carry the platform's key.\n" : head + out;
}

}  // namespace holdfast::exports
