#include "simulator/testing.hpp"

namespace holdfast::simulator::testing {
namespace {

constexpr std::string_view crypto_officer = "14b46e9e-c2b7-41b4-b07b-48a6ebf60603";

class Vault : public ::testing::Test {
protected:
    Client client;
    std::string const vault =
        std::string(subscription) + "/resourceGroups/rg1/providers/Microsoft.KeyVault/vaults/holdfast-kv1";

    void SetUp() override {
        client.ready({"Microsoft.KeyVault"});
        auto const made = client.call(
            "PUT", vault + "?api-version=2023-07-01",
            R"({"location":"westeurope","properties":{"tenantId":"11111111-1111-1111-1111-111111111111","sku":{"family":"A","name":"premium"},"enableRbacAuthorization":true}})");
        ASSERT_EQ(made.status, 200) << json::write(made.body);
        EXPECT_EQ(made.text("properties.provisioningState"), "RegisteringDns");
        EXPECT_EQ(made.header("Azure-AsyncOperation"), "");
        client.settle();
        EXPECT_EQ(client.get(vault + "?api-version=2023-07-01").text("properties.provisioningState"), "Succeeded");
    }
    Exchange data(std::string method, std::string path, std::string body = {},
                  std::string audience = "https://vault.azsim.test") {
        world::Request request{.method = std::move(method),
                               .url = "https://holdfast-kv1.vault.azsim.test" + path +
                                      (path.find('?') == std::string::npos ? "?" : "&") + "api%2Dversion=7.4",
                               .headers = {},
                               .body = std::move(body)};
        if (!audience.empty()) request.bearer = base::Secret(client.token(audience));
        return client.send(request);
    }
    void allow() {
        auto const body = fmt::format(
            R"({{"properties":{{"roleDefinitionId":"{}/providers/Microsoft.Authorization/roleDefinitions/{}","principalId":"33333333-3333-3333-3333-333333333333","principalType":"ServicePrincipal"}}}})",
            subscription, crypto_officer);
        ASSERT_EQ(client
                      .call("PUT",
                            vault + "/providers/Microsoft.Authorization/roleAssignments/"
                                    "00000000-0000-4000-8000-000000000001?api-version=2022-04-01",
                            body)
                      .status,
                  201);
    }
};

TEST_F(Vault, challenges_and_checks_the_audience) {
    auto const bare = data("GET", "/keys", {}, "");
    EXPECT_EQ(bare.status, 401);
    EXPECT_EQ(bare.header("WWW-Authenticate"),
              "Bearer authorization=\"https://login.azsim.test/11111111-1111-1111-1111-111111111111\", "
              "resource=\"https://vault.azsim.test\"");
    EXPECT_NE(data("GET", "/keys", {}, "https://vault.azsim.test/").message().find("AKV10022"), std::string::npos);
    EXPECT_EQ(data("GET", "/keys").text("error.innererror.code"), "ForbiddenByRbac") << "an Owner has no data actions";
}

TEST_F(Vault, keeps_keys_with_versions) {
    allow();
    auto const first =
        data("POST", "/keys/k/create", R"({"kty":"RSA","key_size":3072,"key_ops":["wrapKey","unwrapKey"]})");
    ASSERT_EQ(first.status, 200) << json::write(first.body);
    EXPECT_TRUE(first.text("key.kid").starts_with("https://holdfast-kv1.vault.azsim.test/keys/k/"));
    auto const second = data("POST", "/keys/k/rotate");
    EXPECT_NE(first.text("key.kid"), second.text("key.kid"));
    EXPECT_EQ(data("GET", "/keys/k/").text("key.kid"), second.text("key.kid")) << "with the slash az sends";
    EXPECT_EQ(json::list_at(data("GET", "/keys/k/versions").body, "value").size(), 2u);
    EXPECT_EQ(client.get(vault + "/keys/k?api-version=2023-07-01").text("properties.keyUriWithVersion"),
              second.text("key.kid"));
    EXPECT_EQ(data("PUT", "/keys/k/rotationpolicy", R"({"lifetimeActions":[],"attributes":{"expiryTime":"P2Y"}})")
                  .text("attributes.expiryTime"),
              "P2Y");

    EXPECT_EQ(data("DELETE", "/keys/k").text("recoveryId"), "https://holdfast-kv1.vault.azsim.test/deletedkeys/k");
    EXPECT_EQ(data("GET", "/keys/k").status, 404);
    EXPECT_EQ(data("POST", "/keys/k/create", R"({"kty":"RSA"})").status, 409);
    EXPECT_EQ(data("POST", "/deletedkeys/k/recover").status, 200);
    EXPECT_EQ(data("GET", "/keys/k").status, 200);
}

TEST_F(Vault, has_the_names_of_the_cloud_that_asks) {
    auto const key = vault + "/keys/k?api-version=2023-07-01";
    ASSERT_EQ(client.call("PUT", key, R"({"properties":{"kty":"RSA","keySize":2048}})").status, 200);
    EXPECT_TRUE(client.get(key).text("properties.keyUri").starts_with("https://holdfast-kv1.vault.azsim.test/"));
    EXPECT_TRUE(client.get("https://management.azure.com" + key)
                    .text("properties.keyUri")
                    .starts_with("https://holdfast-kv1.vault.azure.net/"));
}

TEST_F(Vault, comes_back_from_the_bin_with_its_keys) {
    ASSERT_EQ(
        client.call("PUT", vault + "/keys/k?api-version=2023-07-01", R"({"properties":{"kty":"RSA","keySize":2048}})")
            .status,
        200);
    auto const uri = client.get(vault + "/keys/k?api-version=2023-07-01").text("properties.keyUriWithVersion");
    EXPECT_EQ(client.call("DELETE", vault + "?api-version=2023-07-01").status, 200);
    auto const deleted =
        std::string(subscription) +
        "/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/holdfast-kv1?api-version=2023-07-01";
    EXPECT_EQ(client.get(deleted).status, 200);
    client.reopen();
    EXPECT_EQ(client.get(deleted).status, 200);
    EXPECT_EQ(client.azure().next_due(), std::nullopt) << "a purge in ninety days keeps nobody waiting";
    auto const body = [](std::string_view mode) {
        return fmt::format(
            R"({{"location":"westeurope","properties":{{{}"tenantId":"11111111-1111-1111-1111-111111111111","sku":{{"family":"A","name":"premium"}},"enableRbacAuthorization":true}}}})",
            mode);
    };
    EXPECT_EQ(client.call("PUT", vault + "?api-version=2023-07-01", body("")).status, 409);
    EXPECT_EQ(client.call("PUT", vault + "?api-version=2023-07-01", body(R"("createMode":"recover",)")).status, 200);
    client.settle();
    EXPECT_EQ(client.get(vault + "/keys/k?api-version=2023-07-01").text("properties.keyUriWithVersion"), uri);
    EXPECT_EQ(client.get(deleted).status, 404);

    EXPECT_EQ(client.call("DELETE", vault + "?api-version=2023-07-01").status, 200);
    client.wait(91.0 * 86400);
    EXPECT_EQ(client.get(deleted).status, 404) << "purged by itself";
}

}  // namespace
}  // namespace holdfast::simulator::testing
