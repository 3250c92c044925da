#include "credentials/tokens.hpp"

#include <algorithm>
#include <charconv>

namespace holdfast::credentials {

using base::Duration;
using base::ErrorCode;

namespace {

constexpr std::int64_t longest_life_s = 7 * 24 * 3'600;  // managed identities get a day
constexpr std::int64_t longest_asked_s = 120;            // a server that asks for more is asked again sooner
constexpr Duration pause_after_failed_refresh{30'000};

std::int64_t clamped(double number) { return static_cast<std::int64_t>(std::clamp(number, -1e15, 1e15)); }

}  // namespace

std::optional<std::int64_t> number_at(json::Value const& value, json::Path const& at) {
    auto const* found = json::find(value, at);
    if (found == nullptr) return std::nullopt;
    if (found->is_int64()) return found->get_int64();
    if (found->is_uint64()) return static_cast<std::int64_t>(std::min<std::uint64_t>(found->get_uint64(), INT64_MAX));
    if (found->is_double()) return clamped(found->get_double());
    if (auto const* text = found->if_string()) {
        std::int64_t number = 0;
        auto const [end, wrong] = std::from_chars(text->data(), text->data() + text->size(), number);
        if (wrong == std::errc{} && end == text->data() + text->size()) return number;
    }
    return std::nullopt;
}

std::string brief(std::string_view id) {
    return base::printable(id.size() > 8 ? std::string(id.substr(0, 8)) + "..." : std::string(id));
}

base::Time stale_from(base::Time now, base::Time expires, std::optional<Duration> refresh_in) {
    auto const life = std::max(expires - now, Duration{0});
    auto const margin = std::min(Duration{5 * 60'000}, life * 2 / 5);
    auto stale = expires - margin;
    if (refresh_in) stale = std::min(stale, now + *refresh_in);
    return stale;
}

bool can_be_token(std::string_view text) {
    return !text.empty() && text.size() <= largest_token &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

Result<Token> read_token(std::string_view body, base::Time now) {
    auto const parsed = json::parse(body, answer_limits);
    auto const text = parsed ? json::text_at(*parsed, "access_token") : std::nullopt;
    if (!text || text->empty())
        return base::fail(ErrorCode::sign_in, "the sign-in answer holds no token", "a proxy may have answered instead");
    if (!can_be_token(*text))
        return base::fail(ErrorCode::sign_in, "the sign-in answer holds something that cannot be a token",
                          "a proxy may have answered instead");
    Token token;
    token.secret = base::Secret(std::string(*text));
    std::int64_t life_s = 300;  // nothing said: trusted for five minutes
    if (auto const in = number_at(*parsed, "expires_in")) {
        life_s = *in;
    } else if (auto const on = number_at(*parsed, "expires_on")) {
        auto const now_s = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
        life_s = std::clamp<std::int64_t>(*on, 0, now_s + longest_life_s) - now_s;
    }
    life_s = std::clamp<std::int64_t>(life_s, 0, longest_life_s);
    token.expires = now + std::chrono::seconds(life_s);
    std::optional<Duration> refresh;
    if (auto const in = number_at(*parsed, "refresh_in"))
        refresh = std::chrono::seconds(std::clamp<std::int64_t>(*in, 0, longest_life_s));
    token.stale = stale_from(now, token.expires, refresh);
    return token;
}

/// What of a request proves who asks, as it could come back in an answer that repeats the request.
static std::vector<base::Secret> proofs_in(world::Request const& request) {
    static constexpr std::string_view fields[] = {"client_secret", "client_assertion", "refresh_token", "device_code"};
    static constexpr std::string_view headers[] = {"Authorization", "X-IDENTITY-HEADER", "secret"};
    std::vector<base::Secret> proofs;
    if (request.bearer) proofs.push_back(*request.bearer);
    if (request.secret_body)
        for (auto const& pair : base::split(request.secret_body->reveal(), '&')) {
            auto const equals = std::min(pair.find('='), pair.size() - 1);
            if (std::ranges::find(fields, std::string_view(pair).substr(0, equals)) != std::end(fields))
                proofs.emplace_back(base::percent_decoded(std::string_view(pair).substr(equals + 1)));
        }
    for (auto const& header : request.headers)
        if (std::ranges::any_of(headers, [&](auto name) { return base::same_text(name, header.name); }))
            proofs.emplace_back(header.value.substr(header.value.rfind(' ') + 1));  // without the word "Basic"
    return proofs;
}

Task<Result<world::Response>> send_until_answered(MakeRequest make, world::World* world, int attempts) {
    for (int attempt = 1;; ++attempt) {
        auto request = make();
        if (!request) co_return base::fail(request.error());
        auto const proofs = proofs_in(*request);
        auto result = co_await world->http.send(std::move(*request));
        bool transient = false;
        if (result) {
            // 410: the metadata service is being updated and says so.
            transient =
                result->status == 408 || result->status == 410 || result->status == 429 || result->status >= 500;
        } else {
            auto const code = result.error().code;
            transient = code == ErrorCode::connection_failed || code == ErrorCode::connection_lost ||
                        code == ErrorCode::timeout;
        }
        if (!transient || attempt >= attempts) {
            if (!result && result.error().fix.empty())
                result.error().fix = "check the network, then run the same again; a run goes on with `holdfast resume`";
            if (result && result->status != 200)
                for (auto const& proof : proofs) result->body = without_secret(std::move(result->body), proof);
            co_return result;
        }
        auto const full = std::min(Duration{800} * (std::int64_t{1} << (attempt - 1)), Duration{30'000});
        auto wait =
            Duration(static_cast<std::int64_t>(static_cast<double>(full.count()) * (0.5 + world->prng.unit() / 2)));
        if (result)
            if (auto const asked = world::find(result->headers, "Retry-After")) {
                std::int64_t seconds = 0;
                auto const [end, wrong] = std::from_chars(asked->data(), asked->data() + asked->size(), seconds);
                if (wrong == std::errc{} && seconds > 0)
                    wait = std::max<Duration>(wait, std::chrono::seconds(std::min(seconds, longest_asked_s)));
            }
        co_await world->clock.sleep(wait);
    }
}

base::Error refused(world::Response const& response, std::string who) {
    base::Error error;
    error.code = ErrorCode::sign_in;
    error.where = base::Call{"POST", "token for " + who};
    base::AzureError azure;
    azure.status = response.status;
    auto const parsed = json::parse(response.body, answer_limits);
    if (parsed) {
        azure.code = base::printable(json::text_at(*parsed, "error").value_or("").substr(0, 128));
        auto const description = json::text_at(*parsed, "error_description").value_or("");
        auto const first_line = base::trimmed(description.substr(0, description.find_first_of("\r\n")));
        azure.message = base::printable(first_line.substr(0, 1'024));
        if (azure.message.starts_with("AADSTS")) {
            auto const end = azure.message.find_first_not_of("0123456789", std::size("AADSTS") - 1);
            azure.subcode = azure.code;
            azure.code = azure.message.substr(0, end);
        }
        auto const correlation = json::text_at(*parsed, "correlation_id");
        auto const id = correlation ? *correlation : json::text_at(*parsed, "trace_id").value_or("");
        azure.correlation_id = base::printable(id.substr(0, 128));
    }
    bool const spoke = !azure.message.empty() || !azure.code.empty();
    if (azure.message.empty())
        azure.message = azure.code.empty() ? "HTTP " + std::to_string(response.status) : azure.code;
    azure.chain = {azure.code.empty() ? azure.message : azure.code + ": " + azure.message};
    error.what = who + " could not sign in: " + azure.message;
    error.fix = "check tenant, client id and what proves the identity";
    if (response.status >= 300 && response.status < 400) {
        error.what += ", a redirect, which is not followed";
        error.fix = "a proxy or a network's sign-in page may have answered instead";
    } else if (!spoke) {
        error.fix = "a proxy may have answered instead; check the sign-in host";
    }
    error.azure = std::move(azure);
    return error;
}

// ---------------------------------------------------------------------------------------------- the cache

Task<Result<base::Secret>> Cached::token(std::string audience, std::string claims, world::World& world) {
    while (true) {
        auto& found = slots_[audience];
        if (!found) found = std::make_shared<Slot>();
        auto slot = found;
        auto const now = world.clock.now();
        bool const valid = slot->token && now < slot->token->expires;
        bool const serves = valid && (claims.empty() || slot->claims == claims);
        if (serves && now < slot->token->stale) co_return slot->token->secret;
        if (slot->fetching) {
            if (serves) co_return slot->token->secret;
            auto const ended = slot->fetches;
            co_await slot->done.wait();
            // One more answer would be the same: many who wait must not become many who ask.
            if (slot->fetches != ended && slot->failed) co_return base::fail(*slot->failed);
            continue;
        }
        slot->fetching = true;
        Wanted const wanted{audience, claims, serves ? 1 : 4};
        auto fetched = co_await fetch(wanted, &world);
        slot->fetching = false;
        ++slot->fetches;
        slot->failed = fetched ? std::nullopt : std::optional(fetched.error());
        if (fetched) {
            slot->token = std::move(*fetched);
            slot->claims = claims;
            auto const secret = slot->token->secret;
            slot->done.notify();
            co_return secret;
        }
        slot->done.notify();
        // Refreshing ahead may fail: the old token still serves, and the next try waits a little.
        auto const later = world.clock.now();
        if (serves && slot->token && later < slot->token->expires) {
            slot->token->stale = later + pause_after_failed_refresh;
            co_return slot->token->secret;
        }
        co_return base::fail(fetched.error());
    }
}

void Cached::forget(std::string const& audience, base::Secret const& refused) {
    auto const found = slots_.find(audience);
    if (found == slots_.end() || !found->second->token) return;
    if (found->second->token->secret.reveal() == refused.reveal()) found->second->token.reset();
}

// ---------------------------------------------------------------------------------------------- claims

Result<json::Value> claims_of(base::Secret const& token) {
    auto const parts = base::split(token.reveal(), '.');
    if (parts.size() != 3) return base::fail(ErrorCode::answer_malformed, "the token is not a JWT");
    auto const payload = base::from_base64(parts[1]);
    if (!payload) return base::fail(ErrorCode::answer_malformed, "the token's claims cannot be decoded");
    auto parsed = json::parse(*payload, answer_limits);
    if (!parsed) return base::fail(ErrorCode::answer_malformed, "the token's claims are not JSON");
    return std::move(*parsed);
}

}  // namespace holdfast::credentials
