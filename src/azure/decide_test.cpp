// What is decided without sending anything: errors, retries, pollers, URLs.
#include <gtest/gtest.h>

#include "azure/azure.hpp"
#include "azure/url.hpp"

namespace holdfast::azure {
namespace {

using namespace std::chrono_literals;

base::Time const noon = *base::parse_time("2026-11-24T12:00:00Z");
world::Header const dated{"Date", "Tue, 24 Nov 2026 12:00:00 GMT"};

Response answer(int status, std::string body = {}, world::Headers headers = {}) {
    return {status, std::move(headers), std::move(body)};
}

// ---------------------------------------------------------------------------------------------- read_error

TEST(ReadError, every_shape_gives_code_message_and_chain) {
    struct Row {
        char const* shape;
        int status;
        std::string body;
        char const *code, *message;
        std::size_t chain;
    };
    Row const rows[] = {
        {"envelope", 403, R"({"error":{"code":"AuthorizationFailed","message":"The client has no right."}})",
         "AuthorizationFailed", "The client has no right.", 1},
        {"details lie deeper", 400,
         R"({"error":{"code":"InvalidTemplateDeployment","message":"See inner errors.","details":[
            {"code":"QuotaExceeded","message":"too many cores","target":"cluster"}]}})",
         "QuotaExceeded", "too many cores", 2},
        {"AKS without wrapper", 409,
         R"({"code":"OperationNotAllowed","message":"Another operation (Updating) is in progress.","details":null,"subcode":"PutManagedClusterAndComponents_FailedPrecondition"})",
         "OperationNotAllowed", "Another operation (Updating) is in progress.", 1},
        {"AKS with a vague inner code", 409,
         R"({"code":"OperationNotAllowed","message":"Operation is not allowed: another operation is in progress","details":[{"code":"Unspecified","message":"rpc error: code = FailedPrecondition"}],"subcode":""})",
         "OperationNotAllowed", "rpc error: code = FailedPrecondition", 2},
        {"polling answer", 200, R"({"status":"Failed","error":{"code":"SubnetIsFull","message":"no room"}})",
         "SubnetIsFull", "no room", 1},
        {"JSON in the message", 400,
         R"({"error":{"code":"DeploymentFailed","message":"At least one failed.","details":[{"code":"Conflict",
            "message":"{\r\n  \"error\": {\r\n \"code\": \"AnotherOperationInProgress\", \"message\": \"busy\"}}"}]}})",
         "AnotherOperationInProgress", "busy", 3},
        {"JSON in JSON in the message", 400,
         R"({"code":"A","message":"{\"error\":{\"code\":\"B\",\"message\":\"{\\\"error\\\":{\\\"code\\\":\\\"SubnetIsFull\\\",\\\"message\\\":\\\"deep\\\"}}\"}}"})",
         "SubnetIsFull", "deep", 3},
        {"words before the JSON", 400,
         R"({"error":{"code":"ResourceDeploymentFailure","message":"It failed: {\"error\":{\"code\":\"SkuNotAvailable\",\"message\":\"not here\"}}"}})",
         "SkuNotAvailable", "not here", 2},
        {"Go's quoted style", 400,
         R"({"code":"VMExtensionProvisioningError","message":"Service returned an error. Status=409 Code=\"QuotaExceeded\" Message=\"no \\\"cores\\\" left\""})",
         "QuotaExceeded", "no \"cores\" left", 2},
        {"a policy list in the message is no error", 403,
         R"({"error":{"code":"RequestDisallowedByPolicy","message":"Resource 'c' was disallowed by policy. Policy identifiers: '[{\"policyAssignment\":{\"name\":\"p\",\"id\":\"/x\"}}]'."}})",
         "RequestDisallowedByPolicy",
         R"(Resource 'c' was disallowed by policy. Policy identifiers: '[{"policyAssignment":{"name":"p","id":"/x"}}]'.)",
         1},
        {"policy named in additionalInfo", 403,
         R"({"error":{"code":"RequestDisallowedByPolicy","message":"no","additionalInfo":[{"type":"PolicyViolation","info":{"policyDefinitionDisplayName":"Only Europe","policyAssignmentName":"eu"}}]}})",
         "RequestDisallowedByPolicy", "no", 2},
        {"old directory graph", 404,
         R"({"odata.error":{"code":"Request_ResourceNotFound","message":{"lang":"en","value":"no such group"},"requestId":"r-1","date":"2019"}})",
         "Request_ResourceNotFound", "no such group", 1},
        {"Microsoft Graph", 403,
         R"({"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges","innerError":{"date":"2026","request-id":"r-2","client-request-id":"c"}}})",
         "Authorization_RequestDenied", "Insufficient privileges", 1},
        {"Entra", 401,
         "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: Invalid client secret "
         "provided.\\r\\nTrace ID: t\",\"error_codes\":[7000215],\"correlation_id\":\"c-1\"}",
         "AADSTS7000215", "AADSTS7000215: Invalid client secret provided.", 2},
        {"Entra without a code", 400, R"({"error":"authorization_pending"})", "authorization_pending",
         "authorization_pending", 1},
        {"capital Error", 409, R"({"Error":{"Code":"ResourceGroupDeletionBlocked","Message":"a lock"}})",
         "ResourceGroupDeletionBlocked", "a lock", 1},
        {"byte order mark", 400, "\xEF\xBB\xBF{\"error\":{\"code\":\"InvalidParameter\",\"message\":\"bad\"}}",
         "InvalidParameter", "bad", 1},
        {"list of errors", 400, R"([{"error":{"code":"InvalidParameter","message":"bad"}}])", "InvalidParameter", "bad",
         1},
        {"a registry's list", 403, R"({"errors":[{"code":"DENIED","message":"no pull","detail":{}}]})", "DENIED",
         "no pull", 1},
        {"the machine's identity service", 400, R"({"error":"invalid_request","message":"Identity not found"})",
         "invalid_request", "Identity not found", 1},
        {"empty", 503, "", "ServiceUnavailable", "HTTP 503 with an empty body", 0},
        {"a proxy's page", 502, "<html><head><title>502 Bad Gateway</title></head></html>", "BadGateway",
         "a page titled '502 Bad Gateway'", 0},
        {"plain text", 500, "upstream connect error\nmore", "InternalServerError", "upstream connect error", 0},
        {"not an error object", 500, R"({"hello":1})", "InternalServerError",
         "HTTP 500 with a body that names no error", 0},
        {"JSON that breaks off", 429, R"({"error":{"code":"To)", "TooManyRequests", R"({"error":{"code":"To)", 0},
        {"a text as error detail", 400,
         R"({"error":{"code":"InvalidParameter","message":"","details":["first","second"]}})", "InvalidParameter",
         "first", 3},
    };
    for (auto const& row : rows) {
        auto const error = read_error(answer(row.status, row.body));
        EXPECT_EQ(error.code, row.code) << row.shape;
        EXPECT_EQ(error.message, row.message) << row.shape;
        EXPECT_EQ(error.chain.size(), row.chain) << row.shape;
        EXPECT_EQ(error.status, row.status) << row.shape;
    }
}

TEST(ReadError, correlation_id_from_wherever_it_stands) {
    EXPECT_EQ(
        read_error(answer(500, "", {{"x-ms-request-id", "r"}, {"X-Ms-Correlation-Request-Id", "c"}})).correlation_id,
        "c");
    EXPECT_EQ(read_error(answer(500, "", {{"x-ms-request-id", "r"}})).correlation_id, "r");
    EXPECT_EQ(read_error(answer(400, R"({"error":"x","correlation_id":"k"})")).correlation_id, "k");
    EXPECT_EQ(read_error(answer(400, R"({"error":{"code":"x","innerError":{"request-id":"g"}}})")).correlation_id, "g");
    EXPECT_EQ(read_error(answer(400, R"({"odata.error":{"code":"x","requestId":"o"}})")).correlation_id, "o");
}

TEST(ReadError, no_query_survives_and_sizes_are_bounded) {
    auto const signed_url =
        "https://management.azure.com/subscriptions/1/operations/2?api-version=1&t=1&c=MII&s=SIG&h=H";
    auto const error = read_error(answer(409, R"({"error":{"code":"AnotherOperationInProgress","message":"See )" +
                                                  std::string(signed_url) + R"( for it."}})"));
    EXPECT_EQ(error.message, "See https://management.azure.com/subscriptions/1/operations/2?... for it.");
    for (auto const& line : error.chain) EXPECT_EQ(line.find("SIG"), std::string::npos);

    auto const huge =
        read_error(answer(400, R"({"error":{"code":"X","message":")" + std::string(1 << 20, 'x') + "\"}}"));
    EXPECT_LT(huge.message.size(), 5'000u);
    EXPECT_EQ(read_error(answer(500, std::string(8u << 20, 'x'))).message, "an answer of 8388608 bytes");
    std::string nested = R"({"code":"Deep","message":"m")";
    std::string close = "}";
    for (int i = 0; i < 40; ++i) {
        nested += R"(,"details":[{"code":"Deep","message":"m")";
        close += "]}";
    }
    EXPECT_LE(read_error(answer(400, nested + close)).chain.size(), 64u);
}

TEST(Meaning, is_found_anywhere_in_the_chain) {
    auto const busy = read_error(answer(
        409,
        R"({"code":"OperationNotAllowed","message":"Another operation is in progress","details":[{"code":"Unspecified","message":"rpc error"}]})"));
    ASSERT_NE(meaning_of(busy), nullptr);
    EXPECT_EQ(meaning_of(busy)->meaning, catalog::Meaning::conflict);
    EXPECT_EQ(meaning_of(read_error(answer(400, R"({"error":{"code":"BrandNew","message":"?"}})"))), nullptr);

    auto const known = to_error(busy, {"PUT", "cluster"});
    EXPECT_EQ(known.what, "another operation on the cluster is running");
    EXPECT_FALSE(known.fix.empty());
    auto const unknown =
        to_error(read_error(answer(400, R"({"error":{"code":"BrandNew","message":"it says"}})")), {"PUT", "cluster"});
    EXPECT_EQ(unknown.what, "it says");
    EXPECT_EQ(std::get<base::Call>(unknown.where).address, "cluster");
}

// ---------------------------------------------------------------------------------------------- retry

std::string say(Verdict const& verdict) {
    return base::match(
        verdict, [](Done const&) { return std::string("done"); },
        [](Again const& again) { return "again in " + std::to_string(again.after.count()); },
        [](GiveUp const& gave) { return "give up: " + gave.because; });
}

TEST(Retry, repeats_what_means_again) {
    using base::ErrorCode;
    auto const http = [](int status, world::Headers headers = {}) -> Result<Response> {
        return answer(status, "", std::move(headers));
    };
    auto const broke = [](ErrorCode code) -> Result<Response> { return base::fail(code, "broke"); };
    auto const said = [](int status, char const* body) -> Result<Response> { return answer(status, body); };
    struct Row {
        int attempt;
        char const* method;
        Result<Response> result;
        Duration least, most;  ///< 0,0: not again
        char const* want;
    };
    Row const rows[] = {
        {1, "PUT", http(200), 0ms, 0ms, "done"},
        {1, "PUT", http(404), 0ms, 0ms, "done"},
        {1, "PUT", http(409), 0ms, 0ms, "done"},
        {1, "GET", http(429), 400ms, 800ms, ""},
        {2, "GET", http(503), 800ms, 1600ms, ""},
        {2, "GET", http(502), 800ms, 1600ms, ""},
        {2, "GET", http(504), 800ms, 1600ms, ""},
        {3, "PUT", http(500), 1600ms, 3200ms, ""},
        {1, "PUT", http(408), 400ms, 800ms, ""},
        {6, "GET", http(503), 0ms, 0ms, "give up: still 503 after 6 attempts"},
        {1, "GET", http(429, {{"Retry-After", "7"}}), 7s, 8400ms, ""},
        {1, "GET", http(429, {dated, {"Retry-After", "Tue, 24 Nov 2026 12:00:30 GMT"}}), 30s, 32s, ""},
        {1, "GET", http(503, {{"retry-after-ms", "2500"}}), 2500ms, 3000ms, ""},
        {1, "GET", http(429, {{"Retry-After", "0"}}), 1s, 1200ms, ""},
        {1, "GET", http(429, {{"Retry-After", "soon"}}), 400ms, 800ms, ""},
        {1, "GET", http(429, {{"Retry-After", "86400"}}), 0ms, 0ms, "give up: 429, and asks to wait 24 h 00 min"},
        {1, "POST", http(429), 400ms, 800ms, ""},
        {1, "POST", http(503), 0ms, 0ms, "done"},
        {1, "POST", http(504), 0ms, 0ms, "done"},
        {1, "POST", broke(ErrorCode::connection_failed), 400ms, 800ms, ""},
        {1, "POST", broke(ErrorCode::connection_lost), 0ms, 0ms,
         "give up: connection_lost: the action may have run, so it is not repeated"},
        {1, "POST", broke(ErrorCode::timeout), 0ms, 0ms,
         "give up: timeout: the action may have run, so it is not repeated"},
        {1, "PUT", broke(ErrorCode::connection_lost), 400ms, 800ms, ""},
        {1, "DELETE", broke(ErrorCode::timeout), 400ms, 800ms, ""},
        // An answer cut off in the middle, or a page in Azure's place, is as good as lost.
        {1, "GET", said(200, R"({"id":"n","prop)"), 400ms, 800ms, ""},
        {1, "PUT", said(403, R"({"error":{"code":"Lin)"), 400ms, 800ms, ""},
        {1, "PUT", said(200, "<html>Sign in to the guest network</html>"), 400ms, 800ms, ""},
        {1, "PUT", said(200, "[]"), 400ms, 800ms, ""},
        {1, "GET", said(200, R"("gone")"), 400ms, 800ms, ""},
        {1, "POST", said(200, R"(["n"])"), 0ms, 0ms, "done"},
        {1, "POST", said(200, R"({"id":"n","prop)"), 0ms, 0ms, "done"},
        {1, "PUT", said(409, R"({"error":{"code":"X"}})"), 0ms, 0ms, "done"},
        {6, "GET", said(200, "<html>"), 0ms, 0ms, "give up: still 200 with an answer that cannot be read after 6 attempts"},
        {1, "GET", broke(ErrorCode::tls), 0ms, 0ms, "give up: tls: repeating cannot help"},
        {1, "GET", broke(ErrorCode::answer_too_large), 0ms, 0ms, "give up: answer_too_large: repeating cannot help"},
        {6, "PUT", broke(ErrorCode::connection_lost), 0ms, 0ms, "give up: still connection_lost after 6 attempts"},
        {6, "GET", http(429), 0ms, 0ms, "give up: still 429 after 6 attempts"},
        {6, "GET", http(503, {{"Retry-After", "7"}}), 0ms, 0ms, "give up: still 503 after 6 attempts"},
    };
    int number = 0;
    for (auto const& row : rows) {
        ++number;
        base::Prng prng{7};
        for (int draw = 0; draw < 20; ++draw) {
            auto const verdict = Retry{}.after(row.attempt, row.method, row.result, prng);
            if (row.most == 0ms) {
                EXPECT_EQ(say(verdict), row.want) << "row " << number;
                continue;
            }
            auto const* again = std::get_if<Again>(&verdict);
            ASSERT_NE(again, nullptr) << "row " << number << ": " << say(verdict);
            EXPECT_GE(again->after, row.least) << "row " << number;
            EXPECT_LE(again->after, row.most) << "row " << number;
        }
    }
}

TEST(Retry, who_is_told_when_to_come_back_comes_back_for_an_hour) {
    for (auto const asked_s : {1, 30, 600}) {
        base::Prng prng{3};
        Duration held{0};
        int times = 0;
        std::string ended;
        while (ended.empty()) {
            auto const verdict =
                Retry{}.after(1, "GET", answer(429, "", {{"Retry-After", std::to_string(asked_s)}}), prng, held);
            if (auto const* again = std::get_if<Again>(&verdict)) {
                EXPECT_TRUE(again->held_back);
                EXPECT_GE(again->after, std::chrono::seconds(asked_s));
                held += again->after;
                ++times;
            } else {
                ended = say(verdict);
            }
        }
        EXPECT_TRUE(ended.starts_with("give up: still 429 after ")) << ended;
        EXPECT_GE(held, 40min);
        EXPECT_LE(held, 61min);
        EXPECT_LE(times, 200) << "a call a second, an hour long, would be no manners";
    }
}

TEST(Retry, the_wait_grows_to_its_cap) {
    base::Prng prng{1};
    Retry retry;
    retry.attempts = 100;
    for (int attempt = 1; attempt < 100; ++attempt) {
        auto const verdict = retry.after(attempt, "GET", answer(503), prng);
        EXPECT_LE(std::get<Again>(verdict).after, 60s);
    }
}

TEST(RetryAfter, all_spellings) {
    struct Row {
        char const *name, *value;
        std::int64_t ms;  ///< -1: none
    };
    for (auto const& row :
         {Row{"Retry-After", "5", 5'000}, Row{"retry-after", " 10 ", 10'000}, Row{"Retry-After", "1.5", 1'500},
          Row{"Retry-After", "-3", -1}, Row{"Retry-After", "", -1},
          Row{"Retry-After", "Tue, 24 Nov 2026 12:01:00 GMT", 60'000},
          Row{"Retry-After", "Tue, 24 Nov 2026 11:00:00 GMT", 0}, Row{"x-ms-retry-after-ms", "250", 250},
          Row{"retry-after-ms", "40", 40}, Row{"Retry-After", "999999999999999999999999", 315'360'000'000}}) {
        auto const asked = retry_after(answer(429, "", {{row.name, row.value}, dated}));
        EXPECT_EQ(asked ? asked->count() : -1, row.ms) << row.name << ": " << row.value;
    }
}

TEST(RetryAfter, a_date_counts_from_the_answer_s_own_whatever_this_machine_s_clock_says) {
    auto const asked = [](char const* date) {
        return retry_after(answer(429, "", {{"Date", date}, {"Retry-After", "Tue, 24 Nov 2026 12:00:40 GMT"}}));
    };
    EXPECT_EQ(asked("Tue, 24 Nov 2026 12:00:10 GMT"), 30s);
    EXPECT_EQ(asked("Tue, 24 Nov 2026 12:01:10 GMT"), 0s);
    EXPECT_FALSE(asked("yesterday"));
}

// ---------------------------------------------------------------------------------------------- poller

auto const resource_url = "https://management.azure.com/subscriptions/1/resourceGroups/g/providers/N/t/x?api-version=1";
auto const operation_url = "https://management.azure.com/subscriptions/1/providers/N/operations/9?t=1&c=AB%2F&s=sig";

std::string say(Poller::Next const& next) {
    return base::match(
        next,
        [](Poller::Finished const& finished) {
            return std::string(finished.body ? "finished with a body" : "finished");
        },
        [](Poller::Failed const& failed) { return "failed: " + failed.error.code; },
        [](Poller::Poll const& poll) {
            return "poll " + std::string(poll.url == operation_url  ? "operation"
                                         : poll.url == resource_url ? "resource"
                                                                    : poll.url);
        },
        [](Poller::Read const&) { return std::string("read"); });
}

TEST(Poller, first_answers) {
    auto const updating = R"({"properties":{"provisioningState":"Updating"}})";
    auto const succeeded = R"({"properties":{"provisioningState":"Succeeded"}})";
    auto const vault = R"({"properties":{"provisioningState":"RegisteringDns"}})";
    world::Headers const operation{{"Azure-AsyncOperation", operation_url}};
    world::Headers const location{{"Location", operation_url}};
    auto const other = "https://management.azure.com/other";
    world::Headers const both{{"Location", other}, {"azure-asyncoperation", operation_url}};
    world::Headers const three{{"Location", other}, {"Operation-Location", other}, {"Azure-AsyncOperation", operation_url}};
    world::Headers const data_plane{{"Location", other}, {"operation-location", operation_url}};
    world::Headers const own{{"Location", "/subscriptions/1/RESOURCEGROUPS/g/providers/N/t/x"}};
    struct Row {
        char const *call, *method;
        Response response;
        char const* want;
    };
    Row const rows[] = {
        {"resource group", "PUT", answer(201, succeeded), "finished with a body"},
        {"virtual network", "PUT", answer(201, updating, operation), "poll operation"},
        {"zone: 202 with both", "PUT", answer(202, "", both), "poll operation"},
        {"vault: 200 and no header", "PUT", answer(200, vault), "poll resource"},
        {"identity: Location is itself", "PUT", answer(201, "{}", own), "finished with a body"},
        {"role assignment", "PUT", answer(201, R"({"properties":{}})"), "finished with a body"},
        {"cluster update", "PUT", answer(200, updating, operation), "poll operation"},
        {"tags", "PATCH", answer(200, succeeded), "finished with a body"},
        {"final, with a stray Location", "PUT", answer(200, succeeded, location), "finished with a body"},
        {"group deletion", "DELETE", answer(202, "", location), "poll operation"},
        {"vault deletion", "DELETE", answer(200), "finished"},
        {"not there", "DELETE", answer(204), "finished"},
        {"not there, said so", "DELETE", answer(404), "finished"},
        {"accepted and nothing else", "DELETE", answer(202), "poll resource"},
        {"action with a result to come", "POST", answer(202, "", location), "poll operation"},
        {"action done", "POST", answer(200, R"({"kubeconfigs":[]})"), "finished with a body"},
        {"action without news", "POST", answer(202), "finished"},
        {"data plane style", "PUT", answer(202, "", {{"Operation-Location", operation_url}}), "poll operation"},
        {"data plane style, beside Azure-AsyncOperation", "PUT", answer(202, "", three), "poll operation"},
        {"data plane style, beside Location", "PUT", answer(202, "", data_plane), "poll operation"},
        {"data plane style, beside Location", "DELETE", answer(202, "", data_plane), "poll operation"},
        {"tags with an operation", "PATCH", answer(202, "", both), "poll operation"},
        {"refused", "PUT", answer(409, R"({"error":{"code":"EtagMismatch","message":"m"}})"), "failed: EtagMismatch"},
        {"came out failed", "PUT", answer(200, R"({"properties":{"provisioningState":"Failed"}})"),
         "failed: ResourceDeploymentFailure"},
        {"made by a POST", "POST", answer(201, R"({"objectId":"x"})", location), "finished with a body"},
        {"the address is wrong", "DELETE", answer(404, R"({"error":{"code":"InvalidResourceType","message":"m"}})"),
         "failed: InvalidResourceType"},
        {"relative Location", "POST", answer(202, "", {{"Location", "/subscriptions/1/result"}}),
         "poll https://management.azure.com/subscriptions/1/result"},
    };
    for (auto const& row : rows) {
        Poller poller(row.method, resource_url, 10s, noon);
        EXPECT_EQ(say(poller.first(row.response)), row.want) << row.call;
    }
}

TEST(Poller, answers_of_polls) {
    world::Headers const operation{{"Azure-AsyncOperation", operation_url}};
    world::Headers const location{{"Location", operation_url}};
    struct Row {
        char const* what;
        char const* method;
        world::Headers headers;
        Response response;
        char const* want;
    };
    Row const rows[] = {
        {"in progress", "PUT", operation, answer(200, R"({"status":"InProgress"})"), "poll operation"},
        {"an unknown word goes on", "PUT", operation, answer(200, R"({"status":"Pondering"})"), "poll operation"},
        {"succeeded", "PUT", operation, answer(200, R"({"status":"Succeeded"})"), "read"},
        {"succeeded, lower case", "PUT", operation, answer(200, R"({"status":"succeeded"})"), "read"},
        {"succeeded", "PATCH", operation, answer(200, R"({"status":"Succeeded"})"), "read"},
        {"200 of a Location", "PATCH", location, answer(200, R"({"properties":{}})"), "read"},
        {"succeeded", "DELETE", operation, answer(200, R"({"status":"Succeeded"})"), "finished with a body"},
        {"failed", "PUT", operation,
         answer(200, R"({"status":"Failed","error":{"code":"SubnetIsFull","message":"m"}})"), "failed: SubnetIsFull"},
        {"failed without a word", "PUT", operation, answer(200, R"({"status":"Failed"})"), "failed: OperationFailed"},
        {"cancelled", "PUT", operation, answer(200, R"({"status":"Canceled"})"), "failed: OperationCanceled"},
        {"cancelled, the other spelling", "PUT", operation, answer(200, R"({"status":"cancelled"})"),
         "failed: OperationCanceled"},
        {"state in the properties", "PUT", operation, answer(200, R"({"properties":{"provisioningState":"Creating"}})"),
         "poll operation"},
        {"an error and no status", "PUT", operation, answer(200, R"({"error":{"code":"SubnetIsFull","message":"m"}})"),
         "failed: SubnetIsFull"},
        {"the operation is forgotten, what it was to delete may stand", "DELETE", operation, answer(410), "read"},
        {"throttled", "PUT", operation, answer(429), "poll operation"},
        {"server trouble", "PUT", operation, answer(503, "<html>"), "poll operation"},
        {"not visible yet", "PUT", operation, answer(404), "poll operation"},
        {"not there, and no word of what it was to delete", "DELETE", operation, answer(404), "read"},
        {"operation not readable", "PUT", operation, answer(403), "read"},
        {"gibberish", "PUT", operation, answer(200, "hm"), "read"},
        {"202", "DELETE", location, answer(202), "poll operation"},
        {"200", "DELETE", location, answer(200), "finished"},
        {"204", "POST", location, answer(204), "finished"},
        {"200 with result", "POST", location, answer(200, R"({"properties":{"exitCode":0}})"), "finished with a body"},
        {"a new Location", "DELETE", location, answer(202, "", {{"Location", "https://management.azure.com/next"}}),
         "poll https://management.azure.com/next"},
        {"the group's deletion fails", "DELETE", location,
         answer(409, R"({"Error":{"Code":"ScopeLocked","Message":"m"}})"), "failed: ScopeLocked"},
        {"what-if fails inside 200", "POST", location,
         answer(200, R"({"status":"Failed","error":{"code":"InvalidTemplate","message":"m"}})"),
         "failed: InvalidTemplate"},
        {"202 of a zone, then 200", "PUT", location, answer(200, R"({"properties":{}})"), "read"},
    };
    for (auto const& row : rows) {
        Poller poller(row.method, resource_url, 10s, noon);
        ASSERT_EQ(say(poller.first(answer(202, "", row.headers))), "poll operation") << row.what;
        EXPECT_EQ(say(poller.polled(row.response, noon + 3s)), row.want) << row.what;
        EXPECT_FALSE(poller.url().empty());
    }
}

TEST(Poller, reading_the_resource) {
    auto const state = [](char const* word) {
        return answer(200, R"({"properties":{"provisioningState":")" + std::string(word) + "\"}}");
    };
    Poller put("PUT", resource_url, 30s, noon);
    ASSERT_EQ(say(put.first(state("RegisteringDns"))), "poll resource");
    EXPECT_EQ(say(put.polled(state("RegisteringDns"), noon + 10s)), "poll resource");
    EXPECT_EQ(say(put.polled(answer(404), noon + 20s)), "poll resource") << "not visible everywhere at once";
    EXPECT_EQ(say(put.polled(state("Succeeded"), noon + 30s)), "finished with a body");
    EXPECT_EQ(say(put.read(answer(200, R"({"id":"x"})"), noon + 30s)), "finished with a body") << "no state is final";
    EXPECT_EQ(say(put.read(state("Failed"), noon + 30s)), "failed: ResourceDeploymentFailure");
    EXPECT_EQ(
        say(put.read(
            answer(
                200,
                R"({"properties":{"provisioningState":"Failed","provisioningError":{"code":"SubnetIsFull","message":"m"}}})"),
            noon + 30s)),
        "failed: SubnetIsFull");

    EXPECT_EQ(say(put.read(answer(200, R"({"id":"x","properties":{"a":{})"), noon + 30s)), "poll resource")
        << "cut where it looks whole";

    Poller missing("PUT", resource_url, 300s, noon);
    missing.first(answer(201, "", {{"Azure-AsyncOperation", operation_url}}));
    EXPECT_EQ(say(missing.read(answer(404), noon + 300s)), "poll resource");
    EXPECT_EQ(say(missing.read(answer(404), noon + 350s)), "poll resource");
    EXPECT_EQ(say(missing.read(answer(404), noon + 365s)), "failed: NotFound");

    Poller remove("DELETE", resource_url, 10s, noon);
    ASSERT_EQ(say(remove.first(answer(202))), "poll resource");
    EXPECT_EQ(say(remove.polled(state("Deleting"), noon + 1s)), "poll resource");
    EXPECT_EQ(say(remove.polled(answer(404), noon + 2s)), "finished");
}

TEST(Poller, an_operation_that_stays_unknown_is_given_up_for_the_resource) {
    struct Row {
        char const *method, *then;
    };
    for (auto const& row : {Row{"PUT", "read"}, Row{"PATCH", "read"}, Row{"POST", "failed: NotFound"}}) {
        Poller poller(row.method, resource_url, 330s, noon);
        ASSERT_EQ(say(poller.first(answer(202, "", {{"Azure-AsyncOperation", operation_url}}))), "poll operation");
        EXPECT_EQ(say(poller.polled(answer(404), noon + 10s)), "poll operation") << row.method;
        EXPECT_EQ(say(poller.polled(answer(404), noon + 70s)), "poll operation") << row.method << ", the sixtieth second";
        EXPECT_EQ(say(poller.polled(answer(404), noon + 71s)), row.then) << row.method;
    }
    // Seen once in between, the minute begins anew.
    Poller seen("PUT", resource_url, 330s, noon);
    seen.first(answer(202, "", {{"Azure-AsyncOperation", operation_url}}));
    seen.polled(answer(404), noon + 10s);
    seen.polled(answer(200, R"({"status":"InProgress"})"), noon + 60s);
    EXPECT_EQ(say(seen.polled(answer(404), noon + 75s)), "poll operation");
}

TEST(Poller, goes_on_from_a_stored_url_of_either_kind) {
    auto operation = Poller::resumed("PUT", resource_url, operation_url, 10s, noon);
    EXPECT_EQ(say(operation.polled(answer(200, R"({"status":"InProgress"})"), noon)), "poll operation");
    EXPECT_EQ(say(operation.polled(answer(200, R"({"status":"Succeeded"})"), noon)), "read");
    auto location = Poller::resumed("DELETE", resource_url, operation_url, 10s, noon);
    EXPECT_EQ(say(location.polled(answer(202), noon)), "poll operation");
    EXPECT_EQ(say(location.polled(answer(200), noon)), "finished");
    EXPECT_EQ(operation.url(), operation_url) << "signed queries are kept to the letter";
}

TEST(Poller, what_cannot_be_read_ends_nothing) {
    for (auto const* method : {"PUT", "DELETE", "POST"})
        for (std::string const spoilt :
             {"<html>sign in to the guest network</html>", "{\"status\":\xff\"Failed\"}", "{"}) {
            auto resumed = Poller::resumed(method, resource_url, operation_url, 10s, noon);
            auto const next = resumed.polled({200, {}, spoilt}, noon);
            EXPECT_FALSE(std::holds_alternative<Poller::Finished>(next)) << method << spoilt;
            EXPECT_FALSE(std::holds_alternative<Poller::Failed>(next)) << method << spoilt;
        }
}

TEST(Poller, waits_what_is_asked_and_never_spins) {
    auto const after = [](Duration expected, world::Headers headers, Duration elapsed = 0s) {
        headers.push_back({"Azure-AsyncOperation", operation_url});
        Poller poller("PUT", resource_url, expected, noon);
        if (elapsed == 0s) return std::get<Poller::Poll>(poller.first(answer(201, "", std::move(headers)))).after;
        poller.first(answer(201, "", headers));
        return std::get<Poller::Poll>(poller.polled(answer(200, R"({"status":"InProgress"})", headers), noon + elapsed))
            .after;
    };
    EXPECT_EQ(after(5s, {{"Retry-After", "10"}}), 10s);
    EXPECT_EQ(after(5s, {{"Retry-After", "0"}}), 1s);
    EXPECT_EQ(after(330s, {{"Retry-After", "3"}}), 3s);
    EXPECT_EQ(after(330s, {{"Retry-After", "15"}}, 60s), 15s) << "no longer than asked, where our own rhythm is wider";
    EXPECT_EQ(after(5s, {{"Retry-After", "1"}}, 10s), 1s);
    EXPECT_EQ(after(5s, {{"Retry-After", "1"}}, 300s), 5s) << "what hangs is not looked at every second";
    EXPECT_EQ(after(330s, {}, 60s), 30s) << "our own rhythm";
    EXPECT_EQ(after(330s, {{"Retry-After", "0"}}, 60s), 30s) << "0 says nothing";
    EXPECT_EQ(after(5s, {{"Retry-After", "86400"}}), 600s) << "no server parks us for a day";
}

/// Simulates waiting for operations of every length around what is expected.
TEST(Poller, overshoot_stays_small_and_polls_stay_few) {
    struct Row {
        Duration expected, shortest, longest;
        Duration worst_overshoot;
        int most_polls;
    };
    for (auto const& row : {Row{2s, 1s, 10s, 1s, 11}, Row{30s, 2s, 60s, 3s, 55}, Row{330s, 218s, 900s, 5s, 176},
                            Row{420s, 240s, 900s, 5s, 166}, Row{0s, 1s, 60s, 15s, 20}}) {
        for (auto length = row.shortest; length <= row.longest; length += 500ms) {
            Duration elapsed{0};
            int polls = 0;
            while (elapsed < length) {
                elapsed += poll_interval(row.expected, elapsed);
                ++polls;
            }
            EXPECT_LE(elapsed - length, row.worst_overshoot) << row.expected.count() << " " << length.count();
            EXPECT_LE(polls, row.most_polls) << row.expected.count() << " " << length.count();
        }
    }
}

// ---------------------------------------------------------------------------------------------- URLs

TEST(Url, origins_of_hostile_addresses) {
    auto const arm = "https://management.azure.com";
    for (auto const* same : {"https://management.azure.com/x", "HTTPS://Management.Azure.COM:443/x?y",
                             "https://management.azure.com", "https://management.azure.com?x=https://evil.test/"})
        EXPECT_TRUE(same_origin(same, arm)) << same;
    for (auto const* other : {"http://management.azure.com/x", "https://management.azure.com.evil.test/",
                              "https://management.azure.com@evil.test/", "https://management.azure.com:444/",
                              "https://evil.test/https://management.azure.com", "//management.azure.com/x",
                              "https://management.azure.com\\@evil.test/", "https://management.azure.com\t/",
                              "https://[::1/x", "", "/x", "https:///x", "https://management.azure.com:80:443/",
                              "ftp://management.azure.com/", "https://management.azure.com:x/"})
        EXPECT_FALSE(same_origin(other, arm)) << other;
}

TEST(Url, encoding_and_shortening) {
    EXPECT_EQ(encoded_path("/a b/(x)/\xC3\xA4?#%"), "/a%20b/(x)/%C3%A4%3F%23%25");
    EXPECT_EQ(encoded_target("/x?$filter=a eq 'b'&c=%20"), "/x?$filter=a%20eq%20'b'&c=%20");
    EXPECT_EQ(without_query("https://h/p?sig=1"), "https://h/p");
    EXPECT_EQ(without_queries("no url, why? yes"), "no url, why? yes");
    EXPECT_EQ(without_queries("(https://a/b?x=1) and https://c/d"), "(https://a/b?...) and https://c/d");
    EXPECT_EQ(path_of("https://h:1/p/q?x"), "/p/q");
}

TEST(Poller, the_result_of_a_post) {
    world::Headers const both{{"Azure-AsyncOperation", operation_url}, {"Location", "/subscriptions/1/results/9"}};
    Poller action("POST", resource_url, 0s, noon);
    ASSERT_EQ(say(action.first(answer(202, "", both))), "poll operation") << "the operation goes before the Location";
    EXPECT_EQ(say(action.polled(answer(200, R"({"status":"InProgress"})"), noon + 5s)), "poll operation");
    EXPECT_EQ(say(action.polled(answer(200, R"({"status":"Succeeded"})"), noon + 9s)),
              "poll https://management.azure.com/subscriptions/1/results/9")
        << "what it brought forth stands at the Location";
    EXPECT_EQ(say(action.polled(answer(202), noon + 10s)),
              "poll https://management.azure.com/subscriptions/1/results/9");
    EXPECT_EQ(say(action.polled(answer(200, R"({"properties":{"provisioningState":"Running"}})"), noon + 12s)),
              "poll https://management.azure.com/subscriptions/1/results/9")
        << "a result that says it is not finished";
    EXPECT_EQ(say(action.polled(answer(204), noon + 15s)), "finished");

    Poller alone("POST", resource_url, 0s, noon);
    ASSERT_EQ(say(alone.first(answer(202, "", {{"Azure-AsyncOperation", operation_url}}))), "poll operation");
    auto const next =
        alone.polled(answer(200, R"({"status":"Succeeded","properties":{"output":{"id":"x"}}})"), noon + 5s);
    auto const* finished = std::get_if<Poller::Finished>(&next);
    ASSERT_TRUE(finished != nullptr && finished->body);
    EXPECT_EQ(json::write(*finished->body), R"({"id":"x"})");
}

TEST(Poller, a_resource_that_outlasts_its_operation_is_asked_itself) {
    Poller put("PUT", resource_url, 10s, noon);
    auto const state = [](char const* word) {
        return answer(200, R"({"properties":{"provisioningState":")" + std::string(word) + "\"}}");
    };
    ASSERT_EQ(say(put.first(answer(201, "", {{"Azure-AsyncOperation", operation_url}}))), "poll operation");
    ASSERT_EQ(say(put.polled(answer(200, R"({"status":"Succeeded"})"), noon + 5s)), "read");
    EXPECT_EQ(say(put.read(state("Updating"), noon + 5s)), "poll resource");
    EXPECT_EQ(put.url(), resource_url) << "also after a restart";
    EXPECT_EQ(say(put.polled(state("Updating"), noon + 9s)), "poll resource")
        << "and not the operation, which has ended";
    EXPECT_EQ(say(put.polled(state("Succeeded"), noon + 12s)), "finished with a body");
}

TEST(Poller, a_status_at_a_location_is_no_result) {
    Poller what_if("POST", resource_url, 0s, noon);
    ASSERT_EQ(say(what_if.first(answer(202, "", {{"Location", operation_url}}))), "poll operation");
    EXPECT_EQ(say(what_if.polled(answer(200, R"({"status":"Running"})"), noon + 5s)), "poll operation");
    EXPECT_EQ(say(what_if.polled(answer(200, R"({"status":"Succeeded","properties":{"changes":[]}})"), noon + 9s)),
              "finished with a body");
}

// ---------------------------------------------------------------------------------------------- classes

TEST(Class, is_of_the_code_else_of_the_status) {
    struct Row {
        int status;
        char const* body;
        char const* want;
    };
    for (
        auto const& row : {
            Row{400, R"({"error":{"code":"BrandNew","message":"?"}})", "never"},
            Row{409, R"({"error":{"code":"BrandNew","message":"?"}})", "never"},
            Row{412, R"({"error":{"code":"BrandNew","message":"?"}})", "moved"},
            Row{429, R"({"error":{"code":"BrandNew","message":"?"}})", "again"},
            Row{503, "", "again"},
            Row{507, R"({"error":{"code":"BrandNew","message":"?"}})", "again"},
            Row{200, R"({"status":"Failed","error":{"code":"PreconditionFailed","message":"etag"}})", "moved"},
            Row{200, R"({"status":"Failed","error":{"code":"AuthorizationFailed","message":"no"}})", "not yet"},
            Row{409,
                R"({"error":{"code":"DeploymentFailed","message":"m","details":[{"code":"AuthorizationFailed","message":"no"}]}})",
                "not yet"},
            Row{200, R"({"status":"Failed","error":{"code":"OperationNotAllowed","message":"stopped"}})", "never"},
        })
        EXPECT_EQ(catalog::name(class_of(read_error(answer(row.status, row.body)))), row.want)
            << row.status << row.body;
}

TEST(Class, a_404_is_absence_unless_the_address_is_refused) {
    EXPECT_TRUE(says_absent(answer(404)));
    EXPECT_TRUE(says_absent(answer(404, R"({"error":{"code":"ResourceGroupNotFound","message":"m"}})")));
    EXPECT_FALSE(says_absent(answer(404, R"({"error":{"code":"SubscriptionNotFound","message":"m"}})")));
    EXPECT_FALSE(says_absent(answer(403)));
}

}  // namespace
}  // namespace holdfast::azure
