#include <algorithm>

#include "azure/azure.hpp"
#include "azure/url.hpp"

namespace holdfast::azure {

namespace {

constexpr Duration floor_of_polls{1'000};       // Retry-After: 0 is legal and must not become a hot loop
constexpr Duration longest_between_looks{10 * 60'000};
constexpr Duration close_enough{5'000};         // to the end of what runs long
constexpr Duration patience_with_404{60'000};   // what was just made may not be seen everywhere at once
constexpr std::size_t longest_url = 16 * 1024;  // signed polling URLs are 2.5-4 KB

json::Path const state_at = "properties.provisioningState";

enum class State { running, succeeded, failed };
State state_of(std::string_view word) {
    if (base::same_text(word, "Succeeded")) return State::succeeded;
    for (auto const* bad : {"Failed", "Canceled", "Cancelled"})
        if (base::same_text(word, bad)) return State::failed;
    return State::running;  // InProgress, Updating, RegisteringDns, …: every other word means go on
}

/// At a Location a body may be the result or a status; these words are a status, and not the last.
bool goes_on_by_word(std::string_view word) {
    static constexpr std::string_view words[] = {"InProgress", "Running", "Accepted", "Pending", "NotStarted"};
    return std::any_of(std::begin(words), std::end(words), [&](auto one) { return base::same_text(one, word); });
}

std::optional<std::string> word_at(std::optional<json::Value> const& body, char const* at) {
    auto const word = body ? json::text_at(*body, at) : std::nullopt;
    return word ? std::optional(std::string(*word)) : std::nullopt;
}

/// How an operation is going, wherever its service says so.
std::optional<std::string> status_in(std::optional<json::Value> const& body) {
    for (auto const* at : {"status", "properties.status", "properties.provisioningState"})
        if (auto word = word_at(body, at)) return word;
    return std::nullopt;
}

/// What a POST brought forth, where the operation's last answer shows it.
json::Value result_in(json::Value body) {
    for (auto const* at : {"properties.output", "properties"})
        if (auto* result = json::find(body, at); result != nullptr && !result->is_null()) return std::move(*result);
    return body;
}

std::optional<json::Value> body_of(Response const& response) {
    if (base::trimmed(response.body).empty()) return std::nullopt;
    auto parsed = json::parse(response.body);
    if (!parsed) return std::nullopt;
    return std::move(*parsed);
}

std::optional<State> resource_state(std::optional<json::Value> const& body) {
    if (!body) return std::nullopt;
    auto const word = json::text_at(*body, state_at);
    return word ? std::optional(state_of(*word)) : std::nullopt;
}

bool passes_by_itself(int status) { return status == 408 || status == 429 || status >= 500; }

std::string header(Response const& response, std::string_view name) {
    auto const found = world::find(response.headers, name);
    if (!found) return {};
    auto const text = base::trimmed(*found);
    return text.size() > longest_url ? std::string{} : std::string(text);
}

/// The error of an operation whose answer was 200: told in the body, or at least by its state.
base::AzureError failure(Response const& response, std::string_view word, bool of_resource) {
    auto error = read_error(response);
    bool const stopped = base::same_text(word, "Canceled") || base::same_text(word, "Cancelled");
    if (error.chain.empty() && stopped) {
        error.code = "OperationCanceled";
        error.message = "somebody or something stopped the operation";
        error.chain = {error.code + ": " + error.message};
    } else if (error.chain.empty()) {
        error.code = of_resource ? "ResourceDeploymentFailure" : "OperationFailed";
        error.message = "the " + std::string(of_resource ? "resource" : "operation") + " ended in state '" +
                        base::printable(word.substr(0, 64)) + "'";
        error.chain = {error.code + ": " + error.message};
    } else if (of_resource) {
        error.chain.insert(error.chain.begin(), "ResourceDeploymentFailure");
    }
    return error;
}

}  // namespace

Duration poll_interval(Duration expected, Duration elapsed) {
    using std::clamp;
    elapsed = std::max(elapsed, Duration{0});
    if (expected.count() <= 0) return clamp(elapsed / 4, Duration{2'000}, Duration{15'000});
    if (expected <= Duration{10'000}) return clamp(elapsed / 10, floor_of_polls, Duration{5'000});
    if (expected <= Duration{60'000}) return clamp(elapsed / 20, floor_of_polls, Duration{5'000});
    // Long operations seldom end in the first half of what they usually take, but they fail there: a refusal that comes
    // after seconds is seen within as many seconds again.
    if (elapsed < expected / 2)
        return std::min(clamp(expected / 2 - elapsed, Duration{2'000}, Duration{30'000}),
                        std::max(elapsed, floor_of_polls));
    return clamp(elapsed / 66, Duration{2'000}, Duration{5'000});
}

Poller::Poller(std::string method, std::string resource_url, Duration expected, base::Time started)
    : method_(std::move(method)), resource_url_(std::move(resource_url)), expected_(expected), started_(started) {}

Poller Poller::resumed(std::string method, std::string resource_url, std::string url, Duration expected,
                       base::Time now) {
    Poller poller(std::move(method), std::move(resource_url), expected, now);
    poller.form_ = Form::stored;
    poller.url_ = std::move(url);
    return poller;
}

Poller::Next Poller::wait(std::string url, Response const& response, base::Time now) const {
    // What the server asks for is waited, no less and no longer: it knows its work. 0 says nothing, nobody parks us for
    // an hour between two looks, and what has run for a while is not looked at every second though it might be.
    auto const ours = poll_interval(expected_, now - started_);
    auto const asked = retry_after(response);
    if (!asked || asked->count() == 0) return Poll{std::move(url), ours};
    return Poll{std::move(url), std::clamp(*asked, std::min(ours, close_enough), longest_between_looks)};
}

Poller::Next Poller::succeeded(std::optional<json::Value> body) {
    if (writes()) return Read{};
    if (!result_url_.empty()) {
        form_ = Form::location;
        url_ = std::exchange(result_url_, {});
        return Poll{url_, floor_of_polls};
    }
    if (method_ == "POST" && form_ == Form::async_operation && body) body = result_in(std::move(*body));
    return Finished{std::move(body)};
}

/// A 404 to a DELETE: gone, unless the address is what is refused.
Poller::Next Poller::gone(Response const& response) const {
    if (says_absent(response)) return Finished{};
    return Failed{read_error(response)};
}

Poller::Next Poller::first(Response const& response) { return first(response, body_of(response)); }

Poller::Next Poller::first(Response const& response, std::optional<json::Value> body) {
    if (response.status == 404 && method_ == "DELETE") return gone(response);
    if (response.status >= 400) return Failed{read_error(response)};
    auto const state = resource_state(body);

    auto async_url = header(response, "Azure-AsyncOperation");
    if (async_url.empty()) async_url = header(response, "Operation-Location");
    auto location = absolute(header(response, "Location"), resource_url_);
    // A Location that names the resource itself is where it was made, not an operation.
    if (base::same_text(path_of(location), path_of(resource_url_))) location.clear();
    // Beside a final answer a Location is only news about the resource; beside 201 to a POST it names what was made.
    if (response.status == 200 && state != State::running) location.clear();
    if (response.status == 201 && method_ == "POST") location.clear();

    if (response.status == 204) return Finished{};
    if (!async_url.empty()) {
        form_ = Form::async_operation;
        url_ = absolute(async_url, resource_url_);
        if (method_ == "POST") result_url_ = std::move(location);
        return wait(url_, response, started_);
    }
    if (!location.empty()) {
        form_ = Form::location;
        url_ = std::move(location);
        return wait(url_, response, started_);
    }
    if (state == State::failed) return Failed{failure(response, *json::text_at(*body, state_at), true)};
    bool const goes_on = (writes() && state == State::running) ||
                         (response.status == 202 && method_ != "POST" && state != State::succeeded);
    if (goes_on) {
        form_ = Form::resource;
        url_ = resource_url_;
        return wait(url_, response, started_);
    }
    return Finished{std::move(body)};
}

Poller::Next Poller::polled(Response const& response, base::Time now) {
    if (form_ == Form::resource || base::same_text(path_of(url_), path_of(resource_url_))) return read(response, now);
    if (passes_by_itself(response.status)) return wait(url_, response, now);
    if (response.status == 404 || response.status == 410) {
        // An operation that is forgotten says nothing of what it was to delete: that may still stand.
        if (method_ == "DELETE") return Read{};
        if (!missing_since_) missing_since_ = now;
        if (now - *missing_since_ <= patience_with_404) return wait(url_, response, now);
        return writes() ? Next{Read{}} : Next{Failed{read_error(response)}};
    }
    missing_since_.reset();
    // Whoever may write the resource may not always read the operation: the resource knows as well.
    if (response.status == 403 && writes() && form_ != Form::location) return Read{};
    if (response.status >= 400) return Failed{read_error(response)};

    auto body = body_of(response);
    // Something else answered in Azure's place, or the answer was spoilt on its way. What a write came to, the resource
    // tells as well.
    bool const unreadable = !body && !base::trimmed(response.body).empty();
    if (unreadable) return writes() ? Next{Read{}} : wait(url_, response, now);
    if (method_ != "POST" && body && !body->is_object()) return wait(url_, response, now);
    bool const by_status = form_ == Form::async_operation || (form_ == Form::stored && word_at(body, "status"));
    auto const word = by_status ? status_in(body) : word_at(body, "status");
    auto const renewed = absolute(header(response, by_status ? "Azure-AsyncOperation" : "Location"), resource_url_);
    if (!renewed.empty() && !base::same_text(path_of(renewed), path_of(resource_url_))) url_ = renewed;

    if (by_status && word) {
        switch (state_of(*word)) {
            case State::running:
                return wait(url_, response, now);
            case State::failed:
                return Failed{failure(response, *word, false)};
            case State::succeeded:
                return succeeded(std::move(body));
        }
    }
    if (response.status == 202) return wait(url_, response, now);
    if (word && state_of(*word) == State::failed) return Failed{failure(response, *word, false)};
    if (by_status && body && json::find(*body, "error") != nullptr) return Failed{failure(response, "Failed", false)};
    // A result that says of itself that it is not finished is no result yet.
    if (word && goes_on_by_word(*word)) return wait(url_, response, now);
    if (method_ == "POST" && resource_state(body) == State::running) return wait(url_, response, now);
    // 200 without a status: finished for a Location; an operation that says nothing is checked at the resource.
    if (form_ == Form::async_operation && method_ != "POST") return Read{};
    return succeeded(std::move(body));
}

/// The resource itself is asked from now on, also after a restart.
Poller::Next Poller::look_again(Response const& response, base::Time now) {
    form_ = Form::resource;
    url_ = resource_url_;
    return wait(url_, response, now);
}

Poller::Next Poller::read(Response const& response, base::Time now) {
    if (passes_by_itself(response.status)) return look_again(response, now);
    if (response.status == 404) {
        if (method_ == "DELETE") return gone(response);
        if (!missing_since_) missing_since_ = now;
        if (now - *missing_since_ <= patience_with_404) return look_again(response, now);
        return Failed{read_error(response)};
    }
    missing_since_.reset();
    if (response.status >= 400) return Failed{read_error(response)};
    auto body = body_of(response);
    // A cut answer may end in a brace; what cannot be read says nothing of how it stands.
    if (method_ == "DELETE" || !body || !body->is_object()) return look_again(response, now);
    switch (resource_state(body).value_or(State::succeeded)) {
        case State::running:
            return look_again(response, now);
        case State::failed:
            return Failed{failure(response, *json::text_at(*body, state_at), true)};
        case State::succeeded:
            return Finished{std::move(body)};
    }
    return Finished{std::move(body)};
}

}  // namespace holdfast::azure
