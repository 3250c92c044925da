// After any update no property differs that nobody mentioned: random changes of a spec, one after another, on an estate into
// which somebody else has written things of their own.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "walk.hpp"

namespace holdfast::walk {
namespace {

/// One thing a team changes, and the only places that may differ afterwards: part of an id, and a property.
struct Setting {
    std::string key;
    std::vector<std::string> values;
    std::vector<std::pair<std::string, std::string>> may_differ;
};
std::vector<Setting> const kSettings = {
    {"tags.team", {"blue", "green", "red"}, {{"", "tags"}}},
    {"apiServer.authorizedRanges", {"[198.51.100.0/24]", "[203.0.113.0/24, 198.51.100.7/32]"}, {{"/managedclusters/", "properties.apiServerAccessProfile.authorizedIPRanges"}}},
    {"pools[0].count", {"3", "4", "5"}, {{"/agentpools/system", "properties.count"}, {"/virtualmachinescalesets/aks-system", "sku.capacity"}}},
    {"pools[1].max", {"9", "10", "12"}, {{"/agentpools/work", "properties.maxCount"}}},
    {"operations.maintenance.day", {"monday", "friday"}, {{"/maintenanceconfigurations/", "properties"}}},
    {"operations.maintenance.hours", {"5", "8"}, {{"/maintenanceconfigurations/", "properties"}}},
    {"operations.tier", {"premium", "standard"}, {{"/managedclusters/", "sku.tier"}}},
    {"operations.imageCleaner.everyHours", {"48", "72"}, {{"/managedclusters/", "properties.securityProfile.imageCleaner.intervalHours"}}},
    {"operations.azurePolicy", {"false", "true"}, {{"/managedclusters/", "properties.addonProfiles.azurepolicy"}}},
    {"access.runCommand", {"true", "false"}, {{"/managedclusters/", "properties.apiServerAccessProfile.disableRunCommand"}}},
};

/// What Azure changes by itself with every write, or moves along with what was asked.
bool of_azure(std::string_view type, json::Path at) {
    if (at == json::Path("etag") || at == json::Path("eTag")) return true;
    auto const* shape = shapes::find(type);
    for (; shape && shape->body && !at.empty(); at = at.parent())
        if (auto const* property = shapes::property_at(*shape, at); property && (property->flags & shapes::read_only)) return true;
    return false;
}

using Bodies = std::map<std::string, json::Value>;

std::string unmentioned(Bodies const& before, Bodies const& after, Setting const& setting) {
    std::string out;
    auto const may = [&](std::string const& id, std::string const& at) {
        return std::ranges::any_of(setting.may_differ, [&](auto const& place) {
            return id.find(place.first) != std::string::npos && at.starts_with(place.second);
        });
    };
    for (auto const& [id, body] : before) {
        auto const now = after.find(id);
        if (now == after.end()) {
            bool const goes = std::ranges::any_of(setting.may_differ, [&](auto const& place) { return id.find("azurepolicy") != std::string::npos && place.second.ends_with("azurepolicy"); });
            if (!goes) out += "\n  " + id + " is gone";
            continue;
        }
        auto const parsed = resource::ResourceId::parse(id);
        auto const type = parsed ? parsed->type() : std::string();
        // Children are compared as themselves.
        auto const plain = [&](json::Value const& shown) { return parsed ? resource::unfold(*parsed, shown).body : shown; };
        for (auto const& difference : json::differences(resource::normal(type, plain(body)), resource::normal(type, plain(now->second))))
            if (!of_azure(type, difference.at) && !may(id, difference.at.text()))
                out += fmt::format("\n  {} {}: {} -> {}", id, difference.at.text(), difference.before ? json::write(*difference.before) : "-",
                                   difference.after ? json::write(*difference.after) : "-");
    }
    return out;
}

/// Somebody else writes where nobody of us says anything.
void meddle(Stage& stage, estate::Estate const& estate) {
    struct Theirs {
        std::string address, at;
        json::Value value;
    };
    std::vector<Theirs> const theirs = {
        {"cluster", "tags.costcenter", "4711"},
        {"network", "tags.costcenter", "4711"},
        {"cluster", "properties.autoScalerProfile.expander", "least-waste"},
        {"cluster/pools/work", "properties.nodeLabels.theirs", "yes"},
        {"workspace", "properties.workspaceCapping.dailyQuotaGb", 5},
    };
    for (auto const& one : theirs) {
        auto const& id = *estate.graph.find(one.address)->id;
        auto body = stage.azure().resources().at(id.key());  // with what lies in it: a PUT without takes it away
        json::put(body, json::Path(one.at), one.value);
        azure::Client::Write write{.id = id, .address = one.address, .body = std::move(body)};
        auto const written = stage.run(stage.client().write(std::move(write)));
        ASSERT_TRUE(written) << one.address << " " << (written.error().azure ? written.error().azure->message : written.error().what);
    }
}

TEST(Updates, change_only_what_was_mentioned) {
    auto const rows = world::memory_rows();
    Stage stage(*rows);
    std::map<std::string, std::string> said;
    auto const designed = [&] {
        return example("secure-cluster", nullptr, {said.begin(), said.end()}).estate;
    };
    auto const first = designed();
    ASSERT_EQ(stage.carry_out(stage.look(first).plan).outcome, "succeeded");
    meddle(stage, first);
    ASSERT_TRUE(stage.look(first).plan.empty()) << "what nobody of us decides is not compared";

    base::Prng prng{2026};
    int updates = 0;
    for (int round = 0; round < 16; ++round) {
        auto const& setting = kSettings[prng.below(kSettings.size())];
        auto const& value = setting.values[prng.below(setting.values.size())];
        SCOPED_TRACE(fmt::format("round {}: {}={}", round, setting.key, value));
        said[setting.key] = value;
        auto const estate = designed();
        auto const before = stage.azure().resources();
        auto const seen = stage.look(estate);
        EXPECT_TRUE(seen.plan.guards.empty()) << seen.plan.guards.front().klass << ":" << seen.plan.guards.front().name;
        auto const run = stage.carry_out(seen.plan);
        ASSERT_EQ(run.outcome, "succeeded") << (run.errors.empty() ? "" : run.errors.front().what + " " + (run.errors.front().azure ? run.errors.front().azure->message : ""));
        EXPECT_EQ(unmentioned(before, stage.azure().resources(), setting), "");
        auto const left = stage.look(estate);
        EXPECT_TRUE(left.plan.empty());
        updates += seen.plan.empty() ? 0 : 1;
    }
    EXPECT_GT(updates, 8);
}

/// The routes that AKS writes into our table for its nodes are nobody's to plan, and survive our own writes.
TEST(Updates, routes_of_kubenet_nodes_are_left_alone) {
    auto const rows = world::memory_rows();
    Stage stage(*rows);
    std::vector<std::pair<std::string, std::string>> set{{"network.plugin", "kubenet"}, {"network.policy", "calico"}};
    auto const routes = [&] {
        std::vector<std::string> out;
        for (auto const& [id, body] : stage.azure().resources())
            if (id.find("/routes/aks-") != std::string::npos) out.push_back(id);
        return out;
    };
    auto estate = example("dev", nullptr, set).estate;
    ASSERT_EQ(stage.carry_out(stage.look(estate).plan).outcome, "succeeded");
    ASSERT_EQ(routes().size(), 1u);
    EXPECT_TRUE(stage.look(estate).plan.empty());

    set.emplace_back("tags.team", "blue");
    estate = example("dev", nullptr, set).estate;
    auto const seen = stage.look(estate);
    EXPECT_TRUE(seen.plan.guards.empty());
    ASSERT_EQ(stage.carry_out(seen.plan).outcome, "succeeded");
    EXPECT_EQ(routes().size(), 1u) << "our write of the table took the nodes' routes away";

    set.emplace_back("pools", "[{name: system, count: 3}]");
    estate = example("dev", nullptr, set).estate;
    ASSERT_EQ(stage.carry_out(stage.look(estate).plan).outcome, "succeeded");
    EXPECT_EQ(routes().size(), 3u);
    EXPECT_TRUE(stage.look(estate).plan.empty());
    auto const unmade = plan::unmake(estate, stage.look(estate).live);
    for (auto const& guard : unmade.guards) EXPECT_NE(guard.address, "network/routes") << guard.because;
    EXPECT_EQ(stage.carry_out(unmade).outcome, "succeeded");
    EXPECT_TRUE(routes().empty());
}

}  // namespace
}  // namespace holdfast::walk
