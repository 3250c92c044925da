// Live graphs from a scripted Azure, and from saved JSON.
#include "readers/readers.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "azure/azure.hpp"

namespace holdfast::readers {
namespace {

using base::ErrorCode;
using resource::Graph;
using resource::Output;
using resource::Ownership;
using resource::Resource;
using resource::ResourceId;
using world::Request;
using world::Response;

std::string const subscription = "/subscriptions/00000000-0000-0000-0000-000000000001";
std::string const group = subscription + "/resourceGroups/rg-prod";
std::string const network = group + "/providers/Microsoft.Network/virtualNetworks/vnet-prod";
std::string const cluster = group + "/providers/Microsoft.ContainerService/managedClusters/aks-prod";
std::string const identity = group + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-prod";
std::string const vault = group + "/providers/Microsoft.KeyVault/vaults/kv-prod";
std::string const foreign = subscription + "/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/hub";
std::string const role = "/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7";
std::string const assignments = "/providers/Microsoft.Authorization/roleAssignments";

/// Answers GETs from a map of path to body; everything else is 404. Lists end in the same way.
class FakeAzure : public world::Transport {
public:
    std::map<std::string, std::string> bodies;  ///< lower-case path -> body
    std::map<std::string, Response> refusals;
    std::vector<std::string> asked;
    world::Clock* clock = nullptr;
    int now_asking = 0, most_at_once = 0;

    void stands(std::string const& path, std::string body) { bodies[base::lower(path)] = std::move(body); }
    void refuses(std::string const& path, int status, std::string code) {
        refusals[base::lower(path)] = Response{status, {}, R"({"error":{"code":")" + code + R"(","message":"no"}})"};
    }
    world::Task<base::Result<Response>> send(Request request) override {
        EXPECT_EQ(request.method, "GET");
        EXPECT_NE(request.url.find("api-version="), std::string::npos) << request.url;
        auto path = request.url.substr(std::string("https://management.azsim.test").size());
        path = base::lower(path.substr(0, path.find('?')));
        asked.push_back(path);
        most_at_once = std::max(most_at_once, ++now_asking);
        co_await clock->sleep(base::Duration{100});
        --now_asking;
        if (auto const refused = refusals.find(path); refused != refusals.end()) co_return refused->second;
        if (auto const found = bodies.find(path); found != bodies.end()) co_return Response{200, {}, found->second};
        co_return Response{404, {}, R"({"error":{"code":"ResourceNotFound","message":"m"}})"};
    }
    long times(std::string const& path) const { return std::count(asked.begin(), asked.end(), base::lower(path)); }
};

class FixedToken : public credentials::Credential {
public:
    bool works = true;
    world::Task<base::Result<base::Secret>> token(std::string, std::string, world::World&) override {
        if (!works) co_return base::fail(ErrorCode::sign_in, "no token");
        co_return base::Secret("t");
    }
    std::string describe() const override { return "fixed"; }
};

struct Bench {
    boost::asio::io_context io;
    world::VirtualClock clock{io, *base::parse_time("2026-11-24T12:00:00Z")};
    std::unique_ptr<world::Files> files = world::memory_files();
    std::unique_ptr<world::Environment> environment = world::fixed_environment();
    std::unique_ptr<world::Programs> programs = world::no_programs();
    base::Prng prng{1};
    FakeAzure azure;
    FixedToken credential;
    world::World world{clock, azure, *files, *environment, *programs, prng};
    azure::Client client{*credentials::find_cloud("simulated"), credential, world};

    Bench() { azure.clock = &clock; }
    base::Result<Graph> live(Graph estate) { return world::run(io, clock, readers::live(std::move(estate), client)); }
};

Resource node(std::string address, std::string const& id, std::string parent, std::string const& body = "{}") {
    Resource made;
    made.address = std::move(address);
    made.id = *ResourceId::parse(id);
    made.type = made.id->type();
    if (!parent.empty()) made.parent = std::move(parent);
    made.body = *json::parse(body);
    return made;
}

std::string const tags = R"("tags":{"holdfast":"prod"})";

/// Group, network with a subnet, identity, vault, cluster with a pool, a role whose principal is known later.
Graph estate() {
    Graph graph;
    graph.add(node("group", group, "", "{" + tags + "}"));
    graph.add(node("network", network, "group", "{" + tags + "}"));
    graph.add(node("network/subnets/nodes", network + "/subnets/nodes", "network"));
    graph.add(node("identity/cluster", identity, "group", "{" + tags + "}"));
    graph.add(node("vault/disk", vault, "group", R"({"location":"westeurope",)" + tags + "}"));
    graph.add(node("keys/disk", vault + "/keys/disk", "vault/disk"));
    graph.add(node("cluster", cluster, "group", "{" + tags + "}"));
    graph.add(node("cluster/pools/system", cluster + "/agentPools/system", "cluster"));
    Resource access;
    access.address = "access/subnet-nodes";
    access.type = "Microsoft.Authorization/roleAssignments";
    access.parent = "network/subnets/nodes";
    access.body = json::Object{{"properties", {{"roleDefinitionId", subscription + role}}}};
    access.pending.push_back({"properties.principalId", Output{"identity/cluster", "properties.principalId"}});
    graph.add(std::move(access));
    return graph;
}

std::string body(std::string const& id, std::string const& rest) { return R"({"id":")" + id + "\"," + rest + "}"; }

/// Everything of the estate, as Azure would show it.
void all_stands(FakeAzure& azure) {
    azure.stands(group,
                 body(group, tags + R"(,"location":"westeurope","properties":{"provisioningState":"Succeeded"})"));
    azure.stands(
        network,
        body(network,
             tags + R"(,"etag":"W/\"7\"","properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]},"subnets":[
                     {"id":")" +
                 network + R"(/subnets/nodes","name":"nodes","properties":{"addressPrefix":"10.0.0.0/24"}},
                     {"id":")" +
                 network + R"(/subnets/old","name":"old","properties":{"addressPrefix":"10.0.1.0/24"}}]})"));
    azure.stands(identity, body(identity, tags + R"(,"properties":{"principalId":"aaaa","clientId":"cccc"})"));
    azure.stands(vault,
                 body(vault, tags + R"(,"location":"westeurope","properties":{"provisioningState":"Succeeded"})"));
    azure.stands(vault + "/keys/disk",
                 body(vault + "/keys/disk", R"("properties":{"keyUriWithVersion":"https://k/1"})"));
    azure.stands(
        cluster,
        body(
            cluster,
            tags +
                R"(,"properties":{"agentPoolProfiles":[{"name":"system","count":3,"type":"VirtualMachineScaleSets"},{"name":"old","count":1}]})"));
    azure.stands(network + "/subnets/nodes" + assignments,
                 R"({"value":[)" +
                     body(subscription + assignments + "/inherited",
                          R"("properties":{"principalId":"aaaa","roleDefinitionId":")" + role + R"("})") +
                     "," +
                     body(network + "/subnets/nodes" + assignments + "/12345678-0000-0000-0000-000000000000",
                          R"("properties":{"principalId":"AAAA","roleDefinitionId":"/subscriptions/x)" + role +
                              R"(","description":"holdfast:prod: joins"})") +
                     "," +
                     body(network + "/subnets/nodes" + assignments + "/22222222-0000-0000-0000-000000000000",
                          R"("properties":{"principalId":"bbbb","roleDefinitionId":")" + role +
                              R"(","description":"holdfast:prod: from before"})") +
                     "," +
                     body(network + "/subnets/nodes" + assignments + "/33333333-0000-0000-0000-000000000000",
                          R"("properties":{"principalId":"dddd","roleDefinitionId":")" + role +
                              R"(","description":"somebody's"})") +
                     "]}");
    azure.stands(group + "/resources",
                 R"({"value":[)" + body(network, tags) + "," +
                     body(group + "/providers/Microsoft.Network/publicIPAddresses/ip-old", tags) + "," +
                     body(group + "/providers/Microsoft.Network/publicIPAddresses/not-ours", R"("tags":{})") + "]}");
    azure.stands(group + "/providers/Microsoft.Network/publicIPAddresses/ip-old",
                 body(group + "/providers/Microsoft.Network/publicIPAddresses/ip-old",
                      tags + R"(,"properties":{"ipAddress":"1.2.3.4"})"));
}

TEST(Live, reads_everything_in_two_rounds) {
    Bench bench;
    all_stands(bench.azure);
    auto const start = bench.clock.now();
    auto const live = bench.live(estate());
    ASSERT_TRUE(live) << live.error().what;
    EXPECT_EQ(bench.clock.now() - start, base::Duration{200}) << "two rounds of parallel requests";
    EXPECT_GT(bench.azure.most_at_once, 5);
    for (auto const& unread : live->unread) ADD_FAILURE() << unread.what << ": " << unread.because;
    auto const wanted = estate();
    for (auto const& [address, designed] : wanted.resources()) {
        ASSERT_NE(live->find(address), nullptr) << address;
        EXPECT_TRUE(live->find(address)->ours) << address;
        EXPECT_EQ(live->find(address)->parent, designed.parent) << address;
    }
    EXPECT_EQ(live->find("network")->etag, "W/\"7\"");
    EXPECT_EQ(json::find(live->find("network")->body, "properties.subnets"), nullptr) << "children are their own nodes";
    EXPECT_NE(json::find(*live->find("network")->raw, "properties.subnets"), nullptr) << "raw is what Azure said";
    EXPECT_EQ(*json::text_at(*live->find("keys/disk")->raw, "properties.keyUriWithVersion"), "https://k/1");
    EXPECT_EQ(*json::whole_at(live->find("cluster/pools/system")->body, "properties.count"), 3);
    EXPECT_EQ(bench.azure.times(network + "/subnets/nodes"), 0) << "seen in the network";
    EXPECT_EQ(bench.azure.times(cluster + "/agentPools/system"), 0) << "seen in the cluster";
}

TEST(Live, an_assignment_is_its_triple_whatever_its_name) {
    Bench bench;
    all_stands(bench.azure);
    auto const live = bench.live(estate());
    ASSERT_TRUE(live);
    auto const* access = live->find("access/subnet-nodes");
    ASSERT_NE(access, nullptr);
    EXPECT_EQ(access->id->name(), "12345678-0000-0000-0000-000000000000") << "not the inherited one";
    EXPECT_EQ(bench.azure.times(network + "/subnets/nodes" + assignments), 1);
}

TEST(Live, what_is_ours_and_no_longer_designed_is_found) {
    Bench bench;
    all_stands(bench.azure);
    auto const live = bench.live(estate());
    ASSERT_TRUE(live);
    std::vector<std::string> undesigned;
    auto const designed = estate();
    for (auto const& [address, resource] : live->resources())
        if (designed.find(address) == nullptr) {
            undesigned.push_back(address);
            EXPECT_TRUE(resource.ours) << address;
        }
    EXPECT_EQ(undesigned, (std::vector<std::string>{"access/22222222-0000-0000-0000-000000000000", "cluster/pools/old",
                                                    "network/subnets/old", "publicipaddresses/ip-old"}));
    EXPECT_EQ(*live->find("cluster/pools/old")->parent, "cluster");
    EXPECT_EQ(*live->find("publicipaddresses/ip-old")->parent, "group");
    EXPECT_EQ(*json::text_at(*live->find("publicipaddresses/ip-old")->raw, "properties.ipAddress"), "1.2.3.4");
}

TEST(Live, what_could_not_be_read_is_never_absent) {
    Bench bench;
    all_stands(bench.azure);
    bench.azure.refuses(network, 403, "AuthorizationFailed");
    bench.azure.refuses(identity, 403, "AuthorizationFailed");
    auto const live = bench.live(estate());
    ASSERT_TRUE(live);
    std::map<std::string, std::string> unread;
    for (auto const& one : live->unread) unread[one.what] = one.because;
    EXPECT_EQ(unread.at("network"), "403 AuthorizationFailed");
    EXPECT_EQ(unread.at("network/subnets/nodes"), "403 AuthorizationFailed")
        << "it would have been seen in the network";
    EXPECT_EQ(unread.at("identity/cluster"), "403 AuthorizationFailed");
    EXPECT_EQ(unread.at("access/subnet-nodes"), "its principal could not be read: 403 AuthorizationFailed");
    EXPECT_EQ(unread.size(), 4u);
    EXPECT_EQ(live->find("network"), nullptr);
}

TEST(Live, an_empty_world_is_empty_and_a_deleted_vault_recoverable) {
    Bench bench;
    bench.azure.stands(subscription + "/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/kv-prod",
                       R"({"name":"kv-prod","properties":{"vaultId":")" + vault +
                           R"(","scheduledPurgeDate":"2027-02-22T00:00:00Z"}})");
    auto const live = bench.live(estate());
    ASSERT_TRUE(live);
    EXPECT_TRUE(live->resources().empty());
    EXPECT_TRUE(live->unread.empty());
    ASSERT_EQ(live->recoverable.size(), 1u);
    EXPECT_EQ(live->recoverable[0].address, "vault/disk");
    EXPECT_EQ(live->recoverable[0].until, "2027-02-22T00:00:00Z");

    Bench taken;
    taken.azure.stands(
        subscription + "/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/kv-prod",
        R"({"properties":{"vaultId":"/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/other/providers/Microsoft.KeyVault/vaults/kv-prod"}})");
    EXPECT_TRUE(taken.live(estate())->recoverable.empty()) << "somebody else's";
}

TEST(Live, things_in_others_resources_are_ours_when_the_group_says_so) {
    Bench bench;
    all_stands(bench.azure);
    auto designed = estate();
    auto hub = node("network/hub", foreign, "");
    hub.ownership = Ownership::existing;
    designed.add(std::move(hub));
    designed.add(node("network/subnets/mine", foreign + "/subnets/mine", "network/hub"));
    auto missing = node("dns", subscription + "/resourceGroups/net/providers/Microsoft.Network/privateDnsZones/z", "");
    missing.ownership = Ownership::existing;
    designed.add(std::move(missing));
    bench.azure.stands(group, body(group, R"("tags":{"holdfast":"prod","holdfast-elsewhere":")" + foreign +
                                              R"(/subnets/mine","holdfast-elsewhere-2":")" + foreign +
                                              R"(/subnets/gone-by-design","holdfast-elsewhere-3":")" + foreign +
                                              assignments + R"("})"));
    bench.azure.stands(
        foreign,
        body(
            foreign,
            R"("properties":{"subnets":[{"name":"mine","properties":{}},{"name":"theirs","properties":{}},{"name":"gone-by-design","properties":{}}]})"));
    bench.azure.stands(foreign + assignments, R"({"value":[)" +
                                                  body(foreign + assignments + "/44444444-0000-0000-0000-000000000000",
                                                       R"("properties":{"principalId":"x","roleDefinitionId":")" +
                                                           role + R"(","description":"holdfast:prod: zone"})") +
                                                  "]}");
    auto const live = bench.live(std::move(designed));
    ASSERT_TRUE(live);
    EXPECT_FALSE(live->find("network/hub")->ours);
    EXPECT_EQ(live->find("network/hub")->ownership, Ownership::existing);
    EXPECT_TRUE(live->find("network/subnets/mine")->ours);
    int subnets = 0, roles = 0;
    for (auto const& [address, resource] : live->resources()) {
        if (resource.id->text().starts_with(foreign + "/subnets")) ++subnets;
        if (resource.id->text().starts_with(foreign + assignments)) ++roles;
        EXPECT_EQ(address.find("theirs"), std::string::npos);
    }
    EXPECT_EQ(subnets, 2);
    EXPECT_EQ(roles, 1);
    ASSERT_EQ(live->unread.size(), 1u);
    EXPECT_EQ(live->unread[0].what, "dns");
    EXPECT_EQ(live->unread[0].because, "404: it is not there");
}

TEST(Live, a_lock_that_is_designed_no_longer_is_found) {
    Bench bench;
    all_stands(bench.azure);
    auto const locks = group + "/providers/Microsoft.Authorization/locks";
    bench.azure.stands(
        locks, R"({"value":[)" +
                   body(locks + "/ours", R"("properties":{"level":"CanNotDelete","notes":"holdfast:prod: kept"})") +
                   "," + body(locks + "/theirs", R"("properties":{"level":"CanNotDelete","notes":"ask first"})") +
                   "]}");
    auto const live = bench.live(estate());
    ASSERT_TRUE(live);
    auto const* found = live->find(*ResourceId::parse(locks + "/ours"));
    ASSERT_NE(found, nullptr);
    EXPECT_TRUE(found->ours);
    EXPECT_EQ(live->find(*ResourceId::parse(locks + "/theirs")), nullptr);
}

TEST(Live, a_right_that_is_designed_no_longer_is_found_wherever_it_was_granted) {
    Bench bench;
    all_stands(bench.azure);
    auto const granted = [](std::string const& at, std::string const& name, std::string const& words) {
        return body(at + assignments + "/" + name, R"("properties":{"principalId":"dddd","roleDefinitionId":")" + role +
                                                        R"(","description":")" + words + R"("})");
    };
    auto const shop = cluster + "/namespaces/shop";
    bench.azure.stands(group + assignments, R"({"value":[)" + granted(shop, "ours", "holdfast:prod: writer") + "," +
                                                granted(shop, "theirs", "of another team") + "," +
                                                granted(shop, "other", "holdfast:prod2") + "]}");
    auto const live = bench.live(estate());
    ASSERT_TRUE(live);
    auto const* found = live->find(*ResourceId::parse(shop + assignments + "/ours"));
    ASSERT_NE(found, nullptr);
    EXPECT_TRUE(found->ours);
    EXPECT_EQ(live->find(*ResourceId::parse(shop + assignments + "/theirs")), nullptr);
    EXPECT_EQ(live->find(*ResourceId::parse(shop + assignments + "/other")), nullptr);
}

TEST(Live, what_bears_no_mark_is_told_by_where_it_lies_and_how_it_is_called) {
    auto const windows = cluster + "/maintenanceConfigurations";
    auto const settings = cluster + "/providers/Microsoft.Insights/diagnosticSettings";
    for (bool const ours : {true, false}) {
        Bench bench;
        all_stands(bench.azure);
        if (!ours) bench.azure.stands(cluster, body(cluster, R"("location":"westeurope","properties":{})"));
        auto const item = [](std::string const& id) { return body(id, R"("properties":{})"); };
        bench.azure.stands(windows, R"({"value":[)" + item(windows + "/aksManagedAutoUpgradeSchedule") + "]}");
        bench.azure.stands(settings, R"({"value":[)" + item(settings + "/HOLDFAST-prod") + "," +
                                         item(settings + "/holdfast-prod-2") + "," + item(settings + "/policy") + "]}");
        auto const live = bench.live(estate());
        ASSERT_TRUE(live);
        auto const is_ours = [&live](std::string const& id) {
            auto const* found = live->find(*ResourceId::parse(id));
            return found && found->ours;
        };
        EXPECT_EQ(is_ours(windows + "/aksManagedAutoUpgradeSchedule"), ours);
        EXPECT_EQ(is_ours(settings + "/holdfast-prod"), ours);
        EXPECT_FALSE(is_ours(settings + "/holdfast-prod-2")) << "of another estate";
        EXPECT_FALSE(is_ours(settings + "/policy")) << "anybody adds settings";
    }
}

TEST(Live, in_a_group_of_others_what_is_ours_there_remembers) {
    Bench bench;
    auto const old = group + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-old";
    auto const tagged = [](std::string const& subnet) {
        return R"("tags":{"holdfast":"prod","holdfast-elsewhere":")" + foreign + "/subnets/" + subnet + R"("})";
    };
    auto const theirs = R"("tags":{"holdfast":"other","holdfast-elsewhere":")" + foreign + R"(/subnets/theirs"})";
    Graph designed;
    auto place = node("group", group, "");
    place.ownership = Ownership::existing;
    designed.add(std::move(place));
    designed.add(node("identity/cluster", identity, "group", "{" + tags + "}"));
    auto hub = node("network", foreign, "");
    hub.ownership = Ownership::existing;
    designed.add(std::move(hub));
    designed.add(node("network/subnets/mine", foreign + "/subnets/mine", "network"));
    designed.add(node("network/subnets/theirs", foreign + "/subnets/theirs", "network"));
    bench.azure.stands(group, body(group, R"("tags":{})"));
    bench.azure.stands(identity, body(identity, tagged("mine")));
    bench.azure.stands(old, body(old, tagged("before")));
    bench.azure.stands(group + "/resources",
                       R"({"value":[)" + body(old, tagged("before")) + "," + body(network, theirs) + "]}");
    bench.azure.stands(
        foreign,
        body(
            foreign,
            R"("properties":{"subnets":[{"name":"mine","properties":{}},{"name":"theirs","properties":{}},{"name":"before","properties":{}}]})"));
    auto const live = bench.live(std::move(designed));
    ASSERT_TRUE(live);
    EXPECT_TRUE(live->find("network/subnets/mine")->ours);
    EXPECT_FALSE(live->find("network/subnets/theirs")->ours) << "another estate's tag says so";
    auto const* before = live->find(*ResourceId::parse(foreign + "/subnets/before"));
    ASSERT_NE(before, nullptr);
    EXPECT_TRUE(before->ours) << "an identity designed no longer remembers it";
    EXPECT_TRUE(live->find(*ResourceId::parse(old))->ours);
}

TEST(Live, the_rules_and_routes_of_a_subnet_are_read_along_whoever_made_them) {
    auto const in_net = subscription + "/resourceGroups/net/providers/Microsoft.Network/";
    auto const rules = in_net + "networkSecurityGroups/nsg", routes = in_net + "routeTables/rt";
    for (bool const allowed : {true, false}) {
        Bench bench;
        all_stands(bench.azure);
        bench.azure.stands(
            network,
            body(network,
                 tags + R"(,"properties":{"subnets":[{"name":"nodes","properties":{"networkSecurityGroup":{"id":")" +
                     rules + R"("},"routeTable":{"id":")" + routes + R"("}}}]})"));
        bench.azure.stands(
            rules, body(rules, R"("properties":{"securityRules":[{"name":"closed","properties":{"access":"Deny"}}]})"));
        bench.azure.stands(
            routes,
            body(routes, R"("properties":{"routes":[{"name":"out","properties":{"addressPrefix":"0.0.0.0/0"}}]})"));
        if (!allowed) bench.azure.refuses(rules, 403, "AuthorizationFailed");
        auto const live = bench.live(estate());
        ASSERT_TRUE(live);
        auto const* group_of_rules = live->find(*ResourceId::parse(rules));
        EXPECT_EQ(group_of_rules != nullptr, allowed);
        EXPECT_EQ(live->find(*ResourceId::parse(rules + "/securityRules/closed")) != nullptr, allowed);
        ASSERT_NE(live->find(*ResourceId::parse(routes + "/routes/out")), nullptr);
        for (auto const& [address, resource] : live->resources()) {
            if (resource.id->text().starts_with(in_net)) EXPECT_FALSE(resource.ours) << address;
        }
        EXPECT_TRUE(live->unread.empty())
            << "who needs it says so, and nobody else is stopped: " << live->unread.front().what;
    }
}

TEST(Live, a_gateway_of_others_is_read_along_with_its_addresses) {
    auto const in_net = subscription + "/resourceGroups/net/providers/Microsoft.Network/";
    auto const gateway = in_net + "natGateways/nat", address = in_net + "publicIPAddresses/ip", range = in_net + "publicIPPrefixes/ips";
    for (bool const allowed : {true, false}) {
        Bench bench;
        all_stands(bench.azure);
        bench.azure.stands(network, body(network, tags + R"(,"properties":{"subnets":[{"name":"nodes","properties":{"natGateway":{"id":")" +
                                                      gateway + R"("}}}]})"));
        bench.azure.stands(gateway, body(gateway, R"("properties":{"publicIpAddresses":[{"id":")" + address +
                                                      R"("}],"publicIpPrefixes":[{"id":")" + range + R"("}]})"));
        bench.azure.stands(address, body(address, R"("properties":{"ipAddress":"20.1.2.3"})"));
        bench.azure.stands(range, body(range, R"("properties":{"ipPrefix":"20.1.3.0/28"})"));
        if (!allowed) bench.azure.refuses(gateway, 403, "AuthorizationFailed");
        auto const live = bench.live(estate());
        ASSERT_TRUE(live);
        for (auto const& id : {gateway, address, range}) {
            auto const* read = live->find(*ResourceId::parse(id));
            EXPECT_EQ(read != nullptr, allowed) << id;
            if (read) EXPECT_FALSE(read->ours) << id;
        }
        EXPECT_TRUE(live->unread.empty());
    }
}

TEST(Live, disks_that_hang_on_our_encryption_set_are_seen) {
    Bench bench;
    all_stands(bench.azure);
    auto designed = estate();
    auto const set = group + "/providers/Microsoft.Compute/diskEncryptionSets/des-prod";
    designed.add(node("disk-encryption", set, "group", "{" + tags + "}"));
    bench.azure.stands(set, body(set, tags));
    bench.azure.stands(cluster, body(cluster, tags + R"(,"properties":{"nodeResourceGroup":"MC_prod"})"));
    auto const disk = [&](std::string const& in, std::string const& name, std::string const& by) {
        return body(subscription + "/resourceGroups/" + in + "/providers/Microsoft.Compute/disks/" + name,
                    R"("properties":{"encryption":{"diskEncryptionSetId":")" + by + "\"}}");
    };
    bench.azure.stands(subscription + "/providers/Microsoft.Compute/disks",
                       R"({"value":[)" + disk("backup", "kept", base::lower(set)) + "," + disk("mc_prod", "goes", set) +
                           "," + disk("backup", "other", set + "2") + "]}");
    auto const live = bench.live(designed);
    ASSERT_TRUE(live);
    auto const disks = live->of_type("Microsoft.Compute/disks");
    ASSERT_EQ(disks.size(), 1u);
    EXPECT_EQ(disks[0]->address, "disks/kept");
    EXPECT_EQ(disks[0]->ownership, Ownership::existing);
    EXPECT_FALSE(disks[0]->ours);

    bench.azure.refuses(subscription + "/providers/Microsoft.Compute/disks", 403, "AuthorizationFailed");
    auto const blind = bench.live(designed);
    ASSERT_EQ(blind->unread.size(), 1u);
    EXPECT_EQ(blind->unread[0].what, "disk-encryption/disks");
}

TEST(Live, without_a_token_nothing_can_be_said) {
    Bench bench;
    bench.credential.works = false;
    auto const live = bench.live(estate());
    ASSERT_FALSE(live);
    EXPECT_EQ(live.error().code, ErrorCode::sign_in);
}

TEST(One, reads_one_or_says_it_is_not_there) {
    Bench bench;
    all_stands(bench.azure);
    auto const designed = estate();
    auto const found = world::run(bench.io, bench.clock, one(*designed.find("identity/cluster"), bench.client));
    ASSERT_TRUE(found && *found);
    EXPECT_EQ(*json::text_at(*(*found)->raw, "properties.principalId"), "aaaa");
    auto const absent = world::run(bench.io, bench.clock, one(node("x", identity + "-no", "group"), bench.client));
    ASSERT_TRUE(absent);
    EXPECT_FALSE(*absent);
    bench.azure.refuses(identity, 403, "AuthorizationFailed");
    EXPECT_FALSE(world::run(bench.io, bench.clock, one(*designed.find("identity/cluster"), bench.client)));
}

TEST(Registrations, of_namespaces_and_features) {
    Bench bench;
    bench.azure.stands(subscription + "/providers/Microsoft.Network", R"({"registrationState":"Registered"})");
    bench.azure.stands(
        subscription + "/providers/Microsoft.Features/providers/Microsoft.Compute/features/EncryptionAtHost",
        R"({"properties":{"state":"NotRegistered"}})");
    auto const states = world::run(
        bench.io, bench.clock,
        registrations("00000000-0000-0000-0000-000000000001",
                      {"Microsoft.Network", "Microsoft.Compute/EncryptionAtHost", "Microsoft.New"}, bench.client));
    ASSERT_TRUE(states);
    EXPECT_EQ(states->at("Microsoft.Network"), "Registered");
    EXPECT_EQ(states->at("Microsoft.Compute/EncryptionAtHost"), "NotRegistered");
    EXPECT_EQ(states->at("Microsoft.New"), "NotRegistered");
}

TEST(Saved, one_a_list_or_a_page) {
    auto const one_network = body(
        network, tags + R"(,"properties":{"subnets":[{"name":"nodes","properties":{"addressPrefix":"10.0.0.0/24"}}]})");
    auto const designed = estate();
    for (auto const& text : {one_network, "[" + one_network + "]", R"({"value":[)" + one_network + "]}"}) {
        auto const live = from_json(text, "saved.json", &designed);
        ASSERT_TRUE(live) << live.error().what;
        EXPECT_NE(live->find("network"), nullptr);
        EXPECT_NE(live->find("network/subnets/nodes"), nullptr);
        EXPECT_TRUE(live->find("network/subnets/nodes")->ours);
        std::vector<std::string> unread;
        for (auto const& item : live->unread) unread.push_back(item.what);
        EXPECT_NE(std::find(unread.begin(), unread.end(), "cluster"), unread.end()) << "not in the file is not absent";
        EXPECT_EQ(std::find(unread.begin(), unread.end(), "network/subnets/nodes"), unread.end());
    }
    auto const alone = from_json(one_network, "saved.json", nullptr);
    ASSERT_TRUE(alone);
    EXPECT_NE(alone->find("virtualnetworks/vnet-prod"), nullptr);
    EXPECT_NE(alone->find("virtualnetworks/vnet-prod/subnets/nodes"), nullptr);
}

TEST(Saved, what_az_prints_flat_is_folded_back) {
    auto const live = from_json(
        body(
            cluster,
            R"("name":"aks-prod","type":"Microsoft.ContainerService/ManagedClusters","location":"westeurope","resourceGroup":"rg-prod",
             "dnsPrefix":"prod","identity":{"type":"UserAssigned"},"sku":{"name":"Base","tier":"Standard"},
             "agentPoolProfiles":[{"name":"system","count":3}],"networkProfile":{"networkPlugin":"azure"})"),
        "show.json", nullptr);
    ASSERT_TRUE(live) << live.error().what;
    auto const* made = live->find("managedclusters/aks-prod");
    ASSERT_NE(made, nullptr);
    EXPECT_EQ(*json::text_at(made->body, "properties.networkProfile.networkPlugin"), "azure");
    EXPECT_EQ(*json::text_at(made->body, "sku.tier"), "Standard");
    EXPECT_NE(live->find("managedclusters/aks-prod/agentpools/system"), nullptr);
}

TEST(Saved, nothing_recognisable_is_an_error) {
    for (auto const* text : {"{}", "[]", "[1,2]", R"({"value":[]})", R"({"id":"nonsense"})", "\"text\""}) {
        auto const refused = from_json(text, "x.json", nullptr);
        ASSERT_FALSE(refused) << text;
        EXPECT_EQ(refused.error().code, ErrorCode::not_recognised) << text;
    }
    EXPECT_EQ(from_json("{", "x.json", nullptr).error().code, ErrorCode::syntax);
}

std::string const skus = subscription + "/providers/Microsoft.Compute/skus";

TEST(Live, asks_whether_the_sizes_of_pools_that_are_to_be_made_fit) {
    Graph designed = estate();
    designed.find("cluster")->body = *json::parse(R"({"location":"westeurope"})");
    designed.find("cluster/pools/system")->body = *json::parse(
        R"({"properties":{"vmSize":"Standard_D4s_v5","availabilityZones":["1","2"],"osDiskType":"Ephemeral","osDiskSizeGB":100,"enableEncryptionAtHost":true}})");
    auto const against = [&](std::string const& list) {
        Bench bench;
        if (!list.empty()) bench.azure.stands(skus, R"({"value":[)" + list + "]}");
        auto const live = bench.live(designed);
        EXPECT_EQ(bench.azure.times(skus), 1);
        std::string text = live->unfit ? "asked" : "not known";
        if (live->unfit)
            for (auto const& one : *live->unfit) text += "; " + one.address + ": " + one.because;
        return text;
    };
    EXPECT_EQ(against(""), "not known") << "404";
    EXPECT_EQ(against(R"({"resourceType":"disks","name":"Premium_LRS"})"), "not known");
    EXPECT_EQ(against(R"({"resourceType":"virtualMachines","name":"Standard_B1s"})"),
              "asked; cluster/pools/system: westeurope does not have it");
    std::string const machine = R"({"resourceType":"virtualMachines","name":"standard_d4s_v5",)";
    for (
        auto const& [said, expected] : std::map<std::string, std::string>{
            {R"("restrictions":[])", ""},
            {R"("restrictions":[{"type":"Location","values":["West Europe"],"reasonCode":"QuotaId"}])",
             "it is closed in westeurope: QuotaId"},
            {R"("restrictions":[{"type":"Location","values":["eastus"],"reasonCode":"QuotaId"}])", ""},
            {R"("restrictions":[{"type":"Zone","restrictionInfo":{"locations":["westeurope"],"zones":["2","3"]}}])",
             "it is closed in westeurope, zone 2: Azure gives no reason"},
            {R"("restrictions":[{"type":"Zone","restrictionInfo":{"locations":["westeurope"],"zones":["3"]}}])", ""},
            {R"("locationInfo":[{"location":"westeurope","zones":["1","3"]}])",
             "westeurope does not have it in zone 2"},
            {R"("locationInfo":[{"location":"WestEurope","zones":["3","2","1"]}])", ""},
            {R"("locationInfo":[{"location":"eastus","zones":[]}])", ""},
            {R"("capabilities":[{"name":"EncryptionAtHostSupported","value":"False"}])",
             "it does not encrypt on the host"},
            {R"("capabilities":[{"name":"CachedDiskBytes","value":"53687091200"},{"name":"MaxResourceVolumeMB","value":"76800"}])",
             "an ephemeral OS disk of 100 GB does not fit: it caches 50 GB and has 75 GB of temporary disk"},
            {R"("capabilities":[{"name":"CachedDiskBytes","value":"107374182400"},{"name":"MaxResourceVolumeMB","value":"0"}])",
             ""},
            {R"("capabilities":[{"name":"CachedDiskBytes","value":"much"},{"name":"MaxResourceVolumeMB","value":"0"}])",
             ""},
        })
        EXPECT_EQ(against(machine + said + "}"),
                  expected.empty() ? "asked" : "asked; cluster/pools/system: " + expected)
            << said;
}

TEST(Live, asks_for_no_sizes_where_every_pool_stands) {
    Bench bench;
    bench.azure.stands(
        cluster,
        R"({"id":")" + cluster +
            R"(","location":"westeurope","properties":{"agentPoolProfiles":[{"name":"system","vmSize":"Standard_D4s_v5"}]}})");
    Graph designed = estate();
    designed.find("cluster")->body = *json::parse(R"({"location":"westeurope"})");
    designed.find("cluster/pools/system")->body = *json::parse(R"({"properties":{"vmSize":"Standard_D4s_v5"}})");
    auto const live = bench.live(std::move(designed));
    EXPECT_EQ(bench.azure.times(skus), 0);
    EXPECT_FALSE(live->unfit);
}

}  // namespace
}  // namespace holdfast::readers
