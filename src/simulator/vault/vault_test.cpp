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

TEST_F(Vault, lets_in_by_address) {
    allow();
    struct Row {
        std::string_view rules;
        int status;
    };
    for (auto const& row :
         {Row{"", 403}, Row{R"({"value":"198.51.100.0/24"})", 403}, Row{R"({"value":"203.0.113.10"})", 200},
          Row{R"({"value":"198.51.100.1"},{"value":"203.0.113.0/24"})", 200}}) {
        auto const body = fmt::format(
            R"({{"location":"westeurope","properties":{{"tenantId":"11111111-1111-1111-1111-111111111111","sku":{{"family":"A","name":"premium"}},"enableRbacAuthorization":true,"networkAcls":{{"defaultAction":"Deny","bypass":"AzureServices","ipRules":[{}]}}}}}})",
            row.rules);
        ASSERT_EQ(client.call("PUT", vault + "?api-version=2023-07-01", body).status, 200);
        client.settle();
        auto const answer = data("GET", "/keys");
        EXPECT_EQ(answer.status, row.status) << row.rules;
        EXPECT_EQ(answer.text("error.innererror.code"), row.status == 200 ? "" : "ForbiddenByFirewall") << row.rules;
    }
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
    auto const versions = data("GET", "/keys/k/versions");
    ASSERT_EQ(json::list_at(versions.body, "value").size(), 2u);
    for (auto const& [list, entry] :
         {std::pair{versions.body, "value[0].attributes"}, std::pair{data("GET", "/keys").body, "value[0].attributes"}})
        for (auto const* name : {"enabled", "created", "updated", "recoveryLevel", "recoverableDays"})
            EXPECT_TRUE(json::object_at(list, entry).contains(name)) << name << " in " << json::write(list);
    EXPECT_EQ(json::whole_at(versions.body, "value[0].attributes.created"),
              json::whole_at(first.body, "attributes.created"));
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

TEST_F(Vault, works_with_keys_for_real) {
    allow();
    auto const value = base::base64url("thirty-two bytes of a secret key");
    auto const made = data("POST", "/keys/r/create",
                           R"({"kty":"RSA","key_size":2048,"key_ops":["wrapKey","unwrapKey","sign","verify"]})");
    auto const version = made.text("key.kid").substr(made.text("key.kid").rfind("/keys/"));
    EXPECT_EQ(base::from_base64(made.text("key.n"))->size(), 256u);
    EXPECT_EQ(made.text("key.n"), data("GET", "/keys/r").text("key.n")) << "the same key, asked again";
    auto const ask = [&](std::string path, std::string alg, std::string what) {
        return data("POST", path, fmt::format(R"({{"alg":"{}","value":"{}"}})", alg, what));
    };
    for (auto const* alg : {"RSA1_5", "RSA-OAEP", "RSA-OAEP-256"}) {
        auto const wrapped = ask(version + "/wrapkey", alg, value);
        EXPECT_EQ(wrapped.text("kid"), made.text("key.kid")) << json::write(wrapped.body);
        EXPECT_NE(wrapped.text("value"), value);
        EXPECT_EQ(ask(version + "/unwrapkey", alg, wrapped.text("value")).text("value"), value) << alg;
    }
    auto const wrapped = ask("/keys/r/wrapkey", "RSA-OAEP", value).text("value");
    data("POST", "/keys/r/rotate");
    EXPECT_EQ(ask("/keys/r/unwrapkey", "RSA-OAEP", wrapped).status, 400) << "the new version is another key";
    EXPECT_EQ(ask(version + "/unwrapkey", "RSA-OAEP", wrapped).text("value"), value) << "the old one still opens it";
    EXPECT_EQ(ask(version + "/encrypt", "RSA-OAEP", value).text("error.innererror.code"), "KeyOperationForbidden");

    auto const digest = base::base64url(base::sha256("message"));
    auto const check = [&](std::string path, std::string alg, std::string signature, std::string of) {
        auto const answer = data("POST", path + "/verify",
                                 fmt::format(R"({{"alg":"{}","digest":"{}","value":"{}"}})", alg, of, signature));
        return json::truth_at(answer.body, "value").value_or(false);
    };
    for (auto const* alg : {"RS256", "PS256"}) {
        auto const signature = ask(version + "/sign", alg, digest).text("value");
        EXPECT_TRUE(check(version, alg, signature, digest)) << alg;
        EXPECT_FALSE(check(version, alg, signature, base::base64url(base::sha256("other")))) << alg;
    }
    EXPECT_EQ(ask(version + "/sign", "ES256", digest).code(), "BadParameter");
    data("POST", "/keys/c/create", R"({"kty":"EC","crv":"P-256"})");
    auto const signature = ask("/keys/c/sign", "ES256", digest).text("value");
    EXPECT_EQ(base::from_base64(signature)->size(), 64u);
    EXPECT_TRUE(check("/keys/c", "ES256", signature, digest));

    data("PATCH", version, R"({"attributes":{"enabled":false}})");
    EXPECT_EQ(ask(version + "/unwrapkey", "RSA-OAEP", wrapped).text("error.innererror.code"), "KeyDisabled");
    auto const everything = json::write(data("GET", "/keys/r").body) +
                            json::write(client.get(vault + "/keys/r?api-version=2023-07-01").body);
    EXPECT_EQ(everything.find("material"), std::string::npos) << "the secret half leaves the vault";
    client.reopen();
    data("PATCH", version, R"({"attributes":{"enabled":true}})");
    EXPECT_EQ(ask(version + "/unwrapkey", "RSA-OAEP", wrapped).text("value"), value) << "keys survive a kill";
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
