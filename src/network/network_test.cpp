#include "network/network.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "../../tests/scenarios/graph_text.hpp"
#include "../../tests/scenarios/published.hpp"
#include "network/picture.hpp"

namespace holdfast::network {
namespace {

std::string const folder = HOLDFAST_SOURCE_DIR "/tests/scenarios/checks";
resource::Graph graph(std::string const& changes = {}) {
    return scenario::graph_of("graph secure.graph\n" + changes, folder);
}

TEST(Network, properties_are_published) {
    int seen = 0;
    EXPECT_EQ(scenario::unpublished(HOLDFAST_SOURCE_DIR "/src/network/paths.hpp", seen), std::vector<std::string>{});
    EXPECT_GE(seen, 30);
}

TEST(Network, map_of_a_secure_cluster) {
    auto const map = network::map(graph("answered network/nat-ip properties.ipAddress \"20.1.2.3\""));
    EXPECT_EQ(map.network, "vnet-prod");
    EXPECT_EQ(map.space, std::vector<std::string>{"10.20.0.0/16"});
    ASSERT_EQ(map.subnets.size(), 2u);
    EXPECT_TRUE(map.subnets[0].holds_api_server);
    EXPECT_EQ(map.subnets[1].label, "nodes");
    EXPECT_EQ(map.subnets[1].cidr, "10.20.0.0/24");
    EXPECT_EQ(map.subnets[1].note, "NAT gateway 'nat-prod', security group 'nsg-prod'");
    EXPECT_EQ(map.subnets[1].uses,
              (std::vector<std::string>{"pool system, up to 3 nodes", "pool work, up to 9 nodes"}));
    EXPECT_EQ(map.egress, "NAT gateway 'nat-prod' through public IP 'ip-prod' 20.1.2.3");
    EXPECT_EQ(map.way_out.back(), "internet");
    EXPECT_EQ(map.api_server, "public from 203.0.113.0/24, in subnet 'apiserver'");
    EXPECT_EQ(map.overlays.front().cidr, "10.244.0.0/16");
    EXPECT_TRUE(map.unknowns.empty());
}

TEST(Network, map_of_routed_egress_through_a_firewall) {
    auto const map = network::map(
        graph("set cluster properties.networkProfile.outboundType \"userDefinedRouting\"\n"
              "network/firewall-ip Network/publicIPAddresses as ip-fw\n"
              "network/subnets/AzureFirewallSubnet Network/virtualNetworks/subnets "
              "{\"properties\":{\"addressPrefix\":\"10.20.2.0/26\"}}\n"
              "network/firewall Network/azureFirewalls as fw "
              "{\"properties\":{\"ipConfigurations\":[{\"name\":\"a\",\"properties\":{\"subnet\":{\"id\":\"@network/"
              "subnets/AzureFirewallSubnet\"},\"publicIPAddress\":{\"id\":\"@network/firewall-ip\"}}}]}}\n"
              "network/routes Network/routeTables as rt\n"
              "network/routes/default Network/routeTables/routes "
              "{\"properties\":{\"addressPrefix\":\"0.0.0.0/"
              "0\",\"nextHopType\":\"VirtualAppliance\",\"nextHopIpAddress\":\"?network/firewall "
              "properties.ipConfigurations[0].properties.privateIPAddress\"}}\n"
              "set network/subnets/nodes properties.routeTable.id \"@network/routes\"\n"));
    EXPECT_EQ(map.egress, "firewall 'fw' through public IP 'ip-fw'");
    auto const home = std::ranges::find(map.subnets, "AzureFirewallSubnet", &Range::label);
    ASSERT_NE(home, map.subnets.end());
    EXPECT_EQ(home->uses, std::vector<std::string>{"firewall fw"});
}

TEST(Network, map_where_azure_makes_the_network) {
    auto const map = network::map(
        graph("unset cluster/pools/system properties.vnetSubnetID\nunset cluster/pools/work properties.vnetSubnetID\n"
              "unset cluster properties.apiServerAccessProfile.subnetId\nset cluster "
              "properties.networkProfile.outboundType \"loadBalancer\""));
    EXPECT_EQ(map.network, "made by Azure");
    EXPECT_EQ(map.egress, "the cluster's load balancer");
}

TEST(Network, what_was_not_read_is_said) {
    EXPECT_FALSE(network::map(resource::Graph{}).unknowns.empty());
    EXPECT_FALSE(network::map(graph("hollow network")).unknowns.empty());
    EXPECT_FALSE(network::map(graph("set network/subnets/nodes properties.natGateway.id "
                                    "\"/subscriptions/a/resourceGroups/b/providers/Microsoft.Network/natGateways/c\""))
                     .unknowns.empty());
}

TEST(Network, surge) {
    struct Row {
        std::string_view surge;
        bool unavailable;
        std::int64_t nodes, want;
    };
    for (auto const& row :
         {Row{"33%", false, 3, 1}, Row{"33%", false, 10, 4}, Row{"10%", false, 9, 1}, Row{"2", false, 9, 2},
          Row{"50%", true, 9, 0}, Row{"nonsense", false, 10, 1}, Row{"", false, 10, 1}, Row{"100%", false, 7, 7}})
        EXPECT_EQ(surge_of(row.surge, row.unavailable, row.nodes), row.want) << row.surge << " of " << row.nodes;
}

/// The published formulas at their very edge: a subnet with room for exactly what is needed, and one node more.
TEST(Network, room_at_the_edge) {
    struct Row {
        std::string mode, range;
        int count, max_pods;
        std::string rule;  ///< that must speak, or none
    };
    auto const overlay = std::string();
    auto const node_subnet = std::string(
        "unset cluster properties.networkProfile.networkPluginMode\nunset cluster properties.networkProfile.podCidr\n");
    for (auto const& row : {
             Row{overlay, "10.20.0.0/28", 10, 30, ""},           // 11 usable, 10 + 1 while upgrading
             Row{overlay, "10.20.0.0/28", 11, 30, "ip-002"},     // 11 + 2
             Row{node_subnet, "10.20.0.0/24", 7, 30, ""},        // 251 usable, 8 * 31 = 248
             Row{node_subnet, "10.20.0.0/24", 8, 30, "ip-001"},  // 9 * 31 = 279
         }) {
        auto const found =
            troubles(graph(row.mode + "drop cluster/pools/work\nset cluster/pools/system properties.count " +
                           std::to_string(row.count) + "\nset cluster/pools/system properties.maxPods " +
                           std::to_string(row.max_pods) + "\nset network/subnets/nodes properties.addressPrefix \"" +
                           row.range + "\""));
        std::string rules;
        for (auto const& trouble : found) rules += trouble.rule;
        EXPECT_EQ(rules, row.rule) << row.range << " with " << row.count;
    }
}

TEST(Network, room_for_pods_in_a_subnet_of_their_own) {
    auto const with = [](std::string const& range, std::string const& more = {}) {
        std::string rules;
        for (auto const& trouble : troubles(
                 graph("unset cluster properties.networkProfile.networkPluginMode\nunset cluster "
                       "properties.networkProfile.podCidr\n"
                       "network/subnets/pods Network/virtualNetworks/subnets {\"properties\":{\"addressPrefix\":\"" +
                       range +
                       "\"}}\n"
                       "set cluster/pools/system properties.podSubnetID \"@network/subnets/pods\"\n"
                       "set cluster/pools/work properties.podSubnetID \"@network/subnets/pods\"\n" +
                       more)))
            rules += trouble.rule + " ";
        return rules;
    };
    // (3+1) + (9+1) nodes with 110 pods: ceil(118/16) * 16 = 128 each, 1792 in all.
    EXPECT_EQ(with("10.20.16.0/21"), "");
    EXPECT_EQ(with("10.20.16.0/22"), "ip-003 ");
    // Static blocks hold 111 in 112: 1568, still more than a /22 has.
    EXPECT_EQ(with("10.20.16.0/22",
                   "set cluster/pools/system properties.podIPAllocationMode \"StaticBlock\"\nset cluster/pools/work "
                   "properties.podIPAllocationMode \"StaticBlock\"\n"),
              "ip-003 ");
}

TEST(Network, peers_count) {
    auto const found =
        troubles(graph("network/peerings/hub Network/virtualNetworks/virtualNetworkPeerings "
                       "{\"properties\":{\"remoteAddressSpace\":{\"addressPrefixes\":[\"10.244.0.0/20\"]}}}"));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].rule, "cidr-012");
    auto const across =
        troubles(graph("network/peerings/hub Network/virtualNetworks/virtualNetworkPeerings "
                       "{\"properties\":{\"remoteAddressSpace\":{\"addressPrefixes\":[\"10.0.0.0/8\"]}}}"));
    EXPECT_TRUE(std::ranges::any_of(across, [](Trouble const& one) { return one.rule == "peers-apart"; }));
    auto const unread =
        troubles(graph("network/peerings/hub Network/virtualNetworks/virtualNetworkPeerings "
                       "{\"properties\":{\"remoteVirtualNetwork\":{\"id\":\"/subscriptions/a/resourceGroups/b/"
                       "providers/Microsoft.Network/virtualNetworks/hub\"}}}"));
    EXPECT_TRUE(std::ranges::all_of(unread, &Trouble::unknown));
    EXPECT_FALSE(unread.empty());
}

}  // namespace
}  // namespace holdfast::network
