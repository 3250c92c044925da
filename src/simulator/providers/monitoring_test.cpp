/// Workspaces, registries, diagnostic settings, collection rules, Defender plans, identities.
#include "simulator/providers/testing.hpp"

namespace holdfast::simulator::testing {
namespace {

TEST(Monitoring, goes_to_a_workspace) {
    World world;
    constexpr auto workspace = "Microsoft.OperationalInsights/workspaces/logs";
    EXPECT_EQ(world
                  .call("PUT", versioned(in_group(workspace)),
                        as_json("{'location':'westeurope','properties':{'retentionInDays':7}}"))
                  .code(),
              "InvalidParameter");
    auto const stands = world.make(
        workspace, "{'location':'westeurope','properties':{'sku':{'name':'PerGB2018'},'retentionInDays':30}}");
    EXPECT_TRUE(base::is_guid(stands.text("properties.customerId")));
    world.make("Microsoft.KeyVault/vaults/kv-logged",
               "{'location':'westeurope','properties':{'tenantId':'11111111-1111-1111-1111-111111111111','sku':{'"
               "family':'A','name':'standard'},"
               "'enableRbacAuthorization':true}}");
    auto const at = std::string("Microsoft.KeyVault/vaults/kv-logged/providers/Microsoft.Insights/diagnosticSettings/");
    auto const setting = [](std::string const& target, std::string const& logs) {
        return "{'properties':{'workspaceId':'" + in_group(target) + "','logs':[" + logs + "]}}";
    };
    auto const one = at + "one", two = at + "two";
    auto const nowhere =
                   setting("Microsoft.OperationalInsights/workspaces/none", "{'category':'AuditEvent','enabled':true}"),
               unknown = setting(workspace, "{'category':'Nothing','enabled':true}"), empty = setting(workspace, ""),
               fine = setting(workspace, "{'category':'AuditEvent','enabled':true}");
    Wish const wishes[] = {
        {"no workspace", one, nowhere, 400, "InvalidResourceReference"},
        {"unknown category", one, unknown, 400, "BadRequest"},
        {"nothing", one, empty, 400, "BadRequest"},
        {"made: 200, never 201", one, fine, 200, ""},
        {"same sink", two, fine, 409, "Conflict"},
    };
    hold_all(world, wishes);
    auto const rule = world.make(
        "Microsoft.Insights/dataCollectionRules/dcr",
        "{'location':'westeurope','properties':{'destinations':{'logAnalytics':[{'name':'ws','workspaceResourceId':'" +
            in_group(workspace) +
            "'}]},'dataFlows':[{'streams':['Microsoft-ContainerInsights-Group-Default'],'destinations':['ws']}]}}");
    EXPECT_TRUE(rule.text("properties.immutableId").starts_with("dcr-"));
}

TEST(Registries, have_names_of_their_own) {
    World world;
    constexpr auto registry = "Microsoft.ContainerRegistry/registries/holdfast1";
    Wish const wishes[] = {
        {"hyphen", "Microsoft.ContainerRegistry/registries/hold-fast",
         "{'location':'westeurope','sku':{'name':'Premium'}}", 400, "InvalidResourceName"},
        {"private and cheap", registry,
         "{'location':'westeurope','sku':{'name':'Basic'},'properties':{'publicNetworkAccess':'Disabled'}}", 400,
         "SkuNotSupported"},
        {"premium", registry, "{'location':'westeurope','sku':{'name':'Premium'}}", 201, ""},
    };
    hold_all(world, wishes);
    EXPECT_EQ(world.get(versioned(in_group(registry))).text("properties.loginServer"), "holdfast1.azurecr.azsim.test");
    world.call("PUT", std::string(subscription) + "/resourceGroups/rg2?api-version=2021-04-01",
               R"({"location":"westeurope"})");
    EXPECT_EQ(world
                  .call("PUT", versioned(std::string(subscription) + "/resourceGroups/rg2/providers/" + registry),
                        as_json("{'location':'westeurope','sku':{'name':'Premium'}}"))
                  .code(),
              "AlreadyInUse");
}

TEST(Defender, is_a_plan_of_the_subscription) {
    World world;
    auto const at = std::string(subscription) + "/providers/Microsoft.Security/pricings/";
    EXPECT_EQ(
        world.call("PUT", versioned(at + "Containers"), as_json("{'properties':{'pricingTier':'Standard'}}")).status,
        200);
    EXPECT_EQ(world.call("PUT", versioned(at + "Nothing"), as_json("{'properties':{'pricingTier':'Standard'}}")).status,
              404);
    EXPECT_EQ(world.get(versioned(at + "Containers")).text("properties.pricingTier"), "Standard");
}

TEST(Identities, are_principals) {
    World world;
    constexpr auto identity = "Microsoft.ManagedIdentity/userAssignedIdentities/someone";
    auto const created = world.call("PUT", versioned(in_group(identity)), as_json("{'location':'westeurope'}"));
    EXPECT_EQ(created.status, 201);
    EXPECT_NE(created.header("Location").find(identity), std::string::npos);
    EXPECT_TRUE(base::is_guid(created.text("properties.principalId")));
    auto const again =
        world.call("PUT", versioned(in_group(identity)), as_json("{'location':'westeurope','tags':{'a':'b'}}"));
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(again.text("properties.principalId"), created.text("properties.principalId"));
    auto const credential = std::string(identity) + "/federatedIdentityCredentials/";
    std::string const body =
        "{'properties':{'issuer':'https://issuer.example/','subject':'system:serviceaccount:a:b','audiences':['api://"
        "AzureADTokenExchange']}}";
    EXPECT_EQ(world.call("PUT", versioned(in_group(credential + "one")), as_json(body)).status, 201);
    EXPECT_EQ(world.call("PUT", versioned(in_group(credential + "two")), as_json(body)).code(),
              "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity");
    world.wait(1);
    EXPECT_EQ(world.call("PUT", versioned(in_group(credential + "two")), as_json(body)).code(),
              "FederatedIdentityCredentialConflict");
}

}  // namespace
}  // namespace holdfast::simulator::testing
