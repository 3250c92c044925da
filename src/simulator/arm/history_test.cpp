// Worlds whose clocks stand elsewhere: what Azure showed and assumed then, and does no more.
#include "simulator/testing.hpp"

namespace holdfast::simulator::testing {
namespace {

Client world_of(std::string_view day) {
    auto options = Client::defaults();
    options.start = *base::parse_time(day);
    return Client(options);
}

constexpr std::string_view network =
    "/resourceGroups/rg1/providers/Microsoft.Network/virtualNetworks/net?api-version=2019-11-01";
constexpr std::string_view address =
    "/resourceGroups/rg1/providers/Microsoft.Network/publicIPAddresses/p?api-version=2019-11-01";

TEST(History, of_networks_is_by_the_worlds_clock) {
    struct Row {
        std::string_view day, policies;
        bool vm_protection, subnet_type;
    };
    for (auto const& row :
         {Row{"2018-01-01T00:00:00Z", "", true, false}, Row{"2020-06-01T00:00:00Z", "Enabled", true, true},
          Row{"2021-06-01T00:00:00Z", "Enabled", false, true}, Row{"2026-11-24T00:00:00Z", "Disabled", false, true}}) {
        auto client = world_of(row.day);
        client.ready({"Microsoft.Network"});
        auto const made =
            client.call("PUT", std::string(subscription) + std::string(network),
                        R"({"location":"westeurope","properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]},
                            "subnets":[{"name":"s","properties":{"addressPrefix":"10.0.0.0/24"}}]}})");
        ASSERT_EQ(made.status, 201) << row.day << made.message();
        client.settle();
        auto const shown = client.get(std::string(subscription) + std::string(network));
        EXPECT_EQ(shown.text("properties.subnets[0].properties.privateEndpointNetworkPolicies"), row.policies)
            << row.day;
        EXPECT_EQ(json::find(shown.body, "properties.enableVmProtection") != nullptr, row.vm_protection) << row.day;
        EXPECT_EQ(json::find(shown.body, "properties.subnets[0].type") != nullptr, row.subnet_type) << row.day;
    }
}

TEST(History, basic_addresses_were_the_default_until_they_were_retired) {
    auto before = world_of("2025-09-29T00:00:00Z"), after = world_of("2025-09-30T00:00:00Z");
    for (auto* client : {&before, &after}) client->ready({"Microsoft.Network"});
    auto const put = [](Client& client) {
        return client.call("PUT", std::string(subscription) + std::string(address), R"({"location":"westeurope"})");
    };
    EXPECT_EQ(put(before).status, 201);
    before.settle();
    auto const shown = before.get(std::string(subscription) + std::string(address));
    EXPECT_EQ(shown.text("sku.name"), "Basic");
    EXPECT_EQ(shown.text("properties.publicIPAllocationMethod"), "Dynamic");
    EXPECT_EQ(shown.text("properties.ipAddress"), "") << "a dynamic one has none until a machine uses it";
    EXPECT_EQ(put(after).code(), "IPv4BasicSkuPublicIpCountLimitReached");
}

}  // namespace
}  // namespace holdfast::simulator::testing
