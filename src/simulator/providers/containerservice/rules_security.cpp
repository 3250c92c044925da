/// Identities, the API server, people, keys.
#include <algorithm>
#include <array>
#include <boost/regex.hpp>

#include "simulator/providers/containerservice/design.hpp"
#include "simulator/providers/keyvault/vaults.hpp"

namespace holdfast::simulator::providers::containerservice {
namespace {

constexpr char const* kms = "properties.securityProfile.azureKeyVaultKms.";
json::Path kms_path(char const* property) { return json::Path(std::string(kms) + property); }
constexpr char const* zone_at = "properties.apiServerAccessProfile.privateDNSZone";

bool is_id(std::string const& written) { return written.starts_with('/'); }

Refusal identities(Context& context, Design const& design) {
    auto const type = design.at("identity.type");
    bool const managed = !type.empty() && !base::same_text(type, "None");
    if (managed && design.service_principal())
        return invalid("A cluster uses either a managed identity or a service principal, not both.", "identity");
    if (!managed && !design.service_principal())
        return refuse(400, "ServicePrincipalProfileRequired",
                      "Provide either a managed identity or a service principal for the cluster.", "identity");
    if (design.service_principal()) {
        auto const client = design.client_id();
        if (!context.principal(client))
            return refuse(
                400, "ServicePrincipalNotFound",
                "The service principal with client id " + client + " was not found in tenant " + context.tenant() + ".",
                "servicePrincipalProfile");
        if (!design.existing && text(design.body, "properties.servicePrincipalProfile.secret").empty())
            return refuse(400, "ServicePrincipalValidationClientError", "The service principal's secret is missing.",
                          "servicePrincipalProfile");
    }
    if (design.user_assigned() && arm::texts_at(design.body, "identity.userAssignedIdentities{}").size() != 1)
        return refuse(400, "InvalidUserAssignedIdentity", "A cluster has exactly one user-assigned identity.",
                      "identity.userAssignedIdentities");
    auto const kubelet = design.at("properties.identityProfile.kubeletidentity.resourceId");
    if (!kubelet.empty() && !design.existing) {
        if (!design.user_assigned())
            return refuse(
                400, "CustomKubeletIdentityOnlySupportedOnUserAssignedMSICluster",
                "Custom kubelet identity is only supported on clusters with a user-assigned control plane identity.",
                "identityProfile.kubeletidentity");
        auto const* identity = context.find(kubelet);
        for (auto const& [property, path] : std::initializer_list<std::pair<char const*, char const*>>{
                 {"clientId", "properties.clientId"}, {"objectId", "properties.principalId"}}) {
            auto const said =
                text(design.body, json::Path("properties.identityProfile.kubeletidentity").child(property));
            if (identity && !said.empty() && !base::same_text(said, text(identity->body, path)))
                return invalid("identityProfile.kubeletidentity." + std::string(property) + " '" + said +
                                   "' does not belong to " + kubelet + ".",
                               "identityProfile.kubeletidentity");
        }
    }
    return {};
}

/// AKS makes machines, networks and disks in the subscription, and add-ons report to services of their own.
Refusal namespaces(Context& context, Design const& design) {
    struct Need {
        std::string_view name, when;
    };
    constexpr Need needs[] = {{"Microsoft.Compute", ""},
                              {"Microsoft.Network", ""},
                              {"Microsoft.Storage", ""},
                              {"Microsoft.ManagedIdentity", ""},
                              {"Microsoft.OperationsManagement", "properties.addonProfiles.omsagent.enabled"},
                              {"Microsoft.PolicyInsights", "properties.addonProfiles.azurepolicy.enabled"}};
    if (!design.cluster_asked) return {};
    for (auto const& need : needs) {
        if (!need.when.empty() && !design.on(need.when)) continue;
        if (!context.registered(need.name))
            return refuse(409, "MissingSubscriptionRegistration",
                          "The subscription is not registered to use namespace '" + std::string(need.name) +
                              "'. See https://aka.ms/rps-not-found for how to register subscriptions.");
    }
    return {};
}

Refusal names(Context& context, Design const& design) {
    auto const prefix = design.at("properties.dnsPrefix"), subdomain = design.at("properties.fqdnSubdomain");
    if (!design.existing && prefix.empty() == subdomain.empty())
        return invalid(prefix.empty() ? "The cluster needs dnsPrefix or fqdnSubdomain."
                                      : "dnsPrefix and fqdnSubdomain exclude each other.",
                       "dnsPrefix");
    static boost::regex const shape("^[a-zA-Z0-9]([a-zA-Z0-9-]{0,52}[a-zA-Z0-9])?$");
    if (!prefix.empty() && !matches(prefix, shape))
        return invalid("The dnsPrefix '" + prefix +
                           "' has 1 to 54 letters, digits or hyphens, starting and ending with a letter or digit.",
                       "dnsPrefix");
    if (!subdomain.empty() && (!design.private_api() || !is_id(design.at(zone_at))))
        return invalid("fqdnSubdomain is for private clusters with their own private DNS zone.", "fqdnSubdomain");
    if (design.existing) return {};
    auto group = design.at("properties.nodeResourceGroup");
    if (group.empty())
        group = "MC_" + design.id.group() + "_" + std::string(design.id.name()) + "_" +
                resource::normal_location(design.location());
    if (group.size() > 80)
        return refuse(400, "NodeResourceGroupNameTooLong",
                      "The length of the node resource group name '" + group +
                          "' is too long. The maximum length is 80, and the length "
                          "of the value provided is " +
                          std::to_string(group.size()) + ".",
                      "nodeResourceGroup");
    if (base::same_text(group, design.id.group()))
        return invalid("The node resource group must be another group than the cluster's.", "nodeResourceGroup");
    if (context.find(ResourceId::subscription_of(design.id.subscription()).group(group)))
        return refuse(409, "NodeResourceGroupAlreadyExists",
                      "The node resource group '" + group + "' exists already; AKS makes its own.",
                      "nodeResourceGroup");
    return {};
}

Refusal people(Context& context, Design const& design) {
    bool const entra = design.on("properties.aadProfile.managed");
    bool const kubernetes_roles = design.on("properties.enableRBAC", true);
    if (says(design.body, "properties.aadProfile.serverAppID") ||
        says(design.body, "properties.aadProfile.clientAppID"))
        return refuse(400, "LegacyAADNotSupported",
                      "The legacy Entra integration with client and server applications is no longer supported.",
                      "aadProfile");
    if (entra && !kubernetes_roles) return invalid("Entra integration needs enableRBAC.", "aadProfile");
    if (design.on("properties.aadProfile.enableAzureRBAC") && !entra)
        return invalid("enableAzureRBAC needs aadProfile.managed.", "aadProfile.enableAzureRBAC");
    if (design.on("properties.disableLocalAccounts") && !entra)
        return refuse(400, "DisableLocalAccountsRequiresManagedAAD",
                      "disableLocalAccounts needs managed Entra integration (aadProfile.managed).",
                      "disableLocalAccounts");
    auto const tenant = design.at("properties.aadProfile.tenantID");
    if (!tenant.empty() && !base::is_guid(tenant))
        return invalid("aadProfile.tenantID is not a GUID.", "aadProfile.tenantID");
    if (design.on("properties.aadProfile.enableAzureRBAC") && !tenant.empty() &&
        !base::same_text(tenant, context.tenant()))
        return invalid("enableAzureRBAC needs the tenant of the subscription.", "aadProfile.tenantID");
    for (auto const& group : strings(design.body, "properties.aadProfile.adminGroupObjectIDs"))
        if (!base::is_guid(group))
            return invalid("adminGroupObjectIDs: '" + group + "' is not an object id.",
                           "aadProfile.adminGroupObjectIDs");
    return {};
}

Refusal api_server(Context& context, Design const& design) {
    auto const ranges = strings(design.body, "properties.apiServerAccessProfile.authorizedIPRanges");
    if (ranges.size() > 200)
        return invalid("At most 200 authorized IP ranges are allowed.", "apiServerAccessProfile.authorizedIPRanges");
    for (auto const& range : ranges)
        if (!base::Cidr::parse(range) && !base::parse_ipv4(range))
            return refuse(400, "InvalidAuthorizedIPRanges",
                          "The authorized IP range '" + range + "' is not an address or a range with its base address.",
                          "apiServerAccessProfile.authorizedIPRanges");
    if (design.private_api() && !ranges.empty())
        return refuse(400, "AuthorizedIPRangesNotSupportedForPrivateCluster",
                      "Authorized IP ranges are not supported with a private cluster.",
                      "apiServerAccessProfile.authorizedIPRanges");
    auto const zone = design.at(zone_at);
    if (!design.private_api() && is_id(zone))
        return invalid("privateDNSZone is for private clusters.", "apiServerAccessProfile.privateDNSZone");
    if (design.private_api()) {
        if (base::same_text(zone, "none") &&
            !design.on("properties.apiServerAccessProfile.enablePrivateClusterPublicFQDN", true))
            return invalid("privateDNSZone none needs enablePrivateClusterPublicFQDN.",
                           "apiServerAccessProfile.privateDNSZone");
        if (!zone.empty() && !base::same_text(zone, "none") && !base::same_text(zone, "system") && !is_id(zone))
            return refuse(400, "InvalidPrivateDNSZone",
                          "privateDNSZone is 'system', 'none' or the id of a private DNS zone, not '" + zone + "'.",
                          "apiServerAccessProfile.privateDNSZone");
        if (is_id(zone)) {
            auto const id = ResourceId::parse(zone);
            auto const* stored = id ? context.find(*id) : nullptr;
            if (!stored || stored->type != "Microsoft.Network/privateDnsZones")
                return refuse(404, "PrivateDNSZoneNotFound", "The private DNS zone " + zone + " was not found.",
                              "apiServerAccessProfile.privateDNSZone");
            if (base::same_text(design.at("identity.type"), "SystemAssigned"))
                return refuse(400, "CustomPrivateDNSZoneNotSupportedForSystemAssignedIdentity",
                              "A custom private DNS zone needs a user-assigned identity or a service principal.",
                              "apiServerAccessProfile.privateDNSZone");
            auto const region = resource::normal_location(design.location());
            auto const name = base::lower(stored->id.name());
            auto const plain = "privatelink." + region + ".azmk8s.io",
                       simulated = "privatelink." + region + "." + std::string(cluster_suffix);
            auto const fits = [&](std::string const& wanted) { return name == wanted || name.ends_with("." + wanted); };
            // The zone of a VNet-integrated cluster may also be private.{region}; both clouds' suffixes are taken.
            if (!fits(plain) && !fits(simulated) && !fits("private." + region + ".azmk8s.io") &&
                !fits("private." + region + "." + std::string(cluster_suffix)))
                return refuse(
                    400, "InvalidPrivateDNSZone",
                    "The private DNS zone must be named " + plain + " or <subzone>." + plain + ", not " + name + ".",
                    "apiServerAccessProfile.privateDNSZone");
        }
    }
    if (design.existing && !design.vnet_integration() &&
        truth(design.existing->body, "properties.apiServerAccessProfile.enablePrivateCluster") !=
            design.private_api() &&
        says(design.body, "properties.apiServerAccessProfile.enablePrivateCluster"))
        return refuse(400, "PropertyChangeNotAllowed",
                      "Changing property 'apiServerAccessProfile.enablePrivateCluster' is not allowed without API "
                      "server VNet integration.",
                      "apiServerAccessProfile.enablePrivateCluster");
    return {};
}

Refusal vnet_integration(Context& context, Design const& design) {
    auto const subnet_id = design.at("properties.apiServerAccessProfile.subnetId");
    if (!design.vnet_integration()) {
        if (!subnet_id.empty())
            return invalid("apiServerAccessProfile.subnetId needs enableVnetIntegration.",
                           "apiServerAccessProfile.subnetId");
        return {};
    }
    auto const* region = find_region(design.location());
    if (!region || !region->vnet_integration)
        return refuse(400, "VnetIntegrationNotSupportedInRegion",
                      "API server VNet integration is not available in " + design.location() + ".",
                      "apiServerAccessProfile.enableVnetIntegration");
    if (!design.own_network()) return {};
    if (subnet_id.empty())
        return invalid("With your own network, API server VNet integration needs apiServerAccessProfile.subnetId.",
                       "apiServerAccessProfile.subnetId");
    auto const* subnet = context.find(subnet_id);
    if (!subnet)
        return refuse(404, "VnetSubnetNotFound", "The subnet " + subnet_id + " was not found.",
                      "apiServerAccessProfile.subnetId");
    auto const node_subnet = ResourceId::parse(design.node_subnets().front());
    if (!node_subnet || node_subnet->parent() != subnet->id.parent())
        return refuse(400, "InvalidApiServerSubnet",
                      "The API server subnet must be in the virtual network of the nodes.",
                      "apiServerAccessProfile.subnetId");
    auto const range = subnet_range(subnet->body);
    if (!range || range->prefix() > 28)
        return refuse(400, "ApiServerSubnetTooSmall", "The API server subnet " + subnet_id + " must be at least a /28.",
                      "apiServerAccessProfile.subnetId");
    auto const& delegations = json::list_at(subnet->body, "properties.delegations");
    bool const delegated = std::ranges::any_of(delegations, [](auto const& one) {
        return base::same_text(text(one, "properties.serviceName"), cluster_type);
    });
    if (!delegated)
        return refuse(
            400, "MissingSubnetDelegation",
            "The API server subnet " + subnet_id + " must be delegated to Microsoft.ContainerService/managedClusters.",
            "apiServerAccessProfile.subnetId");
    for (auto const* user : context.users(subnet->id)) {
        auto const cluster = user->type == pool_type      ? user->id.parent()
                             : user->type == cluster_type ? std::optional(user->id)
                                                          : std::nullopt;
        bool const other_thing = user->type == "Microsoft.Network/privateEndpoints";
        if (other_thing || user->type == pool_type || (cluster && *cluster != design.id))
            return refuse(400, "SubnetWithExternalResourcesCannotBeUsedByOtherResources",
                          "The API server subnet " + subnet_id + " is used by " + user->id.text() +
                              "; it must be the API server's alone.",
                          "apiServerAccessProfile.subnetId");
    }
    for (auto const& id : design.node_subnets())
        if (base::same_text(id, subnet_id))
            return invalid("The API server subnet cannot hold nodes.", "apiServerAccessProfile.subnetId");
    return {};
}

Refusal issuer(Context&, Design const& design) {
    auto const version = parse_version(resolved(design.at("properties.kubernetesVersion")).value_or(""));
    auto const* minor = version ? find_minor(*version) : nullptr;
    bool const said = says(design.body, "properties.oidcIssuerProfile.enabled");
    bool const on = design.on("properties.oidcIssuerProfile.enabled", minor && minor->oidc);
    if (said && !on && minor && minor->oidc && !design.existing)
        return invalid("The OIDC issuer cannot be turned off from Kubernetes 1.34 on.", "oidcIssuerProfile.enabled");
    if (design.on("properties.securityProfile.workloadIdentity.enabled") && !on)
        return refuse(400, "WorkloadIdentityRequiresOIDCIssuer", "Workload identity needs oidcIssuerProfile.enabled.",
                      "securityProfile.workloadIdentity");
    return {};
}

Refusal etcd_key(Context& context, Design const& design) {
    if (!truth(design.body, kms_path("enabled"))) return {};
    if (!design.user_assigned())
        return refuse(400, "AzureKeyVaultKmsRequiresUserAssignedIdentity",
                      "KMS with Azure Key Vault needs a user-assigned cluster identity.",
                      "securityProfile.azureKeyVaultKms");
    auto const written = text(design.body, kms_path("keyId"));
    auto const url = keyvault::parse_key_url(written);
    if (!url || url->version.empty())
        return refuse(400, "AzureKeyVaultKmsInvalidKeyId",
                      "The KMS key id '" + written + "' must be a Key Vault key with its version.",
                      "securityProfile.azureKeyVaultKms.keyId");
    auto const* vault = keyvault::find_vault(context, url->vault);
    auto const* key = keyvault::find_key(context, *url);
    if (!vault || !key || !keyvault::has_version(*key, url->version))
        return refuse(404, "AzureKeyVaultKmsKeyNotFound", "The KMS key '" + written + "' was not found.",
                      "securityProfile.azureKeyVaultKms.keyId");
    if (!keyvault::enabled(context, *key))
        return refuse(400, "AzureKeyVaultKmsKeyDisabled", "The KMS key '" + written + "' is disabled or expired.",
                      "securityProfile.azureKeyVaultKms.keyId");
    bool const privately = base::same_text(text(design.body, kms_path("keyVaultNetworkAccess")), "Private");
    auto const vault_id = text(design.body, kms_path("keyVaultResourceId"));
    if (privately) {
        if (vault_id.empty())
            return invalid("keyVaultNetworkAccess Private needs keyVaultResourceId.",
                           "securityProfile.azureKeyVaultKms.keyVaultResourceId");
        if (!base::same_text(vault_id, vault->id.text()))
            return invalid("keyVaultResourceId does not name the vault of keyId.",
                           "securityProfile.azureKeyVaultKms.keyVaultResourceId");
        if (!design.vnet_integration())
            return refuse(400, "AzureKeyVaultKmsPrivateRequiresVnetIntegration",
                          "KMS with a private vault needs API server VNet integration.",
                          "securityProfile.azureKeyVaultKms.keyVaultNetworkAccess");
        return {};
    }
    if (!vault_id.empty())
        return invalid("keyVaultResourceId is for keyVaultNetworkAccess Private.",
                       "securityProfile.azureKeyVaultKms.keyVaultResourceId");
    bool const closed = base::same_text(text(vault->body, "properties.publicNetworkAccess"), "Disabled") ||
                        base::same_text(text(vault->body, "properties.networkAcls.defaultAction"), "Deny");
    if (closed)
        return refuse(400, "AzureKeyVaultKmsVaultNotReachable",
                      "The vault '" + url->vault +
                          "' of the KMS key is closed to public networks: the KMS plugin cannot pass its firewall. Use "
                          "keyVaultNetworkAccess Private.",
                      "securityProfile.azureKeyVaultKms");
    return {};
}

Refusal disk_key(Context& context, Design const& design) {
    auto const id = design.at("properties.diskEncryptionSetID");
    if (id.empty()) return {};
    auto const* set = context.find(id);
    if (!set || set->type != "Microsoft.Compute/diskEncryptionSets")
        return refuse(400, "InvalidDiskEncryptionSetID", "The disk encryption set " + id + " was not found.",
                      "diskEncryptionSetID");
    if (resource::normal_location(text(set->body, "location")) != resource::normal_location(design.location()))
        return refuse(400, "DiskEncryptionSetRegionMismatch",
                      "Disk encryption set " + id + " is not in the cluster's region " + design.location() + ".",
                      "diskEncryptionSetID");
    if (text(set->body, "properties.provisioningState") != "Succeeded")
        return refuse(
            400, "InvalidDiskEncryptionSetID",
            "Disk encryption set " + id + " is in state " + text(set->body, "properties.provisioningState") + ".",
            "diskEncryptionSetID");
    return {};
}

bool strong(std::string const& password) {
    bool upper = false, lower = false, digit = false, other = false;
    for (unsigned char const c : password)
        (std::isupper(c) ? upper : std::islower(c) ? lower : std::isdigit(c) ? digit : other) = true;
    return upper + lower + digit + other >= 3;
}

Refusal windows(Context&, Design const& design) {
    bool const said = says(design.body, "properties.windowsProfile");
    if (design.any_windows() && !said && !(design.existing && says(design.existing->body, "properties.windowsProfile")))
        return invalid("Windows agent pools need windowsProfile.", "windowsProfile");
    if (!said) return {};
    auto const user = design.at("properties.windowsProfile.adminUsername");
    constexpr std::string_view forbidden[] = {"administrator",
                                              "admin",
                                              "user",
                                              "user1",
                                              "test",
                                              "user2",
                                              "test1",
                                              "user3",
                                              "admin1",
                                              "1",
                                              "123",
                                              "a",
                                              "actuser",
                                              "adm",
                                              "admin2",
                                              "aspnet",
                                              "backup",
                                              "console",
                                              "david",
                                              "guest",
                                              "john",
                                              "owner",
                                              "root",
                                              "server",
                                              "sql",
                                              "support",
                                              "support_388945a0",
                                              "sys",
                                              "test2",
                                              "test3",
                                              "user4",
                                              "user5"};
    if (user.empty() || user.size() > 20 || user.ends_with('.') ||
        std::ranges::find(forbidden, base::lower(user)) != std::end(forbidden))
        return invalid("windowsProfile.adminUsername '" + user + "' is not allowed.", "windowsProfile.adminUsername");
    auto const password = text(design.body, "properties.windowsProfile.adminPassword");
    bool const needed = !design.existing || !says(design.existing->body, "properties.windowsProfile");
    if (password.empty() && !needed) return {};
    if (password.size() < 14 || password.size() > 123 || !strong(password))
        return refuse(400, "InvalidParameter",
                      "The value of parameter windowsProfile.adminPassword is invalid: it has 14 to 123 characters of "
                      "at least three kinds "
                      "(capital and small letters, digits, others).",
                      "windowsProfile.adminPassword");
    return {};
}

Refusal extras(Context& context, Design const& design) {
    if (base::same_text(design.at("sku.name"), "Automatic"))
        return invalid("AKS Automatic is not modelled by the simulated Azure.", "sku.name");
    if (base::same_text(design.at("properties.nodeProvisioningProfile.mode"), "Auto"))
        return invalid("Node auto-provisioning is not modelled by the simulated Azure.",
                       "nodeProvisioningProfile.mode");
    if (design.on("properties.securityProfile.imageCleaner.enabled")) {
        auto const hours = json::whole_at(design.body, "properties.securityProfile.imageCleaner.intervalHours");
        if (!hours || *hours < 24 || *hours > 2160)
            return invalid("imageCleaner.intervalHours must be between 24 and 2160.",
                           "securityProfile.imageCleaner.intervalHours");
    }
    auto const& authorities = json::list_at(design.body, "properties.securityProfile.customCATrustCertificates");
    if (authorities.size() > 10)
        return invalid("At most 10 custom certificate authorities are allowed.",
                       "securityProfile.customCATrustCertificates");
    for (auto const& one : authorities) {
        auto const* encoded = one.if_string();
        auto const decoded =
            encoded ? base::from_base64(std::string_view(*encoded)) : base::Result<std::string>(std::string());
        if (!decoded || decoded->find("-----BEGIN CERTIFICATE-----") == std::string::npos)
            return invalid(
                "failed to decode one of SecurityProfile.CustomCATrustCertificates to PEM after base64 decoding",
                "securityProfile.customCATrustCertificates");
    }
    if (says(design.body, "properties.httpProxyConfig.httpProxy") ||
        says(design.body, "properties.httpProxyConfig.httpsProxy")) {
        if (design.any_windows())
            return invalid("HTTP proxy is not supported with Windows agent pools.", "httpProxyConfig");
        for (auto const* path : {"properties.httpProxyConfig.httpProxy", "properties.httpProxyConfig.httpsProxy"})
            if (design.at(path).find('@') != std::string::npos)
                return invalid("Proxy URLs must not carry credentials.", "httpProxyConfig");
    }
    if (design.on("properties.metricsProfile.costAnalysis.enabled") &&
        (design.at("sku.tier").empty() || design.is("sku.tier", "Free")))
        return invalid("Cost analysis needs tier Standard or Premium.", "metricsProfile.costAnalysis");
    if (design.on("properties.addonProfiles.kubeDashboard.enabled") ||
        design.on("properties.addonProfiles.httpApplicationRouting.enabled"))
        return refuse(400, "AddonNotSupported", "The add-ons kubeDashboard and httpApplicationRouting are retired.",
                      "addonProfiles");
    if (design.on("properties.addonProfiles.omsagent.enabled") &&
        design.at("properties.addonProfiles.omsagent.config.logAnalyticsWorkspaceResourceID").empty())
        return refuse(400, "AddonConfigInvalid", "The add-on omsagent needs logAnalyticsWorkspaceResourceID.",
                      "addonProfiles.omsagent");
    if (design.on("properties.securityProfile.defender.securityMonitoring.enabled") &&
        design.at("properties.securityProfile.defender.logAnalyticsWorkspaceResourceId").empty())
        return invalid("Defender's security monitoring needs logAnalyticsWorkspaceResourceId.",
                       "securityProfile.defender");
    (void)context;
    return {};
}

constexpr std::string_view read_on = "2026-11-23";
constexpr Rule rules[] = {
    {"namespaces that AKS works in are registered", namespaces,
     "SupportArticles-docs error-code-missingsubscriptionregistration (stricter: all of them, at once)", read_on},
    {"one identity for the control plane", identities,
     "MicrosoftDocs/azure-aks-docs use-managed-identity; terraform-provider-azurerm identity checks", read_on},
    {"names of the cluster and its group", names, "types 2026-05-01; aks-docs faq (node resource group)", read_on},
    {"people sign in by Entra before local accounts go", people,
     "MicrosoftDocs/azure-aks-docs manage-local-accounts-managed-azure-ad", read_on},
    {"ways to the API server", api_server,
     "MicrosoftDocs/azure-aks-docs private-clusters (08/2026), api-server-authorized-ip-ranges", read_on},
    {"API server VNet integration", vnet_integration, "MicrosoftDocs/azure-aks-docs api-server-vnet-integration",
     read_on},
    {"OIDC issuer", issuer, "Azure/AKS changelog 2025-08-29; aks-docs use-oidc-issuer", read_on},
    {"the key of etcd", etcd_key, "MicrosoftDocs/azure-aks-docs use-kms-etcd-encryption; changelog 2024-09-18",
     read_on},
    {"the key of disks", disk_key, "MicrosoftDocs/azure-aks-docs azure-disk-customer-managed-keys", read_on},
    {"Windows administrators", windows, "types 2026-05-01 (windowsProfile); aks-docs learn/quick-windows-container",
     read_on},
    {"add-ons and the rest", extras,
     "MicrosoftDocs/azure-aks-docs image-cleaner, custom-certificate-authority, http-proxy; changelog", read_on},
};

}  // namespace

std::span<Rule const> security_rules() { return rules; }

}  // namespace holdfast::simulator::providers::containerservice
