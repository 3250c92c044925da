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

}  // namespace
}  // namespace holdfast::credentials
