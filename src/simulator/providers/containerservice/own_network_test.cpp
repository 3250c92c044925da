/// Clusters in networks that were there before.
#include "simulator/providers/testing.hpp"

namespace holdfast::simulator::testing {
namespace {

constexpr std::string_view cluster = "Microsoft.ContainerService/managedClusters/own";
std::string subnet_id(std::string const& name) {
    return in_group("Microsoft.Network/virtualNetworks/vnet/subnets/" + name);
}

struct OwnNetwork : ::testing::Test {
    World world;
    void SetUp() override {
        world.make("Microsoft.ManagedIdentity/userAssignedIdentities/id-cluster", "{'location':'westeurope'}");
        for (auto const* table : {"empty", "internet", "appliance"})
            world.make(std::string("Microsoft.Network/routeTables/") + table, "{'location':'westeurope'}");
        world.make("Microsoft.Network/routeTables/internet/routes/out",
                   "{'properties':{'addressPrefix':'0.0.0.0/0','nextHopType':'Internet'}}");
        world.make("Microsoft.Network/routeTables/appliance/routes/out",
                   "{'properties':{'addressPrefix':'0.0.0.0/"
                   "0','nextHopType':'VirtualAppliance','nextHopIpAddress':'10.0.200.4'}}");
        auto const table = [](std::string const& name) {
            return ",'routeTable':{'id':'" + in_group("Microsoft.Network/routeTables/" + name) + "'}";
        };
        auto const subnet = [](std::string const& name, std::string const& range, std::string const& more = {}) {
            return "{'name':'" + name + "','properties':{'addressPrefix':'" + range + "'" + more + "}}";
        };
        std::string const delegation =
            ",'delegations':[{'name':'aks','properties':{'serviceName':'Microsoft.ContainerService/managedClusters'}}]";
        world.make(
            "Microsoft.Network/virtualNetworks/vnet",
            "{'location':'westeurope','properties':{'addressSpace':{'addressPrefixes':['10.0.0.0/16']},'subnets':[" +
                subnet("nodes", "10.0.0.0/24") + "," + subnet("small", "10.0.1.0/29") + "," +
                subnet("pods", "10.0.2.0/23", delegation) + "," + subnet("no-route", "10.0.8.0/24", table("empty")) +
                "," + subnet("to-internet", "10.0.9.0/24", table("internet")) + "," +
                subnet("to-appliance", "10.0.10.0/24", table("appliance")) + "," +
                subnet("apiserver", "10.0.11.0/28", delegation) + "," + subnet("undelegated", "10.0.11.16/28") + "," +
                subnet("api-tiny", "10.0.11.32/29", delegation) + "]}}");
        world.grant(world.principal("id-cluster"), roles::network_contributor,
                    in_group("Microsoft.Network/virtualNetworks/vnet"));
    }
    static std::string body(std::string const& profile, std::string const& pool, std::string const& more = {}) {
        return "{'location':'westeurope','identity':{'type':'UserAssigned','userAssignedIdentities':{'" +
               in_group("Microsoft.ManagedIdentity/userAssignedIdentities/id-cluster") +
               "':{}}},'properties':{'dnsPrefix':'own','agentPoolProfiles':[{'name':'system','mode':'System','count':1,"
               "'vmSize':'Standard_D4s_v5'," +
               pool + "}],'networkProfile':{'serviceCidr':'172.16.0.0/16','dnsServiceIP':'172.16.0.10'," + profile +
               "}" + (more.empty() ? "" : "," + more) + "}}";
    }
    static std::string in(std::string const& name, std::string const& more = {}) {
        return "'vnetSubnetID':'" + subnet_id(name) + "'" + (more.empty() ? "" : "," + more);
    }
    Exchange put(std::string const& text) { return world.call("PUT", versioned(in_group(cluster)), as_json(text)); }
};

std::string const cni = "'networkPlugin':'azure'",
                  overlay = "'networkPlugin':'azure','networkPluginMode':'overlay','podCidr':'192.168.0.0/16'";

TEST_F(OwnNetwork, has_room_and_ways_out_or_is_refused) {
    struct Row {
        std::string note, text;
        std::string_view code;
    };
    Row const rows[] = {
        {"subnet that is not there", body(overlay, in("none")), "InvalidResourceReference"},
        {"node subnet too small: 3 usable addresses, a node with its pods takes 31", body(cni, in("small")),
         "InsufficientSubnetSize"},
        {"overlay takes an address a node", body(overlay, in("small", "'count':3")), "InsufficientSubnetSize"},
        {"autoscaled to more than fits", body(cni, in("nodes", "'enableAutoScaling':true,'minCount':1,'maxCount':8")),
         "InsufficientSubnetSize"},
        {"Services inside the network",
         body("'networkPlugin':'azure','serviceCidr':'10.0.128.0/17','dnsServiceIP':'10.0.128.10'", in("nodes")),
         "ServiceCidrOverlapExistingSubnetsCidr"},
        {"pods inside the network",
         body("'networkPlugin':'azure','networkPluginMode':'overlay','podCidr':'10.0.0.0/16'", in("nodes")),
         "PodCidrOverlapExistingSubnetsCidr"},
        {"nodes in a delegated subnet", body(overlay, in("apiserver")), "SubnetIsDelegated"},
        {"pod subnet with overlay", body(overlay, in("nodes", "'podSubnetID':'" + subnet_id("pods") + "'")),
         "InvalidParameter"},
        {"pod subnet too small: 3 nodes of 112 addresses and a surge",
         body(cni, in("nodes", "'count':4,'podSubnetID':'" + subnet_id("pods") + "'")), "InsufficientSubnetSize"},
        {"no route table", body(overlay + ",'outboundType':'userDefinedRouting'", in("nodes")),
         "ExistingRouteTableNotAssociatedWithSubnet"},
        {"no default route", body(overlay + ",'outboundType':'userDefinedRouting'", in("no-route")),
         "RouteTableMissingDefaultRoute"},
        {"default route to the internet", body(overlay + ",'outboundType':'userDefinedRouting'", in("to-internet")),
         "RouteTableInvalidNextHop"},
        {"no NAT gateway", body(overlay + ",'outboundType':'userAssignedNATGateway'", in("nodes")),
         "UserAssignedNATGatewayNotAssociatedWithSubnet"},
        {"managed NAT gateway", body(overlay + ",'outboundType':'managedNATGateway'", in("nodes")), "InvalidParameter"},
        {"kubenet writes its routes", body("'networkPlugin':'kubenet','podCidr':'192.168.0.0/16'", in("no-route")),
         "CustomRouteTableMissingPermission"},
        {"API server subnet missing",
         body(overlay, in("nodes"), "'apiServerAccessProfile':{'enableVnetIntegration':true}"), "InvalidParameter"},
        {"API server subnet not delegated",
         body(overlay, in("nodes"),
              "'apiServerAccessProfile':{'enableVnetIntegration':true,'subnetId':'" + subnet_id("undelegated") + "'}"),
         "MissingSubnetDelegation"},
        {"API server subnet of a /29",
         body(overlay, in("nodes"),
              "'apiServerAccessProfile':{'enableVnetIntegration':true,'subnetId':'" + subnet_id("api-tiny") + "'}"),
         "ApiServerSubnetTooSmall"},
        {"private zone that is not there",
         body(overlay, in("nodes"),
              "'apiServerAccessProfile':{'enablePrivateCluster':true,'privateDNSZone':'" +
                  in_group("Microsoft.Network/privateDnsZones/privatelink.westeurope.azmk8s.io") + "'}"),
         "PrivateDNSZoneNotFound"},
        {"routing through the appliance", body(overlay + ",'outboundType':'userDefinedRouting'", in("to-appliance")),
         ""},
    };
    for (auto const& row : rows) {
        auto const answer = put(row.text);
        EXPECT_EQ(answer.code(), row.code) << row.note << "\n" << json::write(answer.body);
        EXPECT_EQ(answer.status < 300, row.code.empty()) << row.note;
    }
}

TEST_F(OwnNetwork, holds_clusters_that_share_it_until_it_is_full) {
    ASSERT_EQ(put(body(cni, in("nodes", "'count':3"))).status, 201);  // (3 + 1 surge) x 31 = 124 of 251
    world.settle();
    auto const second = [&](int count) {
        auto text = body(cni, in("nodes", "'count':" + std::to_string(count)));
        return world.call("PUT", versioned(in_group("Microsoft.ContainerService/managedClusters/second")),
                          as_json(text));
    };
    EXPECT_EQ(second(4).code(), "SubnetIsFull");
    EXPECT_EQ(second(3).status, 201);
    world.settle();
    // A node more for the first does not fit any more.
    EXPECT_EQ(world
                  .call("PUT", versioned(in_group(std::string(cluster) + "/agentPools/more")),
                        as_json("{'properties':{'count':1,'vmSize':'Standard_D4s_v5'," + in("nodes") + "}}"))
                  .code(),
              "SubnetIsFull");
    EXPECT_EQ(world.get(versioned(subnet_id("nodes"))).status, 200);
}

TEST_F(OwnNetwork, with_kubenet_gets_its_route_table) {
    ASSERT_EQ(put(body("'networkPlugin':'kubenet','podCidr':'192.168.0.0/16'", in("nodes"))).status, 201);
    world.settle();
    auto const table = world.get(versioned(subnet_id("nodes"))).text("properties.routeTable.id");
    EXPECT_NE(table.find("MC_rg1_own_westeurope"), std::string::npos) << table;
    // Two kubenet clusters do not share a subnet.
    auto const other = world.call("PUT", versioned(in_group("Microsoft.ContainerService/managedClusters/other")),
                                  as_json(body("'networkPlugin':'kubenet','podCidr':'192.168.0.0/16'", in("nodes"))));
    EXPECT_EQ(other.code(), "SubnetWithExternalResourcesCannotBeUsedByOtherResources");
    // And it goes with the cluster.
    EXPECT_EQ(world.call("DELETE", versioned(in_group(cluster))).status, 202);
    world.settle();
    EXPECT_EQ(world.get(versioned(subnet_id("nodes"))).text("properties.routeTable.id"), "");
}

TEST_F(OwnNetwork, with_its_own_zone_is_private) {
    auto const zone = std::string("Microsoft.Network/privateDnsZones/privatelink.westeurope.azmk8s.io");
    world.make(zone, "{'location':'global'}");
    auto const text = body(overlay, in("nodes"),
                           "'apiServerAccessProfile':{'enablePrivateCluster':true,'enablePrivateClusterPublicFQDN':"
                           "false,'privateDNSZone':'" +
                               in_group(zone) + "'}");
    EXPECT_EQ(put(text).code(), "CustomPrivateDNSZoneMissingPermissionError");
    world.grant(world.principal("id-cluster"), roles::zone_contributor, in_group(zone));
    ASSERT_EQ(put(text).status, 201);
    world.settle();
    EXPECT_TRUE(world.get(versioned(in_group(cluster)))
                    .text("properties.privateFQDN")
                    .ends_with(".privatelink.westeurope.azmk8s.io"));
    auto const held = world.get(versioned(in_group(zone)));
    EXPECT_EQ(json::whole_at(held.body, "properties.numberOfRecordSets"), 2);
    EXPECT_EQ(json::whole_at(held.body, "properties.numberOfVirtualNetworkLinks"), 1);
    world.call("DELETE", versioned(in_group(cluster)));
    world.settle();
    auto const free = world.get(versioned(in_group(zone)));
    EXPECT_EQ(json::whole_at(free.body, "properties.numberOfRecordSets"), 1);
    EXPECT_EQ(json::whole_at(free.body, "properties.numberOfVirtualNetworkLinks"), 0);
}

TEST_F(OwnNetwork, survives_a_restart_in_the_middle) {
    ASSERT_EQ(put(body(overlay, in("nodes"))).status, 201);
    world.wait(100);
    world.reopen();
    EXPECT_EQ(world.get(versioned(in_group(cluster))).text("properties.provisioningState"), "Creating");
    EXPECT_NE(world.get(versioned(in_group(cluster))).text("properties.identityProfile.kubeletidentity.objectId"), "")
        << "30 s in";
    world.settle();
    EXPECT_EQ(world.get(versioned(in_group(cluster))).text("properties.provisioningState"), "Succeeded");
}

TEST_F(OwnNetwork, goes_with_its_group) {
    ASSERT_EQ(put(body(overlay, in("nodes"))).status, 201);
    world.settle();
    EXPECT_EQ(world.call("DELETE", std::string(subscription) + "/resourceGroups/rg1?api-version=2021-04-01").status,
              202);
    world.settle();
    for (auto const& [key, shown] : world.azure().resources())
        EXPECT_EQ(key.find("/resourcegroups/"), std::string::npos) << key;
}

}  // namespace
}  // namespace holdfast::simulator::testing
