/// Whatever a body says, the answer is an answer.
#include "simulator/providers/testing.hpp"

namespace holdfast::simulator::testing {
namespace {

json::Value junk(base::Prng& prng) {
    switch (prng.below(12)) {
        case 0:
            return nullptr;
        case 1:
            return "";
        case 2:
            return true;
        case 3:
            return -1;
        case 4:
            return std::int64_t{1} << 62;
        case 5:
            return 1.5;
        case 6:
            return json::Array{};
        case 7:
            return json::Object{};
        case 8:
            return json::Value(std::string(100'000, '9'));
        case 9:
            return "10.0.0.0/99";
        case 10:
            return json::Array{json::Object{{"id", "/subscriptions/x"}}, nullptr, 7};
        default:
            return "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg1/providers/Microsoft.Network/"
                   "virtualNetworks/a/b";
    }
}

std::vector<json::Path> places(json::Value const& value, json::Path const& at = {}) {
    std::vector<json::Path> out{at};
    if (auto const* object = value.if_object())
        for (auto const& member : *object)
            for (auto const& below : places(member.value(), at.child(std::string(member.key())))) out.push_back(below);
    if (auto const* list = value.if_array())
        for (std::size_t i = 0; i < list->size(); ++i)
            for (auto const& below : places((*list)[i], at.child(i))) out.push_back(below);
    return out;
}

TEST(Hostile, bodies_are_answered) {
    struct Case {
        std::string resource, body;
    };
    auto const subnet = in_group("Microsoft.Network/virtualNetworks/vnet/subnets/a");
    Case const cases[] = {
        {"Microsoft.Network/virtualNetworks/vnet2",
         "{'location':'westeurope','properties':{'addressSpace':{'addressPrefixes':['10.0.0.0/"
         "16']},'subnets':[{'name':'a','properties':{'addressPrefix':"
         "'10.0.0.0/24','delegations':[{'name':'x','properties':{'serviceName':'Microsoft.ContainerService/"
         "managedClusters'}}],'serviceEndpoints':[{'service':'Microsoft.KeyVault'}]}}]}}"},
        {"Microsoft.Network/networkSecurityGroups/nsg",
         "{'location':'westeurope','properties':{'securityRules':[{'name':'a','properties':{'priority':100,'direction':"
         "'Inbound','access':'Allow','protocol':'Tcp',"
         "'sourceAddressPrefix':'*','destinationAddressPrefixes':['10.0.0.0/"
         "8'],'sourcePortRange':'*','destinationPortRanges':['1-2']}}]}}"},
        {"Microsoft.Network/routeTables/rt",
         "{'location':'westeurope','properties':{'routes':[{'name':'a','properties':{'addressPrefix':'0.0.0.0/"
         "0','nextHopType':'VirtualAppliance','nextHopIpAddress':'10.0.0.4'}}]}}"},
        {"Microsoft.Network/azureFirewalls/fw",
         "{'location':'westeurope','properties':{'sku':{'name':'AZFW_VNet','tier':'Standard'},'ipConfigurations':[{'"
         "name':'one','properties':{'subnet':{'id':'" +
             subnet + "'},'publicIPAddress':{'id':'" + in_group("Microsoft.Network/publicIPAddresses/pip") + "'}}}]}}"},
        {"Microsoft.KeyVault/vaults/kv-hostile",
         "{'location':'westeurope','properties':{'tenantId':'11111111-1111-1111-1111-111111111111','sku':{'family':'A',"
         "'name':'standard'},'accessPolicies':[{'tenantId':'11111111-1111-1111-1111-111111111111',"
         "'objectId':'22222222-2222-2222-2222-222222222222','permissions':{'keys':['get']}}],'networkAcls':{'"
         "virtualNetworkRules':[{'id':'" +
             subnet + "'}]},'softDeleteRetentionInDays':7}}"},
        {"Microsoft.KeyVault/vaults/kv-there/keys/k",
         "{'properties':{'kty':'RSA','keySize':3072,'keyOps':['wrapKey'],'rotationPolicy':{'attributes':{'expiryTime':'"
         "P2Y'},'lifetimeActions':[{'trigger':{'timeAfterCreate':'P90D'},'action':{'type':'rotate'}}]}}}"},
        {"Microsoft.Compute/diskEncryptionSets/des",
         "{'location':'westeurope','identity':{'type':'SystemAssigned'},'properties':{'activeKey':{'keyUrl':'https://"
         "kv-there.vault.azsim.test/keys/k/1','sourceVault':{'id':'" +
             in_group("Microsoft.KeyVault/vaults/kv-there") + "'}}}}"},
        {"Microsoft.ContainerService/managedClusters/c",
         "{'location':'westeurope','sku':{'name':'Base','tier':'Standard'},'identity':{'type':'SystemAssigned'},'"
         "properties':{'kubernetesVersion':'1.36','dnsPrefix':'c','nodeResourceGroup':'ng','aadProfile':{'managed':"
         "true,"
         "'adminGroupObjectIDs':['22222222-2222-2222-2222-222222222222']},'agentPoolProfiles':[{'name':'system','mode':"
         "'System','count':1,'vmSize':'Standard_D4s_v5','orchestratorVersion':'1.36','vnetSubnetID':'" +
             subnet +
             "','upgradeSettings':{'maxSurge':'10%'},'availabilityZones':['1'],'nodeTaints':['a=b:NoSchedule']}],'"
             "networkProfile':{'networkPlugin':'azure','networkPluginMode':'overlay','podCidr':'192.168.0.0/"
             "16','serviceCidr':"
             "'172.16.0.0/"
             "16','dnsServiceIP':'172.16.0.10','outboundType':'loadBalancer','loadBalancerProfile':{'"
             "managedOutboundIPs':{'count':1}}},'apiServerAccessProfile':{'authorizedIPRanges':['1.2.3.4/32']},"
             "'securityProfile':{'azureKeyVaultKms':{'enabled':false,'keyId':'https://kv-there.vault.azsim.test/keys/k/"
             "1'},'imageCleaner':{'enabled':true,'intervalHours':48}},'windowsProfile':{'adminUsername':'someone',"
             "'adminPassword':'Long-Enough-123'},'addonProfiles':{'azurepolicy':{'enabled':true}}}}"},
        {"Microsoft.ContainerService/managedClusters/there/agentPools/more",
         "{'properties':{'count':1,'vmSize':'Standard_D4s_v5','maxPods':100,'osSKU':'AzureLinux','nodeLabels':{'a':'b'}"
         "}}"},
        {"Microsoft.ContainerService/managedClusters/there/maintenanceConfigurations/aksManagedAutoUpgradeSchedule",
         "{'properties':{'maintenanceWindow':{'schedule':{'weekly':{'intervalWeeks':1,'dayOfWeek':'Sunday'}},'"
         "durationHours':4,'utcOffset':'+01:00','startTime':'01:00'}}}"},
        {"Microsoft.Network/privateEndpoints/pe",
         "{'location':'westeurope','properties':{'subnet':{'id':'" + subnet +
             "'},'privateLinkServiceConnections':[{'name':'one','properties':{'privateLinkServiceId':'" +
             in_group("Microsoft.KeyVault/vaults/kv-there") + "','groupIds':['vault']}}]}}"},
        {"Microsoft.KeyVault/vaults/kv-there/providers/Microsoft.Insights/diagnosticSettings/d",
         "{'properties':{'workspaceId':'" + in_group("Microsoft.OperationalInsights/workspaces/logs") +
             "','logs':[{'category':'AuditEvent','enabled':true}],'metrics':[{'category':'AllMetrics','enabled':true}]}"
             "}"},
        {"Microsoft.Network/firewallPolicies/policy/ruleCollectionGroups/g",
         "{'properties':{'priority':200,'ruleCollections':[{'ruleCollectionType':'FirewallPolicyFilterRuleCollection','"
         "name':'aks','priority':100,'action':{'type':'Allow'},"
         "'rules':[{'ruleType':'NetworkRule','name':'x','sourceAddresses':['*'],'destinationAddresses':['*'],'"
         "destinationPorts':['1'],'ipProtocols':['TCP']}]}]}}"},
    };
    World world;
    world.make("Microsoft.Network/virtualNetworks/vnet",
               "{'location':'westeurope','properties':{'addressSpace':{'addressPrefixes':['10.1.0.0/"
               "16']},'subnets':[{'name':'a','properties':{'addressPrefix':'10.1.0.0/24'}}]}}");
    world.make("Microsoft.KeyVault/vaults/kv-there",
               "{'location':'westeurope','properties':{'tenantId':'11111111-1111-1111-1111-111111111111','sku':{'"
               "family':'A','name':'standard'},'enableRbacAuthorization':true}}");
    world.make("Microsoft.OperationalInsights/workspaces/logs", "{'location':'westeurope'}");
    world.make("Microsoft.Network/firewallPolicies/policy", "{'location':'westeurope'}");
    world.make("Microsoft.ContainerService/managedClusters/there",
               "{'location':'westeurope','identity':{'type':'SystemAssigned'},'properties':{'dnsPrefix':'there','"
               "agentPoolProfiles':[{'name':'system','mode':'System','count':1,'vmSize':'Standard_D4s_v5'}]}}");
    base::Prng prng(20261124);
    int accepted = 0, refused = 0;
    for (auto const& one : cases) {
        auto const good = *json::parse(as_json(one.body));
        auto const everywhere = places(good);
        for (auto const& at : everywhere) {
            if (at.empty()) continue;
            for (int i = 0; i < 3; ++i) {
                auto body = good;
                json::put(body, at, junk(prng));
                auto const answer = world.call("PUT", versioned(in_group(one.resource)), json::write(body));
                EXPECT_TRUE(answer.status >= 200 && answer.status < 500)
                    << one.resource << " " << at.text() << " " << answer.status;
                (answer.status < 300 ? accepted : refused)++;
                if (answer.status >= 400) EXPECT_FALSE(answer.message().empty()) << at.text();
                world.settle();
            }
        }
    }
    EXPECT_GT(accepted, 50);
    EXPECT_GT(refused, 500);
}

}  // namespace
}  // namespace holdfast::simulator::testing
