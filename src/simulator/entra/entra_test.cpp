#include "simulator/testing.hpp"

namespace holdfast::simulator::testing {
namespace {

constexpr std::string_view tenant = "11111111-1111-1111-1111-111111111111";

Exchange sign_in(Client& client, std::string form, std::string_view in = tenant,
                 std::string_view at = "oauth2/v2.0/token") {
    return client.send({.method = "POST",
                        .url = fmt::format("https://127.0.0.1:8443/{}/{}", in, at),
                        .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                        .body = std::move(form)});
}

TEST(Entra, gives_and_refuses_tokens) {
    Client client;
    struct Row {
        std::string note, form, tenant;
        int status;
        std::string error;
        int number;
    };
    std::string const good =
        "grant_type=client_credentials&client_id=22222222-2222-2222-2222-222222222222&client_secret=simulated-secret";
    std::string const scope = "&scope=https%3A%2F%2Fmanagement.azure.com%2F.default";
    for (auto const& row : {
             Row{"secret", good + scope, std::string(tenant), 200, "", 0},
             Row{"wrong secret",
                 "grant_type=client_credentials&client_id=22222222-2222-2222-2222-222222222222&client_secret=x" + scope,
                 std::string(tenant), 401, "invalid_client", 7000215},
             Row{"no secret", "grant_type=client_credentials&client_id=22222222-2222-2222-2222-222222222222" + scope,
                 std::string(tenant), 401, "invalid_client", 7000218},
             Row{"nobody",
                 "grant_type=client_credentials&client_id=99999999-2222-2222-2222-222222222222&client_secret=x" + scope,
                 std::string(tenant), 400, "unauthorized_client", 700016},
             Row{"other tenant", good + scope, "99999999-1111-1111-1111-111111111111", 400, "invalid_request", 90002},
             Row{"no scope", good, std::string(tenant), 400, "invalid_scope", 1002012},
             Row{"other grant", "grant_type=implicit" + scope, std::string(tenant), 400, "unsupported_grant_type",
                 70003},
         }) {
        auto const answer = sign_in(client, row.form, row.tenant);
        EXPECT_EQ(answer.status, row.status) << row.note;
        EXPECT_EQ(answer.text("error"), row.error) << row.note;
        if (row.number) {
            EXPECT_EQ(json::whole_at(answer.body, "error_codes[0]"), row.number) << row.note;
            EXPECT_TRUE(answer.text("error_description").starts_with(fmt::format("AADSTS{}: ", row.number)))
                << row.note;
            EXPECT_FALSE(answer.text("trace_id").empty());
        }
    }
}

TEST(Entra, tokens_carry_the_claims_that_clients_read) {
    Client client;
    for (auto const& [scope, audience] :
         {std::pair("https://management.azure.com//.default", "https://management.azure.com/"),
          std::pair("https://management.azure.com/.default", "https://management.azure.com"),
          std::pair("https://vault.azsim.test/.default", "https://vault.azsim.test")}) {
        auto const answer =
            sign_in(client, fmt::format("grant_type=client_credentials&client_id=22222222-2222-2222-2222-222222222222&"
                                        "client_secret=simulated-secret&client_info=1&scope={}",
                                        base::percent_encoded(scope)));
        ASSERT_EQ(answer.status, 200);
        EXPECT_EQ(json::whole_at(answer.body, "expires_in"), 3599);
        auto const parts = base::split(answer.text("access_token"), '.');
        ASSERT_EQ(parts.size(), 3u);
        auto const claims = json::parse(*base::from_base64(parts[1]));
        ASSERT_TRUE(claims);
        EXPECT_EQ(json::text_at(*claims, "aud"), audience);
        EXPECT_EQ(json::text_at(*claims, "oid"), "33333333-3333-3333-3333-333333333333");
        EXPECT_EQ(json::text_at(*claims, "appid"), "22222222-2222-2222-2222-222222222222");
        EXPECT_EQ(json::text_at(*claims, "tid"), tenant);
        EXPECT_EQ(json::text_at(*claims, "idtyp"), "app");
    }
    auto const old = sign_in(client,
                             "grant_type=client_credentials&client_id=22222222-2222-2222-2222-222222222222&client_"
                             "secret=simulated-secret&resource=https%3A%2F%2Fmanagement.azure.com%2F",
                             "adfs", "oauth2/token");
    EXPECT_EQ(old.status, 200);
    EXPECT_EQ(old.text("expires_in"), "3599");
}

TEST(Entra, discovery_stays_on_the_origin_that_was_asked) {
    Client client;
    auto const get = [&](std::string url) {
        return client.send({.method = "GET", .url = std::move(url), .headers = {}, .body = {}});
    };
    struct Row {
        std::string url, path, want;
    };
    for (auto const& row : {
             Row{"https://localhost:8443/11111111-1111-1111-1111-111111111111/v2.0/.well-known/openid-configuration",
                 "issuer", "https://localhost:8443/11111111-1111-1111-1111-111111111111/v2.0"},
             Row{"https://localhost:8443/11111111-1111-1111-1111-111111111111/v2.0/.well-known/openid-configuration",
                 "token_endpoint", "https://localhost:8443/11111111-1111-1111-1111-111111111111/oauth2/v2.0/token"},
             Row{"https://localhost:8443/adfs/.well-known/openid-configuration", "token_endpoint",
                 "https://localhost:8443/adfs/oauth2/token"},
             Row{"https://login.microsoftonline.com/common/discovery/instance?api-version=1.1",
                 "tenant_discovery_endpoint",
                 "https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111/v2.0/.well-known/"
                 "openid-configuration"},
             Row{"https://localhost:8443/11111111-1111-1111-1111-111111111111/discovery/v2.0/keys", "keys[0].kty",
                 "RSA"},
             Row{"https://localhost:8443/metadata/endpoints?api-version=2015-01-01", "authentication.loginEndpoint",
                 "https://localhost:8443/"},
             Row{"https://localhost:8443//metadata/endpoints?api-version=2019-05-01", "[0].resourceManager",
                 "https://localhost:8443"},
             Row{"https://localhost:8443/metadata/endpoints?api-version=2022-09-01", "authentication.loginEndpoint",
                 "https://localhost:8443"},
             Row{"https://localhost:8443/metadata/endpoints?api-version=2022-09-01", "suffixes.keyVaultDns",
                 "vault.azsim.test"},
             Row{"https://management.azure.com/metadata/endpoints?api-version=2022-09-01", "name", "AzureCloud"},
             Row{"https://management.azure.com/metadata/endpoints?api-version=2022-09-01", "suffixes.keyVaultDns",
                 "vault.azure.net"},
         }) {
        auto const answer = get(row.url);
        EXPECT_EQ(answer.status, 200) << row.url;
        EXPECT_EQ(answer.text(row.path), row.want) << row.url;
    }
}

TEST(Entra, machines_ask_with_a_header_and_read_text) {
    Client client;
    auto const url =
        "http://127.0.0.1:8080/metadata/identity/oauth2/"
        "token?api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com";
    EXPECT_EQ(client.send({.method = "GET", .url = url, .headers = {}, .body = {}}).status, 400);
    auto const answer = client.send({.method = "GET", .url = url, .headers = {{"Metadata", "true"}}, .body = {}});
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.text("expires_in"), "86399");
    auto const nobody = client.send({.method = "GET",
                                     .url = std::string(url) + "&client_id=99999999-9999-9999-9999-999999999999",
                                     .headers = {{"Metadata", "true"}},
                                     .body = {}});
    EXPECT_EQ(nobody.text("error_description"), "Identity not found");
}

TEST(Entra, an_identity_signs_in_with_the_tokens_it_trusts) {
    auto options = Client::defaults();
    options.directory.applications.push_back({.client_id = "44444444-4444-4444-4444-444444444444",
                                              .object_id = "55555555-5555-5555-5555-555555555555",
                                              .name = "pipeline",
                                              .client_secret = {},
                                              .certificate_pem = {},
                                              .federations = {{.issuer = "https://token.actions.githubusercontent.com",
                                                               .subject = "repo:a/b:ref:refs/heads/main"}}});
    Client client(options);
    auto const assertion = [](std::string_view issuer, std::string_view subject) {
        auto const claims =
            fmt::format(R"({{"iss":"{}","sub":"{}","aud":"api://AzureADTokenExchange","exp":1.5}})", issuer, subject);
        return base::base64url(R"({"alg":"RS256"})") + "." + base::base64url(claims) + "." +
               base::base64url("signature");
    };
    auto const ask = [&](std::string token) {
        return sign_in(client,
                       "grant_type=client_credentials&client_id=44444444-4444-4444-4444-444444444444&client_assertion_"
                       "type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
                       "&scope=https%3A%2F%2Fmanagement.azure.com%2F.default&client_assertion=" +
                           token);
    };
    EXPECT_EQ(ask(assertion("https://token.actions.githubusercontent.com", "repo:a/b:ref:refs/heads/main")).status,
              200);
    EXPECT_EQ(json::whole_at(
                  ask(assertion("https://token.actions.githubusercontent.com", "repo:a/c:ref:refs/heads/main")).body,
                  "error_codes[0]"),
              700213);
    EXPECT_EQ(json::whole_at(
                  ask(assertion("44444444-4444-4444-4444-444444444444", "44444444-4444-4444-4444-444444444444")).body,
                  "error_codes[0]"),
              700027);
    EXPECT_EQ(ask("nonsense").status, 400);
}

TEST(Graph, answers_what_deployers_ask) {
    Client client;
    auto const ask = [&](std::string method, std::string path, std::string body = {}) {
        world::Request request{.method = std::move(method),
                               .url = "https://graph.azsim.test/v1.0" + path,
                               .headers = {},
                               .body = std::move(body)};
        request.bearer = base::Secret(client.token("https://graph.microsoft.com"));
        return client.send(request);
    };
    EXPECT_EQ(
        ask("GET",
            "/servicePrincipals?$filter=servicePrincipalNames/any(c:c%20eq%20'22222222-2222-2222-2222-222222222222')")
            .text("value[0].id"),
        "33333333-3333-3333-3333-333333333333");
    EXPECT_EQ(ask("GET", "/servicePrincipals(appId='22222222-2222-2222-2222-222222222222')").text("id"),
              "33333333-3333-3333-3333-333333333333");
    EXPECT_EQ(ask("GET", "/groups/88888888-8888-8888-8888-888888888888").text("id"),
              "88888888-8888-8888-8888-888888888888");
    auto const both = ask(
        "POST", "/directoryObjects/getByIds",
        R"({"ids":["33333333-3333-3333-3333-333333333333","88888888-8888-8888-8888-888888888888"],"types":["group","servicePrincipal"]})");
    EXPECT_EQ(json::list_at(both.body, "value").size(), 2u);
    EXPECT_EQ(json::list_at(ask("GET", "/users?$filter=userPrincipalName%20eq%20'a@b'").body, "value").size(), 0u);
    EXPECT_EQ(ask("GET", "/me").status, 400);
    EXPECT_EQ(ask("GET", "/servicePrincipals/88888888-8888-8888-8888-888888888888").code(), "Request_ResourceNotFound");
}

Options with_people() {
    auto options = Client::defaults();
    options.directory = *read_directory(
        R"({"users":[{"userPrincipalName":"ann@azsim.test","password":"pw","role":"Reader"}],
            "groups":[{"displayName":"admins","members":["ann@azsim.test"]},{"displayName":"all","members":["admins"]}],
            "servicePrincipals":[{"displayName":"pipeline","secret":"s"}]})");
    return options;
}

constexpr std::string_view cli = "client_id=04b07795-8ddb-461a-bbee-02f9e1bf7b46";

json::Value claims_of(std::string const& token) {
    auto const parts = base::split(token, '.');
    auto const bytes = parts.size() == 3 ? base::from_base64(parts[1]) : base::Result<std::string>(std::string("{}"));
    return *json::parse(*bytes);
}

TEST(Entra, a_token_is_never_of_the_future_after_a_restart) {
    Client client;
    for (int times = 0; times < 3; ++times) {
        client.wait(4);
        client.token("https://management.azure.com");
        auto const signed_in = client.now();
        client.reopen();
        EXPECT_GE(client.azure().now(), signed_in);
    }
}

TEST(Entra, users_sign_in_by_password_refresh_and_device_code) {
    Client client(with_people());
    auto const scope = "&scope=https%3A%2F%2Fmanagement.azure.com%2F%2F.default+offline_access+openid+profile";
    auto const by_password = [&](std::string password) {
        return sign_in(
            client, fmt::format("grant_type=password&{}&username=ann%40azsim.test&password={}{}", cli, password, scope),
            "organizations");
    };
    auto const signed_in = by_password("pw");
    ASSERT_EQ(signed_in.status, 200) << json::write(signed_in.body);
    auto const claims = claims_of(signed_in.text("access_token"));
    EXPECT_EQ(json::text_at(claims, "upn"), "ann@azsim.test");
    EXPECT_EQ(json::text_at(claims, "idtyp"), "user");
    EXPECT_EQ(json::list_at(claims, "groups").size(), 2u) << "through a group in a group too";
    EXPECT_EQ(json::text_at(claims_of(signed_in.text("id_token")), "preferred_username"), "ann@azsim.test");
    EXPECT_FALSE(signed_in.text("client_info").empty());
    EXPECT_EQ(json::whole_at(by_password("no").body, "error_codes[0]"), 50126);
    EXPECT_EQ(json::whole_at(
                  sign_in(client, fmt::format("grant_type=password&{}&username=bob%40x&password=x{}", cli, scope)).body,
                  "error_codes[0]"),
              50034);

    auto const refreshed = [&](std::string token, std::string_view as = cli) {
        return sign_in(client, fmt::format("grant_type=refresh_token&{}&refresh_token={}{}", as, token, scope));
    };
    EXPECT_EQ(refreshed(signed_in.text("refresh_token")).status, 200);
    EXPECT_EQ(refreshed(signed_in.text("access_token")).text("error"), "invalid_grant") << "that is no refresh token";
    EXPECT_EQ(
        refreshed(signed_in.text("refresh_token"), "client_id=80faf920-1908-4b52-b5ef-a8e7bedfc67a").text("error"),
        "invalid_grant")
        << "given to another client";
    client.wait(91.0 * 86400);
    EXPECT_EQ(json::whole_at(refreshed(signed_in.text("refresh_token")).body, "error_codes[0]"), 700082);

    auto const device = sign_in(client, fmt::format("{}{}", cli, scope), "organizations", "oauth2/v2.0/devicecode");
    ASSERT_EQ(device.status, 200);
    auto const poll = [&] {
        return sign_in(client, fmt::format("grant_type=device_code&{}&device_code={}", cli, device.text("device_code")),
                       "organizations");
    };
    EXPECT_EQ(poll().text("error"), "authorization_pending");
    client.wait(2);
    EXPECT_EQ(json::text_at(claims_of(poll().text("access_token")), "aud"), "https://management.azure.com/");
    client.wait(900);
    EXPECT_EQ(poll().text("error"), "expired_token");
}

TEST(Entra, groups_carry_roles_to_their_members) {
    Client client(with_people());
    auto const as_ann = [&](std::string method, std::string path, std::string body = {}) {
        auto const answer =
            sign_in(client, fmt::format("grant_type=password&{}&username=ann%40azsim.test&password=pw&scope={}", cli,
                                        base::percent_encoded("https://management.azure.com/.default")));
        world::Request request{.method = std::move(method),
                               .url = std::string(arm_host) + std::string(subscription) + path,
                               .headers = {},
                               .body = std::move(body)};
        request.bearer = base::Secret(answer.text("access_token"));
        return client.send(std::move(request));
    };
    auto const group = "/resourceGroups/rg1?api-version=2021-04-01";
    EXPECT_EQ(as_ann("PUT", group, R"({"location":"westeurope"})").code(), "AuthorizationFailed");
    auto const all = client.azure().resources();
    auto const id = base::guid_v5("6ba7b811-9dad-11d1-80b4-00c04fd430c8", "directory/objectId/all");
    auto const given = client.call(
        "PUT",
        fmt::format("{}/providers/Microsoft.Authorization/roleAssignments/"
                    "00000000-0000-4000-8000-000000000001?api-version=2022-04-01",
                    subscription),
        fmt::format(
            R"({{"properties":{{"principalId":"{}","principalType":"Group","roleDefinitionId":"{}/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"}}}})",
            id, subscription));
    ASSERT_EQ(given.status, 201) << given.message();
    EXPECT_EQ(as_ann("PUT", group, R"({"location":"westeurope"})").status, 201);
}

TEST(Entra, a_directory_is_read_strictly) {
    for (auto const& [text, complaint] : {
             std::pair("[]", "a directory is a JSON object"),
             std::pair(R"({"people":[]})", "'people' that means nothing"),
             std::pair(R"({"users":[{"userPrincipalName":"ann"}]})", "users[0] needs a userPrincipalName"),
             std::pair(R"({"users":[{"userPrincipalName":"a@b","pasword":"x"}]})", "'pasword' that means nothing"),
             std::pair(R"({"users":[{"userPrincipalName":"a@b"},{"userPrincipalName":"A@B"}]})",
                       "two entries called 'A@B'"),
             std::pair(R"({"groups":[{"displayName":"g","members":["nobody"]}]})", "a member 'nobody' that nobody is"),
             std::pair(R"({"users":[{"userPrincipalName":"a@b","role":"Emperor"}]})", "no built-in role 'Emperor'"),
             std::pair(R"({"servicePrincipals":[{"displayName":"p","appId":"x"}]})", "appId is no GUID"),
             std::pair(R"({"subscriptionsOfOthers":[{"subscriptionId":"x"}]})", "needs subscriptionId and tenantId"),
         }) {
        auto const read = read_directory(text);
        ASSERT_FALSE(read) << text;
        EXPECT_NE(read.error().what.find(complaint), std::string::npos) << read.error().what;
    }
}

TEST(Graph, groups_are_made_filled_and_emptied) {
    Client client(with_people());
    auto const ask = [&](std::string method, std::string path, std::string body = {}) {
        world::Request request{.method = std::move(method),
                               .url = "https://graph.azsim.test/v1.0" + path,
                               .headers = {},
                               .body = std::move(body)};
        request.bearer = base::Secret(client.token("https://graph.microsoft.com"));
        return client.send(request);
    };
    auto const ann = ask("GET", "/users?$filter=userPrincipalName%20eq%20'ann@azsim.test'").text("value[0].id");
    ASSERT_FALSE(ann.empty());
    EXPECT_EQ(ask("GET", "/users/ann@azsim.test").text("id"), ann);
    auto const made = ask("POST", "/groups",
                          R"({"displayName":"ops","mailEnabled":false,"mailNickname":"ops","securityEnabled":true})");
    ASSERT_EQ(made.status, 201);
    auto const group = "/groups/" + made.text("id");
    auto const member = fmt::format(R"({{"@odata.id":"https://graph.microsoft.com/v1.0/directoryObjects/{}"}})", ann);
    EXPECT_EQ(ask("POST", group + "/members/$ref", member).status, 204);
    EXPECT_EQ(ask("POST", group + "/members/$ref", member).status, 400);
    EXPECT_EQ(ask("GET", group + "/members").text("value[0].userPrincipalName"), "ann@azsim.test");
    EXPECT_EQ(json::list_at(ask("GET", "/users/" + ann + "/transitiveMemberOf").body, "value").size(), 3u);
    EXPECT_EQ(ask("DELETE", group + "/members/" + ann + "/$ref").status, 204);
    EXPECT_EQ(json::list_at(ask("GET", group + "/members").body, "value").size(), 0u);
    EXPECT_EQ(ask("DELETE", group).status, 204);
    EXPECT_EQ(ask("GET", group).code(), "Request_ResourceNotFound");
    EXPECT_EQ(ask("GET", "/groups?$filter=startswith(displayName,'adm')").text("value[0].displayName"), "admins");
    EXPECT_EQ(ask("GET", "/groups?$filter=a%20eq%20'b'%20and%20c%20eq%20'd'").code(), "Request_UnsupportedQuery");
}

}  // namespace
}  // namespace holdfast::simulator::testing
