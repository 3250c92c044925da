// What a cloud's hosts are.
#include "credentials/testing.hpp"

namespace holdfast::credentials {
namespace {

using namespace testing;

TEST(Clouds, are_found_by_name) {
    EXPECT_EQ(find_cloud("public")->arm, "https://management.azure.com");
    EXPECT_EQ(find_cloud("usgov")->vault_suffix, ".vault.usgovcloudapi.net");
    EXPECT_EQ(find_cloud("china")->registry_suffix, ".azurecr.cn");
    EXPECT_EQ(find_cloud("simulated")->authority, "https://login.azsim.test");
    EXPECT_EQ(find_cloud("moon"), nullptr);
}

TEST(Clouds, a_custom_one_describes_itself) {
    Bench bench;
    bench.answer(
        200,
        R"({"name":"x","authentication":{"loginEndpoint":"https://login.x.test/","audiences":["https://arm.x.test/"]},
        "microsoftGraphResourceId":"https://graph.x.test/","suffixes":{"keyVaultDns":"vault.x.test","acrLoginServer":"cr.x.test"}})");
    bench.with([&](world::World& world) {
        auto const found = world::run(bench.io, bench.clock, discover_cloud("https://arm.x.test:8443/", "", world));
        ASSERT_TRUE(found) << found.error().what;
        EXPECT_EQ(found->arm, "https://arm.x.test:8443");
        EXPECT_EQ(found->authority, "https://login.x.test");
        EXPECT_EQ(found->arm_audience, "https://arm.x.test");
        EXPECT_EQ(found->vault_suffix, ".vault.x.test");
        EXPECT_EQ(found->vault_audience, "https://vault.x.test");
        EXPECT_EQ(found->registry_suffix, ".cr.x.test");
        EXPECT_EQ(bench.script.asked[0].url, "https://arm.x.test:8443/metadata/endpoints?api-version=2022-09-01");
        EXPECT_FALSE(bench.script.asked[0].bearer);
    });
}

TEST(Clouds, a_sign_in_host_without_tls_is_refused) {
    for (auto const* host : {"http://login.x.test", "http://localhost.evil.test", "http://localhost:1@evil.test", "http://127.0.0.1\\@evil.test",
                             "https://x@evil.test", "ftp://x", ""}) {
        Bench bench;
        bench.answer(200, R"({"authentication":{"loginEndpoint":")" + std::string(host) + R"("}})");
        bench.with([&](world::World& world) {
            EXPECT_FALSE(world::run(bench.io, bench.clock, discover_cloud("https://arm.x.test", "", world))) << host;
        });
    }
    Bench bench;
    bench.with([&](world::World& world) {
        EXPECT_FALSE(world::run(bench.io, bench.clock, discover_cloud("http://arm.x.test", "", world)));
    });
    EXPECT_TRUE(bench.script.asked.empty());
}

}  // namespace
}  // namespace holdfast::credentials
