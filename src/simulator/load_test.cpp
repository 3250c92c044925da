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
         R"([{"id":"/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/a/providers/Microsoft.Network/virtualNetworks/v","properties":{"subnets":[{"name":"b/c"}]}}])",
         R"([{"id":"/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/a/providers/Microsoft.Network/virtualNetworks/v","properties":{"subnets":[{"name":"b "}]}}])",
         R"([{"id":"/subscriptions/99999999-0000-0000-0000-000000000001/resourceGroups/a"}])"}) {
        EXPECT_FALSE(client.azure().load(text)) << text;
    }
    EXPECT_TRUE(client.azure().load("[]"));
}

TEST(Load, takes_what_people_have_at_hand) {
    auto const nsg = std::string(subscription) + "/resourceGroups/a/providers/Microsoft.Network/networkSecurityGroups/n";
    auto const body = R"({"id":")" + nsg + R"(","location":"westeurope","properties":{}})";
    auto const cdn = std::string(subscription) + "/resourceGroups/a/providers/Microsoft.Cdn/profiles/p";
    // Elsewhere's subscription is ours in a recording, in keys too.
    auto const elsewhere = [](std::string line) {
        line.replace(line.find("00000000-0000-0000-0000-000000000001"), 36, "99999999-0000-4000-8000-000000000001");
        return line;
    };
    auto const line = [&](std::string_view method, std::string const& url, int status, std::string const& answer) {
        return fmt::format(R"({{"method":"{}","url":"{}","status":{},"response_body":{}}})", method,
                           elsewhere("https://management.azure.com" + url + "?api-version=2024-05-01"), status, answer) + "\n";
    };
    auto const read = line("GET", nsg, 200, elsewhere(body));
    struct Row {
        std::string what, text;
        int status;
    };
    for (auto const& row : std::vector<Row>{
             {"one body", body, 200},
             {"a list", "[" + body + "]", 200},
             {"what a graph query prints", R"({"count":1,"data":[)" + body + "]}", 200},
             {"a recording", read, 200},
             {"a recording that ends with its deletion", read + line("DELETE", nsg, 202, "null"), 404},
             {"a recording of a failure", read + line("GET", nsg, 404, R"({"error":{"code":"x"}})"), 200}}) {
        Client client;
        auto const loaded = client.azure().load(row.text);
        ASSERT_TRUE(loaded) << row.what << ": " << loaded.error().what;
        EXPECT_EQ(client.get(nsg + "?api-version=2024-05-01").status, row.status) << row.what;
    }
    Client client;
    ASSERT_TRUE(client.azure().load(R"([{"id":")" + cdn + R"(","location":"westeurope","sku":{"name":"s"}}])"));
    auto const kept = client.get(cdn + "?api-version=2024-02-01");
    EXPECT_EQ(kept.text("sku.name"), "s");
    EXPECT_EQ(kept.header("x-holdfast-fidelity"), "stored only");
}

TEST(Load, deploys_a_template_in_no_time) {
    auto const of = [](std::string_view schema, std::string_view resources, std::string_view parameters = "{}") {
        return fmt::format(R"({{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/{}.json#",
            "contentVersion": "1.0.0.0", "parameters": {}, /* as people write them */ "resources": [{}],}})", schema, parameters, resources);
    };
    auto const group = std::string(subscription) + "/resourceGroups/loaded";
    constexpr std::string_view nsg = R"({"type":"Microsoft.Network/networkSecurityGroups","apiVersion":"2024-05-01",
        "name":"[parameters('name')]","location":"[resourceGroup().location]","properties":{}})";
    constexpr std::string_view named = R"({"name":{"type":"string","defaultValue":"nsg"}})";
    Client client;
    auto const loaded = client.azure().load(of("deploymentTemplate", nsg, named));
    ASSERT_TRUE(loaded) << loaded.error().what;
    EXPECT_EQ(client.get(group + "/providers/Microsoft.Network/networkSecurityGroups/nsg?api-version=2024-05-01").status, 200);

    Client wide;
    ASSERT_TRUE(wide.azure().load(of("subscriptionDeploymentTemplate",
        R"({"type":"Microsoft.Resources/resourceGroups","apiVersion":"2025-04-01","name":"g","location":"westeurope"})")));
    EXPECT_EQ(wide.get(std::string(subscription) + "/resourceGroups/g?api-version=2025-04-01").status, 200);

    struct Row {
        std::string text, says;
    };
    for (auto const& row : std::vector<Row>{
             {of("deploymentTemplate", nsg, R"({"name":{"type":"string"}})"), "parameter 'name' is not provided"},
             {of("deploymentTemplate", R"({"type":"Microsoft.Network/networkSecurityGroups/securityRules",
                 "apiVersion":"2024-05-01","name":"none/rule","properties":{"protocol":"*",
                 "access":"Allow","direction":"Inbound","priority":100}})"), "ParentResourceNotFound"},
             {of("tenantDeploymentTemplate", ""), "tenant"}}) {
        Client other;
        auto const refused = other.azure().load(row.text);
        ASSERT_FALSE(refused) << row.says;
        EXPECT_NE(refused.error().what.find(row.says), std::string::npos) << refused.error().what;
    }
}

}  // namespace
}  // namespace holdfast::simulator::testing
