// The account of the Azure CLI.
#include "credentials/testing.hpp"

namespace holdfast::credentials {
namespace {

using namespace testing;

TEST(AzureCli, runs_az_without_a_shell) {
    Bench bench;
    bench.programs.results.push_back(world::ProgramResult{
        0, R"({"accessToken":"t","expires_on":1795611600,"expiresOn":"2026-11-24 13:00:00.000000"})", ""});
    auto const credential = azure_cli("tenant-1");
    EXPECT_EQ(bench.token(*credential)->reveal(), "t");
    EXPECT_EQ(bench.programs.started[0].arguments,
              (std::vector<std::string>{"az", "account", "get-access-token", "--output", "json", "--scope",
                                        "https://management.azure.com/.default", "--tenant", "tenant-1"}));
    bench.programs.results.push_back(world::ProgramResult{1, "", "ERROR: Please run 'az login' to setup account."});
    auto const out = azure_cli(std::nullopt);
    EXPECT_EQ(bench.token(*out).error().what, "the Azure CLI is not signed in");
    EXPECT_EQ(bench.token(*out).error().code, ErrorCode::sign_in) << "az is not installed";
    auto const evil = azure_cli("x; rm -rf /");
    EXPECT_FALSE(bench.token(*evil));
    EXPECT_EQ(bench.programs.started.size(), 3u);
}

// az before 2.54 says only `expiresOn`, in local time without a zone (az account get-access-token, release notes of 2.54.0,
// read 2026-11-23): the token itself is asked, and one that says nothing lives five minutes.
TEST(AzureCli, an_old_az_tells_no_moment) {
    struct Row {
        char const* what;
        std::string token;
        base::Duration serves;
    };
    auto const until = [](char const* claims) { return "e30." + base::base64url(claims) + ".c2ln"; };
    for (auto const& row : {Row{"the token says when", until(R"({"exp":1795525200})"), 55min},  // 13:00
                            Row{"the token says nothing", until("{}"), 3min},
                            Row{"the token is no JWT", "opaque", 3min}}) {
        Bench bench;
        for (int i = 0; i < 2; ++i)
            bench.programs.results.push_back(world::ProgramResult{
                0, R"({"accessToken":")" + row.token + R"(","expiresOn":"2026-11-24 23:59:59.000000"})", ""});
        auto const credential = azure_cli(std::nullopt);
        ASSERT_TRUE(bench.token(*credential)) << row.what;
        bench.pass(row.serves - 1s);
        ASSERT_TRUE(bench.token(*credential));
        EXPECT_EQ(bench.programs.started.size(), 1u) << row.what;
        bench.pass(2s);
        ASSERT_TRUE(bench.token(*credential));
        EXPECT_EQ(bench.programs.started.size(), 2u) << row.what;
    }
}

TEST(AzureCli, a_challenge_is_for_the_person) {
    Bench bench;
    auto const refused = bench.token(*azure_cli(std::nullopt), R"({"access_token":{"nbf":{"essential":true}}})");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().what, "Azure wants this person to sign in again (continuous access evaluation)");
    EXPECT_EQ(refused.error().fix, "run `az logout` and `az login`");
    EXPECT_TRUE(bench.programs.started.empty()) << "az would give the same token again";
}

TEST(AzureCli, an_az_that_does_not_end_is_named) {
    Bench bench;
    bench.programs.results.push_back(base::fail(ErrorCode::timeout, "az did not end within 15 s"));
    auto const late = bench.token(*azure_cli(std::nullopt));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().what, "the Azure CLI (az) could not be run");
    ASSERT_EQ(late.error().because.size(), 1u);
    EXPECT_EQ(late.error().because.front().code, ErrorCode::timeout);
    EXPECT_EQ(bench.programs.started.front().timeout, 15s);
}

TEST(AzureCli, whatever_it_prints_is_a_token_or_an_error_fit_to_show) {
    struct Row {
        char const* what;
        world::ProgramResult printed;
        char const* want;
    };
    auto const no_token = "the Azure CLI's answer holds no token";
    for (auto const& row :
         {Row{"nothing", {0, "", ""}, no_token}, Row{"a page", {0, "<html>", ""}, no_token},
          Row{"a list", {0, "[]", ""}, no_token}, Row{"a number", {0, R"({"accessToken":7})", ""}, no_token},
          Row{"words before", {0, "WARNING: old\n{\"accessToken\":\"t\"}", ""}, no_token},
          Row{"a line break in it", {0, R"({"accessToken":"a\r\nX-Evil: 1"})", ""}, no_token},
          Row{"deep", {0, std::string(100'000, '['), ""}, no_token},
          Row{"endless", {0, "{\"accessToken\":\"" + std::string(2u << 20, 'x') + "\"}", ""}, no_token},
          Row{"escapes", {1, "", "\x1b]0;owned\x07\nInjected: line"}, R"(the Azure CLI gave no token: \x1b]0;owned\x07)"},
          Row{"died", {-9, "", ""}, "the Azure CLI gave no token: "}}) {
        Bench bench;
        bench.programs.results.push_back(row.printed);
        auto const token = bench.token(*azure_cli(std::nullopt));
        ASSERT_FALSE(token) << row.what;
        EXPECT_EQ(token.error().what, row.want) << row.what;
        EXPECT_EQ(token.error().code, ErrorCode::sign_in) << row.what;
    }
    // Lives are clamped to a week and to now.
    for (auto const* moment : {"9e99", "-1", "\"never\"", "1e18"}) {
        Bench bench;
        bench.programs.results.push_back(
            world::ProgramResult{0, R"({"accessToken":"t","expires_on":)" + std::string(moment) + "}", ""});
        auto const token = bench.token(*azure_cli(std::nullopt));
        EXPECT_TRUE(token) << moment;
    }
}

}  // namespace
}  // namespace holdfast::credentials
