#include "simulator/resourcegraph/kql.hpp"
#include "simulator/testing.hpp"

namespace holdfast::simulator::testing {
namespace {

std::optional<kql::Rows> table(std::string_view name) {
    if (!base::same_text(name, "Resources")) return std::nullopt;
    auto const rows = json::parse(R"([
      {"id":"/1","name":"a","type":"microsoft.network/virtualnetworks","resourceGroup":"rg1","tags":{"env":"prod"},"properties":{"subnets":[{"name":"s"}],"n":3}},
      {"id":"/2","name":"b","type":"microsoft.containerservice/managedclusters","resourceGroup":"rg1","tags":null,"properties":{"kubernetesVersion":"1.35.9","n":1}},
      {"id":"/3","name":"c","type":"microsoft.containerservice/managedclusters","resourceGroup":"rg2","tags":{},"properties":{"kubernetesVersion":"1.34.1","n":2}}])");
    kql::Rows out;
    for (auto const& row : rows->get_array()) out.push_back(row.get_object());
    return out;
}

TEST(Kql, answers) {
    struct Row {
        std::string_view query, answer;
    };
    for (
        auto const& row : {
            Row{"Resources | where type =~ 'Microsoft.ContainerService/managedClusters' | project name",
                R"([{"name":"b"},{"name":"c"}])"},
            Row{"resources\n| where tags.env == 'prod' // those\n| project id", R"([{"id":"/1"}])"},
            Row{"Resources | where tags['env'] =~ 'PROD' and isnotempty(properties.subnets[0].name) | project id",
                R"([{"id":"/1"}])"},
            Row{"Resources | summarize count() by type | order by type asc",
                R"([{"count_":2,"type":"microsoft.containerservice/managedclusters"},{"count_":1,"type":"microsoft.network/virtualnetworks"}])"},
            Row{"Resources | summarize n=countif(name in~ ('A','B')), g=make_set(resourceGroup)",
                R"([{"g":["rg1","rg2"],"n":2}])"},
            Row{"Resources | extend v=tostring(properties.kubernetesVersion) | where isnotempty(v) | project v | sort "
                "by v desc",
                R"([{"v":"1.35.9"},{"v":"1.34.1"}])"},
            Row{"Resources | where name !in ('a') and type !contains 'network' | top 1 by name desc | project name",
                R"([{"name":"c"}])"},
            Row{"Resources | distinct resourceGroup", R"([{"resourceGroup":"rg1"},{"resourceGroup":"rg2"}])"},
            Row{"Resources | count", R"([{"Count":3}])"},
            Row{"Resources | where properties.n >= 2 | project name, m = properties.n + 1",
                R"([{"m":4,"name":"a"},{"m":3,"name":"c"}])"},
            Row{"Resources | where name=='b' | project name, resourceGroup | join kind=leftouter (Resources | where "
                "type has 'network' | project net=name, resourceGroup) on resourceGroup | project name, net",
                R"([{"name":"b","net":"a"}])"},
            Row{"Resources | join (Resources | project other=name, rg=resourceGroup) on $left.resourceGroup == "
                "$right.rg | count",
                R"([{"Count":5}])"},
            Row{"Resources | project properties.n, iff(name == 'a', 'yes', 'no') | limit 1",
                R"([{"iff_name_a_yes_no":"yes","properties_n":3}])"},
            Row{"Resources | where isnull(tags) or not(isempty(name)) | project-away properties, tags, type, id | take "
                "1",
                R"([{"name":"a","resourceGroup":"rg1"}])"},
        }) {
        auto const rows = kql::run(row.query, table);
        ASSERT_TRUE(rows) << row.query << ": " << rows.error().message;
        json::Array all;
        for (auto const& one : *rows) all.emplace_back(one);
        EXPECT_EQ(json::write(json::Value(std::move(all))), row.answer) << row.query;
    }
}

TEST(Kql, refuses_by_name_and_place) {
    struct Row {
        std::string_view query, message;
        std::size_t line, column;
    };
    for (auto const& row : {
             Row{"Pods | take 1", "the table 'Pods' is not simulated", 1, 1},
             Row{"Resources\n| mv-expand x", "the operator 'mv-expand' is not simulated", 2, 3},
             Row{"Resources | where name matches regex 'a'", "the operator 'matches' is not simulated", 1, 24},
             Row{"Resources | extend a=bin(1, 2)", "the function 'bin' is not simulated", 1, 22},
             Row{"Resources | summarize percentile(a, 5)", "the aggregation 'percentile' is not simulated", 1, 23},
             Row{"Resources | where (name == 'a'", "')' was expected", 1, 31},
             Row{"Resources | where name == 'a", "a text does not end", 1, 27},
             Row{"Resources | join kind=rightouter (Resources) on id", "a join of kind 'rightouter'", 1, 23},
             Row{"Resources take 1", "unexpected 'take'", 1, 11},
         }) {
        auto const rows = kql::run(row.query, table);
        ASSERT_FALSE(rows) << row.query;
        EXPECT_TRUE(rows.error().message.starts_with(row.message)) << rows.error().message;
        EXPECT_EQ(rows.error().line, row.line) << row.query;
        EXPECT_EQ(rows.error().column, row.column) << row.query;
    }
}

TEST(ResourceGraph, pages_over_what_the_caller_may_read) {
    auto options = Client::defaults();
    options.directory = *read_directory(
        R"({"servicePrincipals":[{"displayName":"nobody","appId":"99999999-0000-4000-8000-000000000001","secret":"s"}]})");
    Client client(options);
    client.ready({"Microsoft.Network"});
    for (auto const* name : {"a", "b", "c"})
        client.call(
            "PUT",
            fmt::format("{}/resourceGroups/rg1/providers/Microsoft.Network/routeTables/{}?api-version=2024-05-01",
                        subscription, name),
            R"({"location":"westeurope"})");
    client.settle();
    auto const ask = [&](std::string_view query, std::string_view more = "") {
        return client.call("POST", "/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01",
                           fmt::format(R"({{"query":"{}","options":{{"$top":2{}}}}})", query, more));
    };
    auto const first = ask("Resources | project id, name | order by name asc");
    ASSERT_EQ(first.status, 200) << first.message();
    EXPECT_EQ(json::whole_at(first.body, "totalRecords"), 3);
    EXPECT_EQ(json::list_at(first.body, "data").size(), 2u);
    EXPECT_EQ(first.text("resultTruncated"), "false");
    EXPECT_EQ(first.header("x-ms-user-quota-remaining"), "14");
    auto const token = std::string(json::text_at(first.body, json::Path{}.child("$skipToken")).value_or(""));
    auto const second =
        ask("Resources | project id, name | order by name asc", fmt::format(R"(,"$skipToken":"{}")", token));
    EXPECT_EQ(second.text("data[0].name"), "c");
    EXPECT_EQ(
        ask("ResourceContainers | where type =~ 'microsoft.resources/subscriptions/resourcegroups' | project name")
            .text("data[0].name"),
        "rg1");
    EXPECT_EQ(ask("Nonsense").text("error.details[1].code"), "ParserFailure");
    int refused = 0;
    for (int i = 0; i < 20; ++i) refused += ask("Resources | count").status == 429;
    EXPECT_GT(refused, 0) << "fifteen queries in five seconds";
    client.wait(5);
    client.sign_in_as("99999999-0000-4000-8000-000000000001", "s");
    EXPECT_EQ(json::whole_at(ask("Resources | count").body, "data[0].Count"), 0);
}

}  // namespace
}  // namespace holdfast::simulator::testing
