// Resource Graph beside plain lists of the same: `bench_graph [RESOURCES]`.
//
// In one run and in turn: every page of the list of a type, then a query, over route tables of about 1 KB. A first page
// has to say how many rows there are in all, so it walks them; what it must not do is make them.
// Budget at 50,000: what reads a column or two of all of them a tenth of the whole list, what sorts them a quarter.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "simulator/simulator.hpp"

namespace {
using namespace holdfast;
using Clock = std::chrono::steady_clock;

constexpr char const* group = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg";

std::string world_of(int resources) {
    std::string tags, world = "[";
    for (char const c : {'a', 'b', 'c', 'd'})
        tags += (tags.empty() ? "\"" : ",\"") + std::string(1, c) + "\":\"" + std::string(200, c) + "\"";
    char name[16];
    for (int i = 0; i < resources; ++i) {
        std::snprintf(name, sizeof name, "t%07d", i);
        world += (i > 0 ? ",{\"id\":\"" : "{\"id\":\"") + std::string(group) +
                 "/providers/Microsoft.Network/routeTables/" + name + "\",\"location\":\"" +
                 (i % 3 ? "westeurope" : "northeurope") + "\",\"tags\":{" + tags + "},\"properties\":{}}";
    }
    return world + "]";
}

/// An asker whose requests are minutes apart, so that nobody throttles.
struct Asker {
    simulator::Azure& azure;
    base::Time now = azure.now();
    std::string token;

    json::Value ask(char const* method, std::string target, std::string body = {}) {
        world::Request request{.method = method,
                               .url = target.starts_with("https") ? target : "https://management.azsim.test" + target,
                               .headers = {},
                               .body = std::move(body)};
        if (!token.empty()) request.bearer = base::Secret(token);
        now += std::chrono::seconds(5);
        auto const answer = azure.answer(request, now);
        if (answer.status != 200) std::printf("%s: %d %s\n", target.c_str(), answer.status, answer.body.c_str());
        if (answer.status != 200) std::exit(1);
        return *json::parse(answer.body);
    }
    void sign_in() {
        token.clear();
        simulator::Identity const owner;
        auto const form = "grant_type=client_credentials&client_id=" + owner.client_id +
                          "&client_secret=" + owner.client_secret + "&scope=https%3A%2F%2Fmanagement.azure.com%2F.default";
        auto const answer = ask("POST", "https://login.azsim.test/" + owner.tenant + "/oauth2/v2.0/token", form);
        token = std::string(*json::text_at(answer, "access_token"));
    }
    void list() {
        std::string next = std::string(group) + "/providers/Microsoft.Network/routeTables?api-version=2024-05-01&$top=1000";
        while (!next.empty()) next = std::string(json::text_at(ask("GET", next), "nextLink").value_or(""));
    }
    int query(char const* text, bool every_page) {
        std::string skip;
        for (int pages = 1;; ++pages) {
            auto const answer = ask("POST", "/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01",
                                    "{\"query\":\"" + std::string(text) + "\",\"options\":{\"$top\":1000" +
                                        (skip.empty() ? "" : ",\"$skipToken\":\"" + skip + "\"") + "}}");
            auto const more = json::text_at(answer, json::Path{}.child("$skipToken"));
            if (!more || !every_page) return pages;
            skip = std::string(*more);
        }
    }
};

double seconds(auto&& work) {
    auto const begun = Clock::now();
    work();
    return std::chrono::duration<double>(Clock::now() - begun).count();
}

struct Case {
    char const* what;
    char const* query;
    bool every_page = false;
};
constexpr Case cases[] = {
    {"ten of them", "Resources | take 10"},
    {"how many", "Resources | count"},
    {"one by its name", "Resources | where name == 't0004711' | project id, tags"},
    {"first page, whole", "Resources"},
    {"first page, two columns", "Resources | where location =~ 'westeurope' | project id, name"},
    {"counted by place", "Resources | summarize count() by location, resourceGroup"},
    {"sorted, first page", "Resources | project name, location | order by name desc"},
    {"a deep value", "Resources | where tags.b startswith 'bb' | count"},
    {"every page, whole", "Resources", true},
};

}  // namespace

int main(int count, char** words) {
    int const resources = count > 1 ? std::atoi(words[1]) : 50'000;
    auto const rows = world::memory_rows();
    simulator::Options options;
    options.start = *base::parse_time("2026-11-24T08:00:00Z");
    auto azure = simulator::Azure::open(*rows, options);
    if (!azure || !(*azure)->load(world_of(resources))) return 1;
    Asker asker{**azure};
    std::printf("%d resources\n", resources);
    for (auto const& one : cases) {
        double listed = 1e9, asked = 1e9;
        int pages = 0;
        for (int turn = 0; turn < 3; ++turn) {
            asker.sign_in();
            listed = std::min(listed, seconds([&] { asker.list(); }));
            asker.sign_in();
            asked = std::min(asked, seconds([&] { pages = asker.query(one.query, one.every_page); }));
        }
        std::printf("%-24s %8.2f ms, %6.2f us a resource; %5.2f times the list of all (%.0f ms)\n", one.what, 1e3 * asked,
                    1e6 * asked / resources / pages, asked / listed, 1e3 * listed);
    }
}
