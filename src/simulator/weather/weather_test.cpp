#include "simulator/testing.hpp"
#include "simulator/weather/doing.hpp"

namespace holdfast::simulator::testing {
namespace {

constexpr std::string_view group = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg";

/// A served Azure in some weather, asked over and over.
struct Outside {
    explicit Outside(std::string_view word, std::uint64_t seed = 1)
        : weather(std::move(*Weather::read(word, seed))), client([&] {
              auto options = Client::defaults();
              options.fate = &weather->fate();
              return options;
          }()) {}

    Weather::Answer ask(std::string method, std::string url, double hurry = 1) {
        world::Request request{.method = std::move(method), .url = std::move(url), .headers = {}, .body = "{}"};
        request.bearer = base::Secret(token);
        return weather->answer(client.azure(), request, client.now(), client.now(), hurry);
    }
    Weather::Answer look(double hurry = 1) {
        return ask("GET", std::string(arm_host) + std::string(group) + "?api-version=2021-04-01", hurry);
    }
    std::uint64_t struck(std::string_view kind) const {
        for (auto const& one : weather->kinds())
            if (one.name == kind) return one.struck;
        return 0;
    }

    std::unique_ptr<Weather> weather;
    Client client;
    std::string token = client.token(std::string(arm_host));
};

std::string trace(Outside& outside, int requests) {
    std::string text;
    for (int i = 0; i < requests; ++i) {
        auto const answer = outside.look();
        text += fmt::format("{} {}{} ", answer.response.status, answer.withheld == Weather::everything ? "lost " : "",
                            world::find(answer.response.headers, "x-holdfast-weather").value_or(""));
    }
    return text;
}

TEST(Weather, is_the_same_for_the_same_word_seed_and_requests) {
    Outside one("rough", 7), same("rough", 7), other("rough", 8), drawn("4711"), drawn_again("4711", 99);
    auto const met = trace(one, 200);
    EXPECT_NE(met.find("throttled"), std::string::npos);
    EXPECT_EQ(met, trace(same, 200));
    EXPECT_NE(met, trace(other, 200));
    EXPECT_EQ(trace(drawn, 200), trace(drawn_again, 200));
}

TEST(Weather, is_told_by_a_name_or_a_number) {
    for (auto const* word : {"", "foggy", "-1", "1.5", "7x", "99999999999999999999"}) {
        auto const refused = Weather::read(word, 1);
        ASSERT_FALSE(refused) << word;
        EXPECT_EQ(refused.error().what, fmt::format("'{}' is not a weather", word));
        EXPECT_EQ(refused.error().fix,
                  "write calm, common, rough, storm, or a whole number: kinds and rates are drawn from it");
    }
    for (auto const& profile : Weather::profiles()) {
        auto const weather = Weather::read(profile.name, 1);
        ASSERT_TRUE(weather) << profile.name;
        EXPECT_EQ((*weather)->kinds().empty(), profile.name == "calm");
        for (auto const& kind : (*weather)->kinds()) EXPECT_NE(kind.name, "role-never") << profile.name;
    }
}

TEST(Weather, counts_what_struck_and_says_so_in_the_answer) {
    Outside outside("rough");
    std::map<std::string, std::uint64_t> seen;
    std::uint64_t lost = 0;
    for (int i = 0; i < 500; ++i) {
        auto const answer = outside.look();
        lost += answer.withheld == Weather::everything;
        if (auto const met = world::find(answer.response.headers, "x-holdfast-weather")) ++seen[std::string(*met)];
    }
    EXPECT_EQ(outside.weather->requests(), 500u);
    EXPECT_EQ(seen["throttled-seconds"], outside.struck("throttled-seconds"));
    EXPECT_EQ(seen["server-error"], outside.struck("server-error"));
    EXPECT_EQ(lost, outside.struck("reset-before") + outside.struck("reset-after"));
    for (auto const* kind : {"throttled-seconds", "throttled-date", "server-error", "reset-before", "reset-after"})
        EXPECT_GT(outside.struck(kind), 0u) << kind;
    EXPECT_EQ(outside.struck("refused-busy"), 0u) << "only writes meet a lock";
}

TEST(Weather, asks_for_waits_in_the_readers_time_and_never_for_none) {
    Outside slow("common"), fast("common");
    std::int64_t longest = 0;
    for (int i = 0; i < 500; ++i) {
        auto const seconds = [](Weather::Answer const& answer) -> std::int64_t {
            auto const said = world::find(answer.response.headers, "Retry-After");
            if (!said) return 0;
            return base::parse_http_date(*said) ? 1 : std::stoll(std::string(*said));
        };
        auto const wait = seconds(slow.look()), hurried = seconds(fast.look(1e9));
        longest = std::max<std::int64_t>(longest, wait);
        EXPECT_EQ(wait > 0, hurried > 0);
        EXPECT_LE(hurried, 1);
    }
    EXPECT_GT(longest, 10);
}

TEST(Weather, lets_everybody_find_the_way) {
    Outside outside("storm");
    for (int i = 0; i < 300; ++i) {
        auto const answer = outside.ask("GET", "https://127.0.0.1:1/metadata/endpoints?api-version=2022-09-01");
        EXPECT_EQ(answer.response.status, 200);
        EXPECT_EQ(answer.withheld, 0u);
    }
}

TEST(Weather, does_nothing_before_and_everything_after_a_lost_answer) {
    Outside outside("rough");
    std::uint64_t before = 0, after = 0;
    for (int i = 0; i < 400; ++i) {
        auto const url = fmt::format("{}{}{}?api-version=2021-04-01", arm_host, group, i);
        world::Request request{.method = "PUT", .url = url, .headers = {}, .body = R"({"location":"westeurope"})"};
        request.bearer = base::Secret(outside.token);
        auto const resets = outside.struck("reset-before");
        auto const answer =
            outside.weather->answer(outside.client.azure(), request, outside.client.now(), outside.client.now(), 1);
        outside.client.wait(1);
        if (answer.withheld != Weather::everything) continue;
        bool const stands = outside.client.get(std::string(url.substr(arm_host.size()))).status == 200;
        bool const never_arrived = outside.struck("reset-before") > resets;
        EXPECT_EQ(stands, !never_arrived) << url;
        ++(never_arrived ? before : after);
    }
    EXPECT_GT(before, 0u);
    EXPECT_GT(after, 0u);
}

TEST(Weather, knows_what_a_request_is_about) {
    struct Row {
        char const *method, *url, *about;
    };
    for (auto const& row : {
             Row{"POST", "https://login.microsoftonline.com/t/oauth2/v2.0/token", "sign-in"},
             Row{"POST", "https://127.0.0.1:8443/t/oauth2/v2.0/token", "sign-in"},
             Row{"GET", "https://a/subscriptions/s/resourceGroups/g?api-version=1", "look"},
             Row{"POST", "https://a/providers/Microsoft.ResourceGraph/resources?api-version=1", "look"},
             Row{"POST", "https://a/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/"
                         "managedClusters/c/listClusterUserCredential",
                 "look"},
             Row{"GET", "https://a/subscriptions/s/providers/Microsoft.Network/locations/l/operations/"
                        "0fe43d05-51cf-4b3c-9e0f-d6a3f3a3f3a3",
                 "poll"},
             Row{"PUT", "https://a/subscriptions/s/resourcegroups/g", "group"},
             Row{"PUT", "https://kv.vault.azure.net/keys/k/rotationpolicy", "other"},
             Row{"PUT", "https://a/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v", "vault"},
             Row{"PUT", "https://a/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v/providers/"
                        "Microsoft.Authorization/roleAssignments/r",
                 "grant"},
             Row{"DELETE", "https://a/subscriptions/s/resourcegroups/g", "delete"},
         })
        EXPECT_EQ(weather::name(weather::doing({.method = row.method, .url = row.url, .headers = {}, .body = {}})),
                  row.about)
            << row.method << ' ' << row.url;
}

}  // namespace
}  // namespace holdfast::simulator::testing
