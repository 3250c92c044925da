// The error corpus: codes that Microsoft's pages and recorded traffic name, each made on the simulated Azure by what
// causes it in real life, and read by the very client that `apply` meets it with: a cause and a next step, in words.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "azure/azure.hpp"
#include "simulator/providers/testing.hpp"

namespace holdfast::walk {
namespace {

using simulator::testing::as_json;
using simulator::testing::Exchange;
using simulator::testing::in_group;
using simulator::testing::subscription;
using simulator::testing::versioned;
using simulator::testing::World;

constexpr std::string_view cluster = "Microsoft.ContainerService/managedClusters/aks";
constexpr std::string_view network = "Microsoft.Network/virtualNetworks/net";

Exchange put(World& world, std::string_view rest, std::string const& body) {
    return world.call("PUT", versioned(in_group(rest)), as_json(body));
}
std::string plain(std::string const& properties = {}, std::string const& pool = {},
                  std::string const& identity = "{'type':'SystemAssigned'}") {
    return "{'location':'westeurope','identity':" + identity +
           ",'properties':{'dnsPrefix':'aks','agentPoolProfiles':[{'name':'system','mode':'System','count':1,'vmSize':'"
           "Standard_D4s_v5'" +
           pool + "}]" + properties + "}}";
}
std::string with_subnet(std::string const& more = {}) {
    return "{'location':'westeurope','properties':{'addressSpace':{'addressPrefixes':['10.0.0.0/"
           "16']},'subnets':[{'name':'a',"
           "'properties':{'addressPrefix':'10.0.0.0/24'" +
           more + "}}]}}";
}
/// A vault whose door is shut in the way `properties` says, and what it answers to a listing of its keys.
Exchange at_vault(World& world, std::string const& properties, std::string const& method = "GET",
                  std::string const& path = "/keys", std::string const& body = {}, bool signed_in = true) {
    if (world.get(versioned(in_group("Microsoft.KeyVault/vaults/hf-corpus"))).status == 404)
        world.make(
            "Microsoft.KeyVault/vaults/hf-corpus",
            "{'location':'westeurope','properties':{'tenantId':'11111111-1111-1111-1111-111111111111','sku':{'family':"
            "'A','name':'premium'},'enableRbacAuthorization':true" +
                properties + "}}");
    world::Request request{.method = method,
                           .url = "https://hf-corpus.vault.azsim.test" + path + "?api-version=7.4",
                           .headers = {},
                           .body = body};
    if (signed_in) request.bearer = base::Secret(world.token("https://vault.azsim.test"));
    return world.send(std::move(request));
}
void may_use_keys(World& world) {
    at_vault(world, "");
    world.grant("33333333-3333-3333-3333-333333333333", "14b46e9e-c2b7-41b4-b07b-48a6ebf60603",
                in_group("Microsoft.KeyVault/vaults/hf-corpus"));
}
Exchange key_again(World& world, double seconds_later) {
    may_use_keys(world);
    at_vault(world, "", "POST", "/keys/disk/create", R"({"kty":"RSA","key_size":3072})");
    at_vault(world, "", "DELETE", "/keys/disk");
    world.wait(seconds_later);
    return at_vault(world, "", "POST", "/keys/disk/create", R"({"kty":"RSA","key_size":3072})");
}

/// What came of work that was accepted, where it was looked at until it ended.
Exchange ended(World& world, Exchange accepted) {
    world.settle();
    auto const url = world::find(accepted.headers, "Azure-AsyncOperation");
    return url ? world.get(std::string(*url)) : accepted;
}
std::string drops(std::string_view where) {
    return "{'location':'westeurope','properties':{'securityRules':[{'name':'closed','properties':{'priority':200,'"
           "direction':'Outbound','access':'Deny','protocol':'*',"
           "'sourceAddressPrefix':'*','sourcePortRange':'*','destinationAddressPrefix':'" +
           std::string(where) + "','destinationPortRange':'*'}}]}}";
}
constexpr char const* apart = ",'networkProfile':{'serviceCidr':'172.16.0.0/16','dnsServiceIP':'172.16.0.10'}";
std::string on_subnet() { return ",'vnetSubnetID':'" + in_group(network) + "/subnets/a'"; }

/// A world in which this is so, as `simulate --load` takes it.
void so(World& world, std::string const& bodies) {
    auto const loaded = world.azure().load(as_json("[" + bodies + "]"));
    EXPECT_TRUE(loaded) << (loaded ? "" : loaded.error().what);
}
std::string quota(std::string_view name_space, std::string_view name, int limit) {
    return fmt::format("{{'id':'{}/providers/{}/locations/westeurope/providers/Microsoft.Quota/quotas/{}','properties':"
                       "{{'limit':{{'limitObjectType':'LimitValue','value':{}}}}}}}",
                       subscription, name_space, name, limit);
}
std::string shortage(std::string_view of, std::string_view zones = "[]") {
    return fmt::format("{{'id':'{}/providers/Simulated.Azure/shortages/one','location':'westeurope',"
                       "'properties':{{'of':'{}','zones':{}}}}}",
                       subscription, of, zones);
}
std::string work_pool(std::string_view version) {
    return "{'properties':{'count':2,'mode':'User','vmSize':'Standard_D4s_v5','orchestratorVersion':'" +
           std::string(version) + "'}}";
}
/// A cluster with a second, older pool whose pods are held by a budget of this kind.
void with_budget(World& world, std::string const& budget) {
    world.make(std::string(cluster), plain(",'kubernetesVersion':'1.35'"));
    world.make(std::string(cluster) + "/agentPools/work", work_pool("1.34"));
    so(world, "{'id':'" + in_group(cluster) +
                  "/providers/Simulated.Azure/disruptionBudgets/web','properties':{'namespace':'shop','pool':'work'," +
                  budget + "}}");
}
/// Networks and clusters asked for in a storm until a service says this.
Exchange in_a_storm(std::string_view code) {
    auto weather = *simulator::Weather::read("storm", 1);
    auto options = World::defaults();
    options.fate = &weather->fate();
    World world(options);
    auto const token = world.token(std::string(simulator::testing::arm_host));
    for (int i = 0; i < 4000; ++i) {
        world::Request request{.method = "PUT",
                               .url = std::string(simulator::testing::arm_host) + versioned(in_group(network)),
                               .headers = {},
                               .body = as_json(with_subnet())};
        request.bearer = base::Secret(token);
        auto const answer = weather->answer(world.azure(), request, world.now(), world.now(), 1);
        if (answer.withheld == 0 && answer.response.body.find(code) != std::string::npos)
            if (auto body = json::parse(answer.response.body))
                return {answer.response.status, answer.response.headers, std::move(*body)};
    }
    return {};
}
/// Everything that Azure takes and works at fails.
struct Mishap final : simulator::Fate {
    End end(std::string_view, resource::ResourceId const&) override { return End::fails; }
};
Exchange failing(std::string const& what, std::string const& body) {
    static Mishap mishap;
    auto options = World::defaults();
    options.fate = &mishap;
    World world(options);
    return ended(world, put(world, what, body));
}

struct Cause {
    std::string_view code;
    std::string_view what;  ///< the configuration, in words
    Exchange (*make)(World&);
    std::optional<catalog::Meaning> then = {};  ///< what whoever deploys makes of it
};

Cause const causes[] = {
    {"MissingApiVersionParameter", "a request without api-version",
     [](World& world) { return world.get(in_group(network)); }},
    {"InvalidResourceType", "a type that no namespace could have",
     [](World& world) { return world.get(versioned(in_group("Microsoft.Network/virtual~Networks/net"))); }},
    {"ResourceGroupNotFound", "a resource in a group that is not there",
     [](World& world) {
         return world.call(
             "PUT", versioned(std::string(subscription) + "/resourceGroups/none/providers/" + std::string(network)),
             as_json(with_subnet()));
     }},
    {"ResourceNotFound", "a resource that is not there",
     [](World& world) { return world.get(versioned(in_group(network))); }},
    {"LinkedInvalidPropertyId", "a subnet whose route table is no id",
     [](World& world) { return put(world, network, with_subnet(",'routeTable':{'id':'table'}")); }},
    {"InUseRouteTableCannotBeDeleted", "deleting a route table that a subnet uses",
     [](World& world) {
         world.make("Microsoft.Network/routeTables/rt", "{'location':'westeurope','properties':{}}");
         world.make(std::string(network),
                    with_subnet(",'routeTable':{'id':'" + in_group("Microsoft.Network/routeTables/rt") + "'}"));
         return world.call("DELETE", versioned(in_group("Microsoft.Network/routeTables/rt")));
     }},
    {"AnotherOperationInProgress", "two subnets of one network at once",
     [](World& world) {
         put(world, network, with_subnet());
         return put(world, std::string(network) + "/subnets/b", "{'properties':{'addressPrefix':'10.0.1.0/24'}}");
     }},
    {"PreconditionFailed", "a network changed since it was read",
     [](World& world) {
         world.make(std::string(network), with_subnet());
         return world.call("PUT", versioned(in_group(network)), as_json(with_subnet()), {{"If-Match", "\"stale\""}});
     }},
    {"SecurityRuleConflict", "two rules of one priority and direction",
     [](World& world) {
         std::string const rule =
             "'properties':{'priority':100,'direction':'Inbound','access':'Allow','protocol':'Tcp',"
             "'sourceAddressPrefix':'*','sourcePortRange':'*','destinationAddressPrefix':'*','destinationPortRange':'"
             "443'}";
         return put(world, "Microsoft.Network/networkSecurityGroups/nsg",
                    "{'location':'westeurope','properties':{'securityRules':[{'name':'a'," + rule + "},{'name':'b'," +
                        rule + "}]}}");
     }},
    {"OverlappingSubnetsNotPermittedInSecurityRule", "a rule whose ranges lie in each other",
     [](World& world) {
         return put(world, "Microsoft.Network/networkSecurityGroups/nsg",
                    "{'location':'westeurope','properties':{'securityRules':[{'name':'a','properties':{'priority':100,'"
                    "direction':"
                    "'Inbound','access':'Allow','protocol':'Tcp','sourceAddressPrefixes':['10.0.0.0/8','10.1.0.0/16'],"
                    "'sourcePortRange':'*','destinationAddressPrefix':'*','destinationPortRange':'443'}}]}}");
     }},
    {"OperationNotAllowed", "a pool while the cluster is being made",
     [](World& world) {
         put(world, cluster, plain());
         return put(world, std::string(cluster) + "/agentPools/more",
                    "{'properties':{'count':1,'vmSize':'Standard_D4s_v5'}}");
     }},
    {"ReservedResourceName", "a pool with a name of AKS's own",
     [](World& world) {
         auto body = plain();
         auto const at = body.find("'system'");
         return put(world, cluster, body.replace(at, 8, "'aksmanagedap'"));
     }},
    {"ServicePrincipalNotFound", "a service principal that the directory does not know",
     [](World& world) {
         return put(world, cluster,
                    plain(",'servicePrincipalProfile':{'clientId':'99999999-9999-4999-8999-999999999999','secret':'x'}",
                          "", "null"));
     }},
    {"ServicePrincipalValidationClientError", "a service principal without its secret",
     [](World& world) {
         return put(
             world, cluster,
             plain(",'servicePrincipalProfile':{'clientId':'22222222-2222-2222-2222-222222222222'}", "", "null"));
     }},
    {"CustomRouteTableWithUnsupportedMSIType", "an identity of the system's in a subnet with a route table of ours",
     [](World& world) {
         world.make("Microsoft.Network/routeTables/rt", "{'location':'westeurope','properties':{}}");
         world.make(std::string(network),
                    with_subnet(",'routeTable':{'id':'" + in_group("Microsoft.Network/routeTables/rt") + "'}"));
         return put(world, cluster,
                    plain(",'networkProfile':{'networkPlugin':'kubenet','podCidr':'10.244.0.0/16','serviceCidr':"
                          "'172.16.0.0/16','dnsServiceIP':'172.16.0.10'}",
                          ",'vnetSubnetID':'" + in_group(network) + "/subnets/a'"));
     }},
    {"DnsServiceIpOutOfServiceCidr", "a DNS address outside the services' range",
     [](World& world) {
         return put(world, cluster,
                    plain(",'networkProfile':{'networkPlugin':'azure','networkPluginMode':'overlay','serviceCidr':"
                          "'10.1.0.0/16','dnsServiceIP':'10.2.0.10'}"));
     }},
    {"K8sVersionNotSupported", "a version that AKS has no more",
     [](World& world) { return put(world, cluster, plain(",'kubernetesVersion':'1.29'")); }},
    {"Unauthorized", "a vault asked without a token",
     [](World& world) { return at_vault(world, "", "GET", "/keys", "", false); }},
    {"ForbiddenByRbac", "an owner of the subscription without a right on the keys",
     [](World& world) { return at_vault(world, ""); }},
    {"ForbiddenByFirewall", "a vault that admits named networks only",
     [](World& world) { return at_vault(world, ",'networkAcls':{'defaultAction':'Deny','bypass':'AzureServices'}"); }},
    {"ForbiddenByConnection", "a vault without public access",
     [](World& world) { return at_vault(world, ",'publicNetworkAccess':'Disabled'"); }},
    {"ObjectIsBeingDeleted", "a key made again at once after it was deleted",
     [](World& world) { return key_again(world, 0); }},
    {"ObjectIsDeletedButRecoverable", "a key made again where the deleted one keeps the name",
     [](World& world) { return key_again(world, 60); }},
    {"VaultAlreadyExists", "a vault's name that somebody else has",
     [](World& world) {
         at_vault(world, "");
         world.call("PUT", std::string(subscription) + "/resourceGroups/rg2?api-version=2021-04-01",
                    R"({"location":"westeurope"})");
         return world.call(
             "PUT",
             versioned(std::string(subscription) + "/resourceGroups/rg2/providers/Microsoft.KeyVault/vaults/hf-corpus"),
             as_json("{'location':'westeurope','properties':{'tenantId':'11111111-1111-1111-1111-111111111111','sku':{"
                     "'family':'A','name':'premium'},'enableRbacAuthorization':true}}"));
     }},
    {"Request_BadRequest", "a group without a name",
     [](World& world) {
         world::Request request{
             .method = "POST", .url = "https://graph.azsim.test/v1.0/groups", .headers = {}, .body = "{}"};
         request.bearer = base::Secret(world.token("https://graph.azsim.test"));
         return world.send(std::move(request));
     }},
    {"RateLimiting", "more than fifteen queries in five seconds",
     [](World& world) {
         Exchange last;
         for (int i = 0; i < 17; ++i)
             last = world.call("POST", "/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01",
                               R"({"query":"Resources | count"})");
         return last;
     }},
    {"InvalidDeletePolicyDefinitionRequest", "deleting a policy that is assigned",
     [](World& world) {
         auto const definition =
             std::string(subscription) + "/providers/Microsoft.Authorization/policyDefinitions/tags";
         world.call("PUT", definition + "?api-version=2021-06-01",
                    as_json("{'properties':{'policyType':'Custom','mode':'All','policyRule':{'if':{'field':'tags','"
                            "exists':'false'},"
                            "'then':{'effect':'deny'}}}}"));
         auto const assigned = world.call(
             "PUT",
             std::string(subscription) +
                 "/resourceGroups/rg1/providers/Microsoft.Authorization/policyAssignments/a?api-version=2021-06-01",
             as_json("{'properties':{'policyDefinitionId':'" + definition + "'}}"));
         EXPECT_LT(assigned.status, 300) << assigned.message();
         return world.call("DELETE", definition + "?api-version=2021-06-01");
     }},
    {"RequestDisallowedByPolicy", "a cluster with local accounts where a policy denies them",
     [](World& world) {
         auto const definition =
             std::string(subscription) + "/providers/Microsoft.Authorization/policyDefinitions/local";
         world.call(
             "PUT", definition + "?api-version=2021-06-01",
             as_json(
                 "{'properties':{'displayName':'No local accounts','policyType':'Custom','mode':'Indexed',"
                 "'policyRule':{'if':{'allOf':[{'field':'type','equals':"
                 "'Microsoft.ContainerService/managedClusters'},{'field':'Microsoft.ContainerService/managedClusters/"
                 "disableLocalAccounts','notEquals':'true'}]},'then':{'effect':'deny'}}}}"));
         world.call("PUT",
                    std::string(subscription) +
                        "/providers/Microsoft.Authorization/policyAssignments/local?api-version=2021-06-01",
                    as_json("{'properties':{'policyDefinitionId':'" + definition + "'}}"));
         return put(world, cluster, plain());
     }},
    {"BadRequest", "a static credential of a cluster that has none",
     [](World& world) {
         world.make(std::string(cluster),
                    plain(",'disableLocalAccounts':true,'aadProfile':{'managed':true,'enableAzureRBAC':true}"));
         return world.call("POST", in_group(cluster) + "/listClusterAdminCredential?api-version=2026-05-01");
     }},
    {"OutboundConnFailVMExtensionError", "nodes behind a security rule that drops what leaves",
     [](World& world) {
         world.make("Microsoft.Network/networkSecurityGroups/nsg", drops("Internet"));
         world.make(std::string(network), with_subnet(",'networkSecurityGroup':{'id':'" +
                                                      in_group("Microsoft.Network/networkSecurityGroups/nsg") + "'}"));
         return ended(world, put(world, cluster, plain(apart, on_subnet())));
     }},
    {"K8SAPIServerDNSLookupFailVMExtensionError",
     "a private cluster whose network asks a DNS server of another network",
     [](World& world) {
         world.make("Microsoft.Network/virtualNetworks/hub",
                    "{'location':'westeurope','properties':{'addressSpace':{'addressPrefixes':['10.9.0.0/16']}}}");
         auto asks = with_subnet();
         asks.insert(asks.find("'subnets'"), "'dhcpOptions':{'dnsServers':['10.9.0.4']},");
         world.make(std::string(network), asks);
         return ended(world, put(world, cluster,
                                 plain(std::string(apart) + ",'apiServerAccessProfile':{'enablePrivateCluster':true}",
                                       on_subnet())));
     }},
    {"K8SAPIServerConnFailVMExtensionError", "nodes that leave by an address which the API server does not let in",
     [](World& world) {
         world.make(
             "Microsoft.Network/publicIPAddresses/out",
             "{'location':'westeurope','sku':{'name':'Standard'},'properties':{'publicIPAllocationMethod':'Static'}}");
         world.make("Microsoft.Network/natGateways/nat",
                    "{'location':'westeurope','sku':{'name':'Standard'},'properties':{'publicIpAddresses':[{'id':'" +
                        in_group("Microsoft.Network/publicIPAddresses/out") + "'}]}}");
         world.make(std::string(network),
                    with_subnet(",'natGateway':{'id':'" + in_group("Microsoft.Network/natGateways/nat") + "'}"));
         return ended(world, put(world, cluster,
                                 plain(",'networkProfile':{'serviceCidr':'172.16.0.0/"
                                       "16','dnsServiceIP':'172.16.0.10','outboundType':'userAssignedNATGateway'},'"
                                       "apiServerAccessProfile':{'authorizedIPRanges':['203.0.113.0/24']}",
                                       on_subnet())));
     }},
    {"InvalidTemplate", "a template with a function that is none",
     [](World& world) {
         return world.call(
             "PUT", versioned(in_group("Microsoft.Resources/deployments/d")),
             as_json("{'properties':{'mode':'Incremental','template':{'resources':[{'type':'Microsoft.Network/"
                     "routeTables','apiVersion':'2024-05-01','name':'[nonsense()]'}]}}}"));
     }},
    {"InvalidTemplateDeployment", "a template whose resource Azure would refuse",
     [](World& world) {
         return world.call(
             "PUT", versioned(in_group("Microsoft.Resources/deployments/d")),
             as_json("{'properties':{'mode':'Incremental','template':{'resources':[{'type':'Microsoft.Network/"
                     "routeTables','apiVersion':'2024-05-01','name':'a','location':'westeurope','properties':{'rotues':"
                     "[]}}]}}}"));
     }},
    // What a subscription may have, what a region has left, what pods allow.
    {"PublicIPCountLimitReached", "one public address more than the quota",
     [](World& world) {
         so(world, quota("Microsoft.Network", "PublicIPAddresses", 1));
         std::string const address =
             "{'location':'westeurope','sku':{'name':'Standard'},'properties':{'publicIPAllocationMethod':'Static'}}";
         world.make("Microsoft.Network/publicIPAddresses/one", address);
         return put(world, "Microsoft.Network/publicIPAddresses/two", address);
     },
     catalog::Meaning::never},
    {"QuotaExceeded", "one cluster more than the quota",
     [](World& world) {
         so(world, quota("Microsoft.ContainerService", "ManagedClusters", 0));
         return put(world, cluster, plain());
     },
     catalog::Meaning::never},
    {"SkuNotAvailable", "a size that is closed to the subscription in the region",
     [](World& world) {
         so(world, "{'id':'" + std::string(subscription) +
                       "/providers/Microsoft.Compute/skus/Standard_D4s_v5','restrictions':[{'type':'Location','values':"
                       "['westeurope'],'restrictionInfo':{'locations':['westeurope']},'reasonCode':"
                       "'NotAvailableForSubscription'}]}");
         return put(world, cluster, plain());
     },
     catalog::Meaning::never},
    {"AllocationFailed", "a region that has no machine of the size left",
     [](World& world) {
         so(world, shortage("Standard_D4s_v5"));
         return ended(world, put(world, cluster, plain()));
     },
     catalog::Meaning::never},
    {"ZonalAllocationFailed", "a zone that has no machine of the size left",
     [](World& world) {
         so(world, shortage("Standard_D4s_v5", "['2']"));
         auto body = plain("", ",'availabilityZones':['1','2','3']");
         body.replace(body.find("'count':1"), 9, "'count':3");
         return ended(world, put(world, cluster, body));
     },
     catalog::Meaning::never},
    {"AksCapacityHeavyUsage", "a region that takes no further clusters",
     [](World& world) {
         so(world, shortage("clusters"));
         return ended(world, put(world, cluster, plain()));
     },
     catalog::Meaning::never},
    {"UnsatisfiablePDB", "an upgrade past a budget with maxUnavailable 0",
     [](World& world) {
         with_budget(world, "'maxUnavailable':0");
         return put(world, std::string(cluster) + "/agentPools/work", work_pool("1.35"));
     },
     catalog::Meaning::never},
    {"PodDrainFailure", "a pool deleted while a budget lets none of its pods go",
     [](World& world) {
         with_budget(world, "'minAvailable':2,'pods':2");
         return ended(world, world.call("DELETE", versioned(in_group(cluster) + "/agentPools/work")));
     },
     catalog::Meaning::never},
    {"UpgradeFailed", "a pool upgraded while a budget lets none of its pods go",
     [](World& world) {
         with_budget(world, "'minAvailable':2,'pods':2");
         return ended(world, put(world, std::string(cluster) + "/agentPools/work", work_pool("1.35")));
     },
     catalog::Meaning::never},
    // Others at work, and what belongs to others.
    {"EtagMismatch", "two who write a cluster at the same moment",
     [](World& world) {
         world.make(std::string(cluster), plain());
         put(world, cluster, plain(",'autoUpgradeProfile':{'upgradeChannel':'patch'}"));
         return put(world, cluster, plain(",'autoUpgradeProfile':{'upgradeChannel':'stable'}"));
     },
     catalog::Meaning::conflict},
    {"CustomRouteTableInvalidUpdateAttempt", "a kubenet cluster changed after its subnet got another route table",
     [](World& world) {
         for (auto const* table : {"one", "two"})
             world.make("Microsoft.Network/routeTables/" + std::string(table),
                        "{'location':'westeurope','properties':{}}");
         auto const subnet = [](std::string const& table) {
             return with_subnet(",'routeTable':{'id':'" + in_group("Microsoft.Network/routeTables/" + table) + "'}");
         };
         world.make(std::string(network), subnet("one"));
         world.make("Microsoft.ManagedIdentity/userAssignedIdentities/id-kube", "{'location':'westeurope'}");
         world.grant(world.principal("id-kube"), simulator::testing::roles::network_contributor,
                     std::string(subscription) + "/resourceGroups/rg1");
         auto const kubenet = [](std::string const& more) {
             return plain(",'networkProfile':{'networkPlugin':'kubenet','podCidr':'10.244.0.0/16','serviceCidr':"
                          "'172.16.0.0/16','dnsServiceIP':'172.16.0.10'}" +
                              more,
                          on_subnet(),
                          "{'type':'UserAssigned','userAssignedIdentities':{'" +
                              in_group("Microsoft.ManagedIdentity/userAssignedIdentities/id-kube") + "':{}}}");
         };
         world.make(std::string(cluster), kubenet(""));
         world.make(std::string(network), subnet("two"));
         return put(world, cluster, kubenet(",'autoUpgradeProfile':{'upgradeChannel':'patch'}"));
     },
     catalog::Meaning::never},
    {"InvalidAuthenticationTokenTenant", "a subscription of another tenant",
     [](World&) {
         auto options = World::defaults();
         options.directory.foreign.push_back(
             {"00000000-0000-0000-0000-000000000009", "99999999-9999-9999-9999-999999999999"});
         World world(options);
         return world.get(
             "/subscriptions/00000000-0000-0000-0000-000000000009/resourceGroups/rg1?api-version=2021-04-01");
     },
     catalog::Meaning::never},
    {"ResourceTypeNotSupported", "an id where a name belongs",
     [](World& world) {
         std::string const definitions =
             std::string(subscription) + "/providers/Microsoft.Authorization/policyDefinitions/";
         return world.call("DELETE",
                           definitions + base::percent_encoded(definitions + "tags") + "?api-version=2021-06-01");
     },
     catalog::Meaning::never},
    {"ResourceDeploymentFailure", "a template whose cluster ends in Failed",
     [](World& world) {
         so(world, shortage("Standard_D4s_v5"));
         auto resource = plain();
         resource.insert(
             1, "'type':'Microsoft.ContainerService/managedClusters','apiVersion':'2026-05-01','name':'aks',");
         put(world, "Microsoft.Resources/deployments/d",
             "{'properties':{'mode':'Incremental','template':{'resources':[" + resource + "]}}}");
         world.settle();
         auto shown = world.get(versioned(in_group("Microsoft.Resources/deployments/d")));
         EXPECT_EQ(shown.text("properties.provisioningState"), "Failed");
         shown.body = json::Object{{"status", "Failed"}, {"error", *json::find(shown.body, "properties.error")}};
         return shown;
     }},
    // Passing trouble.
    {"TooManyRequests", "a storm: too much asked", [](World&) { return in_a_storm("TooManyRequests"); },
     catalog::Meaning::again},
    {"RetryableError", "a storm: the network service stumbles", [](World&) { return in_a_storm("RetryableError"); },
     catalog::Meaning::again},
    {"InternalServerError", "a storm: a service fails inside", [](World&) { return in_a_storm("InternalServerError"); },
     catalog::Meaning::again},
    {"ServerTimeout", "a storm: a service does not answer in time", [](World&) { return in_a_storm("ServerTimeout"); },
     catalog::Meaning::again},
    {"GatewayTimeout", "a storm: the gateway hears nothing of the service",
     [](World&) { return in_a_storm("GatewayTimeout"); }, catalog::Meaning::again},
    {"InternalExecutionError", "work of Compute that fails inside",
     [](World&) {
         return failing("Microsoft.Compute/virtualMachineScaleSets/set",
                        "{'location':'westeurope','sku':{'name':'Standard_D4s_v5','capacity':1},'properties':{}}");
     },
     catalog::Meaning::again},
};

TEST(ErrorCorpus, is_made_by_its_cause_and_read_by_the_client) {
    for (auto const& cause : causes) {
        World world;
        auto const answer = cause.make(world);
        EXPECT_TRUE(answer.status >= 400 || answer.text("status") == "Failed") << cause.what;
        auto const read =
            azure::read_error({.status = answer.status, .headers = answer.headers, .body = json::write(answer.body)});
        auto const raw = json::write(answer.body);
        EXPECT_NE(raw.find("\"" + std::string(cause.code) + "\""), std::string::npos) << cause.what << ": " << raw;
        auto const* row = azure::meaning_of(read);
        EXPECT_TRUE(row && !row->cause.empty() && !row->next.empty()) << cause.code << " has no meaning: " << raw;
        if (!row || !cause.then) continue;
        EXPECT_EQ(row->code, cause.code) << raw;
        EXPECT_EQ(row->meaning, *cause.then) << cause.code;
    }
}

}  // namespace
}  // namespace holdfast::walk
