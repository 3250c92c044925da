#include "simulator/resourcegraph/kql.hpp"
#include "simulator/testing.hpp"

namespace holdfast::simulator::testing {
namespace {

/// Rows that are objects already.
class Objects final : public kql::Table {
public:
    explicit Objects(json::Value list) : list_(std::move(list)) {
        for (auto const& column : list_.get_array().front().get_object()) columns_.push_back(column.key());
    }
    std::span<std::string_view const> columns() const override { return columns_; }
    std::optional<Handle> next() override {
        if (at_ == list_.get_array().size()) return std::nullopt;
        ++walked;
        return &list_.get_array()[at_++];
    }
    kql::Cell cell(Handle row, std::size_t column) const override {
        ++looked[std::string(columns_[column])];
        return kql::Cell::of(static_cast<json::Value const*>(row)->get_object().at(columns_[column]));
    }

    /// What queries did to all tables since somebody cleared it.
    static inline int walked = 0;
    static inline std::map<std::string, int> looked;

private:
    json::Value list_;
    std::vector<std::string_view> columns_;
    std::size_t at_ = 0;
};

std::unique_ptr<kql::Table> table(std::string_view name) {
    if (!base::same_text(name, "Resources")) return nullptr;
    return std::make_unique<Objects>(*json::parse(R"([
      {"id":"/1","name":"a","type":"microsoft.network/virtualnetworks","resourceGroup":"rg1","tags":{"env":"prod"},"properties":{"subnets":[{"name":"s"}],"n":3}},
      {"id":"/2","name":"b","type":"microsoft.containerservice/managedclusters","resourceGroup":"rg1","tags":null,"properties":{"kubernetesVersion":"1.35.9","n":1}},
      {"id":"/3","name":"c","type":"microsoft.containerservice/managedclusters","resourceGroup":"rg2","tags":{},"properties":{"kubernetesVersion":"1.34.1","n":2}}])"));
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
        auto const answer = kql::run(row.query, table);
        ASSERT_TRUE(answer) << row.query << ": " << answer.error().message;
        json::Array all;
        for (auto const& one : answer->rows) all.emplace_back(one);
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

TEST(Kql, walks_what_it_must_and_makes_what_is_wanted) {
    struct Row {
        std::string_view query;
        kql::Window window;
        std::size_t rows, total;
        int walked;
        std::string_view looked;
    };
    for (auto const& row : {
             Row{"Resources | take 1 | project name", {}, 1, 1, 1, "name 1 "},
             Row{"Resources | count", {}, 1, 1, 3, ""},
             Row{"Resources | where type has 'network' | project id", {}, 1, 1, 3, "id 1 type 3 "},
             Row{"Resources | project id, name", {.skip = 1, .size = 1}, 1, 3, 3, "id 1 name 1 "},
             Row{"Resources | extend e = tags.env | project e", {.size = 1, .count_all = false}, 1, 1, 1, "tags 1 "},
             Row{"Resources | summarize count() by resourceGroup", {}, 2, 2, 3, "resourceGroup 3 "},
             Row{"Resources | where NAME == 'a' | project-away properties, tags", {}, 1, 1, 3,
                 "id 1 name 4 resourceGroup 1 type 1 "},
             Row{"Resources | project name", {.skip = 9}, 0, 3, 3, ""},
         }) {
        Objects::walked = 0;
        Objects::looked.clear();
        auto const answer = kql::run(row.query, table, row.window);
        ASSERT_TRUE(answer) << row.query;
        EXPECT_EQ(answer->rows.size(), row.rows) << row.query;
        EXPECT_EQ(answer->total, row.total) << row.query;
        EXPECT_EQ(Objects::walked, row.walked) << row.query;
        std::string looked;
        for (auto const& [column, times] : Objects::looked) looked += fmt::format("{} {} ", column, times);
        EXPECT_EQ(looked, row.looked) << row.query;
    }
}

TEST(Kql, has_bounds) {
    std::string endless = "Resources";
    for (int i = 0; i < 501; ++i) endless += "|count";
    auto const refused = kql::run(endless, table);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "the query has too many operators");
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
    client.wait(5);
    // Where each row is a resource's, a page goes on behind the last one, whatever has gone meanwhile.
    std::string_view const plain = "Resources | where type has 'routeTables' | project id, name";
    auto const begun = ask(plain);
    auto const behind = std::string(json::text_at(begun.body, json::Path{}.child("$skipToken")).value_or(""));
    auto const with = fmt::format(R"(,"$skipToken":"{}")", behind);
    client.call("DELETE", fmt::format("{}/resourceGroups/rg1/providers/Microsoft.Network/routeTables/a"
                                      "?api-version=2024-05-01",
                                      subscription));
    client.settle();
    auto const rest = ask(plain, with);
    EXPECT_EQ(rest.text("data[0].name"), "c");
    EXPECT_EQ(json::whole_at(rest.body, "totalRecords"), 3);
    EXPECT_EQ(json::text_at(rest.body, json::Path{}.child("$skipToken")), std::nullopt);
    for (auto const* bad : {"bm9uc2Vuc2U=", "!", "MA=="})
        EXPECT_EQ(ask(plain, fmt::format(R"(,"$skipToken":"{}")", bad)).status, 400) << bad;
    EXPECT_EQ(ask("Resources | project id", with).status, 400) << "a token belongs to its query";
    int refused = 0;
    for (int i = 0; i < 20; ++i) refused += ask("Resources | count").status == 429;
    EXPECT_GT(refused, 0) << "fifteen queries in five seconds";
    client.wait(5);
    client.sign_in_as("99999999-0000-4000-8000-000000000001", "s");
    EXPECT_EQ(json::whole_at(ask("Resources | count").body, "data[0].Count"), 0);
}

}  // namespace
}  // namespace holdfast::simulator::testing
