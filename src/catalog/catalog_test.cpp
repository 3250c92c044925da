#include "catalog/catalog.hpp"

#include <gtest/gtest.h>

#include <set>

namespace holdfast::catalog {
namespace {

TEST(Errors, the_most_specific_row_speaks) {
    struct Row {
        int status;
        char const* code;
        char const* message;
        char const* want;
    };
    for (auto const& row : {
             Row{400, "PrincipalNotFound", "Principal 1 does not exist in the directory", "not yet"},
             Row{409, "OperationNotAllowed", "Another operation (Updating) is in progress", "conflict"},
             Row{409, "OperationNotAllowed", "exceeding approved standardDSv3Family Cores quota", "never"},
             Row{429, "OperationNotAllowed", "slow down", "again"},
             Row{409, "OperationNotAllowed", "the cluster is stopped", "never"},
             Row{409, "ROLEASSIGNMENTEXISTS", "", "exists"},
             Row{412, "PreconditionFailed", "", "moved"},
             Row{409, "EtagMismatch", "Etag mismatched", "moved"},
             Row{409, "AnotherOperationInProgress", "", "conflict"},
             Row{403, "LinkedAuthorizationFailed", "", "not yet"},
             Row{409, "ConflictError", "A vault with the same name already exists in deleted state.", "kept"},
             Row{500, "InternalServerError", "", "again"},
         }) {
        auto const* found = find_error(row.status, row.code, row.message);
        ASSERT_NE(found, nullptr) << row.code;
        EXPECT_EQ(name(found->meaning), row.want) << row.code << ": " << row.message;
    }
    EXPECT_EQ(find_error(400, "SomethingNew", ""), nullptr);
    ASSERT_NE(find_error(200, "PreconditionFailed", ""), nullptr) << "an operation fails with 200 and the code of a 412";
    EXPECT_EQ(find_error(200, "PreconditionFailed", "")->meaning, Meaning::moved);
    EXPECT_EQ(find_error(200, "OperationNotAllowed", "the cluster is stopped")->meaning, Meaning::never)
        << "a row for another status speaks last";
}

TEST(Errors, every_row_says_cause_and_next_step_in_words) {
    std::set<std::tuple<std::string_view, int, std::string_view>> seen;
    for (auto const& row : errors()) {
        EXPECT_FALSE(row.cause.empty()) << row.code;
        EXPECT_FALSE(row.next.empty()) << row.code;
        EXPECT_TRUE(!row.grant || row.meaning == Meaning::not_yet) << row.code;
        EXPECT_TRUE(seen.emplace(row.code, row.status, row.message_has).second) << row.code << " stands twice";
    }
}

TEST(Durations, known_types_have_ordered_seconds) {
    ASSERT_NE(find_duration("microsoft.containerservice/managedclusters", "write"), nullptr);
    EXPECT_EQ(find_duration("Microsoft.ContainerService/managedClusters", "write")->typical_s, 330);
    EXPECT_EQ(find_duration("Microsoft.Nothing/atAll", "write"), nullptr);
    for (auto const& row : durations()) {
        EXPECT_LE(row.min_s, row.typical_s) << row.type;
        EXPECT_LE(row.typical_s, row.max_s) << row.type;
        EXPECT_TRUE(row.act == "write" || row.act == "delete") << row.type;
        EXPECT_TRUE(row.lock.empty() || row.lock == "self" || row.lock == "parent") << row.type;
    }
}

TEST(Transitions, cost_of_a_change) {
    static constexpr auto cluster = "Microsoft.ContainerService/managedClusters";
    static constexpr auto pool = "Microsoft.ContainerService/managedClusters/agentPools";
    struct Row {
        char const *type, *at, *before, *after, *want;
    };
    for (auto const& row : {
             Row{cluster, "tags.owner", "\"a\"", "\"b\"", "in_place"},
             Row{"Microsoft.Any/thing", "tags", nullptr, "{}", "in_place"},
             Row{cluster, "location", "\"westeurope\"", "\"eastus\"", "rebuild"},
             Row{cluster, "properties.kubernetesVersion", "\"1.33.1\"", "\"1.34.0\"", "in_place"},
             Row{cluster, "properties.kubernetesVersion", "\"1.34.2\"", "\"1.33.9\"", "refused"},
             Row{cluster, "properties.kubernetesVersion", "\"1.34.2\"", "\"1.34\"", "in_place"},
             Row{cluster, "properties.dnsPrefix", "\"a\"", "\"b\"", "rebuild"},
             Row{cluster, "properties.apiServerAccessProfile.authorizedIPRanges", nullptr, "[\"1.2.3.0/24\"]",
                 "in_place"},
             Row{cluster, "properties.oidcIssuerProfile.enabled", nullptr, "true", "one_way"},
             Row{cluster, "properties.oidcIssuerProfile.enabled", "true", "false", "refused"},
             Row{cluster, "properties.networkProfile.networkPlugin", "\"kubenet\"", "\"azure\"", "one_way"},
             Row{cluster, "properties.networkProfile.networkPlugin", "\"azure\"", "\"kubenet\"", "refused"},
             Row{cluster, "properties.whatever", "1", "2", "unknown"},
             Row{pool, "properties.count", "1", "3", "in_place"},
             Row{pool, "properties.vmSize", "\"A\"", "\"B\"", "rotate_pool"},
             Row{pool, "properties.nodeLabels.team", nullptr, "\"x\"", "in_place"},
             Row{"Microsoft.KeyVault/vaults", "properties.enablePurgeProtection", nullptr, "true", "one_way"},
         }) {
        std::optional<json::Value> before, after;
        if (row.before != nullptr) before = *json::parse(row.before);
        if (row.after != nullptr) after = *json::parse(row.after);
        auto const found = transition(row.type, row.at, before ? &*before : nullptr, after ? &*after : nullptr);
        EXPECT_EQ(name(found.cost), row.want) << row.at;
        EXPECT_FALSE(found.because.empty()) << row.at;
    }
}

}  // namespace
}  // namespace holdfast::catalog
