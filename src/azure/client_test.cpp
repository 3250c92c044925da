// The client on a virtual clock, against scripted answers and recorded traffic.
#include <gtest/gtest.h>

#include <deque>
#include <fstream>

#include "azure/azure.hpp"

namespace holdfast::azure {
namespace {

using namespace std::chrono_literals;
using base::ErrorCode;
using world::Request;

base::Time const noon = *base::parse_time("2026-11-24T12:00:00Z");
std::string const arm = "https://management.azure.com";
std::string const group_path = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/g";

/// Answers from a list, in order, and keeps what was asked.
class Script : public world::Transport {
public:
    std::deque<Result<Response>> answers;
    std::vector<Request> asked;

    Task<Result<Response>> send(Request request) override {
        asked.push_back(std::move(request));
        if (answers.empty()) {
            ADD_FAILURE() << "nothing left to answer " << asked.back().method << " " << asked.back().url;
            co_return base::fail(ErrorCode::tls, "the script is over");
        }
        auto next = std::move(answers.front());
        answers.pop_front();
        co_return next;
    }
};

class FixedToken : public credentials::Credential {
public:
    int fetched = 0, forgotten = 0;
    std::vector<std::string> claims;
    Task<Result<base::Secret>> token(std::string audience, std::string wanted, world::World&) override {
        EXPECT_EQ(audience, "https://management.azure.com");
        ++fetched;
        claims.push_back(std::move(wanted));
        co_return base::Secret("token-" + std::to_string(forgotten));
    }
    void forget(std::string const&, base::Secret const&) override { ++forgotten; }
    std::string describe() const override { return "a fixed token"; }
};

struct Bench {
    boost::asio::io_context io;
    world::VirtualClock clock{io, noon};
    std::unique_ptr<world::Files> files = world::memory_files();
    std::unique_ptr<world::Environment> environment = world::fixed_environment();
    std::unique_ptr<world::Programs> programs = world::no_programs();
    base::Prng prng{42};
    Script script;
    FixedToken credential;
    world::World world{clock, script, *files, *environment, *programs, prng};
    std::vector<Attempt> attempts;
    Client client{*credentials::find_cloud("public"), credential, world,
                  [this](Attempt const& attempt) { attempts.push_back(attempt); }};

    void answer(int status, std::string body = {}, world::Headers headers = {}) {
        script.answers.push_back(Response{status, std::move(headers), std::move(body)});
    }
    void breaks(ErrorCode code) { script.answers.push_back(base::fail(code, "broke")); }
    template <typename T>
    T run(Task<T> task) {
        return world::run(io, clock, std::move(task));
    }
    Duration elapsed() const { return clock.now() - noon; }
};

resource::ResourceId id_of(std::string_view path) { return *resource::ResourceId::parse(path); }
resource::ResourceId const network = id_of(group_path + "/providers/Microsoft.Network/virtualNetworks/n");

Client::Write write_of(std::string method, resource::ResourceId id = network) {
    return Client::Write{.method = std::move(method),
                         .id = std::move(id),
                         .action = {},
                         .api_version = "2025-09-01",
                         .address = "network",
                         .body = json::Object{{"location", "westeurope"}},
                         .secrets = {},
                         .if_match = {},
                         .if_none_match = {},
                         .expected = Duration{0}};
}

std::string header(Request const& request, std::string_view name) {
    return std::string(world::find(request.headers, name).value_or(""));
}

TEST(Client, asks_with_token_version_and_one_request_id) {
    Bench bench;
    bench.answer(503);
    bench.answer(200, R"({"id":"x","etag":"W/\"1\""})");
    auto const answer = bench.run(bench.client.get(network, ""));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->etag, "W/\"1\"");
    ASSERT_EQ(bench.script.asked.size(), 2u);
    auto const& first = bench.script.asked[0];
    EXPECT_TRUE(first.url.starts_with(arm + network.text() + "?api-version=20")) << first.url;
    EXPECT_EQ(first.bearer->reveal(), "token-0");
    EXPECT_TRUE(base::is_guid(header(first, "x-ms-client-request-id")));
    EXPECT_EQ(header(first, "x-ms-client-request-id"), header(bench.script.asked[1], "x-ms-client-request-id"));
    EXPECT_EQ(header(first, "Accept"), "application/json");
    EXPECT_EQ(bench.client.counts().calls, 2);
    EXPECT_EQ(bench.client.counts().retries, 1);
    ASSERT_EQ(bench.attempts.size(), 2u);
    EXPECT_EQ(bench.attempts[0].because, "503 ServiceUnavailable");
    EXPECT_GT(bench.attempts[0].wait, 0ms);
    EXPECT_EQ(bench.attempts[1].wait, 0ms);
}

TEST(Client, honours_both_forms_of_retry_after) {
    Bench bench;
    bench.answer(429, R"({"error":{"code":"SubscriptionRequestsThrottled","message":"m"}})", {{"Retry-After", "17"}});
    bench.answer(429, "",  // by a clock that is an hour behind ours
                 {{"Date", "Tue, 24 Nov 2026 11:00:17 GMT"}, {"Retry-After", "Tue, 24 Nov 2026 11:01:00 GMT"}});
    bench.answer(200, "{}");
    EXPECT_TRUE(bench.run(bench.client.get(network, "1")));
    EXPECT_GE(bench.elapsed(), 60s);
    EXPECT_LE(bench.elapsed(), 67s);
    EXPECT_EQ(bench.attempts[0].because, "429 SubscriptionRequestsThrottled");
}

TEST(Client, not_there_is_an_answer_and_a_refusal_is_an_error) {
    Bench bench;
    bench.answer(404, R"({"error":{"code":"ResourceNotFound","message":"m"}})");
    EXPECT_EQ(bench.run(bench.client.get(network, "1"))->status, 404);
    bench.answer(403, R"({"error":{"code":"AuthorizationFailed","message":"no right"}})",
                 {{"x-ms-correlation-request-id", "c-9"}});
    auto const refused = bench.run(bench.client.get(network, "1"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::azure);
    EXPECT_EQ(refused.error().azure->code, "AuthorizationFailed");
    EXPECT_EQ(refused.error().azure->correlation_id, "c-9");
    EXPECT_EQ(std::get<base::Call>(refused.error().where), (base::Call{"GET", network.text()}));
    EXPECT_FALSE(refused.error().fix.empty());
}

TEST(Client, repeats_a_lost_put_but_never_a_lost_post) {
    Bench bench;
    bench.breaks(ErrorCode::connection_lost);
    bench.breaks(ErrorCode::connection_failed);
    bench.answer(200, "{}");
    EXPECT_TRUE(bench.run(bench.client.write(write_of("PUT"))));
    EXPECT_EQ(bench.script.asked.size(), 3u);

    auto action = write_of("POST");
    action.action = "start";
    bench.breaks(ErrorCode::connection_lost);
    auto const lost = bench.run(bench.client.write(action));
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, ErrorCode::connection_lost);
    EXPECT_EQ(bench.script.asked.size(), 4u);

    action.action = "listClusterUserCredential";
    bench.breaks(ErrorCode::connection_lost);
    bench.answer(200, R"({"kubeconfigs":[]})");
    EXPECT_TRUE(bench.run(bench.client.write(action))) << "listing may be repeated";
}

TEST(Client, gives_up_after_six_attempts_with_azures_words) {
    Bench bench;
    for (int i = 0; i < 6; ++i) bench.answer(500, R"({"error":{"code":"InternalServerError","message":"sorry"}})");
    auto const answer = bench.run(bench.client.get(network, "1"));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().azure->message, "sorry");
    EXPECT_EQ(bench.script.asked.size(), 6u);
}

TEST(Client, a_refused_token_is_replaced_once) {
    Bench bench;
    bench.answer(401, R"({"error":{"code":"ExpiredAuthenticationToken","message":"m"}})");
    bench.answer(200, "{}");
    EXPECT_TRUE(bench.run(bench.client.get(network, "1")));
    EXPECT_EQ(bench.script.asked[1].bearer->reveal(), "token-1");
    bench.answer(401, R"({"error":{"code":"InvalidAuthenticationToken","message":"m"}})");
    bench.answer(401, R"({"error":{"code":"InvalidAuthenticationToken","message":"m"}})");
    auto const refused = bench.run(bench.client.get(network, "1"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().azure->status, 401);
}

TEST(Client, answers_a_claims_challenge_once) {
    Bench bench;
    world::Headers const challenge{
        {"WWW-Authenticate",
         "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common\", "
         "error=\"insufficient_claims\", claims=\"eyJhY2Nlc3NfdG9rZW4iOnt9fQ==\""}};
    bench.answer(401, "", challenge);
    bench.answer(200, "{}");
    EXPECT_TRUE(bench.run(bench.client.get(network, "1")));
    EXPECT_EQ(bench.credential.claims, (std::vector<std::string>{"", R"({"access_token":{}})"}));
    EXPECT_EQ(bench.credential.forgotten, 1) << "the refused token is handed out to nobody else";
    bench.answer(401, "", challenge);
    bench.answer(401, "", challenge);
    EXPECT_FALSE(bench.run(bench.client.get(network, "1")));
    EXPECT_TRUE(bench.script.answers.empty());
}

TEST(Client, what_is_no_answer_of_azures_is_never_taken_for_absence) {
    struct Row {
        int status;
        char const *body, *says;
        std::size_t asked;  // what looks cut off is asked for again
    };
    for (auto const& row :
         {Row{200, "", "empty or no JSON object", 1}, Row{200, "[]", "empty or no JSON object", 6},
          Row{302, "", "a redirect (HTTP 302)", 1}, Row{307, "{}", "a redirect (HTTP 307)", 1},
          Row{200, "7", "empty or no JSON object", 6}, Row{200, "<html>", "not JSON", 6}}) {
        Bench bench;
        auto const answers = [&] {
            for (std::size_t i = 0; i < row.asked; ++i)
                bench.answer(row.status, row.body, {{"Location", "https://portal.test/"}});
        };
        answers();
        auto const got = bench.run(bench.client.get(network, "1"));
        ASSERT_FALSE(got) << row.body;
        EXPECT_NE(got.error().what.find(row.says), std::string::npos) << got.error().what;
        answers();
        EXPECT_FALSE(bench.run(bench.client.list(group_path + "/resources", "1"))) << row.body;
        EXPECT_EQ(bench.script.asked.size(), 2 * row.asked);
    }
    Bench bench;
    bench.answer(200, "{}");
    EXPECT_FALSE(bench.run(bench.client.list(group_path + "/resources", "1")))
        << "a list without `value` is no empty list";
    bench.answer(307, "", {{"Location", "https://portal.test/"}});
    EXPECT_FALSE(bench.run(bench.client.write(write_of("PUT"))));
    Bench proxy;
    for (int attempt = 0; attempt < 6; ++attempt) proxy.answer(200, "[]");
    EXPECT_EQ(proxy.run(proxy.client.write(write_of("PUT"))).error().code, ErrorCode::answer_malformed);
    Bench midway;  // what it is at work on goes on
    midway.answer(202, "", {{"Location", arm + "/operations/1"}});
    for (int attempt = 0; attempt < 6; ++attempt) midway.answer(200, "[]");
    midway.answer(202, "", {{"Location", arm + "/operations/1"}});
    midway.answer(204, "");
    EXPECT_TRUE(midway.run(midway.client.write(write_of("DELETE"))));
    EXPECT_EQ(midway.script.asked.size(), 9u);
}

TEST(Client, every_answer_has_a_bound) {
    Bench bench;
    bench.answer(200, "{}");
    ASSERT_TRUE(bench.run(bench.client.get(network, "1")));
    bench.answer(201, "{}");
    ASSERT_TRUE(bench.run(bench.client.write(write_of("PUT"))));
    bench.answer(200, R"({"value":[]})");
    ASSERT_TRUE(bench.run(bench.client.list(group_path + "/resources", "1")));
    std::vector<std::size_t> bounds;
    for (auto const& request : bench.script.asked) bounds.push_back(request.max_answer_bytes);
    EXPECT_EQ(bounds, (std::vector<std::size_t>{8u << 20, 8u << 20, 16u << 20}));
}

TEST(Client, no_token_goes_to_another_host) {
    for (std::string const evil : {"https://evil.test/x?sig=SECRET", "http://management.azure.com/x",
                                   "https://management.azure.com@evil.test/"}) {
        Bench bench;
        bench.answer(200, R"({"value":[1],"nextLink":")" + evil + "\"}");
        auto const listed = bench.run(bench.client.list(group_path + "/resources", "1"));
        ASSERT_FALSE(listed) << evil;
        EXPECT_EQ(bench.script.asked.size(), 1u);
        EXPECT_EQ(listed.error().what.find("SECRET"), std::string::npos);

        for (auto const* name : {"Azure-AsyncOperation", "Location"}) {
            Bench polling;
            polling.answer(202, "", {{name, evil}});
            EXPECT_FALSE(polling.run(polling.client.write(write_of("DELETE")))) << name << " " << evil;
            EXPECT_EQ(polling.script.asked.size(), 1u);
        }
    }
}

TEST(Client, lists_all_pages_and_no_endless_ones) {
    Bench bench;
    auto const next = arm + group_path + "/resources?$skiptoken=a%2Fb&api-version=1";
    bench.answer(200, R"({"value":[],"nextLink":")" + next + "\"}");
    bench.answer(200, R"({"value":[{"id":1},{"id":2}],"nextLink":""})");
    auto const listed = bench.run(bench.client.list(group_path + "/resources?$filter=a eq 'b'", "1"));
    ASSERT_TRUE(listed);
    EXPECT_EQ(listed->size(), 2u);
    EXPECT_EQ(bench.script.asked[0].url, arm + group_path + "/resources?$filter=a%20eq%20'b'&api-version=1");
    EXPECT_EQ(bench.script.asked[1].url, next) << "verbatim";

    Bench loop;
    loop.answer(200, R"({"value":[1],"nextLink":")" + next + "\"}");
    loop.answer(200, R"({"value":[1],"nextLink":")" + next + "\"}");
    auto const endless = loop.run(loop.client.list(group_path + "/resources", "1"));
    ASSERT_FALSE(endless);
    EXPECT_EQ(endless.error().code, ErrorCode::answer_too_large);

    Bench many;
    for (int i = 0; i < 3; ++i)
        many.answer(200, R"({"value":[1],"nextLink":")" + arm + "/p" + std::to_string(i) + "\"}");
    EXPECT_FALSE(many.run(many.client.list(group_path + "/resources", "1", 3)));

    Bench query;  // what was read is not all
    query.answer(200, R"({"value":[1],"$skipToken":"more"})");
    EXPECT_EQ(query.run(query.client.list("/x", "1")).error().code, ErrorCode::answer_malformed);

    Bench odd;
    for (int attempt = 0; attempt < 6; ++attempt) odd.answer(200, R"(["not", "an", "object"])");
    EXPECT_FALSE(odd.run(odd.client.list("/x", "1")));
    for (int attempt = 0; attempt < 6; ++attempt) odd.answer(200, "<html>");  // as good as lost: asked for again
    EXPECT_EQ(odd.run(odd.client.list("/x", "1")).error().code, ErrorCode::answer_malformed);
}

TEST(Client, follows_an_operation_with_a_signed_url_to_the_letter) {
    Bench bench;
    auto const signed_url =
        arm + "/subscriptions/1/providers/N/locations/w/operations/9?api-version=1&t=638&c=" + std::string(3'000, 'A') +
        "%2F%3d&s=a-b_c&h=xyz";
    bench.answer(201, R"({"properties":{"provisioningState":"Updating"}})",
                 {{"Azure-AsyncOperation", signed_url}, {"Location", arm + "/other?s=1"}, {"Retry-After", "3"}});
    bench.answer(200, R"({"status":"InProgress"})", {{"Retry-After", "3"}});
    bench.breaks(ErrorCode::connection_lost);
    bench.answer(200, R"({"status":"Succeeded"})");
    bench.answer(200, R"({"id":"n","etag":"e2","properties":{"provisioningState":"Succeeded"}})");
    auto const answer = bench.run(bench.client.write(write_of("PUT")));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->etag, "e2");
    EXPECT_EQ(*json::text_at(answer->body, "id"), "n");
    for (int i = 1; i <= 3; ++i) EXPECT_EQ(bench.script.asked[i].url, signed_url);
    EXPECT_EQ(bench.script.asked[4].url, bench.script.asked[0].url) << "the result is read from the resource";
    for (auto const& attempt : bench.attempts) {
        EXPECT_EQ(attempt.address, "network");
        EXPECT_EQ(attempt.because.find("AAAA"), std::string::npos);
    }
}

/// A token refused while we look says nothing of the operation: it is not sent again.
TEST(Client, a_refused_token_is_not_the_operations_failure) {
    Bench bench;
    auto const operation = arm + "/subscriptions/1/providers/N/locations/w/operations/9?api-version=1";
    bench.answer(201, R"({"properties":{"provisioningState":"Updating"}})", {{"Azure-AsyncOperation", operation}});
    for (int i = 0; i < 4; ++i)
        bench.answer(401, R"({"error":{"code":"ExpiredAuthenticationToken","message":"m"}})");
    bench.answer(200, R"({"status":"Succeeded"})");
    bench.answer(200, R"({"id":"n","properties":{"provisioningState":"Succeeded"}})");
    EXPECT_TRUE(bench.run(bench.client.write(write_of("PUT"))));

    Bench locked_out;
    locked_out.answer(201, R"({"properties":{"provisioningState":"Updating"}})", {{"Azure-AsyncOperation", operation}});
    for (int i = 0; i < 400; ++i)
        locked_out.answer(401, R"({"error":{"code":"ExpiredAuthenticationToken","message":"m"}})");
    auto const given_up = locked_out.run(locked_out.client.write(write_of("PUT")));
    ASSERT_FALSE(given_up);
    EXPECT_EQ(given_up.error().code, ErrorCode::sign_in);
    EXPECT_GE(locked_out.elapsed(), 10min);
    EXPECT_LE(locked_out.elapsed(), 11min);
}

TEST(Client, a_vault_is_waited_for_at_the_resource) {
    Bench bench;
    auto const vault = id_of(group_path + "/providers/Microsoft.KeyVault/vaults/v");
    auto const state = [](char const* word) {
        return R"({"properties":{"provisioningState":")" + std::string(word) + "\"}}";
    };
    bench.answer(200, state("RegisteringDns"));
    for (int i = 0; i < 3; ++i) bench.answer(200, state("RegisteringDns"));
    bench.answer(200, state("Succeeded"));
    auto const write = write_of("PUT", vault);
    auto const started = bench.run(bench.client.start(write));
    ASSERT_TRUE(started && started->operation);
    EXPECT_EQ(started->operation->url(), arm + vault.text() + "?api-version=2025-09-01");
    EXPECT_TRUE(bench.run(bench.client.finish(write, *started->operation, started->next)));
    EXPECT_EQ(bench.script.asked.size(), 5u);
}

TEST(Client, an_operation_survives_outages_and_tells_its_failure) {
    Bench bench;
    bench.answer(202, "", {{"Azure-AsyncOperation", arm + "/op?s=1"}});
    for (int i = 0; i < 13; ++i) bench.breaks(ErrorCode::connection_failed);
    bench.answer(200, R"({"status":"Failed","error":{"code":"SubnetIsFull","message":"no room"}})");
    auto const answer = bench.run(bench.client.write(write_of("PUT")));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().azure->code, "SubnetIsFull");
    EXPECT_EQ(std::get<base::Call>(answer.error().where), (base::Call{"PUT", "network"}));
}

TEST(Client, an_operation_without_end_is_left_after_a_while) {
    class Forever : public world::Transport {
    public:
        Task<Result<Response>> send(Request) override {
            co_return Response{200, {{"Retry-After", "600"}}, R"({"status":"InProgress"})"};
        }
    } forever;
    Bench bench;
    world::World world{bench.clock, forever, *bench.files, *bench.environment, *bench.programs, bench.prng};
    Client client(*credentials::find_cloud("public"), bench.credential, world);
    auto const answer = bench.run(client.rejoin(write_of("PUT"), arm + "/op"));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::timeout);
    EXPECT_GE(bench.elapsed(), 1h);
    EXPECT_LE(bench.elapsed(), 7h);
}

TEST(Client, rejoins_from_a_url_or_from_the_resource) {
    Bench bench;
    bench.answer(202);
    bench.answer(200);
    EXPECT_EQ(bench.run(bench.client.rejoin(write_of("DELETE"), arm + "/op?s=1"))->status, 204);
    EXPECT_EQ(bench.script.asked[0].url, arm + "/op?s=1");

    bench.answer(404);
    EXPECT_EQ(bench.run(bench.client.rejoin(write_of("PUT"), ""))->status, 404);
    bench.answer(200, R"({"properties":{"provisioningState":"Succeeded"}})");
    EXPECT_EQ(bench.run(bench.client.rejoin(write_of("PUT"), ""))->status, 200);
    bench.answer(200, R"({"properties":{"provisioningState":"Creating"}})");
    bench.answer(200, R"({"properties":{"provisioningState":"Succeeded"}})");
    EXPECT_TRUE(bench.run(bench.client.rejoin(write_of("PUT"), "")));
    bench.answer(200, R"({"properties":{"provisioningState":"Failed"}})");
    EXPECT_EQ(bench.run(bench.client.rejoin(write_of("PUT"), "")).error().azure->code, "ResourceDeploymentFailure");
    bench.answer(200, R"({"properties":{"provisioningState":"Succeeded"}})");
    EXPECT_EQ(bench.run(bench.client.rejoin(write_of("DELETE"), ""))->status, 200) << "it still stands: send again";
    bench.answer(200, R"({"properties":{"provisioningState":"Deleting"}})");
    bench.answer(404);
    EXPECT_EQ(bench.run(bench.client.rejoin(write_of("DELETE"), ""))->status, 204);
}

TEST(Client, secrets_are_laid_in_last_and_never_seen) {
    Bench bench;
    bench.answer(200, "{}");
    auto write = write_of("PUT");
    write.if_match = "W/\"7\"";
    write.secrets.emplace_back("properties.windowsProfile.adminPassword", base::Secret("p\"w\\\n1"));
    write.secrets.emplace_back("properties.other", base::Secret("second"));
    EXPECT_TRUE(bench.run(bench.client.write(write)));
    auto const& request = bench.script.asked[0];
    EXPECT_TRUE(request.body.empty());
    ASSERT_TRUE(request.secret_body);
    auto const body = json::parse(request.secret_body->reveal());
    ASSERT_TRUE(body) << request.secret_body->reveal();
    EXPECT_EQ(*json::text_at(*body, "properties.windowsProfile.adminPassword"), "p\"w\\\n1");
    EXPECT_EQ(*json::text_at(*body, "properties.other"), "second");
    EXPECT_EQ(*json::text_at(*body, "location"), "westeurope");
    EXPECT_EQ(header(request, "If-Match"), "W/\"7\"");
    EXPECT_EQ(header(request, "Content-Type"), "application/json");
}

TEST(Client, a_secret_that_an_operation_s_end_echoes_is_taken_out) {
    Bench bench;
    bench.answer(201, R"({"properties":{"provisioningState":"Creating"}})", {{"Azure-AsyncOperation", arm + "/op"}});
    bench.answer(200, R"({"status":"Failed","error":{"code":"X","message":"'second' is too short, 'p\"w\\\n1' too"}})");
    auto write = write_of("PUT");
    write.secrets.emplace_back("properties.windowsProfile.adminPassword", base::Secret("p\"w\\\n1"));
    write.secrets.emplace_back("properties.other", base::Secret("second"));
    auto const failed = bench.run(bench.client.write(write));
    ASSERT_FALSE(failed);
    ASSERT_TRUE(failed.error().azure);
    EXPECT_EQ(failed.error().azure->message.find("second"), std::string::npos) << failed.error().azure->message;
    EXPECT_EQ(failed.error().azure->message.find("p\"w"), std::string::npos) << failed.error().azure->message;
}

TEST(Client, names_in_urls_are_encoded) {
    Bench bench;
    bench.answer(200, "{}");
    auto const odd = id_of("/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/a (b)");
    EXPECT_TRUE(bench.run(bench.client.get(odd, "1")));
    EXPECT_EQ(bench.script.asked[0].url,
              arm + "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/a%20(b)?api-version=1");
}

// ---------------------------------------------------------------------------------------------- recordings

/// Real traffic: answers a request with the next recorded exchange of the same method and URL. Queries are compared
/// without the api-version, which our client may choose newer; a poll beyond the last recorded one repeats it.
class Recording : public world::Transport {
public:
    static std::optional<Recording> open(std::string const& name) {
        auto const path = std::string(HOLDFAST_SOURCE_DIR) + "/../shared/azure/recordings/" + name + ".jsonl";
        std::ifstream file(path);
        if (!file) return std::nullopt;
        Recording recording;
        for (std::string line; std::getline(file, line);) {
            auto const parsed = json::parse(line);
            EXPECT_TRUE(parsed) << path;
            if (!parsed) continue;
            Exchange exchange;
            exchange.method = *json::text_at(*parsed, "method");
            exchange.url = *json::text_at(*parsed, "url");
            exchange.response.status = static_cast<int>(*json::whole_at(*parsed, "status"));
            for (auto const& header : json::object_at(*parsed, "response_headers"))
                if (header.value().is_string())
                    exchange.response.headers.push_back({header.key(), std::string(header.value().get_string())});
            if (auto const* body = json::find(*parsed, "response_body"); body != nullptr && !body->is_null())
                exchange.response.body = body->is_string() ? std::string(body->get_string()) : json::write(*body);
            recording.exchanges.push_back(std::move(exchange));
        }
        return recording;
    }

    Task<Result<Response>> send(Request request) override {
        auto const wanted = key(request.method, request.url);
        Exchange* last = nullptr;
        for (auto& exchange : exchanges) {
            if (key(exchange.method, exchange.url) != wanted) continue;
            last = &exchange;
            if (!exchange.used) break;
        }
        if (last == nullptr) {
            strangers.push_back(request.method + " " + request.url);
            co_return Response{404, {}, {}};
        }
        last->used = true;
        ++answered;
        co_return last->response;
    }

    struct Exchange {
        std::string method, url;
        Response response;
        bool used = false;
    };
    std::vector<Exchange> exchanges;
    std::vector<std::string> strangers;
    std::size_t answered = 0;

private:
    static std::string key(std::string const& method, std::string const& url) {
        auto text = base::lower(method + " " + base::percent_decoded(url));
        if (auto const at = text.find("api-version="); at != std::string::npos) {
            auto const end = text.find('&', at);
            text.erase(at, end == std::string::npos ? std::string::npos : end + 1 - at);
        }
        while (!text.empty() && (text.back() == '?' || text.back() == '&')) text.pop_back();
        return text;
    }
};

/// Everything that the recorded client wrote and read, asked again through ours.
struct Replay {
    Bench bench;
    Recording recording;
    world::World world{bench.clock, recording, *bench.files, *bench.environment, *bench.programs, bench.prng};
    Client client{*credentials::find_cloud("public"), bench.credential, world};

    explicit Replay(Recording given) : recording(std::move(given)) {}

    Client::Write write(std::string method, std::string const& path, std::string action = {}) {
        auto write = write_of(std::move(method), id_of(path));
        write.action = std::move(action);
        return write;
    }
};

TEST(Recorded, a_cluster_is_created_scaled_and_deleted) {
    auto opened = Recording::open("java__canCRUDKubernetesCluster");
    if (!opened) GTEST_SKIP() << "../shared/azure/recordings is not here";
    Replay replay(std::move(*opened));
    std::string const group = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/javaacsrg27569";
    std::string const cluster = group + "/providers/Microsoft.ContainerService/managedClusters/aks0a39932063";

    ASSERT_TRUE(replay.bench.run(replay.client.write(replay.write("PUT", group))));
    auto const created = replay.bench.run(replay.client.write(replay.write("PUT", cluster)));
    ASSERT_TRUE(created) << created.error().what;
    EXPECT_EQ(*json::text_at(created->body, "properties.provisioningState"), "Succeeded");
    EXPECT_GT(replay.bench.elapsed(), 60s) << "eight polls, further and further apart";

    auto const credential =
        replay.bench.run(replay.client.write(replay.write("POST", cluster, "listClusterUserCredential")));
    ASSERT_TRUE(credential);
    EXPECT_EQ(json::list_at(credential->body, "kubeconfigs").size(), 1u);

    std::string pool;
    for (auto const& exchange : replay.recording.exchanges)
        if (auto const at = exchange.url.find("/agentPools/"); exchange.method == "PUT" && at != std::string::npos)
            pool = exchange.url.substr(at, exchange.url.find('?') - at);
    auto const added = replay.bench.run(replay.client.write(replay.write("PUT", cluster + pool)));
    ASSERT_TRUE(added) << added.error().what;
    EXPECT_EQ(*json::text_at(added->body, "properties.provisioningState"), "Succeeded");

    for (int update = 0; update < 3; ++update) {
        auto const updated = replay.bench.run(replay.client.write(replay.write("PUT", cluster)));
        ASSERT_TRUE(updated) << update << ": " << updated.error().what;
        EXPECT_EQ(*json::text_at(updated->body, "properties.provisioningState"), "Succeeded") << update;
    }
    auto const removed = replay.bench.run(replay.client.start(replay.write("DELETE", group)));
    ASSERT_TRUE(removed);
    EXPECT_TRUE(removed->operation) << "a group's deletion goes on at its Location";
    EXPECT_TRUE(replay.recording.strangers.empty()) << replay.recording.strangers.front();
    for (auto const& exchange : replay.recording.exchanges)
        if (exchange.method == "PUT") EXPECT_TRUE(exchange.used) << exchange.url;
}

TEST(Recorded, a_vault_is_created_listed_and_deleted) {
    auto opened = Recording::open("net__KeyVault.ManageKeyVaultTest");
    if (!opened) GTEST_SKIP() << "../shared/azure/recordings is not here";
    Replay replay(std::move(*opened));
    std::string const group = "/subscriptions/1c638cf4-608f-4ee6-b680-c329e824c3a8/resourceGroups/rgnemv5bd34926de396";
    std::string const first = group + "/providers/Microsoft.KeyVault/vaults/vault1e39012994b6";
    std::string const second = group + "/providers/Microsoft.KeyVault/vaults/vault282528017008";

    ASSERT_TRUE(replay.bench.run(replay.client.write(replay.write("PUT", group))));
    auto const created = replay.bench.run(replay.client.write(replay.write("PUT", first)));
    ASSERT_TRUE(created) << created.error().what;
    EXPECT_EQ(*json::text_at(created->body, "properties.provisioningState"), "Succeeded");
    auto const another = replay.bench.run(replay.client.write(replay.write("PUT", second)));
    ASSERT_TRUE(another) << another.error().what;
    auto const vaults =
        replay.bench.run(replay.client.list(group + "/providers/Microsoft.KeyVault/vaults", "2018-02-14"));
    ASSERT_TRUE(vaults) << vaults.error().what;
    EXPECT_EQ(vaults->size(), 2u) << "two pages, the second empty";
    EXPECT_TRUE(replay.bench.run(replay.client.write(replay.write("DELETE", first))));
    EXPECT_TRUE(replay.bench.run(replay.client.write(replay.write("DELETE", second))));
    auto const before = replay.bench.clock.now();
    auto const removed = replay.bench.run(replay.client.write(replay.write("DELETE", group)));
    ASSERT_TRUE(removed) << removed.error().what;
    EXPECT_GE(replay.bench.clock.now() - before, 90s) << "the server asks for 15 s between polls";
    EXPECT_TRUE(replay.recording.strangers.empty()) << replay.recording.strangers.front();
}

}  // namespace
}  // namespace holdfast::azure
