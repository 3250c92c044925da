#include "simulator/testing.hpp"

namespace holdfast::simulator::testing {
namespace {

TEST(Load, stands_a_world_up_with_groups_and_children) {
    Client client;
    auto const loaded = client.azure().load(R"([
      {"id": "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub/subnets/late",
       "properties": {"addressPrefix": "10.1.9.0/24"}},
      {"id": "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub",
       "name": "hub", "type": "Microsoft.Network/virtualNetworks", "location": "West Europe", "tags": {"team": "network"},
       "properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]},
                      "subnets": [{"name": "nodes", "properties": {"addressPrefix": "10.1.0.0/24"}}]}}])");
    ASSERT_TRUE(loaded) << loaded.error().what;
    auto const hub = std::string(subscription) + "/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub";
    auto const shown = client.get(hub + "?api-version=2025-01-01");
    EXPECT_EQ(shown.status, 200);
    EXPECT_EQ(shown.text("location"), "westeurope");
    EXPECT_EQ(shown.text("properties.provisioningState"), "Succeeded");
    EXPECT_EQ(json::list_at(shown.body, "properties.subnets").size(), 2u);
    EXPECT_EQ(client.get(std::string(subscription) + "/resourceGroups/hub?api-version=2021-04-01").text("location"),
              "westeurope");
    EXPECT_EQ(client.get(std::string(subscription) + "/providers/Microsoft.Network?api-version=2021-04-01")
                  .text("registrationState"),
              "Registered");
    client.reopen();
    EXPECT_EQ(client.get(hub + "/subnets/nodes?api-version=2025-01-01").status, 200);
}

TEST(Load, identities_are_who_the_world_says) {
    Client client;
    auto const id = std::string(subscription) + "/resourceGroups/a/providers/Microsoft.ManagedIdentity/userAssignedIdentities/me";
    auto const who = std::string("aaaaaaaa-0000-4000-8000-000000000001");
    ASSERT_TRUE(client.azure().load(R"([{"id":")" + id + R"(","location":"westeurope","properties":{"principalId":")" + who + R"("}}])"));
    EXPECT_EQ(client.get(id + "?api-version=2024-11-30").text("properties.principalId"), who);
    // Whoever writes one is told, and does not tell.
    auto const other = client.call("PUT", id + "2?api-version=2024-11-30", R"({"location":"westeurope","properties":{"principalId":")" + who + R"("}})");
    EXPECT_EQ(other.status, 201);
    EXPECT_NE(other.text("properties.principalId"), who);
}

TEST(Load, refuses_what_is_no_world) {
    Client client;
    for (
        auto const* text :
        {"{", "3", R"({"values":[]})", R"([{"name":"x"}])", R"([{"id":"nonsense"}])",
         R"([{"id":"/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/a/providers/Contoso.X/boxes/b"}])",
         R"([{"id":"/subscriptions/99999999-0000-0000-0000-000000000001/resourceGroups/a"}])"}) {
        EXPECT_FALSE(client.azure().load(text)) << text;
    }
    EXPECT_TRUE(client.azure().load("[]"));
}

}  // namespace
}  // namespace holdfast::simulator::testing
