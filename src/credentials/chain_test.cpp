// Which way to sign in is taken, and why not the others.
#include "credentials/testing.hpp"

namespace holdfast::credentials {
namespace {

using namespace testing;

using Variables = std::map<std::string, std::string>;

Variables with_application(Variables more) {
    more.insert({{"AZURE_TENANT_ID", "t"}, {"AZURE_CLIENT_ID", "33333333-3333-3333-3333-333333333333"}});
    return more;
}
std::string const jwt_file = "/jwt";

std::string taken(Variables variables, Choice choice = {}) {
    auto const environment = world::fixed_environment(std::move(variables));
    auto const files = world::memory_files({{jwt_file, "x"}});
    auto found = from_environment(cloud, *environment, *files, std::move(choice), [](std::string const&) {});
    return found ? (*found)->describe() : found.error().what;
}

TEST(Chain, takes_the_first_that_is_configured) {
    auto const secret = Variables{{"AZURE_CLIENT_SECRET", "s"}};
    auto const github =
        Variables{{"ACTIONS_ID_TOKEN_REQUEST_URL", "https://x"}, {"ACTIONS_ID_TOKEN_REQUEST_TOKEN", "t"}};
    auto const workload = Variables{{"AZURE_FEDERATED_TOKEN_FILE", jwt_file}};
    auto all = Variables{{"IDENTITY_ENDPOINT", "http://x"}};
    EXPECT_EQ(taken({}), "managed identity of this host or the Azure CLI's account");
    EXPECT_EQ(taken(all), "managed identity of this host");
    EXPECT_EQ(taken(with_application(all)), "managed identity 33333333...");
    all.insert(github.begin(), github.end());
    EXPECT_EQ(taken(all), "managed identity of this host") << "GitHub Actions needs an application";
    EXPECT_EQ(taken(with_application(all)), "GitHub Actions' identity 33333333...");
    all.insert(workload.begin(), workload.end());
    EXPECT_EQ(taken(with_application(all)), "workload identity 33333333...");
    auto certificate = all;
    certificate.insert({"AZURE_CLIENT_CERTIFICATE_PATH", "/nowhere"});
    EXPECT_NE(taken(with_application(certificate)).find("/nowhere"), std::string::npos)
        << "configured: its mistake is told";
    all.insert(secret.begin(), secret.end());
    EXPECT_EQ(taken(with_application(all)), "client secret of 33333333...");
}

TEST(Chain, is_narrowed_by_word_and_by_the_variable_people_know) {
    auto const all = with_application({{"AZURE_CLIENT_SECRET", "s"}, {"AZURE_FEDERATED_TOKEN_FILE", jwt_file}});
    EXPECT_EQ(taken(all, {"azure-cli", "", ""}), "the Azure CLI's account");
    EXPECT_EQ(taken(all, {"workload-identity", "", ""}), "workload identity 33333333...");
    EXPECT_EQ(taken(all, {"device-code", "", ""}), "a person, by device code");
    EXPECT_EQ(taken(all, {"managed-identity", "object:44444444-4444-4444-4444-444444444444", ""}),
              "managed identity 44444444...");
    EXPECT_EQ(taken(all, {"managed-identity", "/subscriptions/s/x/userAssignedIdentities/me", ""}),
              "managed identity me");
    EXPECT_EQ(taken(all, {"managed-identity", "nonsense", ""}), "'nonsense' names no managed identity");
    EXPECT_EQ(taken(all, {"github", "", ""}),
              "this way to sign in is not configured; GitHub Actions: not set: ACTIONS_ID_TOKEN_REQUEST_URL "
              "ACTIONS_ID_TOKEN_REQUEST_TOKEN");
    EXPECT_EQ(taken(all, {"magic", "", ""}), "there is no way to sign in called 'magic'");
    auto const said = [&](char const* value) {
        auto variables = all;
        variables["AZURE_TOKEN_CREDENTIALS"] = value;
        return taken(variables);
    };
    EXPECT_EQ(said("dev"), "the Azure CLI's account");
    EXPECT_EQ(said("prod"), "client secret of 33333333...");
    EXPECT_EQ(said("AzureCliCredential"), "the Azure CLI's account");
    EXPECT_EQ(said("workloadidentitycredential"), "workload identity 33333333...");
    EXPECT_EQ(said("VisualStudioCredential"),
              "AZURE_TOKEN_CREDENTIALS is 'VisualStudioCredential', which is not known here");
    EXPECT_EQ(taken({{"AZURE_CLIENT_ID", "c"}, {"AZURE_CLIENT_SECRET", "s"}}, {"", "", "tenant-by-flag"}),
              "client secret of c");
}

TEST(Chain, says_which_was_used_and_why_the_others_were_not) {
    Bench bench;
    std::string told;
    auto const tell = [&told](std::string const& text) { told += text; };
    auto chain = from_environment(cloud, *bench.environment, *bench.files, {}, tell);
    ASSERT_TRUE(chain);
    bench.programs.results.push_back(world::ProgramResult{0, R"({"accessToken":"t","expires_on":1795611600})", ""});
    EXPECT_EQ(bench.token(**chain)->reveal(), "t");
    EXPECT_EQ(told,
              "signed in by the Azure CLI's account\n"
              "  not by client secret: not set: AZURE_TENANT_ID AZURE_CLIENT_ID AZURE_CLIENT_SECRET\n"
              "  not by certificate: not set: AZURE_TENANT_ID AZURE_CLIENT_ID AZURE_CLIENT_CERTIFICATE_PATH\n"
              "  not by workload identity: not set: AZURE_TENANT_ID AZURE_CLIENT_ID AZURE_FEDERATED_TOKEN_FILE\n"
              "  not by GitHub Actions: not set: AZURE_TENANT_ID AZURE_CLIENT_ID ACTIONS_ID_TOKEN_REQUEST_URL "
              "ACTIONS_ID_TOKEN_REQUEST_TOKEN\n"
              "  not by managed identity: no managed identity: this host has no metadata service\n");
    EXPECT_EQ((*chain)->describe(), "the Azure CLI's account");
    told.clear();
    EXPECT_TRUE(bench.token(**chain));
    EXPECT_EQ(told, "") << "once";
    EXPECT_EQ(bench.script.asked.size(), 1u) << "it stays with what it found";
}

TEST(Chain, without_any_names_every_one_with_its_reason) {
    Bench bench;
    auto const nothing = from_environment(cloud, *bench.environment, *bench.files);
    ASSERT_TRUE(nothing);
    auto const refused = bench.token(**nothing);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().what.find("client secret: not set: AZURE_TENANT_ID AZURE_CLIENT_ID AZURE_CLIENT_SECRET"),
              std::string::npos);
    ASSERT_EQ(refused.error().because.size(), 2u);
    EXPECT_NE(refused.error().because[0].what.find("no metadata service"), std::string::npos);
    EXPECT_NE(refused.error().because[1].what.find("az"), std::string::npos);
}

TEST(Chain, what_is_configured_and_fails_is_not_passed_over) {
    Bench bench;
    bench.environment = world::fixed_environment(with_application({{"AZURE_CLIENT_SECRET", "wrong"}}));
    auto const chain = from_environment(cloud, *bench.environment, *bench.files);
    ASSERT_TRUE(chain);
    bench.answer(401,
                 R"({"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided."})");
    auto const refused = bench.token(**chain);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().azure->code, "AADSTS7000215");
    EXPECT_EQ(bench.programs.started.size(), 0u) << "signing in as somebody else would be worse than not signing in";
}

TEST(Chain, secrets_leave_only_over_tls) {
    for (auto const* host : {"http://login.evil.test", "ftp://x", "http://127.0.0.1.evil.test/"}) {
        auto variables = with_application({{"AZURE_FEDERATED_TOKEN_FILE", jwt_file}, {"AZURE_AUTHORITY_HOST", host}});
        EXPECT_EQ(taken(variables), "AZURE_AUTHORITY_HOST does not begin with https://");
        EXPECT_EQ(
            taken(with_application({{"ACTIONS_ID_TOKEN_REQUEST_URL", host}, {"ACTIONS_ID_TOKEN_REQUEST_TOKEN", "t"}})),
            "ACTIONS_ID_TOKEN_REQUEST_URL does not begin with https://");
    }
}

TEST(Ways, are_listed_in_the_order_they_are_tried) {
    std::string words;
    for (auto const& way : ways()) words += std::string(way.word) + (way.automatic ? " " : "? ");
    EXPECT_EQ(words, "secret certificate workload-identity github managed-identity azure-cli device-code? ");
}

}  // namespace
}  // namespace holdfast::credentials
