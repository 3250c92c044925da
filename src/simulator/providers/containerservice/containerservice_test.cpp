#include "simulator/providers/testing.hpp"

namespace holdfast::simulator::testing {
namespace {

constexpr std::string_view cluster = "Microsoft.ContainerService/managedClusters/dev";

/// A plain cluster; `properties` and `pool` are laid over it.
std::string plain(std::string const& properties = {}, std::string const& pool = {}, std::string const& top = {}) {
    return "{'location':'westeurope','identity':{'type':'SystemAssigned'}" + (top.empty() ? "" : "," + top) +
           ",'properties':{'dnsPrefix':'dev','agentPoolProfiles':[{'name':'system','mode':'System','count':1,'vmSize':'"
           "Standard_D4s_v5'" +
           (pool.empty() ? "" : "," + pool) + "}]" + (properties.empty() ? "" : "," + properties) + "}}";
}
std::string second_pool(std::string const& pool, std::string const& properties = {}) {
    auto body = plain(properties);
    auto const at = body.find("}]");
    return body.insert(at + 1, ",{" + pool + "}");
}
/// The last type in an id.
std::string kind_of(std::string const& key) {
    auto const parts = base::split(key, '/');
    return parts[parts.size() - 2];
}
std::string network(std::string const& profile) { return "'networkProfile':{" + profile + "}"; }

/// One property of the plain cluster's request replaced or added.
TEST(ManagedClusters, refuse_what_azure_refuses) {
    struct Row {
        std::string note, body;
        std::string_view code;
    };
    auto const windows_user = std::string("'windowsProfile':{'adminUsername':'nodekeeper','adminPassword':'");
    std::string const windows_pool = "'name':'win','osType':'Windows','vmSize':'Standard_D4s_v5','count':1";
    std::string const cni = network("'networkPlugin':'azure','networkPluginMode':'overlay'");
    Row const rows[] = {
        {"plain", plain(), ""},
        {"no pools",
         "{'location':'westeurope','identity':{'type':'SystemAssigned'},'properties':{'dnsPrefix':'dev','"
         "agentPoolProfiles':[]}}",
         "InvalidParameter"},
        {"unknown region", plain().replace(13, 10, "atlantis"), "LocationNotAvailableForResourceType"},
        {"neither identity",
         "{'location':'westeurope','properties':{'dnsPrefix':'dev','agentPoolProfiles':[{'name':'system','mode':'"
         "System','count':1,'vmSize':'Standard_D4s_v5'}]}}",
         "ServicePrincipalProfileRequired"},
        {"unknown principal",
         "{'location':'westeurope','properties':{'dnsPrefix':'dev','servicePrincipalProfile':{'clientId':'99999999-"
         "9999-4999-8999-999999999999','secret':'x'},"
         "'agentPoolProfiles':[{'name':'system','mode':'System','count':1,'vmSize':'Standard_D4s_v5'}]}}",
         "ServicePrincipalNotFound"},
        {"old version", plain("'kubernetesVersion':'1.29'"), "K8sVersionNotSupported"},
        {"version that never was", plain("'kubernetesVersion':'1.36.99'"), "K8sVersionNotSupported"},
        {"long-term version on a free tier", plain("'kubernetesVersion':'1.33'"), "K8sVersionNotSupported"},
        {"long-term version, paid",
         plain("'kubernetesVersion':'1.33','supportPlan':'AKSLongTermSupport'", "",
               "'sku':{'name':'Base','tier':'Premium'}"),
         ""},
        {"long-term plan without Premium", plain("'supportPlan':'AKSLongTermSupport'"), "InvalidParameter"},
        {"pool ahead of the control plane", plain("'kubernetesVersion':'1.35'", "'orchestratorVersion':'1.36'"),
         "NodePoolMcVersionIncompatible"},
        {"pool name", second_pool("'name':'Apps','vmSize':'Standard_D4s_v5'"), "InvalidRequestContent"},
        {"the same pool twice", second_pool("'name':'system','vmSize':'Standard_D4s_v5'"), "InvalidParameter"},
        {"no system pool", plain("", "'mode':'User'"), "OperationNotAllowed"},
        {"Spot system pool", plain("", "'scaleSetPriority':'Spot'"), "InvalidParameter"},
        {"no nodes", plain("", "'count':0"), "OperationNotAllowed"},
        {"bounds without autoscaling", plain("", "'minCount':1,'maxCount':3"), "InvalidParameter"},
        {"bounds upside down", plain("", "'enableAutoScaling':true,'minCount':3,'maxCount':1"), "InvalidParameter"},
        {"count outside bounds", plain("", "'enableAutoScaling':true,'minCount':2,'maxCount':3"), "InvalidParameter"},
        {"too few pods", plain("", "'maxPods':5"), "InvalidParameter"},
        {"too few system pods", plain("", "'maxPods':20"), "InsufficientMaxPods"},
        {"unknown size", plain("", "'vmSize':'Standard_Z1'"), "VMSizeNotSupported"},
        {"burstable system pool", plain("", "'vmSize':'Standard_B4ms'"), "SystemPoolSkuTooLow"},
        {"one processor", second_pool("'name':'tiny','vmSize':'Standard_B1s'"), "VMSizeNotSupported"},
        {"zone that is not there", plain("", "'availabilityZones':['4']"), "AvailabilityZoneNotSupported"},
        {"ephemeral disk that does not fit", plain("", "'osDiskType':'Ephemeral','osDiskSizeGB':200"),
         "EphemeralOSDiskNotSupported"},
        {"host encryption on an old size", plain("", "'vmSize':'Standard_D2_v2','enableEncryptionAtHost':true"),
         "EncryptionAtHostNotSupported"},
        {"secure boot on Arm", plain("", "'vmSize':'Standard_D4ps_v5','securityProfile':{'enableSecureBoot':true}"),
         "TrustedLaunchNotSupported"},
        {"retired system", plain("", "'osSKU':'CBLMariner'"), "OSSKUNotSupported"},
        {"Windows system on Linux", plain("", "'osSKU':'Windows2022'"), "InvalidParameter"},
        {"availability set", plain("", "'type':'AvailabilitySet'"), "AvailabilitySetNotSupported"},
        {"taint without effect", plain("", "'nodeTaints':['a=b']"), "InvalidParameter"},
        {"both kinds of surge",
         second_pool(
             "'name':'apps','vmSize':'Standard_D4s_v5','upgradeSettings':{'maxSurge':'1','maxUnavailable':'1'}"),
         "InvalidParameter"},
        {"quota of a family", second_pool("'name':'big','vmSize':'Standard_D16s_v5','count':10"),
         "ErrCode_InsufficientVCPUQuota"},
        // Windows
        {"Windows on kubenet", second_pool(windows_pool, windows_user + "Long-Enough-123'}"), "AzureCNIOnlyForWindows"},
        {"Windows", second_pool(windows_pool, cni + "," + windows_user + "Long-Enough-123'}"), ""},
        {"Windows without administrator", second_pool(windows_pool, cni), "InvalidParameter"},
        {"short password", second_pool(windows_pool, cni + "," + windows_user + "Short-123'}"), "InvalidParameter"},
        {"plain password", second_pool(windows_pool, cni + "," + windows_user + "onlysmallletters'}"),
         "InvalidParameter"},
        {"forbidden administrator",
         second_pool(windows_pool,
                     cni + ",'windowsProfile':{'adminUsername':'admin','adminPassword':'Long-Enough-123'}"),
         "InvalidParameter"},
        {"long Windows name",
         second_pool("'name':'windows','osType':'Windows','vmSize':'Standard_D4s_v5'",
                     cni + "," + windows_user + "Long-Enough-123'}"),
         "InvalidParameter"},
        {"Windows with Cilium",
         second_pool(windows_pool,
                     network("'networkPlugin':'azure','networkPluginMode':'overlay','networkDataplane':'cilium'") +
                         "," + windows_user + "Long-Enough-123'}"),
         "InvalidParameter"},
        {"Windows 2022 on 1.37",
         second_pool(windows_pool + ",'osSKU':'Windows2022'",
                     "'kubernetesVersion':'1.37'," + cni + "," + windows_user + "Long-Enough-123'}"),
         "InvalidParameter"},
        // ranges and plugins
        {"azure policy on kubenet", plain(network("'networkPlugin':'kubenet','networkPolicy':'azure'")),
         "InvalidParameter"},
        {"Cilium policy without its dataplane", plain(network("'networkPlugin':'azure','networkPolicy':'cilium'")),
         "InvalidParameter"},
        {"Cilium dataplane with Calico",
         plain(network("'networkPlugin':'azure','networkPluginMode':'overlay','networkDataplane':'cilium','"
                       "networkPolicy':'calico'")),
         "InvalidParameter"},
        {"pod range without overlay", plain(network("'networkPlugin':'azure','podCidr':'10.244.0.0/16'")),
         "InvalidParameter"},
        {"DNS outside its range", plain(network("'serviceCidr':'10.1.0.0/16','dnsServiceIP':'10.2.0.10'")),
         "DnsServiceIpOutOfServiceCidr"},
        {"DNS at the first address", plain(network("'serviceCidr':'10.1.0.0/16','dnsServiceIP':'10.1.0.1'")),
         "InvalidParameter"},
        {"Services of a /12", plain(network("'serviceCidr':'10.0.0.0/12','dnsServiceIP':'10.0.0.10'")),
         "ServiceCidrTooLarge"},
        {"reserved Services", plain(network("'serviceCidr':'172.30.0.0/16','dnsServiceIP':'172.30.0.10'")),
         "ReservedCidrNotAllowed"},
        {"reserved pods", plain(network("'podCidr':'169.254.0.0/16'")), "ReservedCidrNotAllowed"},
        {"pods over Services", plain(network("'podCidr':'10.0.0.0/16'")), "PodCidrOverlapServiceCidr"},
        {"pods for too few nodes", plain(network("'podCidr':'10.244.0.0/24'")), "InsufficientPodCidr"},
        {"basic load balancer", plain(network("'loadBalancerSku':'basic'")), "BasicLoadBalancerRetired"},
        // egress
        {"routing without subnets", plain(network("'outboundType':'userDefinedRouting'")), "InvalidParameter"},
        {"gateway without subnets", plain(network("'outboundType':'userAssignedNATGateway'")), "InvalidParameter"},
        {"managed gateway", plain(network("'outboundType':'managedNATGateway'")), ""},
        {"no way out", plain(network("'outboundType':'none'")), "InvalidParameter"},
        {"too many ports",
         plain(network("'outboundType':'loadBalancer','loadBalancerProfile':{'allocatedOutboundPorts':64000}")),
         "InvalidLoadBalancerProfileAllocatedOutboundPorts"},
        // people and the API server
        {"Entra later", plain("'disableLocalAccounts':true"), "DisableLocalAccountsRequiresManagedAAD"},
        {"Azure roles without Entra", plain("'aadProfile':{'enableAzureRBAC':true}"), "InvalidParameter"},
        {"group that is no id", plain("'aadProfile':{'managed':true,'adminGroupObjectIDs':['admins']}"),
         "InvalidParameter"},
        {"no name", plain().replace(plain().find("'dnsPrefix':'dev',"), 18, ""), "InvalidParameter"},
        {"long node group", plain("'nodeResourceGroup':'" + std::string(81, 'x') + "'"),
         "NodeResourceGroupNameTooLong"},
        {"own group as node group", plain("'nodeResourceGroup':'rg1'"), "InvalidParameter"},
        {"private with authorized ranges",
         plain("'apiServerAccessProfile':{'enablePrivateCluster':true,'authorizedIPRanges':['1.2.3.4/32']}"),
         "AuthorizedIPRangesNotSupportedForPrivateCluster"},
        {"no zone and no public name",
         plain("'apiServerAccessProfile':{'enablePrivateCluster':true,'privateDNSZone':'none','"
               "enablePrivateClusterPublicFQDN':false}"),
         "InvalidParameter"},
        {"range with host bits", plain("'apiServerAccessProfile':{'authorizedIPRanges':['1.2.3.4/24']}"),
         "InvalidAuthorizedIPRanges"},
        {"workload identity without issuer",
         plain("'kubernetesVersion':'1.33','supportPlan':'AKSLongTermSupport','oidcIssuerProfile':{'enabled':false},'"
               "securityProfile':{'workloadIdentity':{'enabled':true}}",
               "", "'sku':{'name':'Base','tier':'Premium'}"),
         "WorkloadIdentityRequiresOIDCIssuer"},
        {"issuer off on new versions", plain("'oidcIssuerProfile':{'enabled':false}"), "InvalidParameter"},
        {"etcd key with a system-assigned identity",
         plain("'securityProfile':{'azureKeyVaultKms':{'enabled':true,'keyId':'https://a.vault.azsim.test/keys/k/v'}}"),
         "AzureKeyVaultKmsRequiresUserAssignedIdentity"},
        {"image cleaner without interval", plain("'securityProfile':{'imageCleaner':{'enabled':true}}"),
         "InvalidParameter"},
        {"node image channels",
         plain("'autoUpgradeProfile':{'upgradeChannel':'node-image','nodeOSUpgradeChannel':'None'}"),
         "InvalidParameter"},
        {"Automatic", plain("", "", "'sku':{'name':'Automatic','tier':'Standard'}"), "InvalidParameter"},
        {"cost analysis on Free", plain("'metricsProfile':{'costAnalysis':{'enabled':true}}"), "InvalidParameter"},
        {"certificate that is none", plain("'securityProfile':{'customCATrustCertificates':['aGVsbG8=']}"),
         "InvalidParameter"},
    };
    for (auto const& row : rows) {
        World world;
        auto const answer = world.call("PUT", versioned(in_group(cluster)), as_json(row.body));
        EXPECT_EQ(answer.status < 300, row.code.empty()) << row.note << "\n" << json::write(answer.body);
        EXPECT_EQ(answer.code(), row.code) << row.note << "\n" << json::write(answer.body);
        if (!row.code.empty()) EXPECT_FALSE(answer.message().empty()) << row.note;
    }
}

TEST(ManagedClusters, without_a_network_get_azures_own) {
    World world;
    auto const stands = world.make(std::string(cluster), plain());
    EXPECT_EQ(stands.text("properties.provisioningState"), "Succeeded");
    EXPECT_EQ(stands.text("properties.nodeResourceGroup"), "MC_rg1_dev_westeurope");
    EXPECT_EQ(stands.text("properties.networkProfile.networkPlugin"), "kubenet");
    EXPECT_EQ(stands.text("properties.networkProfile.podCidr"), "10.244.0.0/16");
    EXPECT_TRUE(stands.text("properties.fqdn").starts_with("dev-"));
    EXPECT_NE(stands.text("identity.principalId"), "");
    EXPECT_EQ(json::list_at(stands.body, "properties.networkProfile.loadBalancerProfile.effectiveOutboundIPs").size(),
              1u);
    EXPECT_TRUE(stands.text("properties.identityProfile.kubeletidentity.resourceId").ends_with("/dev-agentpool"));
    std::map<std::string, int> kinds;
    for (auto const& [key, body] : world.azure().resources())
        if (key.find("/resourcegroups/mc_rg1_dev_westeurope/providers/") != std::string::npos) ++kinds[kind_of(key)];
    for (auto const* kind : {"virtualnetworks", "networksecuritygroups", "routetables", "loadbalancers",
                             "publicipaddresses", "virtualmachinescalesets", "userassignedidentities"})
        EXPECT_EQ(kinds[kind], 1) << kind;
}

TEST(ManagedClusters, keep_what_is_fixed) {
    World world;
    auto const live = world.make(std::string(cluster), plain());
    struct Row {
        char const *path, *value;
        int status;
        std::string_view code;
    };
    constexpr Row rows[] = {
        {"properties.dnsPrefix", "\"other\"", 400, "PropertyChangeNotAllowed"},
        {"properties.nodeResourceGroup", "\"other\"", 400, "PropertyChangeNotAllowed"},
        {"properties.networkProfile.serviceCidr", "\"10.9.0.0/16\"", 400, "PropertyChangeNotAllowed"},
        {"properties.networkProfile.networkPlugin", "\"none\"", 400, "PropertyChangeNotAllowed"},
        {"properties.oidcIssuerProfile.enabled", "false", 400, "PropertyChangeNotAllowed"},
        {"properties.enableRBAC", "false", 400, "PropertyChangeNotAllowed"},
        {"properties.agentPoolProfiles[0].vmSize", "\"Standard_D8s_v5\"", 400, "PropertyChangeNotAllowed"},
        {"properties.agentPoolProfiles[0].maxPods", "50", 400, "PropertyChangeNotAllowed"},
        {"properties.networkProfile.outboundType", "\"userDefinedRouting\"", 400, "InvalidParameter"},
        {"properties.kubernetesVersion", "\"1.35.9\"", 400, "OperationNotAllowed"},
        {"location", "\"northeurope\"", 409, "InvalidResourceLocation"},
        {"tags", "{\"a\":\"b\"}", 200, ""},
    };
    for (auto const& row : rows) {
        auto body = live.body;
        json::put(body, row.path, *json::parse(row.value));
        auto const answer = world.call("PUT", versioned(in_group(cluster)), json::write(body));
        EXPECT_EQ(answer.status, row.status) << row.path << json::write(answer.body);
        EXPECT_EQ(answer.code(), row.code) << row.path;
    }
}

TEST(ManagedClusters, move_forward_one_minor_at_a_time) {
    World world;
    auto const live = world.make(std::string(cluster), plain("'kubernetesVersion':'1.35'"));
    EXPECT_EQ(live.text("properties.currentKubernetesVersion"), "1.35.9");
    auto const pool = in_group(std::string(cluster) + "/agentPools/system");
    auto const asks = [&](std::string version) {
        auto body = world.get(versioned(in_group(cluster))).body;
        json::put(body, "properties.kubernetesVersion", json::Value(version));
        return world.call("PUT", versioned(in_group(cluster)), json::write(body));
    };
    auto const pool_asks = [&](std::string version) {
        auto body = world.get(versioned(pool)).body;
        json::put(body, "properties.orchestratorVersion", json::Value(version));
        return world.call("PUT", versioned(pool), json::write(body));
    };
    EXPECT_EQ(pool_asks("1.36").code(), "NodePoolMcVersionIncompatible");
    EXPECT_EQ(asks("1.37").code(), "OperationNotAllowed");
    auto const upgrade = asks("1.36");
    EXPECT_EQ(upgrade.status, 200) << json::write(upgrade.body);
    EXPECT_EQ(upgrade.text("properties.provisioningState"), "Upgrading");
    EXPECT_EQ(upgrade.text("properties.currentKubernetesVersion"), "1.35.9");
    EXPECT_EQ(pool_asks("1.36").code(), "OperationNotAllowed") << "one operation at a time";
    world.settle();
    EXPECT_EQ(world.get(versioned(in_group(cluster))).text("properties.currentKubernetesVersion"), "1.36.5");
    EXPECT_EQ(world.get(versioned(pool)).text("properties.currentOrchestratorVersion"), "1.35.9");
    EXPECT_EQ(pool_asks("1.36").status, 200);
    world.settle();
    EXPECT_EQ(world.get(versioned(pool)).text("properties.currentOrchestratorVersion"), "1.36.5");
    auto const profile = world.get(versioned(in_group(std::string(cluster) + "/upgradeProfiles/default")));
    EXPECT_EQ(profile.text("properties.controlPlaneProfile.upgrades[0].kubernetesVersion"), "1.37.0");
}

TEST(AgentPools, come_and_go_alone) {
    World world;
    world.make(std::string(cluster), plain(network("'networkPlugin':'azure','networkPluginMode':'overlay'")));
    auto const pool = in_group(std::string(cluster) + "/agentPools/apps");
    auto const created = world.call("PUT", versioned(pool),
                                    as_json("{'properties':{'count':2,'vmSize':'Standard_D4ds_v5','mode':'User'}}"));
    EXPECT_EQ(created.status, 201) << json::write(created.body);
    EXPECT_EQ(world
                  .call("PUT", versioned(in_group(std::string(cluster) + "/agentPools/more")),
                        as_json("{'properties':{'vmSize':'Standard_D4ds_v5'}}"))
                  .code(),
              "OperationNotAllowed");
    world.settle();
    EXPECT_EQ(world.get(versioned(pool)).text("properties.provisioningState"), "Succeeded");
    EXPECT_EQ(json::list_at(world.get(versioned(in_group(cluster))).body, "properties.agentPoolProfiles").size(), 2u);
    EXPECT_EQ(world.call("DELETE", versioned(in_group(std::string(cluster) + "/agentPools/system"))).code(),
              "OperationNotAllowed");
    EXPECT_EQ(world.call("DELETE", versioned(pool)).status, 202);
    world.settle();
    EXPECT_EQ(world.get(versioned(pool)).status, 404);
    EXPECT_EQ(json::list_at(world.get(versioned(in_group(cluster))).body, "properties.agentPoolProfiles").size(), 1u);
}

TEST(MaintenanceConfigurations, are_schedules) {
    World world;
    world.make(std::string(cluster), plain());
    auto const at = std::string(cluster) + "/maintenanceConfigurations/";
    auto const upgrades = at + "aksManagedAutoUpgradeSchedule", images = at + "aksManagedNodeOSUpgradeSchedule",
               slots = at + "default", other = at + "weekly";
    Wish const wishes[] = {
        {"good", upgrades,
         "{'properties':{'maintenanceWindow':{'schedule':{'weekly':{'intervalWeeks':1,'dayOfWeek':'Sunday'}},'"
         "durationHours':4,'utcOffset':'+01:00','startTime':'01:00'}}}",
         201, ""},
        {"again", upgrades,
         "{'properties':{'maintenanceWindow':{'schedule':{'weekly':{'intervalWeeks':2,'dayOfWeek':'Sunday'}},'"
         "durationHours':4,'startTime':'01:00'}}}",
         200, ""},
        {"too short", upgrades,
         "{'properties':{'maintenanceWindow':{'schedule':{'weekly':{'intervalWeeks':1,'dayOfWeek':'Sunday'}},'"
         "durationHours':3,'startTime':'01:00'}}}",
         400, "InvalidRequestContent"},
        {"no clock", upgrades,
         "{'properties':{'maintenanceWindow':{'schedule':{'weekly':{'intervalWeeks':1,'dayOfWeek':'Sunday'}},'"
         "durationHours':4,'startTime':'25:00'}}}",
         400, "InvalidParameter"},
        {"daily is for node images", upgrades,
         "{'properties':{'maintenanceWindow':{'schedule':{'daily':{'intervalDays':1}},'durationHours':4,'startTime':'"
         "01:00'}}}",
         400, "InvalidParameter"},
        {"daily", images,
         "{'properties':{'maintenanceWindow':{'schedule':{'daily':{'intervalDays':1}},'durationHours':4,'startTime':'"
         "01:00'}}}",
         201, ""},
        {"slots", slots, "{'properties':{'timeInWeek':[{'day':'Sunday','hourSlots':[1,2]}]}}", 201, ""},
        {"another name", other, "{'properties':{'timeInWeek':[{'day':'Sunday','hourSlots':[1,2]}]}}", 400,
         "InvalidParameter"},
    };
    hold_all(world, wishes);
}

TEST(KubernetesVersions, are_listed_with_their_plans) {
    World world;
    auto const listed = world.get(
        std::string(subscription) +
        "/providers/Microsoft.ContainerService/locations/westeurope/kubernetesVersions?api-version=2026-05-01");
    ASSERT_EQ(listed.status, 200);
    ASSERT_GE(json::list_at(listed.body, "values").size(), 4u);
}

}  // namespace
}  // namespace holdfast::simulator::testing
