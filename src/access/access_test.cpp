#include "access/access.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "../../tests/scenarios/graph_text.hpp"
#include "../../tests/scenarios/published.hpp"

namespace holdfast::access {
namespace {

std::string const folder = HOLDFAST_SOURCE_DIR "/tests/scenarios/checks";
resource::Graph graph(std::string const& changes = {}) {
    return scenario::graph_of("graph secure.graph\n" + changes, folder);
}
constexpr std::string_view team = "5f3c2a10-6d0e-4b7a-9c55-1f2e3d4c5b6a";

std::string assigned(std::string_view name, std::string_view in, std::string_view role, std::string_view to,
                     std::string_view more = {}) {
    return fmt::format(
        "access/{} Authorization/roleAssignments in {} as {} "
        "{{\"properties\":{{\"roleDefinitionId\":\"/x/{}\",\"principalId\":\"{}\",\"principalType\":\"User\"{}}}}}\n",
        name, in, name, role, to, more);
}

TEST(Access, properties_are_published) {
    int seen = 0;
    EXPECT_EQ(scenario::unpublished(HOLDFAST_SOURCE_DIR "/src/access/paths.hpp", seen), std::vector<std::string>{});
    EXPECT_GE(seen, 9);
}

TEST(Access, ways_into_a_secure_cluster) {
    auto const paths = access::paths(graph());
    EXPECT_EQ(paths.sign_in, "Entra ID, rights by Azure roles; local accounts off; run command off");
    EXPECT_TRUE(paths.role_list_complete);
    EXPECT_TRUE(paths.unknowns.empty());
    std::vector<std::string> people;
    for (auto const& way : paths.ways)
        if (way.human) people.push_back(fmt::format("{} {} {}", name(way.level), way.role, way.scope));
    EXPECT_EQ(people, (std::vector<std::string>{"Kubernetes API Azure Kubernetes Service RBAC Cluster Admin cluster",
                                                "Kubernetes API cluster-admin cluster",
                                                "Azure resource Azure Kubernetes Service Cluster User Role cluster"}));
    EXPECT_EQ(std::ranges::count(paths.ways, false, &Way::human), 4);
    EXPECT_EQ(std::ranges::count(paths.ways, true, &Way::broad), 0);
}

TEST(Access, azure_rights_open_the_cluster_where_doors_stand_open) {
    auto const contributor = assigned("c", "group", "b24988ac-6180-42a0-ab88-20f7382dd24c", "anna");
    auto const inside = [&](std::string const& change) {
        std::vector<std::string> out;
        for (auto const& way : access::paths(graph(contributor + change)).ways)
            if (way.principal == "anna" && way.level == Level::kubernetes_api) out.push_back(way.meaning);
        return out;
    };
    EXPECT_EQ(inside(""), std::vector<std::string>{});
    EXPECT_EQ(inside("set cluster properties.disableLocalAccounts false"),
              std::vector<std::string>{"may fetch the cluster-admin credential: local accounts are on"});
    EXPECT_EQ(inside("set cluster properties.apiServerAccessProfile.disableRunCommand false"),
              std::vector<std::string>{"may run commands as cluster admin: run command is on"});
}

TEST(Access, a_namespace_is_a_scope) {
    auto made = graph(assigned("n", "cluster", "7f6c6a51-bcf8-42ba-9220-52d62157d7db", "ben"));
    auto* assignment = made.find(resource::Address("access/n"));
    assignment->id =
        *resource::ResourceId::parse(made.find(resource::Address("cluster"))->id->text() +
                                     "/namespaces/shop/providers/Microsoft.Authorization/roleAssignments/n");
    auto const paths = access::paths(made);
    auto const way = std::ranges::find(paths.ways, "ben", &Way::principal);
    ASSERT_NE(way, paths.ways.end());
    EXPECT_EQ(way->scope, "cluster / namespace shop");
    EXPECT_EQ(way->level, Level::kubernetes_api);
}

TEST(Access, wide_roles_are_marked) {
    for (std::string_view const role : {"8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "b24988ac-6180-42a0-ab88-20f7382dd24c",
                                        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"}) {
        auto const paths = access::paths(graph(assigned("w", "group", role, "carl")));
        auto const way = std::ranges::find(paths.ways, "carl", &Way::principal);
        ASSERT_NE(way, paths.ways.end());
        EXPECT_TRUE(way->broad) << way->role;
    }
}

TEST(Access, what_is_not_known_is_said) {
    for (auto const& change :
         {std::string("unread access/team-user-cluster: 403"),
          assigned("z", "group", "00000000-aaaa-4000-8000-000000000001", "x"),
          std::string("unread /subscriptions/a/providers/Microsoft.Authorization/roleAssignments/b: 403")}) {
        auto const paths = access::paths(graph(change));
        EXPECT_FALSE(paths.role_list_complete) << change;
        EXPECT_FALSE(paths.unknowns.empty()) << change;
    }
    EXPECT_FALSE(access::paths(resource::Graph{}).unknowns.empty());
    EXPECT_FALSE(access::paths(graph("set cluster properties.aadProfile.enableAzureRBAC false")).unknowns.empty());
}

TEST(Access, team_is_a_group) {
    for (auto const& way : access::paths(graph()).ways)
        if (way.principal == team) {
            EXPECT_EQ(way.principal_type, "Group");
        }
}

}  // namespace
}  // namespace holdfast::access
