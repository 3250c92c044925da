#include "simulator/providers/testing.hpp"

namespace holdfast::simulator::testing {
namespace {

constexpr std::string_view vnet = "Microsoft.Network/virtualNetworks/vnet";
std::string id(std::string_view rest) { return in_group(rest); }
std::string space(std::string const& subnets, std::string const& prefixes = "'10.0.0.0/16'") {
    return "{'location':'westeurope','properties':{'addressSpace':{'addressPrefixes':[" + prefixes + "]},'subnets':[" +
           subnets + "]}}";
}
std::string subnet(std::string const& name, std::string const& range, std::string const& more = {}) {
    return "{'name':'" + name + "','properties':{'addressPrefix':'" + range + "'" + (more.empty() ? "" : "," + more) +
           "}}";
}

TEST(VirtualNetworks, have_ranges_that_fit) {
    auto const nothing = [](World&) {};
    auto const over = space(subnet("a", "10.0.0.0/24") + "," + subnet("b", "10.0.0.128/25")),
               outside = space(subnet("a", "10.1.0.0/24")), bits = space(subnet("a", "10.0.0.1/24")),
               tiny = space(subnet("a", "10.0.0.0/30")), words = space(subnet("a", "ten")), none = space("", ""),
               twice = space("", "'10.0.0.0/16','10.0.1.0/24'"),
               fine = space(subnet("a", "10.0.0.0/24") + "," + subnet("b", "10.0.1.0/24")),
               strange =
                   space(subnet("a", "10.0.0.0/24",
                                "'delegations':[{'name':'x','properties':{'serviceName':'Contoso.Things/boxes'}}]")),
               endpoint = space(subnet("a", "10.0.0.0/24", "'serviceEndpoints':[{'service':'Microsoft.Things'}]")),
               missing = space(subnet("a", "10.0.0.0/24",
                                      "'routeTable':{'id':'" + id("Microsoft.Network/routeTables/none") + "'}"));
    Wish const wishes[] = {
        {"fits", vnet, fine, 201, ""},
        {"overlap", vnet, over, 400, "NetcfgSubnetRangesOverlap"},
        {"outside", vnet, outside, 400, "NetcfgInvalidSubnet"},
        {"host bits", vnet, bits, 400, "InvalidCIDRNotation"},
        {"smaller than a /29", vnet, tiny, 400, "NetcfgInvalidSubnet"},
        {"no range", vnet, words, 400, "InvalidAddressPrefixFormat"},
        {"no space", vnet, none, 400, "AddressPrefixStringCannotBeNullOrEmpty"},
        {"space twice", vnet, twice, 400, "NetcfgAddressSpaceOverlap"},
        {"unknown delegation", vnet, strange, 400, "InvalidServiceNameOnDelegation"},
        {"unknown endpoint", vnet, endpoint, 400, "SubnetHasServiceEndpointWithInvalidServiceName"},
        {"route table that is not there", vnet, missing, 400, "InvalidResourceReference"},
        {"name", "Microsoft.Network/virtualNetworks/-vnet", fine, 400, "InvalidResourceName"},
    };
    hold_each(wishes, nothing);
}

TEST(VirtualNetworks, are_written_one_at_a_time) {
    World world;
    auto const body = as_json(space(subnet("a", "10.0.0.0/24")));
    auto const created = world.call("PUT", versioned(id(vnet)), body);
    EXPECT_EQ(created.status, 201);
    EXPECT_EQ(created.text("properties.provisioningState"), "Updating");
    EXPECT_EQ(created.header("Retry-After"), "3");
    auto const second = world.call("PUT", versioned(id(std::string(vnet) + "/subnets/b")),
                                   as_json("{'properties':{'addressPrefix':'10.0.1.0/24'}}"));
    EXPECT_EQ(second.status, 409);
    EXPECT_EQ(second.code(), "AnotherOperationInProgress");
    world.settle();
    EXPECT_EQ(world
                  .call("PUT", versioned(id(std::string(vnet) + "/subnets/b")),
                        as_json("{'properties':{'addressPrefix':'10.0.1.0/24'}}"))
                  .status,
              201);
    world.settle();
    auto const stands = world.get(versioned(id(vnet)));
    EXPECT_EQ(json::list_at(stands.body, "properties.subnets").size(), 2u);
    EXPECT_EQ(stands.text("properties.subnets[0].properties.privateEndpointNetworkPolicies"), "Disabled");
    // A subnet left out of the network's body goes.
    EXPECT_EQ(world.call("PUT", versioned(id(vnet)), body).status, 200);
    world.settle();
    EXPECT_EQ(world.get(versioned(id(std::string(vnet) + "/subnets/b"))).status, 404);
    // An old etag does not write.
    EXPECT_EQ(world.call("PUT", versioned(id(vnet)), body, {{"If-Match", created.text("etag")}}).status, 412);
}

TEST(VirtualNetworks, keep_the_subnets_they_do_not_speak_of) {
    struct Row {
        std::string_view version, properties;
        bool stays;
    };
    for (auto const& row :
         {Row{"2024-05-01", "", true}, Row{"2024-05-01", ",'subnets':[]", false}, Row{"2023-04-01", "", false}}) {
        World world;
        world.call("PUT", versioned(id(vnet)), as_json(space(subnet("a", "10.0.0.0/24"))));
        world.settle();
        auto const again = "{'location':'westeurope','properties':{'addressSpace':{'addressPrefixes':['10.0.0.0/16']}" +
                           std::string(row.properties) + "}}";
        auto const answer = world.call("PUT", id(vnet) + "?api-version=" + std::string(row.version), as_json(again));
        EXPECT_LT(answer.status, 300) << answer.message();
        world.settle();
        EXPECT_EQ(world.get(versioned(id(std::string(vnet) + "/subnets/a"))).status, row.stays ? 200 : 404)
            << row.version << row.properties;
    }
}

TEST(Peerings, look_both_ways) {
    World world;
    world.make(std::string(vnet), space(""));
    world.make("Microsoft.Network/virtualNetworks/hub", space("", "'10.1.0.0/16'"));
    world.make("Microsoft.Network/virtualNetworks/twin", space("", "'10.0.0.0/24'"));
    auto const to = [](std::string name) {
        return "{'properties':{'remoteVirtualNetwork':{'id':'" + id("Microsoft.Network/virtualNetworks/" + name) +
               "'}}}";
    };
    EXPECT_EQ(world.call("PUT", versioned(id(std::string(vnet) + "/virtualNetworkPeerings/twin")), as_json(to("twin")))
                  .code(),
              "VnetAddressSpacesOverlap");
    EXPECT_EQ(world.make(std::string(vnet) + "/virtualNetworkPeerings/hub", to("hub")).text("properties.peeringState"),
              "Initiated");
    EXPECT_EQ(world.make("Microsoft.Network/virtualNetworks/hub/virtualNetworkPeerings/spoke", to("vnet"))
                  .text("properties.peeringState"),
              "Connected");
    EXPECT_EQ(
        world.get(versioned(id(std::string(vnet) + "/virtualNetworkPeerings/hub"))).text("properties.peeringState"),
        "Connected");
    // Writing the network does not undo its peerings.
    world.make(std::string(vnet), space(""));
    EXPECT_EQ(world.get(versioned(id(std::string(vnet) + "/virtualNetworkPeerings/hub"))).status, 200);
}

std::string rule(std::string const& name, int priority, std::string const& more = "'destinationPortRange':'443'") {
    return "{'name':'" + name + "','properties':{'priority':" + std::to_string(priority) +
           ",'direction':'Inbound','access':'Allow','protocol':'Tcp','sourceAddressPrefix':'*','"
           "destinationAddressPrefix':'VirtualNetwork','sourcePortRange':'*'," +
           more + "}}";
}

TEST(SecurityGroups, have_rules_that_do_not_contradict) {
    auto const group = [](std::string const& rules) {
        return "{'location':'westeurope','properties':{'securityRules':[" + rules + "]}}";
    };
    auto const fine = group(rule("a", 100) + "," + rule("b", 200)), same = group(rule("a", 100) + "," + rule("b", 100)),
               low = group(rule("a", 99)), port = group(rule("a", 100, "'destinationPortRange':'70000'")),
               none = group(rule("a", 100, "'description':'x'")),
               address =
                   group(rule("a", 100, "'destinationPortRange':'1','destinationAddressPrefixes':['10.0.0.256/32']"));
    constexpr std::string_view nsg = "Microsoft.Network/networkSecurityGroups/nsg";
    Wish const wishes[] = {
        {"fine", nsg, fine, 201, ""},
        {"same priority", nsg, same, 400, "SecurityRuleConflict"},
        {"low priority", nsg, low, 400, "SecurityRuleInvalidPriority"},
        {"port", nsg, port, 400, "SecurityRuleInvalidPortRange"},
        {"no port", nsg, none, 400, "SecurityRuleParameterUndefined"},
        {"address", nsg, address, 400, "SecurityRuleInvalidAddressPrefix"},
    };
    hold_each(wishes, [](World&) {});
    World world;
    auto const stands = world.make(std::string(nsg), fine);
    EXPECT_EQ(json::list_at(stands.body, "properties.defaultSecurityRules").size(), 6u);
    EXPECT_EQ(world.call("PUT", versioned(id(std::string(nsg) + "/securityRules/c")), as_json(rule("c", 200))).code(),
              "SecurityRuleConflict");
}

TEST(Routes, name_their_next_hop) {
    auto const table = [](std::string const& route) {
        return "{'location':'westeurope','properties':{'routes':[{'name':'out','properties':{" + route + "}}]}}";
    };
    auto const fine =
                   table("'addressPrefix':'0.0.0.0/0','nextHopType':'VirtualAppliance','nextHopIpAddress':'10.0.0.4'"),
               nowhere = table("'addressPrefix':'0.0.0.0/0','nextHopType':'VirtualAppliance'"),
               too_much = table("'addressPrefix':'0.0.0.0/0','nextHopType':'Internet','nextHopIpAddress':'10.0.0.4'"),
               bits = table("'addressPrefix':'10.0.0.1/8','nextHopType':'Internet'");
    constexpr std::string_view rt = "Microsoft.Network/routeTables/rt";
    Wish const wishes[] = {
        {"fine", rt, fine, 201, ""},
        {"appliance without address", rt, nowhere, 400, "RouteNextHopIpAddressInvalid"},
        {"internet with address", rt, too_much, 400, "RouteNextHopIpAddressNotAllowed"},
        {"host bits", rt, bits, 400, "InvalidAddressPrefixFormat"},
    };
    hold_each(wishes, [](World&) {});
}

TEST(Egress, needs_standard_addresses) {
    World world;
    auto const address = [](std::string const& sku, std::string const& method, std::string const& more = {}) {
        return "{'location':'westeurope','sku':{'name':'" + sku + "'}" + more +
               ",'properties':{'publicIPAllocationMethod':'" + method + "'}}";
    };
    auto const gateway = [](std::string const& name, std::string const& more = {}) {
        return "{'location':'westeurope','sku':{'name':'Standard'}" + more +
               ",'properties':{'publicIpAddresses':[{'id':'" + id("Microsoft.Network/publicIPAddresses/" + name) +
               "'}]}}";
    };
    auto const basic = address("Basic", "Dynamic"), moving = address("Standard", "Dynamic"),
               zone9 = address("Standard", "Static", ",'zones':['9']"),
               fine = address("Standard", "Static", ",'zones':['1']"), uses_none = gateway("none"),
               uses = gateway("pip"), other_zone = gateway("pip", ",'zones':['2']");
    Wish const wishes[] = {
        {"basic is gone", "Microsoft.Network/publicIPAddresses/pip", basic, 400,
         "IPv4BasicSkuPublicIpCountLimitReached"},
        {"standard is static", "Microsoft.Network/publicIPAddresses/pip", moving, 400,
         "StandardSkuPublicIPAddressesMustBeStatic"},
        {"zone", "Microsoft.Network/publicIPAddresses/pip", zone9, 400, "InvalidAvailabilityZone"},
        {"address", "Microsoft.Network/publicIPAddresses/pip", fine, 201, ""},
        {"no address", "Microsoft.Network/natGateways/nat", uses_none, 400, "InvalidResourceReference"},
        {"another zone", "Microsoft.Network/natGateways/nat", other_zone, 400, "NatGatewayAndPublicIPZonesMismatch"},
        {"gateway", "Microsoft.Network/natGateways/nat", uses, 201, ""},
        {"address twice", "Microsoft.Network/natGateways/nat2", uses, 400, "PublicIPAddressInUse"},
    };
    hold_all(world, wishes);
    auto const stands = world.get(versioned(id("Microsoft.Network/publicIPAddresses/pip")));
    EXPECT_TRUE(base::parse_ipv4(stands.text("properties.ipAddress"))) << json::write(stands.body);
    EXPECT_EQ(stands.text("properties.natGateway.id"), id("Microsoft.Network/natGateways/nat"));
    EXPECT_EQ(world.call("DELETE", versioned(id("Microsoft.Network/publicIPAddresses/pip"))).code(),
              "PublicIPAddressCannotBeDeleted");
}

TEST(Firewalls, live_in_their_subnet) {
    World world;
    world.make(std::string(vnet),
               space(subnet("AzureFirewallSubnet", "10.0.2.0/26") + "," + subnet("other", "10.0.3.0/26")));
    world.make(
        "Microsoft.Network/publicIPAddresses/pip",
        "{'location':'westeurope','sku':{'name':'Standard'},'properties':{'publicIPAllocationMethod':'Static'}}");
    world.make("Microsoft.Network/firewallPolicies/premium",
               "{'location':'westeurope','properties':{'sku':{'tier':'Premium'}}}");
    world.make("Microsoft.Network/firewallPolicies/policy", "{'location':'westeurope'}");
    auto const firewall = [](std::string const& in_subnet, std::string const& policy) {
        return "{'location':'westeurope','properties':{'sku':{'name':'AZFW_VNet','tier':'Standard'},'firewallPolicy':{'"
               "id':'" +
               id("Microsoft.Network/firewallPolicies/" + policy) +
               "'},'ipConfigurations':[{'name':'one','properties':{'subnet':{'id':'" +
               id(std::string(vnet) + "/subnets/" + in_subnet) + "'},'publicIPAddress':{'id':'" +
               id("Microsoft.Network/publicIPAddresses/pip") + "'}}}]}}";
    };
    auto const wrong_subnet = firewall("other", "policy"), wrong_policy = firewall("AzureFirewallSubnet", "premium"),
               fine = firewall("AzureFirewallSubnet", "policy");
    std::string const rules =
        "{'properties':{'priority':200,'ruleCollections':[{'ruleCollectionType':'FirewallPolicyFilterRuleCollection','"
        "name':'aks','priority':100,'action':{'type':'Allow'},"
        "'rules':[{'ruleType':'ApplicationRule','name':'tag','fqdnTags':['AzureKubernetesService'],'sourceAddresses':['"
        "*'],'protocols':[{'protocolType':'Https','port':443}]}]}]}}";
    std::string const empty_rule =
        "{'properties':{'priority':300,'ruleCollections':[{'ruleCollectionType':'FirewallPolicyFilterRuleCollection','"
        "name':'aks','priority':100,'action':{'type':'Allow'},"
        "'rules':[{'ruleType':'NetworkRule','name':'x','sourceAddresses':['*']}]}]}}";
    Wish const wishes[] = {
        {"rules", "Microsoft.Network/firewallPolicies/policy/ruleCollectionGroups/aks", rules, 201, ""},
        {"same priority", "Microsoft.Network/firewallPolicies/policy/ruleCollectionGroups/more", rules, 400,
         "FirewallPolicyRuleCollectionGroupPriorityConflict"},
        {"rule without target", "Microsoft.Network/firewallPolicies/policy/ruleCollectionGroups/more", empty_rule, 400,
         "FirewallPolicyRuleInvalidArguments"},
        {"another subnet", "Microsoft.Network/azureFirewalls/fw", wrong_subnet, 400, "AzureFirewallSubnetNameInvalid"},
        {"premium policy", "Microsoft.Network/azureFirewalls/fw", wrong_policy, 400, "AzureFirewallPolicyTierMismatch"},
        {"firewall", "Microsoft.Network/azureFirewalls/fw", fine, 201, ""},
    };
    hold_all(world, wishes);
    EXPECT_EQ(world.get(versioned(id("Microsoft.Network/azureFirewalls/fw")))
                  .text("properties.ipConfigurations[0].properties.privateIPAddress"),
              "10.0.2.4");
    EXPECT_EQ(world.call("DELETE", versioned(id("Microsoft.Network/firewallPolicies/policy"))).code(),
              "FirewallPolicyInUse");
    EXPECT_EQ(world.call("DELETE", versioned(id(std::string(vnet) + "/subnets/AzureFirewallSubnet"))).code(),
              "InUseSubnetCannotBeDeleted");
}

TEST(PrivateDns, answers_202) {
    World world;
    world.make(std::string(vnet), space(""));
    constexpr auto zone = "Microsoft.Network/privateDnsZones/privatelink.westeurope.azmk8s.io";
    EXPECT_EQ(world.call("PUT", versioned(id(zone)), as_json("{'location':'westeurope'}")).code(),
              "LocationNotAvailableForResourceType");
    auto const created = world.call("PUT", versioned(id(zone)), as_json("{'location':'global'}"));
    EXPECT_EQ(created.status, 202);
    EXPECT_NE(created.header("Azure-AsyncOperation"), "");
    EXPECT_NE(created.header("Location"), "");
    EXPECT_EQ(created.header("Retry-After"), "10");
    world.settle();
    auto const link = std::string(zone) + "/virtualNetworkLinks/vnet";
    auto const link_body =
        "{'location':'global','properties':{'registrationEnabled':false,'virtualNetwork':{'id':'" + id(vnet) + "'}}}";
    EXPECT_EQ(world.make(link, link_body).text("properties.virtualNetworkLinkState"), "Completed");
    EXPECT_EQ(
        world.call("PUT", versioned(id(std::string(zone) + "/virtualNetworkLinks/again")), as_json(link_body)).code(),
        "Conflict");
    EXPECT_EQ(world.call("DELETE", versioned(id(zone))).code(), "CannotDeleteResource");
    EXPECT_EQ(world.call("DELETE", versioned(id(link))).status, 202);
    world.settle();
    EXPECT_EQ(world.call("DELETE", versioned(id(zone))).status, 202);
}

TEST(PrivateDns, looks_at_etags_once_the_work_has_begun) {
    World world;
    auto const zone = versioned(in_group("Microsoft.Network/privateDnsZones/one.example"));
    world.make("Microsoft.Network/privateDnsZones/one.example", "{'location':'global'}");
    auto const etag = world.get(zone).text("etag");
    struct Row {
        std::string method;
        world::Header header;
    };
    for (auto const& row : {Row{"PUT", {"If-None-Match", "*"}}, Row{"PUT", {"If-Match", "another"}},
                            Row{"DELETE", {"If-Match", "another"}}}) {
        auto const body = row.method == "PUT" ? R"({"location":"global","tags":{"a":"b"}})" : "";
        auto const answer = world.call(row.method, zone, body, {row.header});
        EXPECT_EQ(answer.status, 202) << row.method << " " << row.header.name << ": a yes at first";
        world.settle();
        auto const end = world.get(answer.header("Azure-AsyncOperation"));
        EXPECT_EQ(end.status, 200);
        EXPECT_EQ(end.text("status"), "Failed");
        EXPECT_EQ(end.code(), "PreconditionFailed");
        EXPECT_EQ(world.get(zone).text("etag"), etag) << "nothing came of it";
    }
    auto const deleted = world.call("DELETE", zone);
    world.settle();
    EXPECT_EQ(world.get(deleted.header("Location")).status, 200);
}

TEST(VirtualNetworks, know_which_addresses_are_free) {
    World world;
    world.make("Microsoft.Network/virtualNetworks/net",
               "{'location':'westeurope','properties':{'addressSpace':{'addressPrefixes':['10.0.0.0/16']},"
               "'subnets':[{'name':'s','properties':{'addressPrefix':'10.0.1.0/24'}}]}}");
    auto const ask = [&](std::string const& address) {
        return world.get(in_group("Microsoft.Network/virtualNetworks/net/CheckIPAddressAvailability?ipAddress=") +
                         address + "&api-version=2025-05-01");
    };
    EXPECT_EQ(ask("10.0.1.9").body, *json::parse(R"({"available":true})"));
    EXPECT_EQ(json::write(json::Value(json::list_at(ask("10.0.1.1").body, "availableIPAddresses"))),
              R"(["10.0.1.4","10.0.1.5","10.0.1.6","10.0.1.7","10.0.1.8"])");
    EXPECT_EQ(ask("10.0.2.1").code(), "PrivateIPAddressNotInAnySubnet");
    EXPECT_EQ(ask("soon").code(), "InvalidIPAddress");
}

TEST(VirtualNetworks, say_from_where_services_are_reached) {
    World world;
    auto const stands =
        world.make("Microsoft.Network/virtualNetworks/net",
                   "{'location':'westus','properties':{'addressSpace':{'addressPrefixes':['10.0.0.0/16']},'subnets':[{"
                   "'name':'s','properties':{'addressPrefix':'10.0.1.0/24','serviceEndpoints':[{'service':"
                   "'Microsoft.Storage'},{'service':'Microsoft.Sql'},{'service':'Microsoft.KeyVault'}]}}]}}");
    auto const at = [&](std::string const& which) {
        return json::write(json::Value(
            json::list_at(stands.body, "properties.subnets[0].properties.serviceEndpoints[" + which + "].locations")));
    };
    EXPECT_EQ(at("0"), R"(["westus","eastus"])");
    EXPECT_EQ(at("1"), R"(["westus"])");
    EXPECT_EQ(at("2"), R"(["*"])");
    EXPECT_EQ(stands.text("properties.subnets[0].properties.serviceEndpoints[0].provisioningState"), "Succeeded");
}

TEST(PrivateEndpoints, reach_what_stands) {
    World world;
    world.make(std::string(vnet), space(subnet("pe", "10.0.1.0/28")));
    world.make("Microsoft.KeyVault/vaults/kv-private",
               "{'location':'westeurope','properties':{'tenantId':'11111111-1111-1111-1111-111111111111','sku':{'"
               "family':'A','name':'standard'},"
               "'enableRbacAuthorization':true}}");
    auto const endpoint = [](std::string const& target, std::string const& group) {
        return "{'location':'westeurope','properties':{'subnet':{'id':'" + id(std::string(vnet) + "/subnets/pe") +
               "'},'privateLinkServiceConnections':[{'name':'one','properties':{'privateLinkServiceId':'" + target +
               "','groupIds':['" + group + "']}}]}}";
    };
    auto const nothing = endpoint(id("Microsoft.KeyVault/vaults/none"), "vault"),
               wrong = endpoint(id("Microsoft.KeyVault/vaults/kv-private"), "registry"),
               fine = endpoint(id("Microsoft.KeyVault/vaults/kv-private"), "vault");
    Wish const wishes[] = {
        {"nothing", "Microsoft.Network/privateEndpoints/pe", nothing, 400, "InvalidResourceReference"},
        {"group", "Microsoft.Network/privateEndpoints/pe", wrong, 400, "PrivateEndpointInvalidGroupId"},
        {"fine", "Microsoft.Network/privateEndpoints/pe", fine, 201, ""},
    };
    hold_all(world, wishes);
    auto const stands = world.get(versioned(id("Microsoft.Network/privateEndpoints/pe")));
    EXPECT_EQ(stands.text("properties.customDnsConfigs[0].ipAddresses[0]"), "10.0.1.4");
    EXPECT_EQ(
        stands.text("properties.privateLinkServiceConnections[0].properties.privateLinkServiceConnectionState.status"),
        "Approved");
    EXPECT_EQ(json::list_at(world.get(versioned(id("Microsoft.KeyVault/vaults/kv-private"))).body,
                            "properties.privateEndpointConnections")
                  .size(),
              1u);
}

}  // namespace
}  // namespace holdfast::simulator::testing
