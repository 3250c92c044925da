// The application's own ways to sign in, against a scripted Entra.
#include "credentials/testing.hpp"

namespace holdfast::credentials {
namespace {

using namespace testing;

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
    EXPECT_EQ(request.max_answer_bytes, 1u << 20);
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
    EXPECT_EQ(bench.token(*credential)->reveal(), "one");
    EXPECT_EQ(bench.script.asked.size(), 2u) << "a refresh that failed is not repeated by everybody who asks";
    bench.pass(30s);
    bench.grant("two", 3600);
    EXPECT_EQ(bench.token(*credential)->reveal(), "two");
}

TEST(Cache, a_refused_token_is_not_handed_out_again) {
    Bench bench;
    auto const credential = client_secret(cloud, application, base::Secret("s"));
    bench.grant("one", 3600);
    auto const one = *bench.token(*credential);
    bench.grant("two", 3600);
    credential->forget("https://management.azure.com", one);
    EXPECT_EQ(bench.token(*credential)->reveal(), "two");
    credential->forget("https://management.azure.com", one);  // another request that was sent with it comes back later
    EXPECT_EQ(bench.token(*credential)->reveal(), "two");
    EXPECT_EQ(bench.script.asked.size(), 2u);
}

TEST(Cache, a_challenge_passes_the_cache_once_for_all_who_met_it) {
    Bench bench;
    auto const credential = client_secret(cloud, application, base::Secret("s"));
    bench.grant("one", 3600);
    auto const one = *bench.token(*credential);
    EXPECT_EQ(form_of(bench.script.asked.back()).at("claims"), R"({"access_token":{"xms_cc":{"values":["CP1"]}}})")
        << "only who says that it understands challenges gets them";
    std::string const challenge = R"({"access_token":{"nbf":{"essential":true,"value":"1"}}})";
    bench.grant("two", 3600);
    for (int i = 0; i < 3; ++i) {
        credential->forget("https://management.azure.com", one);
        EXPECT_EQ(bench.token(*credential, challenge)->reveal(), "two");
    }
    EXPECT_EQ(form_of(bench.script.asked.back()).at("claims"),
              R"({"access_token":{"nbf":{"essential":true,"value":"1"},"xms_cc":{"values":["CP1"]}}})");
    EXPECT_EQ(bench.token(*credential)->reveal(), "two") << "it serves those who met no challenge, too";
    EXPECT_EQ(bench.script.asked.size(), 2u);
    bench.grant("three", 3600);
    EXPECT_EQ(bench.token(*credential, R"({"access_token":{}})")->reveal(), "three") << "another challenge";
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

TEST(Cache, many_who_wait_share_one_failure) {
    Bench bench;
    bench.script.delay = 2s;
    for (int i = 0; i < 20; ++i) bench.answer(400, R"({"error":"invalid_client"})");
    auto const credential = client_secret(cloud, application, base::Secret("s"));
    bench.with([&](world::World& world) {
        struct All {
            static Task<void> one(Credential* credential, world::World* world, int* failed) {
                auto const token = co_await credential->token("a", "", *world);
                if (!token && token.error().azure->code == "invalid_client") ++*failed;
            }
            static Task<int> run(Credential* credential, world::World* world) {
                int failed = 0;
                std::function<Task<void>(std::size_t)> const make = [&](std::size_t) {
                    return one(credential, world, &failed);
                };
                co_await world::together(20, make);
                co_return failed;
            }
        };
        EXPECT_EQ(world::run(bench.io, bench.clock, All::run(credential.get(), &world)), 20);
    });
    EXPECT_EQ(bench.script.asked.size(), 1u);
    EXPECT_FALSE(bench.token(*credential, {}, "a"));
    EXPECT_EQ(bench.script.asked.size(), 2u) << "who comes later asks anew";
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
    bench.grant("after-trouble", 3600);
    EXPECT_EQ(bench.token(*credential)->reveal(), "after-trouble");
    bench.script.answers.push_back(base::fail(ErrorCode::tls, "not trusted"));
    credential->forget("https://management.azure.com", base::Secret("after-trouble"));
    EXPECT_EQ(bench.token(*credential).error().code, ErrorCode::tls);
}

TEST(Entra, a_secret_that_comes_back_is_not_shown) {
    EXPECT_EQ(without_secret("your password hunter2! is weak, hunter2!", base::Secret("hunter2!")),
              "your password [secret] is weak, [secret]");
    EXPECT_EQ(without_secret(R"({"p":"a\"b\\cdef"})", base::Secret(R"(a"b\cdef)")), R"({"p":"[secret]"})");
    EXPECT_EQ(without_secret(R"({"message":"{\"p\":\"a\\\"bcdef\"}"})", base::Secret(R"(a"bcdef)")),
              R"({"message":"{\"p\":\"[secret]\"}"})");
    base::Secret const odd("p+\"w\\\n/\xc3\xa9\xf0\x9f\x94\x91");
    for (auto const* spelling :
         {"p+\"w\\\n/\xc3\xa9\xf0\x9f\x94\x91", R"(p\u002B\u0022w\\\n\/\u00e9\uD83D\uDD11)",
          R"(p+\"w\u005c\u000a/\u00E9\ud83d\udd11)", R"(p\\u002b\\\"w\\\\\\n/\\u00e9\\ud83d\\udd11)",
          "p%2B%22w%5C%0A%2f%c3%A9%F0%9F%94%91"})
        EXPECT_EQ(without_secret(std::string("<") + spelling + ">", odd), "<[secret]>") << spelling;
    EXPECT_EQ(without_secret(R"({"token":"eyJ\u0030eXA\u002db.c"})", base::Secret("eyJ0eXA-b.c")), R"({"token":"[secret]"})");
    EXPECT_EQ(without_secret("aaaaaaaaaaaaa", base::Secret("aaaaaa")), "[secret][secret]a");
    EXPECT_EQ(without_secret("an a", base::Secret("a")), "an a");
    EXPECT_EQ(without_secret("x[secret]", base::Secret("[secret]")), "x[secret]");
    Bench bench;
    bench.answer(400, R"({"error":"x","error_description":"you sent correct-horse-\"battery\""})");
    auto const refused = bench.token(*client_secret(cloud, application, base::Secret("correct-horse-\"battery\"")));
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().what.find("you sent [secret]"), std::string::npos) << refused.error().what;
}

TEST(Entra, hostile_answers_end_in_an_error_that_says_what_was_wrong) {
    struct Row {
        int status;
        std::string body;
        char const* says;
    };
    std::string deep;
    for (int i = 0; i < 10'000; ++i) deep += R"({"access_token":)";
    for (auto const& row : {
             Row{200, "<html><body>Sign in to the hotel network</body></html>", "holds no token"},
             Row{200, "", "holds no token"},
             Row{200, deep, "holds no token"},
             Row{200, R"({"access_token":["x"]})", "holds no token"},
             Row{200, R"({"access_token":"x\r\nX-Evil: 1","expires_in":3600})", "cannot be a token"},
             Row{200, R"({"access_token":"\u00e4","expires_in":3600})", "cannot be a token"},
             Row{200, R"({"access_token":")" + std::string(70'000, 'a') + R"("})", "cannot be a token"},
             Row{302, "", "a redirect, which is not followed"},
             Row{400, R"({"error":"invalid_client","error_description":"\u001b[2Jgone\nInjected: line"})",
                 "\\x1b[2Jgone"},
             Row{400, "\xff\xfe", "HTTP 400"},
         }) {
        Bench bench;
        bench.answer(row.status, row.body);
        auto const credential = client_secret(cloud, application, base::Secret("s"));
        auto const refused = bench.token(*credential);
        ASSERT_FALSE(refused) << row.body.substr(0, 99);
        EXPECT_EQ(refused.error().code, ErrorCode::sign_in);
        EXPECT_NE(refused.error().what.find(row.says), std::string::npos) << refused.error().what;
        EXPECT_FALSE(refused.error().fix.empty());
        for (char const c : refused.error().what) EXPECT_GE(c, ' ');
        EXPECT_EQ(bench.script.asked.size(), 1u);
    }
}

TEST(Entra, lives_from_other_centuries_are_held_to_a_week) {
    for (auto const* said : {R"("expires_in":9223372036854775807)", R"("expires_in":1e300)",
                             R"("expires_on":"253402300799")", R"("expires_in":"99999999999999")"}) {
        Bench bench;
        auto const credential = client_secret(cloud, application, base::Secret("s"));
        bench.answer(200, R"({"access_token":"long",)" + std::string(said) + "}");
        EXPECT_EQ(bench.token(*credential)->reveal(), "long");
        bench.pass(24h * 6);
        EXPECT_EQ(bench.token(*credential)->reveal(), "long") << said;
        bench.pass(25h);
        bench.grant("next", 3600);
        EXPECT_EQ(bench.token(*credential)->reveal(), "next") << said;
    }
    for (auto const* said : {R"("expires_in":-5)", R"("expires_on":-62135596800)", R"("expires_in":0)"}) {
        Bench bench;
        auto const credential = client_secret(cloud, application, base::Secret("s"));
        for (int i = 0; i < 2; ++i) {
            bench.answer(200, R"({"access_token":"short",)" + std::string(said) + "}");
            EXPECT_EQ(bench.token(*credential)->reveal(), "short") << "good for this one request: " << said;
        }
        EXPECT_EQ(bench.script.asked.size(), 2u);
    }
}

TEST(Entra, a_throttled_token_server_is_waited_for_and_not_forever) {
    Bench bench;
    auto const credential = client_secret(cloud, application, base::Secret("s"));
    bench.script.answers.push_back(Response{429, {{"Retry-After", "20"}}, ""});
    bench.grant("one", 3600);
    EXPECT_EQ(bench.token(*credential)->reveal(), "one");
    EXPECT_GE(bench.clock.now() - noon, 20s);
    bench.pass(57min);
    auto const asked = bench.script.asked.size();
    bench.script.answers.push_back(Response{429, {{"Retry-After", "20"}}, ""});
    auto const before = bench.clock.now();
    EXPECT_EQ(bench.token(*credential)->reveal(), "one") << "the old one serves";
    EXPECT_EQ(bench.clock.now(), before) << "and nobody waits";
    EXPECT_EQ(bench.script.asked.size(), asked + 1);
    bench.pass(10min);
    for (int i = 0; i < 9; ++i) bench.script.answers.push_back(Response{429, {{"Retry-After", "999999"}}, ""});
    auto const gone = bench.clock.now();
    EXPECT_FALSE(bench.token(*credential));
    EXPECT_LE(bench.clock.now() - gone, 7min);
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
    for (auto const* bad : {"", "two\nlines", "a b", "caf\xc3\xa9"}) {
        ASSERT_TRUE(bench.files->write("/token", bad));
        auto const asked = bench.script.asked.size();
        auto const refused = bench.token(*federated(cloud, application, "/token"));
        EXPECT_FALSE(refused) << bad;
        EXPECT_EQ(bench.script.asked.size(), asked) << "what is no token is sent nowhere";
    }
}

TEST(GithubActions, exchanges_a_fresh_id_token_each_time) {
    Bench bench;
    auto const credential =
        github_actions(cloud, application, "https://runner.test/token?api-version=2.0", base::Secret("runner-secret"));
    for (auto const* round : {"one", "two"}) {
        bench.answer(200, R"({"count":1,"value":"jwt-)" + std::string(round) + "\"}");
        bench.grant(round, 3600);
        EXPECT_EQ(bench.token(*credential)->reveal(), round);
        auto const& runner = bench.script.asked[bench.script.asked.size() - 2];
        EXPECT_EQ(runner.url, "https://runner.test/token?api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange");
        EXPECT_EQ(runner.bearer->reveal(), "runner-secret");
        auto const& entra = bench.script.asked.back();
        EXPECT_TRUE(entra.url.starts_with("https://login.microsoftonline.com/"));
        EXPECT_FALSE(entra.bearer) << "the runner's token stays with the runner";
        EXPECT_EQ(form_of(entra).at("client_assertion"), "jwt-" + std::string(round));
        bench.pass(2h);
    }
    bench.answer(403, R"({"message":"no"})");
    auto const refused = bench.token(*credential);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().fix.find("id-token: write"), std::string::npos);
    for (auto const* bad :
         {R"({"value":"a\r\nb"})", R"({"value":5})", "<html>", R"({"value":"eyJ.runner-secret.sig"})"}) {
        bench.answer(200, bad);
        EXPECT_FALSE(bench.token(*credential)) << bad;
        EXPECT_TRUE(bench.script.asked.back().url.starts_with("https://runner.test/"))
            << "nothing of it is sent on: " << bad;
    }
}

TEST(Refusal, repeats_nothing_that_proved_who_asked) {
    struct Row {
        char const* what;
        std::map<std::string, std::string> variables;
        std::unique_ptr<Credential> credential;
        std::vector<Response> before;
        char const* proof;
    };
    auto const invited = R"({"device_code":"the-device-code","user_code":"A1","verification_uri":"https://x.test","interval":1})";
    auto const person = R"({"access_token":"one","expires_in":3600,"refresh_token":"the-refresh-token"})";
    Row rows[] = {
        {"client secret", {}, client_secret(cloud, application, base::Secret("the-client-secret")), {}, "the-client-secret"},
        {"federated token", {}, federated(cloud, application, "/token"), {}, "first-assertion"},
        {"id token", {}, github_actions(cloud, application, "https://runner.test/", base::Secret("the-runner-token")),
         {{200, {}, R"({"value":"the-id-token"})"}}, "the-id-token"},
        {"device code", {}, device_code(cloud, application, [](auto&) {}), {{200, {}, invited}}, "the-device-code"},
        {"refresh token", {}, device_code(cloud, application, [](auto&) {}), {{200, {}, invited}, {200, {}, person}},
         "the-refresh-token"},
        {"App Service's header", {{"IDENTITY_ENDPOINT", "http://127.0.0.1/"}, {"IDENTITY_HEADER", "the-identity-header"}},
         managed_identity({}), {}, "the-identity-header"},
        {"App Service's older header", {{"MSI_ENDPOINT", "http://127.0.0.1/"}, {"MSI_SECRET", "the-older-header"}},
         managed_identity({}), {}, "the-older-header"},
        {"Arc's key", {{"IDENTITY_ENDPOINT", "http://127.0.0.1/"}, {"IMDS_ENDPOINT", "http://127.0.0.1"}}, managed_identity({}),
         {{401, {{"WWW-Authenticate", "Basic realm=/var/opt/azcmagent/tokens/1.key"}}, ""}}, "the-arc-key"},
    };
    for (auto& row : rows) {
        Bench bench;
        bench.environment = world::fixed_environment(row.variables);
        ASSERT_TRUE(bench.files->write("/var/opt/azcmagent/tokens/1.key", "the-arc-key"));
        for (auto& answer : row.before) bench.script.answers.push_back(answer);
        if (row.before.size() == 2) {  // the first token is there; it is asked for the next
            auto const first = bench.token(*row.credential);
            ASSERT_TRUE(first) << row.what;
            row.credential->forget("https://management.azure.com", *first);
        }
        bench.answer(400, R"({"error":"x","error_description":"no: )" + std::string(row.proof) + R"( is wrong"})");
        auto const refused = bench.token(*row.credential);
        ASSERT_FALSE(refused) << row.what;
        ASSERT_TRUE(refused.error().azure) << row.what << ": " << refused.error().what;
        EXPECT_EQ(refused.error().azure->message, "no: [secret] is wrong") << row.what;
    }
}

}  // namespace
}  // namespace holdfast::credentials
