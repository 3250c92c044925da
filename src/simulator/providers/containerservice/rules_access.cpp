/// What the identity of the control plane must be permitted before the cluster is made.
///
/// Only for identities that exist before (user-assigned, service principal): AKS itself grants a system-assigned one
/// what it needs in the node resource group, and cannot ask it for more.
#include <algorithm>

#include "simulator/providers/containerservice/design.hpp"
#include "simulator/providers/keyvault/vaults.hpp"

namespace holdfast::simulator::providers::containerservice {
namespace {

struct Need {
    std::string_view action;
    ResourceId scope;
};

Refusal linked(Design const& design, std::string const& principal, Need const& need) {
    return refuse(
        403, "LinkedAuthorizationFailed",
        "The client '" + principal + "' with object id '" + principal +
            "' has permission to perform action 'Microsoft.ContainerService/managedClusters/write' on scope '" +
            design.id.text() + "'; however, it does not have permission to perform action '" +
            std::string(need.action) + "' on the linked scope(s) '" + need.scope.text() +
            "' or the linked scope(s) are invalid.");
}

bool asks(Design const& design) { return design.user_assigned() || design.service_principal(); }

Refusal on_subnets(Context& context, Design const& design) {
    if (!asks(design)) return {};
    auto const principal = design.identity(context);
    auto everything = design.node_subnets();
    for (auto const& more :
         {design.pod_subnets(), std::vector<std::string>{design.at("properties.apiServerAccessProfile.subnetId")}})
        everything.insert(everything.end(), more.begin(), more.end());
    for (auto const& written : everything) {
        auto const id = ResourceId::parse(written);
        if (!id) continue;
        for (auto const action : {"Microsoft.Network/virtualNetworks/subnets/read",
                                  "Microsoft.Network/virtualNetworks/subnets/join/action"})
            if (!context.permits(principal, action, *id)) return linked(design, principal, {action, *id});
    }
    return {};
}

/// Source: MicrosoftDocs/azure-aks-docs configure-kubenet (the table of a subnet cannot be another one once the cluster
/// stands); Azure/aks-deployer pkg/apierror. 2026-12-01.
Refusal same_route_tables(Context& context, Design const& design) {
    if (design.plugin() != "kubenet") return {};
    for (auto const& pool : design.pools) {
        auto const kept = pool.existing ? text(pool.existing->hidden, "route_table") : std::string();
        auto const* subnet = kept.empty() ? nullptr : context.find(text(*pool.body, "properties.vnetSubnetID"));
        if (!subnet) continue;
        auto const now = text(subnet->body, "properties.routeTable.id");
        if (base::same_text(now, kept)) continue;
        return refuse(400, "CustomRouteTableInvalidUpdateAttempt",
                      "Custom route table " + kept + " of agent pool " + pool.name +
                          " cannot be updated after the cluster was created; subnet " + subnet->id.text() +
                          (now.empty() ? " has none now." : " has " + now + " now.") +
                          " Please see https://aka.ms/aks/customrt for more information");
    }
    return {};
}

Refusal on_route_tables(Context& context, Design const& design) {
    if (design.plugin() != "kubenet") return {};
    for (auto const& written : design.node_subnets()) {
        auto const* subnet = context.find(written);
        auto const* table = subnet ? context.find(text(subnet->body, "properties.routeTable.id")) : nullptr;
        if (!table) continue;
        // What AKS itself hung on the subnet is its own.
        if (design.existing &&
            base::same_text(table->id.group(), text(design.existing->body, "properties.nodeResourceGroup")))
            continue;
        if (base::same_text(design.at("identity.type"), "SystemAssigned"))
            return refuse(400, "CustomRouteTableWithUnsupportedMSIType",
                          "Clusters using managed identity type SystemAssigned do not support bringing your own route "
                          "table. Please see "
                          "https://aka.ms/aks/customrt for more information");
        auto const principal = design.identity(context);
        for (auto const action : {"Microsoft.Network/routeTables/read", "Microsoft.Network/routeTables/write",
                                  "Microsoft.Network/routeTables/routes/write"})
            if (!context.permits(principal, action, table->id))
                return refuse(400, "CustomRouteTableMissingPermission",
                              "Managed identity or service principal must be given permission to read and write to "
                              "custom route table " +
                                  table->id.text() + ". Please see https://aka.ms/aks/customrt for more information");
    }
    return {};
}

Refusal on_kubelet_identity(Context& context, Design const& design) {
    auto const kubelet = ResourceId::parse(design.at("properties.identityProfile.kubeletidentity.resourceId"));
    if (!kubelet || !design.user_assigned()) return {};
    if (design.existing &&
        base::same_text(text(design.existing->body, "properties.identityProfile.kubeletidentity.resourceId"),
                        kubelet->text()))
        return {};
    auto const principal = design.identity(context);
    if (context.permits(principal, "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", *kubelet))
        return {};
    return refuse(400, "CustomKubeletIdentityMissingPermissionError",
                  "The cluster using user-assigned managed identity must be granted 'Managed Identity Operator' role "
                  "to assign kubelet identity. You can run 'az role "
                  "assignment create --assignee <control-plane-identity-principal-id> --role \"Managed Identity "
                  "Operator\" --scope <kubelet-identity-resource-id>' to "
                  "grant the permission. See "
                  "https://learn.microsoft.com/en-us/azure/aks/use-managed-identity#add-role-assignment");
}

Refusal on_private_zone(Context& context, Design const& design) {
    auto const zone = ResourceId::parse(design.at("properties.apiServerAccessProfile.privateDNSZone"));
    if (!design.private_api() || !zone || !asks(design)) return {};
    auto const principal = design.identity(context);
    auto const missing = [&](std::string_view action, ResourceId const& scope) {
        return refuse(400, "CustomPrivateDNSZoneMissingPermissionError",
                      "Service principal or user assigned identity must be given permission to read and write to "
                      "custom private dns zone " +
                          zone->text() + ": action " + std::string(action) + " on " + scope.text() +
                          " is missing. Check access result not allowed for action " + std::string(action) + ".");
    };
    for (auto const action : {"Microsoft.Network/privateDnsZones/read", "Microsoft.Network/privateDnsZones/A/write",
                              "Microsoft.Network/privateDnsZones/virtualNetworkLinks/write"})
        if (!context.permits(principal, action, *zone)) return missing(action, *zone);
    if (auto const subnets = design.node_subnets(); !subnets.empty()) {
        auto const subnet = ResourceId::parse(subnets.front());
        auto const network = subnet ? subnet->parent() : std::nullopt;
        if (network && !context.permits(principal, "Microsoft.Network/virtualNetworks/join/action", *network))
            return missing("Microsoft.Network/virtualNetworks/join/action", *network);
    }
    return {};
}

Refusal on_disk_key(Context& context, Design const& design) {
    auto const set = ResourceId::parse(design.at("properties.diskEncryptionSetID"));
    if (!set || !asks(design) || design.existing) return {};
    auto const principal = design.identity(context);
    constexpr auto action = "Microsoft.Compute/diskEncryptionSets/read";
    if (context.permits(principal, action, *set)) return {};
    return linked(design, principal, {action, *set});
}

Refusal on_etcd_key(Context& context, Design const& design) {
    if (!design.on("properties.securityProfile.azureKeyVaultKms.enabled")) return {};
    auto const url = keyvault::parse_key_url(design.at("properties.securityProfile.azureKeyVaultKms.keyId"));
    auto const* key = url ? keyvault::find_key(context, *url) : nullptr;
    auto const* vault = url ? keyvault::find_vault(context, url->vault) : nullptr;
    if (!key || !vault) return {};
    auto const principal = design.identity(context);
    if (!keyvault::may_use(context, principal, *vault, *key, {"encrypt", "decrypt"}))
        return refuse(403, "AzureKeyVaultKmsMissingPermission",
                      "The cluster identity " + principal + " must be permitted to encrypt and decrypt with key " +
                          key->id.text() +
                          " (role Key Vault Crypto User, or an access policy with encrypt and decrypt).");
    if (!design.is("properties.securityProfile.azureKeyVaultKms.keyVaultNetworkAccess", "Private")) return {};
    constexpr auto action = "Microsoft.KeyVault/vaults/privateEndpointConnectionsApproval/action";
    if (!context.permits(principal, action, vault->id)) return linked(design, principal, {action, vault->id});
    return {};
}

Refusal on_outbound_addresses(Context& context, Design const& design) {
    if (!asks(design)) return {};
    auto const principal = design.identity(context);
    constexpr auto action = "Microsoft.Network/publicIPAddresses/join/action";
    for (auto const& written :
         arm::texts_at(design.body, "properties.networkProfile.loadBalancerProfile.outboundIPs.publicIPs[].id"))
        if (auto const id = ResourceId::parse(written); id && !context.permits(principal, action, *id))
            return linked(design, principal, {action, *id});
    return {};
}

constexpr std::string_view read_on = "2026-11-23";
constexpr Rule rules[] = {
    {"joins its subnets", on_subnets,
     "SupportArticles-docs error-code-linkedauthorizationfailed; aks-docs configure-azure-cni", read_on},
    {"keeps the route tables of kubenet", same_route_tables,
     "MicrosoftDocs/azure-aks-docs configure-kubenet (custom route table)", "2026-12-01"},
    {"writes the routes of kubenet", on_route_tables,
     "MicrosoftDocs/azure-aks-docs configure-kubenet (custom route table)", read_on},
    {"assigns the kubelet identity", on_kubelet_identity, "MicrosoftDocs/azure-aks-docs use-managed-identity", read_on},
    {"writes the private DNS zone", on_private_zone,
     "SupportArticles-docs error-code-customprivatednszonemissingpermissionerror", read_on},
    {"reads the disk encryption set", on_disk_key,
     "MicrosoftDocs/azure-aks-docs azure-disk-customer-managed-keys (stricter: Azure finds out with the first CSI "
     "disk)",
     read_on},
    {"uses the key of etcd", on_etcd_key, "MicrosoftDocs/azure-aks-docs use-kms-etcd-encryption", read_on},
    {"joins outbound addresses", on_outbound_addresses, "MicrosoftDocs/azure-aks-docs load-balancer-standard", read_on},
};

}  // namespace

std::span<Rule const> access_rules() { return rules; }

}  // namespace holdfast::simulator::providers::containerservice
