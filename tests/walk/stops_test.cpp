// What no repeating mends ends a run at once, with its cause and a next step: apply against worlds that are short of
// things, and against budgets that hold up an upgrade.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "walk.hpp"

namespace holdfast::walk {
namespace {

using Set = std::vector<std::pair<std::string, std::string>>;

struct Short {
    std::string_view code;
    Set set;                 ///< on the example `dev`
    std::string_view world;  ///< what is so, as `simulate --load` takes it; {size} is that of the pools
    Set change = {};         ///< made once the estate stands and the world is so; empty: it is so from the start
};

constexpr std::string_view of_subscription = "/subscriptions/00000000-0000-0000-0000-000000000001/providers/";
constexpr std::string_view budget =
    R"({"id":"{cluster}/providers/Simulated.Azure/disruptionBudgets/web","properties":{"namespace":"shop",)";

Short const shorts[] = {
    {"SkuNotAvailable", {}, R"({"id":"{here}Microsoft.Compute/skus/{size}","restrictions":[{"type":"Location",)"
                            R"("values":["westeurope"],"reasonCode":"NotAvailableForSubscription"}]})"},
    {"AllocationFailed", {{"pools", "[{name: system, count: 1, zones: []}]"}},
     R"({"id":"{here}Simulated.Azure/shortages/s","location":"westeurope","properties":{"of":"{size}"}})"},
    {"ZonalAllocationFailed", {{"pools", "[{name: system, count: 3, zones: [1, 2, 3]}]"}},
     R"({"id":"{here}Simulated.Azure/shortages/s","location":"westeurope","properties":{"of":"{size}","zones":["3"]}})"},
    {"AksCapacityHeavyUsage", {},
     R"({"id":"{here}Simulated.Azure/shortages/s","location":"westeurope","properties":{"of":"clusters"}})"},
    {"QuotaExceeded", {},
     R"({"id":"{here}Microsoft.ContainerService/locations/westeurope/providers/Microsoft.Quota/quotas/ManagedClusters",)"
     R"("properties":{"limit":{"value":0}}})"},
    {"PublicIPCountLimitReached", {},
     R"({"id":"{here}Microsoft.Network/locations/westeurope/providers/Microsoft.Quota/quotas/PublicIPAddresses",)"
     R"("properties":{"limit":{"value":0}}})"},
    {"UnsatisfiablePDB", {{"operations.version", "\"1.34\""}}, R"({budget}"maxUnavailable":0}})",
     {{"operations.version", "\"1.35\""}}},
    {"UpgradeFailed", {{"operations.version", "\"1.34\""}}, R"({budget}"minAvailable":2,"pods":2}})",
     {{"operations.version", "\"1.35\""}}},
};

std::string filled(std::string_view pattern, std::map<std::string, std::string> const& words) {
    std::string text(pattern);
    for (auto const& [word, value] : words)
        for (auto at = text.find(word); at != std::string::npos; at = text.find(word))
            text.replace(at, word.size(), value);
    return text;
}

class Stops : public ::testing::TestWithParam<Short> {};

TEST_P(Stops, with_a_cause_and_a_next_step) {
    auto const& row = GetParam();
    auto const rows = world::memory_rows();
    Stage stage(*rows);
    auto estate = example("dev", nullptr, row.set).estate;
    auto const cluster = *estate.graph.find("cluster")->id;
    auto const pools = estate.graph.of_type("Microsoft.ContainerService/managedClusters/agentPools");
    auto const so = [&] {
        auto const size = json::text_at(pools.front()->body, "properties.vmSize").value_or("");
        auto const world = filled(filled(row.world, {{"{budget}", std::string(budget)}}),
                                  {{"{here}", std::string(of_subscription)},
                                   {"{cluster}", cluster.text()},
                                   {"{size}", std::string(size)}});
        auto const loaded = stage.azure().load("[" + world + "]");
        ASSERT_TRUE(loaded) << (loaded ? "" : loaded.error().what);
    };
    if (row.change.empty()) {
        so();
    } else {
        ASSERT_EQ(stage.carry_out(stage.look(estate).plan).outcome, "succeeded");
        so();
        auto changed = row.set;
        for (auto const& one : row.change) changed.push_back(one);
        estate = example("dev", nullptr, changed).estate;
    }
    auto const before = stage.azure().drawn();
    auto const run = stage.carry_out(stage.look(estate).plan);
    ASSERT_EQ(run.outcome, "failed");
    ASSERT_EQ(run.errors.size(), 1u);
    auto const& error = run.errors.front();
    ASSERT_TRUE(error.azure) << error.what;
    EXPECT_EQ(error.azure->code, row.code) << error.azure->message;
    auto const* meaning = azure::meaning_of(*error.azure);
    ASSERT_TRUE(meaning);
    EXPECT_EQ(error.what, meaning->cause);
    EXPECT_EQ(error.fix, meaning->next);
    // Nothing that Azure has refused for good is sent again, and nobody waits for what time does not bring.
    std::map<std::string, int> sent;
    for (auto const& [what, seconds] : stage.azure().drawn())
        if (!before.contains(what)) ++sent[what.substr(0, what.find(" #"))];
    for (auto const& [what, times] : sent) EXPECT_EQ(times, 1) << what;
    EXPECT_LT(run.ended - run.started, std::chrono::minutes(25));
}

INSTANTIATE_TEST_SUITE_P(Worlds, Stops, ::testing::ValuesIn(shorts),
                         [](auto const& info) { return std::string(info.param.code); });

}  // namespace
}  // namespace holdfast::walk
