// Signing in, against a scripted Entra, metadata service and az.
#include "credentials/credentials.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <deque>

namespace holdfast::credentials {
namespace {

using namespace std::chrono_literals;
using base::ErrorCode;
using world::Request;
using world::Response;

base::Time const noon = *base::parse_time("2026-11-24T12:00:00Z");

class Script : public world::Transport {
public:
    std::deque<Result<Response>> answers;
    std::vector<Request> asked;
    world::Clock* clock = nullptr;
    base::Duration delay{0};
    Task<Result<Response>> send(Request request) override {
        asked.push_back(std::move(request));
        if (delay.count() > 0) co_await clock->sleep(delay);
        if (answers.empty()) co_return base::fail(ErrorCode::connection_failed, "the script is over");
        auto next = std::move(answers.front());
        answers.pop_front();
        co_return next;
    }
};

class ScriptedPrograms : public world::Programs {
public:
    std::deque<Result<world::ProgramResult>> results;
    std::vector<world::Program> started;
    Task<Result<world::ProgramResult>> run(world::Program program) override {
        started.push_back(std::move(program));
        if (results.empty()) co_return base::fail(ErrorCode::unreadable, "no such program");
        auto next = std::move(results.front());
        results.pop_front();
        co_return next;
    }
};

struct Bench {
    boost::asio::io_context io;
    world::VirtualClock clock{io, noon};
    std::unique_ptr<world::Files> files = world::memory_files({{"/token", "first-assertion\n"}});
    std::unique_ptr<world::Environment> environment = world::fixed_environment();
    ScriptedPrograms programs;
    base::Prng prng{1};
    Script script;

    Bench() { script.clock = &clock; }
    template <typename F>
    auto with(F act) {
        world::World world{clock, script, *files, *environment, programs, prng};
        return act(world);
    }
    Result<base::Secret> token(Credential& credential, std::string claims = {}) {
        world::World world{clock, script, *files, *environment, programs, prng};
        return world::run(io, clock, credential.token("https://management.azure.com", std::move(claims), world));
    }
    void answer(int status, std::string body) { script.answers.push_back(Response{status, {}, std::move(body)}); }
    void grant(std::string const& text, int seconds) {
        answer(200, R"({"token_type":"Bearer","expires_in":)" + std::to_string(seconds) + R"(,"access_token":")" +
                        text + "\"}");
    }
    void pass(base::Duration time) {
        auto const wait = [](world::Clock* clock, base::Duration much) -> Task<int> {
            co_await clock->sleep(much);
            co_return 0;
        };
        world::run(io, clock, wait(&clock, time));
    }
};

Cloud const cloud = *find_cloud("public");
Application const application{"11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"};

std::map<std::string, std::string> form_of(Request const& request) {
    std::map<std::string, std::string> fields;
    auto const text = request.secret_body ? request.secret_body->reveal() : request.body;
    for (auto const& pair : base::split(text, '&'))
        fields[pair.substr(0, pair.find('='))] = base::percent_decoded(pair.substr(pair.find('=') + 1));
    return fields;
}

TEST(Clouds, are_found_by_name) {
    EXPECT_EQ(find_cloud("public")->arm, "https://management.azure.com");
    EXPECT_EQ(find_cloud("usgov")->vault_suffix, ".vault.usgovcloudapi.net");
    EXPECT_EQ(find_cloud("china")->registry_suffix, ".azurecr.cn");
    EXPECT_EQ(find_cloud("simulated")->authority, "https://login.azsim.test");
    EXPECT_EQ(find_cloud("moon"), nullptr);
}

TEST(Clouds, a_custom_one_describes_itself) {
    Bench bench;
    bench.answer(
        200,
        R"({"name":"x","authentication":{"loginEndpoint":"https://login.x.test/","audiences":["https://arm.x.test/"]},
        "microsoftGraphResourceId":"https://graph.x.test/","suffixes":{"keyVaultDns":"vault.x.test","acrLoginServer":"cr.x.test"}})");
    bench.with([&](world::World& world) {
        auto const found = world::run(bench.io, bench.clock, discover_cloud("https://arm.x.test:8443/", "", world));
        ASSERT_TRUE(found) << found.error().what;
        EXPECT_EQ(found->arm, "https://arm.x.test:8443");
        EXPECT_EQ(found->authority, "https://login.x.test");
        EXPECT_EQ(found->arm_audience, "https://arm.x.test");
        EXPECT_EQ(found->vault_suffix, ".vault.x.test");
        EXPECT_EQ(found->vault_audience, "https://vault.x.test");
        EXPECT_EQ(found->registry_suffix, ".cr.x.test");
        EXPECT_EQ(bench.script.asked[0].url, "https://arm.x.test:8443/metadata/endpoints?api-version=2022-09-01");
        EXPECT_FALSE(bench.script.asked[0].bearer);
    });
}

TEST(Clouds, a_sign_in_host_without_tls_is_refused) {
    for (auto const* host : {"http://login.x.test", "http://localhost.evil.test", "ftp://x", ""}) {
        Bench bench;
        bench.answer(200, R"({"authentication":{"loginEndpoint":")" + std::string(host) + R"("}})");
        bench.with([&](world::World& world) {
            EXPECT_FALSE(world::run(bench.io, bench.clock, discover_cloud("https://arm.x.test", "", world))) << host;
        });
    }
    Bench bench;
    bench.with([&](world::World& world) {
        EXPECT_FALSE(world::run(bench.io, bench.clock, discover_cloud("http://arm.x.test", "", world)));
    });
    EXPECT_TRUE(bench.script.asked.empty());
}

TEST(ClientSecret, asks_entra_and_keeps_the_token) {
    Bench bench;
    auto const credential = client_secret(cloud, application, base::Secret("s&cret"));
    bench.grant("one", 3599);
    EXPECT_EQ(bench.token(*credential)->reveal(), "one");
    EXPECT_EQ(bench.token(*credential)->reveal(), "one");
    ASSERT_EQ(bench.script.asked.size(), 1u);
    auto const& request = bench.script.asked[0];
    EXPECT_EQ(request.url, "https://login.microsoftonline.com/" + application.tenant + "/oauth2/v2.0/token");
    EXPECT_TRUE(request.body.empty()) << "the secret travels as a Secret";
    auto const form = form_of(request);
    EXPECT_EQ(form.at("grant_type"), "client_credentials");
    EXPECT_EQ(form.at("client_secret"), "s&cret");
    EXPECT_EQ(form.at("scope"), "https://management.azure.com/.default");
    EXPECT_EQ(credential->describe(), "client secret of 22222222...");
}

TEST(Cache, refreshes_ahead_and_the_old_one_serves_when_that_fails) {
    Bench bench;
    auto const credential = client_secret(cloud, application, base::Secret("s"));
    bench.grant("one", 3600);
    EXPECT_EQ(bench.token(*credential)->reveal(), "one");
    bench.pass(54min);
    EXPECT_EQ(bench.token(*credential)->reveal(), "one");
    bench.pass(2min);
    bench.answer(400, R"({"error":"temporarily"})");
    EXPECT_EQ(bench.token(*credential)->reveal(), "one") << "still valid for four minutes";
    bench.grant("two", 3600);
    EXPECT_EQ(bench.token(*credential)->reveal(), "two");
    bench.grant("three", 3600);
    credential->forget("https://management.azure.com");
    EXPECT_EQ(bench.token(*credential)->reveal(), "three");
    bench.grant("four", 3600);
    EXPECT_EQ(bench.token(*credential, R"({"c":1})")->reveal(), "four") << "a challenge passes the cache";
    EXPECT_EQ(form_of(bench.script.asked.back()).at("claims"), R"({"c":1})");
    EXPECT_EQ(bench.token(*credential)->reveal(), "four");
}

TEST(Cache, many_ask_and_one_fetches) {
    Bench bench;
    bench.script.delay = 2s;
    bench.grant("one", 3600);
    auto const credential = client_secret(cloud, application, base::Secret("s"));
    bench.with([&](world::World& world) {
        struct All {
            static Task<void> one(Credential* credential, world::World* world, int* good) {
                auto const token = co_await credential->token("a", "", *world);
                if (token && token->reveal() == "one") ++*good;
            }
            static Task<int> run(Credential* credential, world::World* world) {
                int good = 0;
                std::function<Task<void>(std::size_t)> const make = [&](std::size_t) {
                    return one(credential, world, &good);
                };
                co_await world::together(20, make);
                co_return good;
            }
        };
        EXPECT_EQ(world::run(bench.io, bench.clock, All::run(credential.get(), &world)), 20);
    });
    EXPECT_EQ(bench.script.asked.size(), 1u);
}

TEST(Entra, refusals_keep_code_and_ids_and_no_secret) {
    Bench bench;
    auto const credential = client_secret(cloud, application, base::Secret("hidden"));
    bench.answer(
        401,
        R"({"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.\r\nTrace ID: t",
        "correlation_id":"c-1","error_codes":[7000215]})");
    auto const refused = bench.token(*credential);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::sign_in);
    EXPECT_EQ(refused.error().azure->code, "AADSTS7000215");
    EXPECT_EQ(refused.error().azure->correlation_id, "c-1");
    EXPECT_NE(refused.error().what.find("Invalid client secret"), std::string::npos);
    EXPECT_EQ(refused.error().what.find("hidden"), std::string::npos);

    bench.answer(503, "");
    bench.script.answers.push_back(base::fail(ErrorCode::connection_lost, "broke"));
    bench.grant("after trouble", 3600);
    EXPECT_EQ(bench.token(*credential)->reveal(), "after trouble");
    bench.script.answers.push_back(base::fail(ErrorCode::tls, "not trusted"));
    credential->forget("https://management.azure.com");
    EXPECT_EQ(bench.token(*credential).error().code, ErrorCode::tls);
    bench.answer(200, "<html>");
    EXPECT_EQ(bench.token(*credential).error().code, ErrorCode::sign_in);
}

/// A throwaway RSA key and certificate in one PEM, and the certificate to verify with.
struct Made {
    std::string pem;
    X509* certificate = nullptr;
    EVP_PKEY* key = nullptr;
    Made() {
        key = EVP_RSA_gen(1024);
        certificate = X509_new();
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
        X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
        X509_gmtime_adj(X509_getm_notAfter(certificate), 3'600);
        X509_set_pubkey(certificate, key);
        X509_sign(certificate, key, EVP_sha256());
        BIO* out = BIO_new(BIO_s_mem());
        PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
        PEM_write_bio_X509(out, certificate);
        char* data = nullptr;
        auto const size = BIO_get_mem_data(out, &data);
        pem.assign(data, static_cast<std::size_t>(size));
        BIO_free(out);
    }
    ~Made() {
        X509_free(certificate);
        EVP_PKEY_free(key);
    }
};

TEST(Certificate, signs_an_assertion_that_its_public_key_verifies) {
    Bench bench;
    Made const made;
    auto credential = client_certificate(cloud, application, base::Secret(made.pem));
    ASSERT_TRUE(credential) << credential.error().what;
    bench.grant("one", 3600);
    EXPECT_TRUE(bench.token(**credential));
    auto const form = form_of(bench.script.asked[0]);
    EXPECT_EQ(form.at("client_assertion_type"), "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    auto const parts = base::split(form.at("client_assertion"), '.');
    ASSERT_EQ(parts.size(), 3u);
    auto const head = *json::parse(*base::from_base64(parts[0]));
    auto const claims = *json::parse(*base::from_base64(parts[1]));
    unsigned char digest[20];
    unsigned size = 0;
    X509_digest(made.certificate, EVP_sha1(), digest, &size);
    EXPECT_EQ(*json::text_at(head, "alg"), "RS256");
    EXPECT_EQ(*json::text_at(head, "x5t"), base::base64url(std::string_view(reinterpret_cast<char*>(digest), size)));
    EXPECT_EQ(*json::text_at(claims, "aud"),
              "https://login.microsoftonline.com/" + application.tenant + "/oauth2/v2.0/token");
    EXPECT_EQ(*json::text_at(claims, "iss"), application.client_id);
    EXPECT_EQ(*json::text_at(claims, "sub"), application.client_id);
    EXPECT_EQ(*json::whole_at(claims, "exp") - *json::whole_at(claims, "nbf"), 600);

    auto const signature = *base::from_base64(parts[2]);
    auto const text = parts[0] + "." + parts[1];
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, made.key);
    EXPECT_EQ(EVP_DigestVerify(context, reinterpret_cast<unsigned char const*>(signature.data()), signature.size(),
                               reinterpret_cast<unsigned char const*>(text.data()), text.size()),
              1);
    EVP_MD_CTX_free(context);
}

TEST(Certificate, what_cannot_be_used_says_why) {
    Made const made, other;
    auto const key_only = made.pem.substr(0, made.pem.find("-----BEGIN CERTIFICATE"));
    auto const other_certificate = other.pem.substr(other.pem.find("-----BEGIN CERTIFICATE"));
    for (auto const& pem : {std::string("nonsense"), key_only, key_only + other_certificate}) {
        auto const refused = client_certificate(cloud, application, base::Secret(pem));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::sign_in);
        EXPECT_FALSE(refused.error().fix.empty());
    }
    EXPECT_TRUE(client_certificate(cloud, application,
                                   base::Secret(key_only + other_certificate + made.pem.substr(key_only.size()))))
        << "the leaf is found among others";
}

TEST(Federated, reads_the_file_each_time) {
    Bench bench;
    auto const credential = federated(cloud, application, "/token");
    bench.grant("one", 300);
    EXPECT_TRUE(bench.token(*credential));
    EXPECT_EQ(form_of(bench.script.asked[0]).at("client_assertion"), "first-assertion");
    ASSERT_TRUE(bench.files->write("/token", "second-assertion"));
    bench.pass(10min);
    bench.grant("two", 300);
    EXPECT_TRUE(bench.token(*credential));
    EXPECT_EQ(form_of(bench.script.asked[1]).at("client_assertion"), "second-assertion");
    EXPECT_FALSE(bench.token(*federated(cloud, application, "/nowhere")));
}

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
             Row{{{"MSI_ENDPOINT", "http://127.0.0.1:43/"}}, "POST", "http://127.0.0.1:43/", "Metadata", "true", false},
         }) {
        Bench bench;
        bench.environment = world::fixed_environment(row.environment);
        if (row.probed) bench.answer(400, R"({"error":"bad_request"})");
        bench.answer(200,
                     R"({"access_token":"mi","expires_in":"86399","expires_on":"1795608000","token_type":"Bearer"})");
        auto const credential = managed_identity("c");
        EXPECT_EQ(bench.token(*credential)->reveal(), "mi");
        auto const& request = bench.script.asked.back();
        EXPECT_EQ(request.method, row.method);
        EXPECT_EQ(request.url, row.url);
        EXPECT_EQ(world::find(request.headers, row.header).value_or(""), row.value);
        bench.pass(23h);
        EXPECT_EQ(bench.token(*credential)->reveal(), "mi") << "a day, told as text";
    }
    Bench nowhere;
    auto const error = nowhere.token(*managed_identity(std::nullopt)).error();
    EXPECT_NE(error.what.find("no metadata service"), std::string::npos);
    Bench arc;
    arc.environment = world::fixed_environment({{"IDENTITY_ENDPOINT", "http://x"}, {"IMDS_ENDPOINT", "http://y"}});
    EXPECT_EQ(arc.token(*managed_identity(std::nullopt)).error().code, ErrorCode::unsupported);
}

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

TEST(FromEnvironment, takes_the_first_that_is_configured) {
    auto files = world::memory_files({{"/jwt", "x"}, {"/pem", Made().pem}});
    std::map<std::string, std::string> const who{{"AZURE_TENANT_ID", "t"}, {"AZURE_CLIENT_ID", "client"}};
    auto const with = [&](std::map<std::string, std::string> more) {
        more.insert(who.begin(), who.end());
        auto const environment = world::fixed_environment(std::move(more));
        auto found = from_environment(cloud, *environment, *files);
        return found ? (*found)->describe() : found.error().what;
    };
    EXPECT_EQ(with({{"AZURE_CLIENT_SECRET", "s"}, {"AZURE_FEDERATED_TOKEN_FILE", "/jwt"}}), "client secret of client");
    EXPECT_EQ(with({{"AZURE_CLIENT_CERTIFICATE_PATH", "/pem"}}), "certificate of client");
    EXPECT_EQ(with({{"AZURE_FEDERATED_TOKEN_FILE", "/jwt"}}), "workload identity client");
    EXPECT_EQ(with({{"IDENTITY_ENDPOINT", "http://x"}}), "managed identity client");
    EXPECT_EQ(with({}), "managed identity or the Azure CLI's account");

    Bench bench;
    auto const nothing = from_environment(cloud, *bench.environment, *files);
    ASSERT_TRUE(nothing);
    auto const refused = bench.token(**nothing);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().what.find("client secret: not set: AZURE_TENANT_ID AZURE_CLIENT_ID AZURE_CLIENT_SECRET"),
              std::string::npos);
    EXPECT_EQ(refused.error().because.size(), 2u) << "managed identity and az, each with its reason";
}

TEST(Claims, are_read_without_trust) {
    auto const jwt = "e30." + base::base64url(R"({"oid":"o-1","tid":"t"})") + ".sig";
    EXPECT_EQ(*json::text_at(*claims_of(base::Secret(jwt)), "oid"), "o-1");
    for (auto const* bad : {"", "a.b", "a.!!!.c", "e30.e30", "a.bm90IGpzb24.c"})
        EXPECT_FALSE(claims_of(base::Secret(bad))) << bad;
}

}  // namespace
}  // namespace holdfast::credentials
