#include <gtest/gtest.h>

#include "resource/resource.hpp"

namespace holdfast::resource {
namespace {

json::Value parsed(std::string_view text) {
    auto value = json::parse(text);
    EXPECT_TRUE(value) << text;
    return value ? *value : json::Value();
}

struct Row {
    char const *what, *type, *body, *want;
    bool keep_read_only = true;
};

TEST(Normal, each_habit_of_azure) {
    for (
        auto const& row : {
            Row{"locations", "Microsoft.KeyVault/vaults", R"({"location":"West Europe"})",
                R"({"location":"westeurope"})"},
            Row{"what a body says of itself", "Microsoft.KeyVault/vaults",
                R"({"id":"/x","name":"v","type":"t","tags":{"a":"b"}})", R"({"tags":{"a":"b"}})"},
            Row{"nothing said", "Microsoft.ContainerService/managedClusters",
                R"({"properties":{"kubernetesVersion":"","dnsPrefix":null,"networkProfile":{"podCidrs":[]},
                    "aadProfile":{"adminGroupObjectIDs":[]}},"tags":{"empty":""}})",
                R"({"tags":{"empty":""}})"},
            Row{"an empty member of a map", "Microsoft.ContainerService/managedClusters",
                R"({"identity":{"type":"userassigned","userAssignedIdentities":{
                    "/subscriptions/s/resourcegroups/g/providers/microsoft.managedidentity/userassignedidentities/A":{}}}})",
                R"({"identity":{"type":"UserAssigned","userAssignedIdentities":{
                    "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/A":{}}}})"},
            Row{"ids", "Microsoft.ContainerService/managedClusters",
                R"({"properties":{"diskEncryptionSetID":"/SUBSCRIPTIONS/s/resourcegroups/G/providers/microsoft.compute/DISKENCRYPTIONSETS/D"}})",
                R"({"properties":{"diskEncryptionSetID":"/subscriptions/s/resourceGroups/G/providers/Microsoft.Compute/diskEncryptionSets/D"}})"},
            Row{"property names and enums", "Microsoft.ContainerService/managedClusters",
                R"({"Properties":{"networkprofile":{"NetworkPlugin":"AZURE","loadBalancerSku":"Standard"}}})",
                R"({"properties":{"networkProfile":{"networkPlugin":"azure","loadBalancerSku":"standard"}}})"},
            Row{"sets", "Microsoft.ContainerService/managedClusters/agentPools",
                R"({"properties":{"availabilityZones":["3","1","2","1"]}})",
                R"({"properties":{"availabilityZones":["1","2","3"]}})"},
            Row{"lists whose order means something", "Microsoft.ContainerService/managedClusters/agentPools",
                R"({"properties":{"nodeTaints":["b=1:NoSchedule","a=1:NoSchedule"]}})",
                R"({"properties":{"nodeTaints":["b=1:NoSchedule","a=1:NoSchedule"]}})"},
            Row{"keyed lists", "Microsoft.Network/virtualNetworks/subnets",
                R"({"properties":{"serviceEndpoints":[{"service":"Microsoft.Storage","locations":["b","a"]},{"service":"Microsoft.KeyVault"}]}})",
                R"({"properties":{"serviceEndpoints":[{"service":"Microsoft.KeyVault"},{"service":"Microsoft.Storage","locations":["a","b"]}]}})"},
            Row{"unknown properties", "Microsoft.KeyVault/vaults",
                R"({"properties":{"newThing":{"a":"","b":[],"c":null}}})",
                R"({"properties":{"newThing":{"a":"","b":[],"c":null}}})"},
            Row{"unknown types", "Microsoft.Odd/things",
                R"({"id":"/x","location":"West Europe","properties":{"a":""}})",
                R"({"location":"West Europe","properties":{"a":""}})"},
            Row{"server defaults stay", "Microsoft.ContainerService/managedClusters",
                R"({"properties":{"disableLocalAccounts":false}})", R"({"properties":{"disableLocalAccounts":false}})"},
            Row{"read-only kept", "Microsoft.ContainerService/managedClusters",
                R"({"eTag":"1","properties":{"provisioningState":"Succeeded","fqdn":"x"}})",
                R"({"eTag":"1","properties":{"provisioningState":"Succeeded","fqdn":"x"}})"},
            Row{"read-only removed", "Microsoft.ContainerService/managedClusters",
                R"({"eTag":"1","identity":{"type":"SystemAssigned","principalId":"p"},"properties":{"provisioningState":"Succeeded","fqdn":"x","dnsPrefix":"d"}})",
                R"({"identity":{"type":"SystemAssigned"},"properties":{"dnsPrefix":"d"}})", false},
            Row{"the etag of a zone", "Microsoft.Network/privateDnsZones", R"({"location":"global","etag":"1"})",
                R"({"location":"global"})", false},
            Row{"branches", "Microsoft.Network/firewallPolicies/ruleCollectionGroups",
                R"({"properties":{"ruleCollections":[{"name":"b","ruleCollectionType":"FirewallPolicyFilterRuleCollection","rules":[
                    {"ruleType":"ApplicationRule","name":"r","targetFqdns":["z","a"],"fqdnTags":[]}]},{"name":"a","ruleCollectionType":"FirewallPolicyNatRuleCollection"}]}})",
                R"({"properties":{"ruleCollections":[{"name":"a","ruleCollectionType":"FirewallPolicyNatRuleCollection"},{"name":"b","ruleCollectionType":"FirewallPolicyFilterRuleCollection","rules":[
                    {"ruleType":"ApplicationRule","name":"r","targetFqdns":["a","z"]}]}]}})"},
            Row{"wrong kinds stay for others to refuse", "Microsoft.KeyVault/vaults",
                R"({"location":5,"properties":[1],"tags":"x"})", R"({"location":5,"properties":[1],"tags":"x"})"},
            Row{"not an object", "Microsoft.KeyVault/vaults", R"([1])", R"([1])"},
        }) {
        auto const out = normal(row.type, parsed(row.body), row.keep_read_only);
        EXPECT_EQ(json::write(out), json::write(parsed(row.want))) << row.what;
        EXPECT_EQ(json::write(normal(row.type, out, row.keep_read_only)), json::write(out))
            << row.what << ": idempotent";
    }
}

TEST(Same, what_azure_takes_for_equal) {
    constexpr auto cluster = "Microsoft.ContainerService/managedClusters";
    constexpr auto subnet = "Microsoft.Network/virtualNetworks/subnets";
    constexpr auto id = R"("/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/natGateways/N")";
    constexpr auto id_in_other_case =
        R"("/subscriptions/s/resourcegroups/g/providers/microsoft.network/natgateways/n")";
    struct Pair {
        char const *type, *at;
        std::optional<char const*> a, b;
        bool want;
    };
    for (auto const& row : {
             Pair{subnet, "properties.natGateway.id", id, id_in_other_case, true},
             Pair{subnet, "properties.natGateway.id", id,
                  R"("/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/natGateways/M")", false},
             Pair{subnet, "properties.natGateway", R"({"id":"/subscriptions/S/resourceGroups/G/providers/A.B/c/d"})",
                  R"({"ID":"/subscriptions/S/resourcegroups/G/providers/a.b/C/D"})", true},
             Pair{subnet, "name", R"("a")", R"("A")", false},
             Pair{cluster, "location", R"("West Europe")", R"("westeurope")", true},
             Pair{cluster, "location", R"("westeurope")", R"("northeurope")", false},
             Pair{cluster, "properties.networkProfile.networkPlugin", R"("Azure")", R"("azure")", true},
             Pair{cluster, "properties.dnsPrefix", R"("Azure")", R"("azure")", false},
             Pair{cluster, "properties.dnsPrefix", std::nullopt, std::nullopt, true},
             Pair{cluster, "properties.dnsPrefix", std::nullopt, R"("")", true},
             Pair{cluster, "properties.dnsPrefix", std::nullopt, R"("x")", false},
             Pair{cluster, "properties.disableLocalAccounts", std::nullopt, "false", true},
             Pair{cluster, "properties.disableLocalAccounts", std::nullopt, "true", false},
             Pair{cluster, "properties.disableLocalAccounts", "false", "true", false},
             Pair{cluster, "sku", R"({"name":"Base"})", R"({"name":"base","tier":"Free"})", true},
             Pair{cluster, "sku", R"({"name":"Base"})", R"({"name":"Base","tier":"Standard"})", false},
             Pair{cluster, "sku", R"({"name":"Base","tier":"Free"})", std::nullopt, true},
             Pair{cluster, "properties.networkProfile",
                  R"({"loadBalancerSku":"standard","podCidrs":[],"natGatewayProfile":{}})", std::nullopt, true},
             Pair{cluster, "properties.networkProfile", R"({"loadBalancerSku":"basic"})", std::nullopt, false},
             Pair{cluster, "tags", R"({"a":""})", std::nullopt, false},
             Pair{cluster, "properties.apiServerAccessProfile.authorizedIPRanges", R"(["b","a"])", R"(["a","b"])",
                  true},
             Pair{cluster, "properties.apiServerAccessProfile.authorizedIPRanges", R"(["b"])", R"(["a","b"])", false},
             Pair{cluster, "properties.agentPoolProfiles",
                  R"([{"name":"a","count":1,"availabilityZones":["1","2"]},{"name":"b"}])",
                  R"([{"name":"b"},{"name":"a","count":1.0,"availabilityZones":["2","1"]}])", true},
             Pair{cluster, "properties.agentPoolProfiles[0].nodeTaints", R"(["a","b"])", R"(["b","a"])", false},
             Pair{cluster, "identity.userAssignedIdentities", R"({"/subscriptions/S/resourceGroups/G":{}})",
                  R"({"/subscriptions/s/resourcegroups/g":{"principalId":"p"}})", false},
             Pair{cluster, "identity.userAssignedIdentities", R"({"/subscriptions/S/resourceGroups/G":{}})",
                  R"({"/subscriptions/s/resourcegroups/g":{}})", true},
             Pair{cluster, "identity.userAssignedIdentities", R"({"/subscriptions/S/resourceGroups/G":{}})", R"({})",
                  false},
             Pair{cluster, "tags", R"({"a":"b"})", R"({"a":"B"})", false},
             Pair{cluster, "tags.a", R"("b")", "5", false},
             Pair{"Microsoft.Odd/things", "a.b", R"({"c":1})", R"({"c":1,"d":null})", true},
         }) {
        std::optional<json::Value> a, b;
        if (row.a) a = parsed(*row.a);
        if (row.b) b = parsed(*row.b);
        EXPECT_EQ(same(row.type, row.at, a ? &*a : nullptr, b ? &*b : nullptr), row.want)
            << row.at << " " << row.a.value_or("-") << " " << row.b.value_or("-");
        EXPECT_EQ(same(row.type, row.at, b ? &*b : nullptr, a ? &*a : nullptr), row.want)
            << "the other way round: " << row.at;
    }
}

}  // namespace
}  // namespace holdfast::resource
