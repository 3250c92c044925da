// Managed identities of every host.
#include "credentials/testing.hpp"

namespace holdfast::credentials {
namespace {

using namespace testing;

TEST(ManagedIdentity, speaks_every_host) {
    struct Row {
        std::map<std::string, std::string> environment;
        char const *method, *url, *header, *value;
        bool probed;
    };
    for (auto const& row : {
             Row{{},
                 "GET",
                 "http://169.254.169.254/metadata/identity/oauth2/"
                 "token?api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com&client_id=c",
                 "Metadata",
                 "true",
                 true},
             Row{{{"AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:9/"}},
                 "GET",
                 "http://127.0.0.1:9/metadata/identity/oauth2/"
                 "token?api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com&client_id=c",
                 "Metadata",
                 "true",
                 true},
             Row{{{"IDENTITY_ENDPOINT", "http://127.0.0.1:41/msi"}, {"IDENTITY_HEADER", "h"}},
                 "GET",
                 "http://127.0.0.1:41/"
                 "msi?api-version=2019-08-01&resource=https%3A%2F%2Fmanagement.azure.com&client_id=c",
                 "X-IDENTITY-HEADER",
                 "h",
                 false},
             Row{{{"MSI_ENDPOINT", "http://127.0.0.1:42/"}, {"MSI_SECRET", "s"}},
                 "GET",
                 "http://127.0.0.1:42/?api-version=2017-09-01&resource=https%3A%2F%2Fmanagement.azure.com&clientid=c",
                 "secret",
                 "s",
                 false},
         }) {
        Bench bench;
        bench.environment = world::fixed_environment(row.environment);
        if (row.probed) bench.answer(400, R"({"error":"bad_request"})");
        bench.answer(200,
                     R"({"access_token":"mi","expires_in":"86399","expires_on":"1795608000","token_type":"Bearer"})");
        auto const credential = managed_identity({HostIdentity::Kind::client_id, "c"});
        EXPECT_EQ(bench.token(*credential)->reveal(), "mi");
        auto const& request = bench.script.asked.back();
        EXPECT_EQ(request.method, row.method);
        EXPECT_EQ(request.url, row.url);
        EXPECT_EQ(world::find(request.headers, row.header).value_or(""), row.value);
        bench.pass(23h);
        EXPECT_EQ(bench.token(*credential)->reveal(), "mi") << "a day, told as text";
    }
    Bench nowhere;
    auto const error = nowhere.token(*managed_identity({})).error();
    EXPECT_NE(error.what.find("no metadata service"), std::string::npos);
    for (auto const* elsewhere : {"http://evil.test/msi", "http://169.254.1.1.evil.test/", "http://127.0.0.1@evil.test/",
                                  "http://localhost:80@evil.test/", "http://10.0.0.4/", "ftp://127.0.0.1/"}) {
        for (auto const* other : {"IDENTITY_HEADER", "IMDS_ENDPOINT"}) {
            Bench away;
            away.environment = world::fixed_environment({{"IDENTITY_ENDPOINT", elsewhere}, {other, "secret-header"}});
            auto const refused = away.token(*managed_identity({})).error();
            EXPECT_EQ(refused.code, ErrorCode::usage) << elsewhere;
            EXPECT_TRUE(away.script.asked.empty()) << elsewhere;
        }
    }
    Bench linked;
    linked.environment =
        world::fixed_environment({{"IDENTITY_ENDPOINT", "http://169.254.129.2:8081/msi/token"}, {"IDENTITY_HEADER", "h"}});
    linked.answer(200, R"({"access_token":"mi","expires_in":"86399"})");
    EXPECT_TRUE(linked.token(*managed_identity({})));
    Bench fabric;
    fabric.environment = world::fixed_environment(
        {{"IDENTITY_ENDPOINT", "https://x"}, {"IDENTITY_HEADER", "h"}, {"IDENTITY_SERVER_THUMBPRINT", "t"}});
    EXPECT_EQ(fabric.token(*managed_identity({})).error().code, ErrorCode::unsupported);
}

TEST(ManagedIdentity, is_chosen_by_client_object_or_resource_id_where_the_host_can) {
    std::string const guid = "33333333-3333-3333-3333-333333333333";
    std::string const resource =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/me";
    using Environment = std::map<std::string, std::string>;
    Environment const machine, app{{"IDENTITY_ENDPOINT", "http://127.0.0.1:1/"}, {"IDENTITY_HEADER", "h"}},
        old{{"MSI_ENDPOINT", "http://127.0.0.1:1/"}, {"MSI_SECRET", "s"}},
        shell{{"MSI_ENDPOINT", "http://127.0.0.1:1/"}},
        arc{{"IDENTITY_ENDPOINT", "http://127.0.0.1:1/"}, {"IMDS_ENDPOINT", "http://127.0.0.1:1"}};
    struct Row {
        Environment const* host;
        std::string identity, parameter;  ///< empty: refused
    };
    for (auto const& row : {
             Row{&machine, guid, "&client_id=" + guid},
             Row{&machine, "object:" + guid, "&object_id=" + guid},
             Row{&machine, resource, "&msi_res_id=" + base::percent_encoded(resource)},
             Row{&app, guid, "&client_id=" + guid},
             Row{&app, "object:" + guid, "&principal_id=" + guid},
             Row{&app, resource, "&mi_res_id=" + base::percent_encoded(resource)},
             Row{&old, guid, "&clientid=" + guid},
             Row{&old, resource, ""},
             Row{&shell, guid, ""},
             Row{&arc, "object:" + guid, ""},
         }) {
        Bench bench;
        bench.environment = world::fixed_environment(*row.host);
        if (row.host == &machine) bench.answer(400, "{}");
        bench.grant("mi", 3600);
        auto const identity = HostIdentity::parse(row.identity);
        ASSERT_TRUE(identity);
        auto const token = bench.token(*managed_identity(*identity));
        EXPECT_EQ(token.has_value(), !row.parameter.empty()) << row.identity;
        if (row.parameter.empty()) {
            EXPECT_TRUE(bench.script.asked.empty());
            EXPECT_FALSE(token.error().fix.empty());
        } else {
            EXPECT_TRUE(bench.script.asked.back().url.ends_with(row.parameter)) << bench.script.asked.back().url;
        }
    }
    for (auto const* bad : {"x", "object:", "object:x", "/other"}) EXPECT_FALSE(HostIdentity::parse(bad)) << bad;
}

TEST(ManagedIdentity, of_cloud_shell_is_posted_for) {
    Bench bench;
    bench.environment = world::fixed_environment({{"MSI_ENDPOINT", "http://127.0.0.1:43/"}});
    bench.grant("shell", 3600);
    EXPECT_EQ(bench.token(*managed_identity({}))->reveal(), "shell");
    auto const& request = bench.script.asked[0];
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.url, "http://127.0.0.1:43/");
    EXPECT_EQ(request.body, "resource=https%3A%2F%2Fmanagement.azure.com");
    EXPECT_EQ(world::find(request.headers, "Metadata").value_or(""), "true");
}

TEST(ManagedIdentity, of_arc_is_proved_by_a_key_file_and_by_no_other_file) {
    std::string const good = "/var/opt/azcmagent/tokens/3f0a-1.key";
    std::map<std::string, std::string> const variables{
        {"IDENTITY_ENDPOINT", "http://127.0.0.1:40342/metadata/identity/oauth2/token"},
        {"IMDS_ENDPOINT", "http://127.0.0.1:40342"}};
    auto const challenge = [](std::string const& path) {
        return Response{401, {{"Www-Authenticate", "Basic realm=" + path}}, ""};
    };
    auto const on = [&](Bench& bench, std::string key = "arc-key\n") {
        bench.environment = world::fixed_environment(variables);
        bench.files = world::memory_files(
            {{good, std::move(key)}, {"/etc/shadow.key", "root"}, {"/var/opt/azcmagent/secret.key", "x"}});
    };
    {
        Bench bench;
        on(bench);
        bench.script.answers.push_back(challenge(good));
        bench.grant("arc", 3600);
        EXPECT_EQ(bench.token(*managed_identity({}))->reveal(), "arc");
        ASSERT_EQ(bench.script.asked.size(), 2u);
        EXPECT_EQ(bench.script.asked[0].url,
                  "http://127.0.0.1:40342/metadata/identity/oauth2/"
                  "token?api-version=2019-11-01&resource=https%3A%2F%2Fmanagement.azure.com");
        EXPECT_EQ(world::find(bench.script.asked[1].headers, "Authorization").value_or(""), "Basic arc-key");
    }
    for (auto const* path :
         {"/etc/shadow.key", "/var/opt/azcmagent/tokens/../secret.key", "/var/opt/azcmagent/tokens/..key",
          "/var/opt/azcmagent/tokens/sub/a.key", "/var/opt/azcmagent/tokens/3f0a-1.txt",
          "/var/opt/azcmagent/tokens/absent.key", "3f0a-1.key", ""}) {
        Bench bench;
        on(bench);
        bench.script.answers.push_back(challenge(path));
        bench.grant("arc", 3600);
        EXPECT_FALSE(bench.token(*managed_identity({}))) << path;
        EXPECT_EQ(bench.script.asked.size(), 1u) << "no file's content is sent: " << path;
    }
    for (auto const& key : {std::string(5'000, 'k'), std::string("a\nb"), std::string()}) {
        Bench bench;
        on(bench, key);
        bench.script.answers.push_back(challenge(good));
        EXPECT_FALSE(bench.token(*managed_identity({})));
        EXPECT_EQ(bench.script.asked.size(), 1u);
    }
    Bench unannounced;  // the agent is installed, its variables are not passed on
    unannounced.files = world::memory_files({{"/opt/azcmagent/bin/himds", ""}, {good, "arc-key"}});
    unannounced.script.answers.push_back(challenge(good));
    unannounced.grant("arc", 3600);
    EXPECT_EQ(unannounced.token(*managed_identity({}))->reveal(), "arc");
    EXPECT_TRUE(unannounced.script.asked[0].url.starts_with("http://127.0.0.1:40342/"));
}

TEST(ManagedIdentity, waits_for_a_metadata_service_that_is_being_updated) {
    Bench bench;
    bench.answer(400, "{}");
    for (int i = 0; i < 5; ++i) bench.answer(410, "");
    bench.grant("mi", 3600);
    EXPECT_EQ(bench.token(*managed_identity({}))->reveal(), "mi");
    Bench absent;
    absent.answer(400, "{}");
    absent.answer(400, R"({"error":"invalid_request","error_description":"Identity not found"})");
    auto const refused = absent.token(*managed_identity({HostIdentity::Kind::client_id, "c"}));
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().fix.find("assign this identity"), std::string::npos);
    EXPECT_EQ(absent.script.asked.size(), 2u) << "it is not there however often one asks";
}

}  // namespace
}  // namespace holdfast::credentials
