#include "simulator/providers/testing.hpp"

namespace holdfast::simulator::testing {
namespace {

constexpr std::string_view vault = "Microsoft.KeyVault/vaults/kv1";
std::string body(std::string const& more = {}) {
    return "{'location':'westeurope','properties':{'tenantId':'11111111-1111-1111-1111-111111111111','sku':{'family':'"
           "A','name':'standard'},'enableRbacAuthorization':true" +
           (more.empty() ? "" : "," + more) + "}}";
}

TEST(Vaults, are_made_strictly) {
    auto const off = body("'enablePurgeProtection':false"), hard = body("'enableSoftDelete':false"),
               days = body("'softDeleteRetentionInDays':5"), fine = body(), gone = body("'createMode':'recover'");
    std::string const tenant =
        "{'location':'westeurope','properties':{'tenantId':'99999999-9999-4999-8999-999999999999','sku':{'family':'A','"
        "name':'standard'}}}";
    Wish const wishes[] = {
        {"fine", vault, fine, 200, ""},
        {"purge protection off", vault, off, 400, "BadRequest"},
        {"soft delete off", vault, hard, 400, "BadRequest"},
        {"five days", vault, days, 400, "BadRequest"},
        {"another tenant", vault, tenant, 400, "InvalidTenantId"},
        {"nothing to recover", vault, gone, 404, "VaultNotFound"},
        {"name", "Microsoft.KeyVault/vaults/1st", fine, 400, "VaultNameNotValid"},
        {"two hyphens", "Microsoft.KeyVault/vaults/a--b", fine, 400, "VaultNameNotValid"},
    };
    hold_each(wishes, [](World&) {});
}

TEST(Vaults, register_their_name_first) {
    World world;
    auto const created = world.call("PUT", versioned(in_group(vault)), as_json(body()));
    EXPECT_EQ(created.status, 200);
    EXPECT_EQ(created.text("properties.provisioningState"), "RegisteringDns");
    EXPECT_EQ(created.text("properties.vaultUri"), "https://kv1.vault.azsim.test");
    EXPECT_EQ(created.header("Azure-AsyncOperation"), "");
    EXPECT_EQ(created.header("Location"), "");
    EXPECT_EQ(
        world.call("PUT", versioned(in_group(std::string(vault) + "/keys/k")), as_json("{'properties':{'kty':'RSA'}}"))
            .code(),
        "ConflictError");
    world.settle();
    auto const stands = world.get(versioned(in_group(vault)));
    EXPECT_EQ(stands.text("properties.provisioningState"), "Succeeded");
    EXPECT_EQ(stands.text("properties.vaultUri"), "https://kv1.vault.azsim.test/");
    EXPECT_EQ(
        world
            .call("PUT", versioned(std::string(subscription) + "/resourceGroups/rg1/providers/" + std::string(vault)),
                  as_json(body()))
            .text("properties.provisioningState"),
        "Succeeded");
}

TEST(Vaults, come_back_with_their_keys) {
    World world;
    world.make(std::string(vault), body("'enablePurgeProtection':true,'softDeleteRetentionInDays':7"));
    world.make("Microsoft.ManagedIdentity/userAssignedIdentities/someone", "{'location':'westeurope'}");
    auto const key = world.make(std::string(vault) + "/keys/k", "{'properties':{'kty':'RSA','keySize':3072}}");
    world.grant(world.principal("someone"), roles::crypto_user, in_group(vault));
    EXPECT_EQ(world.call("DELETE", versioned(in_group(vault))).status, 200);
    EXPECT_EQ(world.get(versioned(in_group(vault))).status, 404);
    ASSERT_EQ(world.azure().soft_deleted().size(), 1u);

    auto const bin = std::string(subscription) + "/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/kv1";
    auto const deleted = world.get(versioned(bin));
    EXPECT_EQ(deleted.status, 200);
    EXPECT_EQ(deleted.text("properties.vaultId"), in_group(vault));
    EXPECT_EQ(json::list_at(
                  world.get(versioned(std::string(subscription) + "/providers/Microsoft.KeyVault/deletedVaults")).body,
                  "value")
                  .size(),
              1u);
    EXPECT_EQ(world.call("POST", versioned(bin + "/purge")).status, 405) << "purge protection";
    EXPECT_EQ(world.call("PUT", versioned(in_group(vault)), as_json(body())).code(), "ConflictError");
    auto const check =
        world.call("POST", versioned(std::string(subscription) + "/providers/Microsoft.KeyVault/checkNameAvailability"),
                   as_json("{'name':'kv1','type':'Microsoft.KeyVault/vaults'}"));
    EXPECT_EQ(json::truth_at(check.body, "nameAvailable"), false);

    auto const back = world.call("PUT", versioned(in_group(vault)), as_json(body("'createMode':'recover'")));
    EXPECT_EQ(back.status, 200) << json::write(back.body);
    world.settle();
    EXPECT_EQ(world.get(versioned(in_group(vault))).text("properties.provisioningState"), "Succeeded");
    EXPECT_EQ(json::whole_at(world.get(versioned(in_group(vault))).body, "properties.softDeleteRetentionInDays"), 7);
    EXPECT_EQ(world.get(versioned(in_group(std::string(vault) + "/keys/k"))).text("properties.keyUriWithVersion"),
              key.text("properties.keyUriWithVersion"));
    auto const assignments =
        world.get(in_group(vault) +
                  "/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter=atScope()");
    EXPECT_EQ(json::write(assignments.body).find(world.principal("someone")), std::string::npos)
        << "what others hung on the vault does not come back";
    EXPECT_TRUE(world.azure().soft_deleted().empty());
}

TEST(Vaults, keep_what_is_fixed_and_can_be_purged) {
    World world;
    world.make(std::string(vault), body("'softDeleteRetentionInDays':30"));
    auto const days = body("'softDeleteRetentionInDays':40");
    EXPECT_EQ(world.call("PUT", versioned(in_group(vault)), as_json(days)).code(), "BadRequest");
    world.call("DELETE", versioned(in_group(vault)));
    auto const bin = std::string(subscription) + "/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/kv1";
    auto const purge = world.call("POST", versioned(bin + "/purge"));
    EXPECT_EQ(purge.status, 202);
    EXPECT_NE(purge.header("Location"), "");
    world.settle();
    EXPECT_EQ(world.get(versioned(bin)).status, 404);
    EXPECT_EQ(world.call("PUT", versioned(in_group(vault)), as_json(body())).status, 200);
}

TEST(Keys, are_made_once_through_resource_manager) {
    World world;
    world.make(std::string(vault), body());
    auto const key = std::string(vault) + "/keys/k";
    Wish const wishes[] = {
        {"hardware in a standard vault", key, "{'properties':{'kty':'RSA-HSM'}}", 400, "BadParameter"},
        {"size", key, "{'properties':{'kty':'RSA','keySize':1024}}", 400, "BadParameter"},
        {"expiry of days", key,
         "{'properties':{'kty':'RSA','rotationPolicy':{'attributes':{'expiryTime':'P7D'},'lifetimeActions':[]}}}", 400,
         "BadParameter"},
        {"rotation after expiry", key,
         "{'properties':{'kty':'RSA','rotationPolicy':{'attributes':{'expiryTime':'P90D'},'lifetimeActions':[{'trigger'"
         ":{'timeAfterCreate':'P90D'},'action':{'type':'rotate'}}]}}}",
         400, "BadParameter"},
        {"made", key,
         "{'properties':{'kty':'RSA','keySize':3072,'keyOps':['wrapKey','unwrapKey'],'rotationPolicy':{'attributes':{'"
         "expiryTime':'P2Y'},'lifetimeActions':[{'trigger':{'timeAfterCreate':'P90D'},"
         "'action':{'type':'rotate'}}]}}}",
         200, ""},
    };
    hold_all(world, wishes);
    auto const first = world.get(versioned(in_group(key)));
    EXPECT_TRUE(first.text("properties.keyUriWithVersion").starts_with("https://kv1.vault.azsim.test/keys/k/"));
    EXPECT_EQ(json::find(first.body, "n"), nullptr);
    auto const again =
        world.call("PUT", versioned(in_group(key)), as_json("{'properties':{'kty':'RSA','keySize':4096}}"));
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(json::whole_at(again.body, "properties.keySize"), 3072) << "create if absent";
    EXPECT_EQ(again.text("properties.keyUriWithVersion"), first.text("properties.keyUriWithVersion"));
    EXPECT_EQ(world.call("DELETE", versioned(in_group(key))).status, 405);
}

}  // namespace
}  // namespace holdfast::simulator::testing
