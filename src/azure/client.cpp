// The part that sends and sleeps. What to do after each answer is decided by Retry, Poller and Budget.
#include <algorithm>

#include "azure/azure.hpp"
#include "azure/budget.hpp"
#include "azure/url.hpp"

namespace holdfast::azure {

using base::ErrorCode;

struct Client::State {
    credentials::Cloud cloud;
    credentials::Credential& credential;
    world::World& world;
    Listener listener;
    Counts counts;
    Budget budget;
};

namespace {

constexpr std::string_view user_agent = "holdfast/0.1";
constexpr std::size_t most_page_bytes = 16u << 20;     // the machine sizes of one region are 2 MB
constexpr std::size_t most_resource_bytes = 8u << 20;  // Resource Manager itself takes 4 MB in one request
constexpr Duration outage_pause{5'000};

/// One logical request: what stays the same from attempt to attempt.
struct Exchange {
    std::string method, url, address;
    std::string body;
    std::optional<base::Secret> secret_body;
    world::Headers headers;
    std::size_t most_bytes = most_resource_bytes;
    bool only_reads = false;  ///< a POST that may be repeated
    bool quiet_end = false;   ///< the caller reports the last attempt itself
};

std::string version_of(resource::ResourceId const& id, std::string const& given) {
    if (!given.empty()) return given;
    auto const* type = shapes::find(id.type());
    return type == nullptr ? std::string{} : std::string(type->api_version);
}

std::string with_version(std::string target, std::string_view api_version) {
    if (api_version.empty()) return target;
    target += target.find('?') == std::string::npos ? '?' : '&';
    target += "api-version=";
    target += base::percent_encoded(api_version);
    return target;
}

base::Error error_at(ErrorCode code, base::Call call, std::string what, std::string fix) {
    return base::fail(code, std::move(what), std::move(fix), std::move(call)).value();
}

base::Error other_host(Exchange const& exchange) {
    auto const origin = origin_of(exchange.url);
    auto const whither = origin ? "another host, " + base::printable(*origin) : std::string("no usable address");
    return error_at(ErrorCode::answer_malformed, {exchange.method, exchange.address},
                    "Azure's answer leads to " + whither + "; no token goes there",
                    "check the cloud or the endpoint that was given");
}

base::Error redirected(Exchange const& exchange, int status) {
    return error_at(ErrorCode::answer_malformed, {exchange.method, exchange.address},
                    "Azure's answer is a redirect (HTTP " + std::to_string(status) + "), which is not followed",
                    "a proxy or a network's sign-in page may have answered in its place");
}

std::string saw(Result<Response> const& result) {
    if (!result) return std::string(base::name(result.error().code));
    if (result->status < 400) return std::to_string(result->status);
    auto const error = read_error(*result);
    return std::to_string(result->status) + (error.code.empty() ? "" : " " + error.code);
}

Result<json::Value> json_of(Response const& response, base::Call call) {
    if (base::trimmed(response.body).empty()) return json::Value{};
    auto parsed = json::parse(response.body);
    if (parsed) return std::move(*parsed);
    auto error = error_at(ErrorCode::answer_malformed, std::move(call), "Azure's answer is not JSON",
                          "a proxy may have answered in its place");
    error.because.push_back(std::move(parsed.error()));
    return base::fail(std::move(error));
}

Answer answer_of(Response response, json::Value body) {
    Answer answer;
    answer.status = response.status;
    answer.headers = std::move(response.headers);
    if (auto const header = world::find(answer.headers, "ETag")) {
        answer.etag = *header;
    } else if (auto const in_body = json::text_at(body, "etag")) {
        answer.etag = *in_body;
    }
    answer.body = std::move(body);
    return answer;
}

/// Lays secrets into a body without a JSON value ever holding them: a mark stands for each until the text is written.
base::Secret body_with_secrets(json::Value body, std::vector<std::pair<json::Path, base::Secret>> const& secrets,
                               base::Prng& prng) {
    std::vector<std::string> marks;
    std::size_t room = 0;
    for (auto const& [at, secret] : secrets) {
        marks.push_back(prng.guid());
        json::put(body, at, json::Value(marks.back()));
        room += 6 * secret.reveal().size();
    }
    auto const text = json::write(body);
    std::string out;
    out.reserve(text.size() + room);  // never moved, so nothing of it is left behind in freed memory
    std::size_t done = 0;
    while (done < text.size()) {
        auto next = std::string::npos;
        std::size_t which = 0;
        for (std::size_t i = 0; i < marks.size(); ++i)
            if (auto const found = text.find(marks[i], done); found < next) {
                next = found;
                which = i;
            }
        if (next == std::string::npos) break;
        out.append(text, done, next - done);
        for (char const c : secrets[which].second.reveal()) {
            static constexpr char hex[] = "0123456789abcdef";
            auto const byte = static_cast<unsigned char>(c);
            if (c == '"' || c == '\\') {
                out += '\\';
                out += c;
            } else if (byte < 0x20) {
                out += "\\u00";
                out += hex[byte >> 4];
                out += hex[byte & 15];
            } else {
                out += c;
            }
        }
        done = next + marks[which].size();
    }
    out.append(text, done);
    return base::Secret(std::move(out));
}

/// Entra's refusals say more in data/errors than in their own words.
base::Error explained(base::Error error) {
    if (!error.azure) return error;
    if (auto const* row = meaning_of(*error.azure)) {
        error.what = row->cause;
        error.fix = row->next;
    }
    return error;
}

void report(Client::State& state, Exchange const& exchange, int number, Result<Response> const& result, Duration wait) {
    if (!state.listener) return;
    Attempt attempt;
    attempt.method = exchange.method;
    attempt.address = exchange.address;
    attempt.number = number;
    attempt.status = result ? result->status : 0;
    attempt.because = saw(result);
    attempt.wait = wait;
    state.listener(attempt);
}

/// Sends one logical request until its answer stands. The token goes to Resource Manager's own origin and nowhere else.
Task<Result<Response>> send(std::shared_ptr<Client::State> state, Exchange exchange) {
    if (!same_origin(exchange.url, state->cloud.arm)) co_return base::fail(other_host(exchange));
    auto& world = state->world;
    Retry const retry;
    std::string const request_id = world.prng.guid();
    std::string const deciding_method = exchange.only_reads ? "GET" : exchange.method;
    bool refreshed = false, challenged = false;
    std::string claims;
    int attempt = 1;
    Duration held{0};

    for (int number = 1;; ++number) {
        auto token = co_await state->credential.token(state->cloud.arm_audience, claims, world);
        if (!token) co_return base::fail(explained(token.error()));

        auto const ticket = state->budget.take(deciding_method, exchange.url, world.clock.steady());
        if (ticket.hold.count() > 0) co_await world.clock.sleep(ticket.hold);

        world::Request request;
        request.method = exchange.method;
        request.url = exchange.url;
        request.headers.reserve(exchange.headers.size() + 4);
        request.headers = exchange.headers;
        request.headers.push_back({"Accept", "application/json"});
        request.headers.push_back({"x-ms-client-request-id", request_id});
        request.headers.push_back({"User-Agent", std::string(user_agent)});
        if (!exchange.body.empty() || exchange.secret_body)
            request.headers.push_back({"Content-Type", "application/json"});
        request.body = exchange.body;
        request.secret_body = exchange.secret_body;
        request.bearer = *token;
        request.max_answer_bytes = exchange.most_bytes;
        auto result = co_await world.http.send(std::move(request));
        ++state->counts.calls;
        if (result) state->budget.answered(ticket, *result, world.clock.steady());
        else state->budget.lost(ticket);
        if (result && result->status >= 400)
            result->body = credentials::without_secret(std::move(result->body), *token);

        if (result && result->status == 401) {
            auto const challenge = challenge_of(*result, exchange.url);
            bool const wants_claims = challenge && !challenge->claims.empty();
            if (wants_claims && !challenged) {
                challenged = true;
                claims = challenge->claims;
                state->credential.forget(state->cloud.arm_audience, *token);
                report(*state, exchange, number, result, Duration{0});
                continue;
            }
            if (!wants_claims && !refreshed) {
                refreshed = true;
                state->credential.forget(state->cloud.arm_audience, *token);
                report(*state, exchange, number, result, Duration{0});
                continue;
            }
        }

        auto const verdict = retry.after(attempt, deciding_method, result, world.prng, held);
        if (auto const* again = std::get_if<Again>(&verdict)) {
            if (again->held_back) held += again->after;
            else ++attempt;
            ++state->counts.retries;
            report(*state, exchange, number, result, again->after);
            co_await world.clock.sleep(again->after);
            continue;
        }
        if (!exchange.quiet_end) report(*state, exchange, number, result, Duration{0});
        if (result && result->status >= 300 && result->status < 400)
            co_return base::fail(redirected(exchange, result->status));
        if (result) co_return std::move(*result);
        auto error = std::move(result.error());
        base::Call const call{exchange.method, exchange.address};
        error.where = call;
        if (error.fix.empty())
            error.fix = "check the network, then run the same again; a run goes on with `holdfast resume`";
        if (auto const* gave_up = std::get_if<GiveUp>(&verdict))
            error.because.push_back(error_at(error.code, call, gave_up->because, {}));
        co_return base::fail(std::move(error));
    }
}

Exchange reading(std::string url, std::string address) {
    Exchange exchange;
    exchange.method = "GET";
    exchange.url = std::move(url);
    exchange.address = std::move(address);
    return exchange;
}

std::string resource_url(Client::State const& state, Client::Write const& write) {
    auto const target = state.cloud.arm + encoded_path(write.id.text());
    return with_version(target, version_of(write.id, write.api_version));
}

Duration expected_of(Client::Write const& write) {
    if (write.expected.count() > 0) return write.expected;
    auto const act = write.method == "DELETE" ? "delete" : "write";
    if (write.method == "POST") return Duration{0};
    auto const* row = catalog::find_duration(write.id.type(), act);
    return row == nullptr ? Duration{0} : Duration{row->typical_s * 1'000};
}

std::string address_of(Client::Write const& write) { return write.address.empty() ? write.id.text() : write.address; }

Task<Result<Answer>> get_url(std::shared_ptr<Client::State> state, std::string url, std::string address) {
    auto const call = base::Call{"GET", address};
    auto exchange = reading(std::move(url), std::move(address));
    auto response = co_await send(state, std::move(exchange));
    if (!response) co_return base::fail(response.error());
    if (says_absent(*response)) {
        Answer absent;
        absent.status = 404;
        absent.headers = std::move(response->headers);
        co_return absent;
    }
    if (response->status >= 400) co_return base::fail(to_error(read_error(*response), call));
    auto body = json_of(*response, call);
    if (!body) co_return base::fail(std::move(body.error()));
    if (!body->is_object())
        co_return base::fail(ErrorCode::answer_malformed, "Azure's answer is empty or no JSON object",
                             "a proxy may have answered in its place", call);
    co_return answer_of(std::move(*response), std::move(*body));
}

Task<Result<json::Array>> list_all(std::shared_ptr<Client::State> state, std::string url, std::string address,
                                   int max_pages) {
    Pages pages(url, {"GET", address}, max_pages);
    while (true) {
        auto exchange = reading(std::move(url), address);
        exchange.most_bytes = most_page_bytes;
        auto response = co_await send(state, std::move(exchange));
        if (!response) co_return base::fail(response.error());
        auto next = pages.page(*response);
        if (auto* error = std::get_if<base::Error>(&next)) co_return base::fail(std::move(*error));
        if (std::holds_alternative<Pages::Ask>(next))
            co_return base::fail(ErrorCode::answer_malformed, "Azure's list goes on by $skipToken, as only a query's may",
                                 "a proxy may have answered in its place", base::Call{"GET", address});
        auto* more = std::get_if<Pages::Get>(&next);
        if (more == nullptr) co_return pages.take();
        url = std::move(more->url);
    }
}

Task<Result<Client::Started>> start_write(std::shared_ptr<Client::State> state, Client::Write const& write) {
    auto const address = address_of(write);
    auto const call = base::Call{write.method, address};
    Exchange exchange;
    exchange.method = write.method;
    exchange.address = address;
    auto target = state->cloud.arm + encoded_path(write.id.text());
    if (!write.action.empty()) target += "/" + encoded_target(write.action);
    exchange.url = with_version(target, version_of(write.id, write.api_version));
    exchange.only_reads = write.method == "POST" && write.action.starts_with("list");
    if (!write.if_match.empty()) exchange.headers.push_back({"If-Match", write.if_match});
    if (!write.if_none_match.empty()) exchange.headers.push_back({"If-None-Match", write.if_none_match});
    if (!write.body.is_null() || !write.secrets.empty()) {
        if (write.secrets.empty()) exchange.body = json::write(write.body);
        else exchange.secret_body = body_with_secrets(write.body, write.secrets, state->world.prng);
    }
    auto const url = exchange.url;
    auto response = co_await send(state, std::move(exchange));
    if (!response) co_return base::fail(response.error());
    for (auto const& [at, secret] : write.secrets)
        response->body = credentials::without_secret(std::move(response->body), secret);

    Poller poller(write.method, url, expected_of(write), state->world.clock.steady());
    auto body = json_of(*response, call);
    bool const readable = !body || body->is_null() || body->is_object() || write.method == "POST";
    if (response->status < 400 && !readable)
        co_return base::fail(ErrorCode::answer_malformed, "Azure's answer is no JSON object",
                             "a proxy may have answered in its place; `holdfast resume` looks what became of it", call);
    auto next = poller.first(*response, body && !body->is_null() ? std::optional(std::move(*body)) : std::nullopt);
    if (auto const* failed = std::get_if<Poller::Failed>(&next)) co_return base::fail(to_error(failed->error, call));
    if (!body) co_return base::fail(std::move(body.error()));
    Client::Started started;
    auto* const finished = std::get_if<Poller::Finished>(&next);
    auto whole = finished != nullptr && finished->body ? std::move(*finished->body) : json::Value{};
    started.answer = answer_of(std::move(*response), std::move(whole));
    if (finished == nullptr) started.operation = std::move(poller);
    started.next = std::move(next);
    co_return started;
}

Task<Result<Answer>> follow(std::shared_ptr<Client::State> state, Client::Write const& write, Poller poller,
                            Poller::Next next) {
    auto& clock = state->world.clock;
    auto const address = address_of(write);
    auto const call = base::Call{write.method, address};
    auto const expected = expected_of(write);
    auto const patience = std::clamp(expected * 10, Duration{60 * 60'000}, Duration{6 * 60 * 60'000});
    auto const deadline = clock.steady() + patience;
    Answer last;
    last.status = 200;
    std::optional<base::Time> refused_since;  ///< since when no token is accepted
    for (int number = 1;; ++number) {
        if (auto const* failed = std::get_if<Poller::Failed>(&next))
            co_return base::fail(to_error(failed->error, call));
        if (auto* finished = std::get_if<Poller::Finished>(&next)) {
            if (finished->body) {
                last.body = std::move(*finished->body);
            } else {
                last.body = json::Value{};
                last.status = write.method == "DELETE" ? 204 : last.status;
            }
            co_return last;
        }
        if (clock.steady() > deadline)
            co_return base::fail(ErrorCode::timeout, "Azure has not finished after " + base::spoken(patience),
                                 "run `holdfast resume` later", call);
        bool const reads_resource = std::holds_alternative<Poller::Read>(next);
        std::string url;
        if (auto const* poll = std::get_if<Poller::Poll>(&next)) {
            auto const after = poll->after;
            url = poll->url;
            co_await clock.sleep(after);
        } else {
            url = resource_url(*state, write);
        }
        auto exchange = reading(std::move(url), address);
        exchange.quiet_end = true;
        auto const sent = exchange;
        auto response = co_await send(state, std::move(exchange));
        // The operation goes on whether we see it or not: neither a lost answer nor a refused token is its failure.
        auto const code = response ? ErrorCode::azure : response.error().code;
        bool const refused = response ? response->status == 401 : code == ErrorCode::sign_in;
        bool const lost =
            code == ErrorCode::connection_failed || code == ErrorCode::connection_lost || code == ErrorCode::timeout;
        if (!refused) refused_since.reset();
        else if (!refused_since) refused_since = clock.steady();
        if (refused && clock.steady() - *refused_since > patience_with_sign_in)
            co_return base::fail(response ? sign_in_over(call) : response.error());
        if (refused || lost) {
            report(*state, sent, number, response, outage_pause);
            co_await clock.sleep(outage_pause);
            continue;
        }
        if (!response) co_return base::fail(response.error());
        for (auto const& [at, secret] : write.secrets)
            response->body = credentials::without_secret(std::move(response->body), secret);
        next = reads_resource ? poller.read(*response, clock.steady()) : poller.polled(*response, clock.steady());
        auto const* poll = std::get_if<Poller::Poll>(&next);
        report(*state, sent, number, response, poll == nullptr ? Duration{0} : poll->after);
        last.headers = std::move(response->headers);
        last.status = response->status;
        last.etag = std::string(world::find(last.headers, "ETag").value_or(""));
        if (auto const* finished = std::get_if<Poller::Finished>(&next); finished != nullptr && finished->body)
            if (auto const etag = json::text_at(*finished->body, "etag"); etag && last.etag.empty()) last.etag = *etag;
    }
}

Task<Result<Answer>> write_all(std::shared_ptr<Client::State> state, Client::Write write) {
    auto started = co_await start_write(state, write);
    if (!started) co_return base::fail(started.error());
    if (!started->operation) co_return std::move(started->answer);
    auto poller = std::move(*started->operation);
    auto next = std::move(started->next);
    auto answer = co_await follow(state, write, std::move(poller), std::move(next));
    co_return answer;
}

Task<Result<Answer>> rejoin_write(std::shared_ptr<Client::State> state, Client::Write write, std::string url) {
    auto const resource = resource_url(*state, write);
    auto const expected = expected_of(write);
    auto const now = state->world.clock.steady();
    if (!url.empty()) {
        auto poller = Poller::resumed(write.method, resource, url, expected, now);
        Poller::Next next = Poller::Poll{std::move(url), Duration{0}};
        auto answer = co_await follow(state, write, std::move(poller), std::move(next));
        co_return answer;
    }
    auto const address = address_of(write);
    auto standing = co_await get_url(state, resource, address);
    if (!standing || standing->status == 404) co_return standing;
    auto const word = json::text_at(standing->body, "properties.provisioningState");
    bool const final_state = !word || base::same_text(*word, "Succeeded") || base::same_text(*word, "Failed") ||
                             base::same_text(*word, "Canceled");
    if (final_state && write.method != "PUT" && write.method != "PATCH") co_return standing;
    auto poller = Poller::resumed(write.method, resource, resource, expected, now);
    Response seen;
    seen.status = 200;
    seen.body = json::write(standing->body);
    auto next = poller.read(seen, now);
    if (std::holds_alternative<Poller::Finished>(next)) co_return standing;
    auto answer = co_await follow(state, write, std::move(poller), std::move(next));
    co_return answer;
}

}  // namespace

base::Error sign_in_over(base::Call call) {
    return error_at(ErrorCode::sign_in, std::move(call), "Azure accepts no token of this sign-in any more",
                    "sign in again, then run `holdfast resume`");
}

Client::Client(credentials::Cloud cloud, credentials::Credential& credential, world::World& world, Listener listener)
    : state_(std::make_shared<State>(State{std::move(cloud), credential, world, std::move(listener), {}, {}})) {}

credentials::Cloud const& Client::cloud() const { return state_->cloud; }
Client::Counts Client::counts() const { return state_->counts; }

// Each returns a coroutine that shares the state, so that it may outlive the client.

Task<Result<Answer>> Client::get(resource::ResourceId id, std::string api_version) {
    auto url = with_version(state_->cloud.arm + encoded_path(id.text()), version_of(id, api_version));
    return get_url(state_, std::move(url), id.text());
}

Task<Result<Answer>> Client::get_path(std::string path, std::string api_version) {
    auto url = with_version(state_->cloud.arm + encoded_target(path), api_version);
    return get_url(state_, std::move(url), std::string(without_query(path)));
}

Task<Result<json::Array>> Client::list(std::string path, std::string api_version, int max_pages) {
    auto url = with_version(state_->cloud.arm + encoded_target(path), api_version);
    return list_all(state_, std::move(url), std::string(without_query(path)), max_pages);
}

Task<Result<Client::Started>> Client::start(Write const& write) { return start_write(state_, write); }

Task<Result<Answer>> Client::finish(Write const& write, Poller poller, Poller::Next next) {
    return follow(state_, write, std::move(poller), std::move(next));
}

Task<Result<Answer>> Client::write(Write write) { return write_all(state_, std::move(write)); }

Task<Result<Answer>> Client::rejoin(Write write, std::string url) {
    return rejoin_write(state_, std::move(write), std::move(url));
}

}  // namespace holdfast::azure
