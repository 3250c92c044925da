// What `check` says before a deployment and what Azure says to it must be the same: a small world, gone through whole.
//
// Every combination of the settings that Azure holds against each other is written as a spec, designed, judged, and
// sent: all that the cluster stands on is loaded as standing already, and the cluster with its pools is put once. The
// judge is right when it blocks exactly what is refused.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "checks/checks.hpp"
#include "estate/estate.hpp"
#include "simulator/testing.hpp"

namespace holdfast::walk {
namespace {

using resource::Resource;

struct Said {
    bool accepted = false;
    std::string words;
};

constexpr std::string_view kCluster = "Microsoft.ContainerService/managedClusters";
constexpr std::string_view kRole = "Microsoft.Authorization/roleAssignments";

/// It stands only once the cluster does: what is below it, and roles of an identity that comes with it.
bool follows_cluster(resource::Graph const& graph, Resource const& node) {
    for (auto const* at = &node; at; at = at->parent ? graph.find(*at->parent) : nullptr)
        if (at->type == kCluster) return true;
    return std::ranges::any_of(node.pending, [](resource::Pending const& pending) {
        auto const* output = std::get_if<resource::Output>(&pending.from);
        return output && output->address == "cluster";
    });
}

/// The body with its late values, where all of them are known by now.
std::optional<json::Value> filled(Resource const& node, resource::Graph const& graph,
                                  std::map<std::string, json::Value> const& standing) {
    auto body = node.body;
    for (auto const& pending : node.pending) {
        auto const* output = std::get_if<resource::Output>(&pending.from);
        if (!output) {
            json::put(body, pending.at, "P@ssw0rd-for-tests-42");
            continue;
        }
        auto const* source = graph.find(output->address);
        auto const there = source && source->id ? standing.find(source->id->key()) : standing.end();
        auto const* value = there == standing.end() ? nullptr : json::find(there->second, output->path);
        // What only the making of a firewall tells: any address of its subnet will do.
        if (!value && there != standing.end() && output->path.text().ends_with("privateIPAddress")) {
            json::put(body, pending.at, "10.0.255.196");
            continue;
        }
        if (!value) return std::nullopt;
        json::put(body, pending.at, resource::as_wanted(*output, *value));
    }
    return body;
}

/// A role assignment gets its name from what is filled in.
std::optional<resource::ResourceId> id_of(Resource const& node, resource::Graph const& graph, json::Value const& body) {
    if (node.id) return node.id;
    auto const* target = node.parent ? graph.find(*node.parent) : nullptr;
    if (node.type != kRole || !target || !target->id) return std::nullopt;
    auto const role = std::string(json::text_at(body, "properties.roleDefinitionId").value_or(""));
    return target->id->with(
        kRole, resource::assignment_name(*target->id, json::text_at(body, "properties.principalId").value_or(""),
                                         role.substr(role.rfind('/') + 1)));
}

/// Loads everything but the cluster as standing already, then puts the cluster.
Said ask_azure(resource::Graph const& graph) {
    simulator::testing::Client client;
    client.ready({"Microsoft.ContainerService", "Microsoft.Compute", "Microsoft.Network", "Microsoft.Storage",
                  "Microsoft.KeyVault", "Microsoft.ManagedIdentity", "Microsoft.OperationalInsights",
                  "Microsoft.OperationsManagement", "Microsoft.Insights"});
    std::vector<Resource const*> left;
    for (auto const& [address, node] : graph.resources())
        if (!follows_cluster(graph, node)) left.push_back(&node);
    while (!left.empty()) {
        auto const standing = client.azure().resources();
        json::Array world;
        std::vector<Resource const*> later;
        for (auto const* node : left) {
            auto body = filled(*node, graph, standing);
            auto const id = body ? id_of(*node, graph, *body) : std::nullopt;
            if (!id) {
                later.push_back(node);
                continue;
            }
            json::put(*body, "id", json::Value(id->text()));
            world.push_back(std::move(*body));
        }
        if (world.empty()) return {false, "the world could not be built: " + later.front()->address};
        auto const loaded = client.azure().load(json::write(world));
        if (!loaded) return {false, "the world could not be loaded: " + loaded.error().what};
        left = std::move(later);
    }
    auto const& cluster = *graph.find("cluster");
    auto const standing = client.azure().resources();
    std::vector<Resource> pools;
    for (auto const* pool : graph.of_type("Microsoft.ContainerService/managedClusters/agentPools"))
        pools.push_back(*pool);
    std::vector<Resource const*> inlined;
    for (auto const& pool : pools) inlined.push_back(&pool);
    auto body = filled(cluster, graph, standing);
    if (!body) return {false, "the cluster's late values are not there"};
    auto const put = client.call("PUT", cluster.id->text() + "?api-version=2026-05-01",
                                 json::write(resource::fold(cluster, inlined, *body)));
    return {put.status < 300, put.code() + ": " + put.message()};
}

Said ask_checks(resource::Graph const& graph) {
    Said said{true, {}};
    for (auto const& finding : checks::inspect(graph).findings) {
        if (finding.kind != "refusal" || finding.outcome != checks::Outcome::fail) continue;
        said.accepted = false;
        said.words += (said.words.empty() ? "" : ", ") + finding.rule;
    }
    return said;
}

/// Counts what the small world held, so that a world that shrank to nothing fails.
struct Tally {
    int refused_by_language = 0, refused = 0, accepted = 0;
};

void hold_against_azure(std::string const& text, Tally& tally) {
    auto const spec = spec::read(text, "combination.yaml");
    if (!spec) {
        ++tally.refused_by_language;
        return;
    }
    simulator::Identity const owner;
    auto const estate = estate::design(*spec, {.tenant = owner.tenant,
                                               .subscription = owner.subscription,
                                               .vault_suffix = "vault.azsim.test",
                                               .registry_suffix = "azurecr.azsim.test"});
    if (!estate) {
        ++tally.refused_by_language;
        return;
    }
    auto const judged = ask_checks(estate->graph), answered = ask_azure(estate->graph);
    EXPECT_EQ(judged.accepted, answered.accepted)
        << text << "\n  check blocks: " << judged.words << "\n  Azure says: " << answered.words;
    ++(answered.accepted ? tally.accepted : tally.refused);
}

constexpr std::string_view kHead =
    "name: small\nprofile: development\nazure: {cloud: simulated, region: westeurope}\n"
    "access: {adminGroups: [5f3c2a10-6d0e-4b7a-9c55-1f2e3d4c5b6a]}\n";

constexpr std::string_view kPlugins[] = {"plugin: kubenet", "plugin: azure, mode: nodeSubnet",
                                         "plugin: azure, mode: podSubnet", "plugin: azure, mode: overlay"};
constexpr std::string_view kEgress[] = {
    "loadBalancer", "natGateway", "managedNatGateway", "firewall", "{by: nextHop, address: 10.200.0.4}", "none"};

TEST(Refusals, networks_agree_with_azure) {
    Tally tally;
    for (auto const plugin : kPlugins)
        for (auto const policy : {"azure", "calico", "cilium", "none"})
            for (auto const dataplane : {"", ", dataplane: azure", ", dataplane: cilium"})
                for (auto const egress : kEgress)
                    for (auto const network : {"new", "none"})
                        for (bool const windows : {false, true}) {
                            bool const kubenet = plugin == kPlugins[0];
                            if (kubenet != (*dataplane == 0)) continue;  // a dataplane is named with Azure CNI only
                            std::string text(kHead);
                            text += fmt::format("network: {{{}{}, policy: {}, egress: {}, virtualNetwork: {}}}\n",
                                                plugin, dataplane, policy, egress, network);
                            text += windows ? "pools: [{name: system, count: 1}, {name: win, os: windows, count: 1, "
                                              "size: Standard_D4s_v5}]\n"
                                            : "pools: [{name: system, count: 1}]\n";
                            hold_against_azure(text, tally);
                        }
    RecordProperty("refused_by_language", tally.refused_by_language);
    EXPECT_GT(tally.accepted, 50);
    EXPECT_GT(tally.refused, 50);
}

TEST(Refusals, ways_to_the_api_server_agree_with_azure) {
    Tally tally;
    constexpr std::string_view api[] = {"access: public", "access: public, vnetIntegration: true", "access: private",
                                        "access: private, vnetIntegration: true"};
    for (auto const server : api)
        for (auto const zone : {"", ", zone: system", ", zone: none", ", zone: none, publicName: true", ", zone: own",
                                ", authorizedRanges: [203.0.113.0/24]"})
            for (auto const identity : {"userAssigned", "systemAssigned"})
                for (auto const etcd : {"platform", "customer", "{key: customer, vaultAccess: private}"})
                    for (auto const network : {"virtualNetwork: new", "virtualNetwork: none",
                                               "virtualNetwork: new, plugin: kubenet, policy: calico"}) {
                        std::string text(kHead);
                        text += fmt::format(
                            "apiServer: {{{}{}}}\nidentity: {{controlPlane: {}}}\nencryption: {{etcd: {}}}\nnetwork: "
                            "{{{}}}\n",
                            server, zone, identity, etcd, network);
                        hold_against_azure(text, tally);
                    }
    RecordProperty("refused_by_language", tally.refused_by_language);
    EXPECT_GT(tally.accepted, 50);
    EXPECT_GT(tally.refused, 20);
}

TEST(Refusals, pools_agree_with_azure) {
    Tally tally;
    for (auto const image : {"AzureLinux3", "Ubuntu2404", "AzureContainerLinux", "Windows2022", "Windows2025"})
        for (auto const mode : {"system", "user"})
            for (auto const priority : {"regular", "spot"})
                for (auto const disk : {"ephemeral", "managed"})
                    for (bool const secure : {false, true})
                        for (bool const fips : {false, true}) {
                            std::string text(kHead);
                            bool const windows = std::string_view(image).starts_with("Windows");
                            text += fmt::format(
                                "network: {{dataplane: azure, policy: calico}}\n"
                                "pools: [{{name: system, count: 1}}, {{name: other, os: {}, image: {}, mode: {}, priority: {}, disk: {}, "
                                "secureBoot: {}, vtpm: {}, fips: {}, count: 1, size: Standard_D4ds_v5}}]\n",
                                windows ? "windows" : "linux", image, mode, priority, disk, secure, secure, fips);
                            hold_against_azure(text, tally);
                        }
    EXPECT_GT(tally.accepted, 20);
    EXPECT_GT(tally.refused, 10);
}

TEST(Refusals, sign_in_and_upgrades_agree_with_azure) {
    Tally tally;
    for (auto const entra : {"true", "false"})
        for (auto const local : {"true", "false"})
            for (auto const upgrades : {"none", "patch", "stable", "rapid", "nodeImage"})
                for (auto const nodes : {"none", "unmanaged", "nodeImage", "securityPatch"})
                    for (auto const tier : {"free", "standard", "premium"})
                        for (auto const more : {"", ", longTermSupport: true", ", costAnalysis: true"}) {
                            auto text = fmt::format(
                                "name: small\nprofile: development\nazure: {{cloud: simulated, region: westeurope}}\n"
                                "access: {{entra: {}, localAccounts: {}}}\n"
                                "operations: {{upgrades: {}, nodeUpgrades: {}, tier: {}{}}}\n",
                                entra, local, upgrades, nodes, tier, more);
                            hold_against_azure(text, tally);
                        }
    EXPECT_GT(tally.accepted, 50);
    EXPECT_GT(tally.refused, 10);
}

}  // namespace
}  // namespace holdfast::walk
