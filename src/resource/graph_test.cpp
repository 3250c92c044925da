#include <gtest/gtest.h>

#include "resource/resource.hpp"

namespace holdfast::resource {
namespace {

json::Value parsed(std::string_view text) {
    auto value = json::parse(text);
    EXPECT_TRUE(value) << text;
    return value ? *value : json::Value();
}
ResourceId const group_id = ResourceId::subscription_of("S").group("G");

Resource node(Address address, ResourceId id, std::optional<Address> parent, std::string_view body = "{}") {
    Resource out;
    out.address = std::move(address);
    out.type = id.type();
    out.id = std::move(id);
    out.parent = std::move(parent);
    out.body = parsed(body);
    return out;
}

Graph small() {
    Graph graph;
    auto const network = group_id.with("Microsoft.Network/virtualNetworks", "net");
    auto const vault = group_id.with("Microsoft.KeyVault/vaults", "v");
    auto const nat = group_id.with("Microsoft.Network/natGateways", "nat");
    auto const identity = group_id.with("Microsoft.ManagedIdentity/userAssignedIdentities", "who");
    auto const cluster = group_id.with("Microsoft.ContainerService/managedClusters", "c");
    graph.add(node("group", group_id, std::nullopt));
    graph.add(node("network", network, "group"));
    graph.add(node("network/nat", nat, "group",
                   R"({"properties":{"subnets":[{"id":")" +
                       network.with("Microsoft.Network/virtualNetworks/subnets", "nodes").text() + R"("}]}})"));
    graph.add(node("network/subnets/nodes", network.with("Microsoft.Network/virtualNetworks/subnets", "nodes"),
                   "network", R"({"properties":{"natGateway":{"id":")" + base::lower(nat.text()) + R"("}}})"));
    graph.add(node("vault/disk", vault, "group"));
    graph.add(node("identity/cluster", identity, "group"));
    auto& aks = graph.add(node("cluster", cluster, "group",
                               R"({"identity":{"userAssignedIdentities":{")" + identity.text() + R"(":{}}},
                               "properties":{"note":"/subscriptions/other/resourceGroups/G",
                               "keyId":")" +
                                   vault.text() + R"(/keys/etcd",
                               "self":")" +
                                   cluster.text() + R"(/agentPools/a"}})"));
    aks.pending.push_back({"properties.x", Output{"identity/cluster", "properties.clientId"}});
    aks.pending.push_back({"properties.y", Output{"not/there", "properties.clientId"}});
    aks.pending.push_back({"properties.z", SecretName{SecretName::Kind::environment, "PASSWORD"}});
    aks.references.push_back({"access/1", "the cluster uses the subnet"});
    auto& pool = graph.add(
        node("cluster/pools/a", cluster.with("Microsoft.ContainerService/managedClusters/agentPools", "a"), "cluster",
             R"({"properties":{"vnetSubnetID":")" +
                 network.with("Microsoft.Network/virtualNetworks/subnets", "nodes").text() + R"("}})"));
    pool.references.push_back({"cluster", "twice said"});
    graph.add(node("access/1", network.with("Microsoft.Authorization/roleAssignments", "1"), "network"));
    return graph;
}

TEST(Needs, come_from_parents_ids_outputs_and_references) {
    auto const graph = small();
    struct Row {
        char const* address;
        std::vector<Address> want;
    };
    for (auto const& row : {
             Row{"group", {}},
             Row{"network", {"group"}},
             Row{"network/nat", {"group"}},  // its list of subnets is read-only: it points backwards
             Row{"network/subnets/nodes", {"network", "network/nat"}},
             Row{"cluster", {"access/1", "group", "identity/cluster", "vault/disk"}},
             Row{"cluster/pools/a", {"cluster", "network/subnets/nodes"}},
             Row{"access/1", {"network"}},
         })
        EXPECT_EQ(graph.needs(*graph.find(Address(row.address))), row.want) << row.address;
}

TEST(Needs, an_id_of_something_inside_a_node_means_that_node) {
    auto graph = small();
    graph.erase("network/subnets/nodes");
    EXPECT_EQ(graph.needs(*graph.find(Address("cluster/pools/a"))), (std::vector<Address>{"cluster", "network"}));
}

TEST(Needs, never_what_is_below) {
    auto graph = small();
    graph.find(Address("cluster"))->references.push_back({"cluster/pools/a", "wrong way"});
    auto const needs = graph.needs(*graph.find(Address("cluster")));
    EXPECT_EQ(std::count(needs.begin(), needs.end(), "cluster/pools/a"), 0);
}

TEST(Graph, is_asked_by_address_id_type_and_parent) {
    auto const graph = small();
    EXPECT_EQ(graph.find(*ResourceId::parse(base::lower(group_id.text())))->address, "group");
    EXPECT_EQ(graph.find(ResourceId::subscription_of("S")), nullptr);
    EXPECT_EQ(graph.of_type("microsoft.keyvault/VAULTS").size(), 1u);
    ASSERT_EQ(graph.children("network").size(), 2u);
    EXPECT_EQ(graph.children("network")[0]->address, "access/1");
    EXPECT_EQ(graph.find(Address("nothing")), nullptr);
}

TEST(FromArm, reads_what_azure_answers) {
    auto const body =
        parsed(R"({"id":"/subscriptions/S/resourcegroups/G/providers/microsoft.network/virtualnetworks/Net",
        "name":"Net","type":"Microsoft.Network/virtualNetworks","etag":"W/\"1\"","location":"West Europe",
        "properties":{"provisioningState":"Succeeded","subnets":[{"name":"a","properties":{"addressPrefix":"10.0.0.0/24"}}]}})");
    auto const resource = from_arm(body, "network");
    ASSERT_TRUE(resource);
    EXPECT_EQ(resource->type, "Microsoft.Network/virtualNetworks");
    EXPECT_EQ(resource->etag, "W/\"1\"");
    EXPECT_EQ(json::write(resource->body),
              R"({"etag":"W/\"1\"","location":"westeurope","properties":{"provisioningState":"Succeeded"}})");
    EXPECT_EQ(json::write(*resource->raw), json::write(body));
    EXPECT_FALSE(resource->ours);
    for (auto const* bad : {"{}", "[]", "5", R"({"id":5})", R"({"id":"nonsense"})"})
        EXPECT_FALSE(from_arm(parsed(bad), "x")) << bad;
}

TEST(Overlay, what_will_stand) {
    Graph live, estate;
    auto const identity = group_id.with("Microsoft.ManagedIdentity/userAssignedIdentities", "who");
    auto& standing = live.add(node("identity/cluster", identity, "group"));
    standing.raw = parsed(R"({"properties":{"principalId":"P"}})");
    auto& old = live.add(node("cluster", group_id.with("Microsoft.ContainerService/managedClusters", "C"), "group",
                              R"({"location":"westeurope","properties":{"dnsPrefix":"old","fqdn":"f"}})"));
    old.raw = old.body;
    old.etag = "7";
    old.ours = true;
    live.add(node("left", group_id.with("Microsoft.KeyVault/vaults", "left"), "group"));
    auto& theirs = live.add(
        node("network", group_id.with("Microsoft.Network/virtualNetworks", "n"), std::nullopt, R"({"location":"a"})"));
    theirs.ownership = Ownership::managed;
    live.unread.push_back({"vault/etcd", "403"});

    estate.add(node("identity/cluster", identity, "group"));
    auto& wanted = estate.add(node("cluster", group_id.with("Microsoft.ContainerService/managedClusters", "c"), "group",
                                   R"({"properties":{"dnsPrefix":"new"}})"));
    wanted.pending.push_back({"properties.p", Output{"identity/cluster", "properties.principalId"}});
    wanted.pending.push_back({"properties.q", Output{"identity/new", "properties.principalId"}});
    estate.add(node("identity/new", group_id.with("Microsoft.ManagedIdentity/userAssignedIdentities", "new"), "group"));
    auto& existing = estate.add(
        node("network", group_id.with("Microsoft.Network/virtualNetworks", "n"), std::nullopt, R"({"location":"b"})"));
    existing.ownership = Ownership::existing;

    auto const after = overlay(live, estate);
    auto const* cluster = after.find(Address("cluster"));
    EXPECT_EQ(json::write(cluster->body),
              R"({"location":"westeurope","properties":{"dnsPrefix":"new","fqdn":"f","p":"P"}})");
    EXPECT_EQ(cluster->etag, "7");
    EXPECT_TRUE(cluster->ours);
    EXPECT_EQ(cluster->id->name(), "C");
    ASSERT_EQ(cluster->pending.size(), 1u);
    EXPECT_EQ(cluster->pending[0].at, json::Path("properties.q"));
    EXPECT_NE(after.find(Address("left")), nullptr);
    EXPECT_NE(after.find(Address("identity/new")), nullptr);
    EXPECT_EQ(after.find(Address("network"))->ownership, Ownership::existing);
    EXPECT_EQ(json::write(after.find(Address("network"))->body), R"({"location":"a"})");
    ASSERT_EQ(after.unread.size(), 1u);
}

TEST(Overlay, lays_keyed_lists_by_element_and_keeps_what_nobody_decided) {
    Graph live, estate;
    auto const id =
        group_id.with("Microsoft.Network/virtualNetworks", "n").with("Microsoft.Network/virtualNetworks/subnets", "s");
    live.add(node("s", id, std::nullopt,
                  R"({"properties":{"addressPrefix":"10.0.0.0/24","privateEndpointNetworkPolicies":"Disabled",
        "serviceEndpoints":[{"service":"Microsoft.KeyVault","locations":["*"]},{"service":"Microsoft.Sql"}]}})"));
    estate.add(node("s", id, std::nullopt, R"({"properties":{"addressPrefix":"10.0.1.0/24",
        "serviceEndpoints":[{"service":"microsoft.keyvault"},{"service":"Microsoft.Storage"}]}})"));
    EXPECT_EQ(
        json::write(overlay(live, estate).find(Address("s"))->body),
        R"({"properties":{"addressPrefix":"10.0.1.0/24","privateEndpointNetworkPolicies":"Disabled",)"
        R"("serviceEndpoints":[{"locations":["*"],"service":"microsoft.keyvault"},{"service":"Microsoft.Storage"}]}})");
}

TEST(Overlay, a_decision_for_nothing_clears_what_stands) {
    Graph live, estate;
    auto const id = group_id.with("Microsoft.ContainerService/managedClusters", "c");
    live.add(node("cluster", id, std::nullopt, R"({"properties":{"dnsPrefix":"d","diskEncryptionSetID":"/x",
        "apiServerAccessProfile":{"authorizedIPRanges":["1.2.3.4/32"]},"aadProfile":{"managed":true}}})"));
    auto& wanted = estate.add(node("cluster", id, std::nullopt));
    wanted.origins["properties.apiServerAccessProfile.authorizedIPRanges"] = {.by = Origin::By::you};
    wanted.origins["properties.aadProfile"] = {.by = Origin::By::you};           // an object says nothing by itself
    wanted.origins["properties.diskEncryptionSetID"] = {.by = Origin::By::you};  // comes later
    wanted.pending.push_back({"properties.diskEncryptionSetID", Output{"disk-encryption", "id"}});
    EXPECT_EQ(
        json::write(overlay(live, estate).find(Address("cluster"))->body),
        R"({"properties":{"aadProfile":{"managed":true},"apiServerAccessProfile":{},"diskEncryptionSetID":"/x","dnsPrefix":"d"}})");
}

}  // namespace
}  // namespace holdfast::resource
