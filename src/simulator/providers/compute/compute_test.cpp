#include "simulator/providers/testing.hpp"

namespace holdfast::simulator::testing {
namespace {

constexpr std::string_view set = "Microsoft.Compute/diskEncryptionSets/des";

struct DiskEncryption : ::testing::Test {
    World world;
    std::string key;
    void SetUp() override {
        world.make("Microsoft.KeyVault/vaults/kv-disk",
                   "{'location':'westeurope','properties':{'tenantId':'11111111-1111-1111-1111-111111111111','sku':{'"
                   "family':'A','name':'standard'},"
                   "'enableRbacAuthorization':true,'enablePurgeProtection':true}}");
        world.make("Microsoft.KeyVault/vaults/kv-open",
                   "{'location':'westeurope','properties':{'tenantId':'11111111-1111-1111-1111-111111111111','sku':{'"
                   "family':'A','name':'standard'},"
                   "'enableRbacAuthorization':true}}");
        key = world.make("Microsoft.KeyVault/vaults/kv-disk/keys/disk", "{'properties':{'kty':'RSA'}}")
                  .text("properties.keyUriWithVersion");
        world.make("Microsoft.KeyVault/vaults/kv-open/keys/disk", "{'properties':{'kty':'RSA'}}");
        world.make("Microsoft.ManagedIdentity/userAssignedIdentities/id-disk", "{'location':'westeurope'}");
    }
    std::string body(std::string const& url, std::string const& more = {}) const {
        return "{'location':'westeurope','identity':{'type':'UserAssigned','userAssignedIdentities':{'" +
               in_group("Microsoft.ManagedIdentity/userAssignedIdentities/id-disk") +
               "':{}}},'properties':{'activeKey':{'keyUrl':'" + url + "'}" + (more.empty() ? "" : "," + more) + "}}";
    }
    std::string ends_in(std::string const& url, std::string const& more = {}) {
        auto const put = world.call("PUT", versioned(in_group(set)), as_json(body(url, more)));
        if (put.status >= 400) return put.code();
        EXPECT_EQ(put.status, 202);
        world.settle();
        auto const status = world.get(put.header("Azure-AsyncOperation"));
        return status.text("status") == "Failed" ? status.text("error.code") : status.text("status");
    }
};

TEST_F(DiskEncryption, needs_its_whole_chain) {
    EXPECT_EQ(ends_in("https://elsewhere.example/keys/a/b"), "InvalidParameter");
    EXPECT_EQ(ends_in("https://kv-disk.vault.azsim.test/keys/disk"), "InvalidParameter") << "no version, no rotation";
    EXPECT_EQ(ends_in("https://none.vault.azsim.test/keys/disk/1"), "KeyVaultNotFound");
    EXPECT_EQ(ends_in("https://kv-disk.vault.azsim.test/keys/none/1"), "KeyVaultKeyNotFound");
    EXPECT_EQ(ends_in("https://kv-disk.vault.azsim.test/keys/disk/1"), "KeyVaultKeyNotFound");
    EXPECT_EQ(ends_in("https://kv-open.vault.azsim.test/keys/disk", "'rotationToLatestKeyVersionEnabled':true"),
              "KeyVaultPurgeProtectionNotEnabled");
    EXPECT_EQ(ends_in(key), "KeyVaultAccessForbidden");
    EXPECT_EQ(world.get(versioned(in_group(set))).text("properties.provisioningState"), "Failed");
    world.grant(world.principal("id-disk"), roles::crypto_encryption_user,
                in_group("Microsoft.KeyVault/vaults/kv-disk"));
    EXPECT_EQ(ends_in(key), "Succeeded");
    EXPECT_EQ(world.get(versioned(in_group(set))).text("properties.encryptionType"), "EncryptionAtRestWithCustomerKey");
    EXPECT_EQ(ends_in(key, "'encryptionType':'EncryptionAtRestWithPlatformAndCustomerKeys'"),
              "PropertyChangeNotAllowed");
}

TEST_F(DiskEncryption, of_its_own_identity_is_granted_later) {
    auto const own =
        "{'location':'westeurope','identity':{'type':'SystemAssigned'},'properties':{'activeKey':{'keyUrl':'" + key +
        "','sourceVault':{'id':'" + in_group("Microsoft.KeyVault/vaults/kv-disk") + "'}}}}";
    auto const put = world.call("PUT", versioned(in_group(set)), as_json(own));
    EXPECT_EQ(put.status, 202) << json::write(put.body);
    EXPECT_EQ(put.text("identity.principalId"), "");
    world.settle();
    EXPECT_NE(world.get(versioned(in_group(set))).text("identity.principalId"), "");
}

TEST(Compute, lists_sizes_and_quota) {
    World world;
    auto const sizes =
        world.get(std::string(subscription) +
                  "/providers/Microsoft.Compute/skus?api-version=2021-07-01&$filter=location%20eq%20'westeurope'");
    ASSERT_EQ(sizes.status, 200);
    auto const text = json::write(sizes.body);
    EXPECT_NE(text.find("Standard_D4ds_v5"), std::string::npos);
    EXPECT_EQ(text.find("eastus"), std::string::npos);
    auto const usages = world.get(std::string(subscription) +
                                  "/providers/Microsoft.Compute/locations/westeurope/usages?api-version=2025-04-01");
    EXPECT_EQ(json::whole_at(usages.body, "value[0].currentValue"), 0);
}

}  // namespace
}  // namespace holdfast::simulator::testing
