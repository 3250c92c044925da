/// The whole secure cluster by raw requests: identities, network, key chain, roles, cluster, what comes with it, and
/// back.
#include "simulator/providers/testing.hpp"

namespace holdfast::simulator::testing {
namespace {

struct SecureCluster : ::testing::Test {
    World world;
    static std::string id(std::string_view rest) { return in_group(rest); }

    void lay_ground() {
        for (auto const* name : {"id-cluster", "id-kubelet", "id-disk"})
            world.make(std::string("Microsoft.ManagedIdentity/userAssignedIdentities/") + name,
                       "{'location':'westeurope'}");
        world.make("Microsoft.Network/networkSecurityGroups/nsg", "{'location':'westeurope'}");
        world.make("Microsoft.Network/publicIPAddresses/pip-nat",
                   "{'location':'westeurope','sku':{'name':'Standard'},'zones':['1','2','3'],'properties':{'"
                   "publicIPAllocationMethod':'Static'}}");
        world.make("Microsoft.Network/natGateways/nat",
                   "{'location':'westeurope','sku':{'name':'Standard'},'properties':{'publicIpAddresses':[{'id':'" +
                       id("Microsoft.Network/publicIPAddresses/pip-nat") + "'}]}}");
        world.make(
            "Microsoft.Network/virtualNetworks/vnet",
            "{'location':'westeurope','properties':{'addressSpace':{'addressPrefixes':['10.0.0.0/16']},'subnets':["
            "{'name':'nodes','properties':{'addressPrefix':'10.0.0.0/22','networkSecurityGroup':{'id':'" +
                id("Microsoft.Network/networkSecurityGroups/nsg") + "'},'natGateway':{'id':'" +
                id("Microsoft.Network/natGateways/nat") +
                "'},'serviceEndpoints':[{'service':'Microsoft.KeyVault'}]}},"
                "{'name':'apiserver','properties':{'addressPrefix':'10.0.4.0/"
                "28','delegations':[{'name':'aks','properties':{'serviceName':"
                "'Microsoft.ContainerService/managedClusters'}}]}}]}}");
        for (auto const* name : {"kv-disk", "kv-etcd"})
            world.make(std::string("Microsoft.KeyVault/vaults/") + name,
                       "{'location':'westeurope','properties':{'tenantId':'11111111-1111-1111-1111-111111111111','sku':"
                       "{'family':'A','name':'premium'},"
                       "'enableRbacAuthorization':true,'enablePurgeProtection':true,'softDeleteRetentionInDays':90}}");
        for (auto const* key : {"kv-disk/keys/disk", "kv-etcd/keys/etcd"})
            world.make(std::string("Microsoft.KeyVault/vaults/") + key,
                       "{'properties':{'kty':'RSA-HSM','keySize':3072}}");
        world.grant(world.principal("id-disk"), roles::crypto_encryption_user, id("Microsoft.KeyVault/vaults/kv-disk"));
        world.make("Microsoft.Compute/diskEncryptionSets/des", disk_encryption());
        auto const cluster = world.principal("id-cluster");
        for (auto const* subnet : {"nodes", "apiserver"})
            world.grant(cluster, roles::network_contributor,
                        id(std::string("Microsoft.Network/virtualNetworks/vnet/subnets/") + subnet));
        world.grant(cluster, roles::identity_operator,
                    id("Microsoft.ManagedIdentity/userAssignedIdentities/id-kubelet"));
        world.grant(cluster, roles::reader, id("Microsoft.Compute/diskEncryptionSets/des"));
        world.grant(cluster, roles::crypto_user, id("Microsoft.KeyVault/vaults/kv-etcd"));
    }
    std::string disk_encryption() {
        auto const key = world.get(versioned(id("Microsoft.KeyVault/vaults/kv-disk/keys/disk")))
                             .text("properties.keyUriWithVersion");
        return "{'location':'westeurope','identity':{'type':'UserAssigned','userAssignedIdentities':{'" +
               id("Microsoft.ManagedIdentity/userAssignedIdentities/id-disk") +
               "':{}}},'properties':{'encryptionType':'EncryptionAtRestWithPlatformAndCustomerKeys','activeKey':{'"
               "keyUrl':'" +
               key + "'},'rotationToLatestKeyVersionEnabled':true}}";
    }
    std::string cluster_body() {
        auto const etcd = world.get(versioned(id("Microsoft.KeyVault/vaults/kv-etcd/keys/etcd")))
                              .text("properties.keyUriWithVersion");
        auto const nodes = id("Microsoft.Network/virtualNetworks/vnet/subnets/nodes");
        return "{'location':'westeurope','sku':{'name':'Base','tier':'Standard'},'identity':{'type':'UserAssigned','"
               "userAssignedIdentities':{'" +
               id("Microsoft.ManagedIdentity/userAssignedIdentities/id-cluster") +
               "':{}}},'properties':{'kubernetesVersion':'1.36','dnsPrefix':'secure','nodeResourceGroup':'rg1-nodes','"
               "nodeResourceGroupProfile':{'restrictionLevel':'ReadOnly'},"
               "'enableRBAC':true,'disableLocalAccounts':true,'aadProfile':{'managed':true,'enableAzureRBAC':true},'"
               "identityProfile':{'kubeletidentity':{'resourceId':'" +
               id("Microsoft.ManagedIdentity/userAssignedIdentities/id-kubelet") + "'}},'diskEncryptionSetID':'" +
               id("Microsoft.Compute/diskEncryptionSets/des") +
               "','agentPoolProfiles':[{'name':'system','mode':'System','count':3,'vmSize':'Standard_D4ds_v5','osSKU':'"
               "AzureLinux','availabilityZones':['1','2','3'],"
               "'vnetSubnetID':'" +
               nodes +
               "','enableEncryptionAtHost':true,'nodeTaints':['CriticalAddonsOnly=true:NoSchedule']},"
               "{'name':'apps','mode':'User','count':2,'enableAutoScaling':true,'minCount':1,'maxCount':5,'vmSize':'"
               "Standard_D4ds_v5','vnetSubnetID':'" +
               nodes +
               "'}],"
               "'networkProfile':{'networkPlugin':'azure','networkPluginMode':'overlay','networkDataplane':'cilium','"
               "networkPolicy':'cilium','podCidr':'192.168.0.0/16',"
               "'serviceCidr':'172.16.0.0/16','dnsServiceIP':'172.16.0.10','outboundType':'userAssignedNATGateway'},"
               "'apiServerAccessProfile':{'enablePrivateCluster':true,'enableVnetIntegration':true,'subnetId':'" +
               id("Microsoft.Network/virtualNetworks/vnet/subnets/apiserver") +
               "','enablePrivateClusterPublicFQDN':false},"
               "'oidcIssuerProfile':{'enabled':true},'securityProfile':{'workloadIdentity':{'enabled':true},'"
               "azureKeyVaultKms':{'enabled':true,'keyId':'" +
               etcd +
               "'}},"
               "'addonProfiles':{'azurepolicy':{'enabled':true}}}}";
    }
};

TEST_F(SecureCluster, stands_with_everything_that_comes_with_it) {
    lay_ground();
    auto const target = versioned(id("Microsoft.ContainerService/managedClusters/secure"));
    auto const created = world.call("PUT", target, as_json(cluster_body()), {{"If-None-Match", "*"}});
    ASSERT_EQ(created.status, 201) << json::write(created.body);
    EXPECT_EQ(created.text("properties.provisioningState"), "Creating");
    EXPECT_NE(created.header("Azure-AsyncOperation"), "");
    EXPECT_EQ(created.header("Location"), "");
    EXPECT_EQ(created.header("Retry-After"), "");

    // One operation a cluster; at the same moment it is told in other words.
    EXPECT_EQ(world.call("PUT", target, as_json(cluster_body())).code(), "EtagMismatch");
    world.wait(5);
    auto const second = world.call("PUT", target, as_json(cluster_body()));
    EXPECT_EQ(second.status, 409);
    EXPECT_EQ(second.code(), "OperationNotAllowed");
    EXPECT_EQ(json::find(second.body, "error"), nullptr) << "AKS does not wrap its errors";
    world.wait(195);
    EXPECT_EQ(world.get(target).text("properties.provisioningState"), "Creating");
    world.settle();

    auto const stands = world.get(target);
    EXPECT_EQ(stands.text("properties.provisioningState"), "Succeeded");
    EXPECT_EQ(stands.text("id"), std::string(subscription) +
                                     "/resourcegroups/rg1/providers/Microsoft.ContainerService/managedClusters/secure");
    EXPECT_EQ(stands.text("type"), "Microsoft.ContainerService/ManagedClusters");
    EXPECT_EQ(stands.text("properties.currentKubernetesVersion"), "1.36.5");
    EXPECT_EQ(stands.text("properties.servicePrincipalProfile.clientId"), "msi");
    EXPECT_EQ(stands.text("properties.fqdn"), "");
    EXPECT_TRUE(stands.text("properties.privateFQDN").starts_with("secure-"));
    EXPECT_EQ(stands.text("properties.identityProfile.kubeletidentity.objectId"), world.principal("id-kubelet"));
    EXPECT_NE(stands.text("properties.addonProfiles.azurepolicy.identity.objectId"), "");
    ASSERT_EQ(json::list_at(stands.body, "properties.agentPoolProfiles").size(), 2u);
    for (auto const& pool : json::list_at(stands.body, "properties.agentPoolProfiles")) {
        EXPECT_EQ(json::text_at(pool, "provisioningState"), "Succeeded");
        EXPECT_EQ(json::text_at(pool, "currentOrchestratorVersion"), "1.36.5");
        EXPECT_EQ(json::text_at(pool, "osDiskType"), "Ephemeral");
    }

    // The node resource group: managed, locked down, with a scale set a pool.
    auto const nodes = world.get(std::string(subscription) + "/resourceGroups/rg1-nodes?api-version=2025-04-01");
    EXPECT_EQ(nodes.status, 200);
    EXPECT_NE(nodes.text("managedBy"), "");
    int scale_sets = 0;
    for (auto const& [key, body] : world.azure().resources())
        scale_sets += key.find("/rg1-nodes/providers/microsoft.compute/virtualmachinescalesets/") != std::string::npos;
    EXPECT_EQ(scale_sets, 2);
    auto const denied = world.call(
        "PUT",
        versioned(std::string(subscription) + "/resourceGroups/rg1-nodes/providers/Microsoft.Network/routeTables/x"),
        R"({"location":"westeurope"})");
    EXPECT_EQ(denied.status, 403);
    EXPECT_EQ(denied.code(), "DenyAssignmentAuthorizationFailed");

    // Local accounts are off; people's credentials go through Entra.
    auto const admin = world.call(
        "POST", versioned(id("Microsoft.ContainerService/managedClusters/secure/listClusterAdminCredential")));
    EXPECT_EQ(admin.status, 400);
    EXPECT_EQ(admin.code(), "BadRequest");
    auto const user = world.call(
        "POST", versioned(id("Microsoft.ContainerService/managedClusters/secure/listClusterUserCredential")));
    ASSERT_EQ(user.status, 200);
    EXPECT_NE(base::from_base64(user.text("kubeconfigs[0].value"))->find("kubelogin"), std::string::npos);

    // What the cluster lives on cannot go.
    struct Held {
        char const *resource, *code;
    };
    for (auto const& held :
         {Held{"Microsoft.Network/virtualNetworks/vnet/subnets/nodes", "InUseSubnetCannotBeDeleted"},
          Held{"Microsoft.Network/virtualNetworks/vnet", "InUseSubnetCannotBeDeleted"},
          Held{"Microsoft.Network/natGateways/nat", "InUseNatGatewayCannotBeDeleted"},
          Held{"Microsoft.Network/publicIPAddresses/pip-nat", "PublicIPAddressCannotBeDeleted"},
          Held{"Microsoft.Network/networkSecurityGroups/nsg", "InUseNetworkSecurityGroupCannotBeDeleted"},
          Held{"Microsoft.Compute/diskEncryptionSets/des", "OperationNotAllowed"}})
        EXPECT_EQ(world.call("DELETE", versioned(id(held.resource))).code(), held.code) << held.resource;

    // Away again, with its node group; then the disk encryption set is free.
    auto const deleted = world.call("DELETE", target);
    EXPECT_EQ(deleted.status, 202);
    world.settle();
    EXPECT_EQ(world.get(target).status, 404);
    EXPECT_EQ(world.get(std::string(subscription) + "/resourceGroups/rg1-nodes?api-version=2025-04-01").status, 404);
    EXPECT_EQ(world.call("DELETE", versioned(id("Microsoft.Compute/diskEncryptionSets/des"))).status, 202);
    for (auto const& [key, body] : world.azure().resources())
        EXPECT_EQ(key.find("rg1-nodes"), std::string::npos) << key;
}

TEST_F(SecureCluster, is_refused_without_each_role) {
    struct Missing {
        char const *role, *scope;
        int status;
        char const* code;
    };
    constexpr Missing missing[] = {
        {roles::network_contributor, "Microsoft.Network/virtualNetworks/vnet/subnets/nodes", 403,
         "LinkedAuthorizationFailed"},
        {roles::network_contributor, "Microsoft.Network/virtualNetworks/vnet/subnets/apiserver", 403,
         "LinkedAuthorizationFailed"},
        {roles::identity_operator, "Microsoft.ManagedIdentity/userAssignedIdentities/id-kubelet", 400,
         "CustomKubeletIdentityMissingPermissionError"},
        {roles::reader, "Microsoft.Compute/diskEncryptionSets/des", 403, "LinkedAuthorizationFailed"},
        {roles::crypto_user, "Microsoft.KeyVault/vaults/kv-etcd", 403, "AzureKeyVaultKmsMissingPermission"},
    };
    lay_ground();
    auto const cluster = world.principal("id-cluster");
    auto const target = versioned(id("Microsoft.ContainerService/managedClusters/secure"));
    for (auto const& one : missing) {
        auto const name = base::guid_v5("11111111-1111-1111-1111-111111111111", id(one.scope) + cluster + one.role);
        EXPECT_EQ(world
                      .call("DELETE", id(one.scope) + "/providers/Microsoft.Authorization/roleAssignments/" + name +
                                          "?api-version=2022-04-01")
                      .status,
                  200)
            << one.scope;
        world.settle();
        auto const refused = world.call("PUT", target, as_json(cluster_body()));
        EXPECT_EQ(refused.status, one.status) << one.scope << json::write(refused.body);
        EXPECT_EQ(refused.code(), one.code) << one.scope;
        world.grant(cluster, one.role, id(one.scope));
    }
    EXPECT_EQ(world.call("PUT", target, as_json(cluster_body())).status, 201);
}

TEST_F(SecureCluster, fails_when_the_disk_key_went_out_of_reach) {
    lay_ground();
    auto const vault = id("Microsoft.KeyVault/vaults/kv-disk");
    auto const disk = world.principal("id-disk");
    auto const name =
        base::guid_v5("11111111-1111-1111-1111-111111111111", vault + disk + roles::crypto_encryption_user);
    world.call("DELETE",
               vault + "/providers/Microsoft.Authorization/roleAssignments/" + name + "?api-version=2022-04-01");
    world.settle();
    auto const target = versioned(id("Microsoft.ContainerService/managedClusters/secure"));
    auto const created = world.call("PUT", target, as_json(cluster_body()));
    ASSERT_EQ(created.status, 201) << json::write(created.body);
    world.settle();
    EXPECT_EQ(world.get(target).text("properties.provisioningState"), "Failed");
    auto const status = world.get(created.header("Azure-AsyncOperation"));
    EXPECT_EQ(status.text("status"), "Failed");
    EXPECT_EQ(status.text("error.code"), "KeyVaultAccessForbidden") << json::write(status.body);
    // The role back, the same body reconciles.
    world.grant(disk, roles::crypto_encryption_user, vault);
    EXPECT_EQ(world.call("PUT", target, as_json(cluster_body())).status, 200);
    world.settle();
    EXPECT_EQ(world.get(target).text("properties.provisioningState"), "Succeeded");
}

}  // namespace
}  // namespace holdfast::simulator::testing
