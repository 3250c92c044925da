#include "understanding.hpp"

#include <algorithm>
#include <set>

namespace holdfast::recordings {

namespace {

using azure::Pages;
using azure::Poller;

constexpr base::Duration longest_rhythm{30'000};  // between two looks where the server asks for nothing

bool is_identity(std::string const& host) {
    return host.starts_with("login.") || host.starts_with("169.254.") || host == "sts.windows.net";
}

/// The error's class, and whether a row of data/errors knows it or its status leaves no doubt.
std::string class_of(world::Response const& response, base::AzureError const& error, Understood& understood) {
    auto const name = std::string(catalog::name(azure::class_of(error))) + " " + error.code;
    static constexpr int beyond_doubt[] = {401, 404, 405, 408, 412, 413, 429};
    bool const by_status = response.status >= 500 || std::find(std::begin(beyond_doubt), std::end(beyond_doubt),
                                                               response.status) != std::end(beyond_doubt);
    if (error.code.empty() || error.message.empty()) understood.trouble = "an error without code or message";
    else if (azure::meaning_of(error) == nullptr && !by_status)
        understood.trouble = "no row for the code " + error.code;
    return name;
}

/// A write and what became of it.
struct Operation {
    std::string method, resource, write_url;
    Poller poller;
    Poller::Next next;
    std::set<std::string> asynchronous;  ///< addresses that Azure-AsyncOperation named
    std::set<std::string> locations;
    bool ended = false;
};

std::string header(world::Response const& response, std::string_view name) {
    return std::string(world::find(response.headers, name).value_or(""));
}

/// Answers in order, and when they were asked for; a lost token server in the end.
class Script : public world::Transport {
public:
    explicit Script(world::Clock& clock) : clock_(clock) {}
    std::vector<world::Response> answers;
    std::vector<base::Time> asked;
    world::Task<base::Result<world::Response>> send(world::Request) override {
        asked.push_back(clock_.now());
        if (asked.size() > answers.size()) co_return base::fail(base::ErrorCode::tls, "the script is over");
        co_return answers[asked.size() - 1];
    }

private:
    world::Clock& clock_;
};

/// What the credential for signing in on another device does after this answer: the wait before it asks again.
std::optional<base::Duration> asks_again_after(Exchange const& invitation, Exchange const& answer) {
    boost::asio::io_context io;
    world::VirtualClock clock{io, invitation.at};
    Script script{clock};
    script.answers = {invitation.response, answer.response};
    auto const files = world::memory_files();
    auto const environment = world::fixed_environment();
    auto const programs = world::no_programs();
    base::Prng prng{1};
    world::World world{clock, script, *files, *environment, *programs, prng};
    auto const credential =
        credentials::device_code(*credentials::find_cloud("public"), {"tenant", "client"}, [](std::string const&) {});
    auto const token = world::run(io, clock, credential->token("https://management.azure.com", "", world));
    if (token || script.asked.size() < 3) return std::nullopt;
    return script.asked[2] - script.asked[1];
}

class Session {
public:
    explicit Session(Recording const& recording) : recording_(recording) {}

    Understood operator()(Exchange const& exchange) {
        Understood understood;
        auto const host = host_of(exchange.url);
        if (exchange.response.status == 401) {
            challenged(exchange, understood);
        } else if (is_identity(host)) {
            signing_in(exchange, understood);
        } else if (exchange.method == "HEAD") {
            understood.kind = "existence";
            understood.state = exchange.response.status == 404 ? "absent" : "done";
            understood.next = "none";
        } else if (exchange.method == "GET") {
            if (!follow(exchange, understood)) reading(exchange, understood);
        } else if (path_of(exchange.url).ends_with("/providers/microsoft.resourcegraph/resources")) {
            listing(exchange, understood);
        } else {
            writing(exchange, understood);
        }
        judge_wait(exchange, understood);
        return understood;
    }

private:
    void challenged(Exchange const& exchange, Understood& understood) {
        understood.kind = "challenge";
        understood.state = "challenged";
        understood.klass = class_of(exchange.response, azure::read_error(exchange.response), understood);
        auto const challenge = azure::challenge_of(exchange.response, exchange.url);
        understood.next =
            challenge && (!challenge->audience.empty() || !challenge->claims.empty()) ? "sign in" : "report";
    }

    void signing_in(Exchange const& exchange, Understood& understood) {
        understood.kind = "sign-in";
        if (path_of(exchange.url).ends_with("/devicecode")) invitation_ = &exchange;
        if (exchange.response.status >= 400) {
            refused(exchange, understood);
            auto const wait = invitation_ == nullptr ? std::nullopt : asks_again_after(*invitation_, exchange);
            if (!wait) return;
            understood.state = "running";
            understood.next = "repeat";
            understood.wait = wait;
            return;
        }
        understood.state = "done";
        understood.next = "none";
        if (exchange.body.if_object() == nullptr) understood.trouble = "the answer of the sign-in server is no object";
    }

    void refused(Exchange const& exchange, Understood& understood) {
        base::Prng prng{1};
        auto const verdict = azure::Retry{}.after(1, exchange.method, exchange.response, prng);
        understood.klass = class_of(exchange.response, azure::read_error(exchange.response), understood);
        if (auto const* again = std::get_if<azure::Again>(&verdict)) {
            understood.state = "running";
            understood.next = "repeat";
            understood.wait = again->after;
            return;
        }
        understood.state = "failed";
        understood.next = "report";
    }

    void reading(Exchange const& exchange, Understood& understood) {
        understood.kind = "read";
        if (azure::says_absent(exchange.response)) {
            understood.state = "absent";
            understood.next = "none";
            return;
        }
        if (exchange.response.status >= 400) {
            understood.kind = "error";
            return refused(exchange, understood);
        }
        if (auto const* object = exchange.body.if_object())
            for (auto const* name : {"value", "nextLink"})
                if (auto const* found = object->if_contains(name);
                    found != nullptr && (found->is_array() || name[0] == 'n'))
                    return listing(exchange, understood);
        if (!exchange.response.body.empty() && exchange.body.is_null()) understood.trouble = "the answer is not JSON";
        auto const state = json::text_at(exchange.body, "properties.provisioningState");
        understood.next = "none";
        understood.state = !state                                                                     ? "done"
                           : base::same_text(*state, "Succeeded")                                     ? "succeeded"
                           : base::same_text(*state, "Failed") || base::same_text(*state, "Canceled") ? "failed"
                                                                                                      : "running";
    }

    void listing(Exchange const& exchange, Understood& understood) {
        understood.kind = "list";
        auto next = Pages(exchange.url, {exchange.method, "list"}).page(exchange.response);
        understood.state = "done";
        understood.next = "none";
        if (auto const* error = std::get_if<base::Error>(&next)) {
            if (error->azure) {
                understood.kind = "error";
                return refused(exchange, understood);
            }
            understood.next = "refuse";
            if (error->what.find("another host") == std::string::npos) understood.trouble = error->what;
        } else if (!std::holds_alternative<Pages::Finished>(next)) {
            understood.next = "page";
        }
    }

    void writing(Exchange const& exchange, Understood& understood) {
        understood.kind = "write";
        base::Prng prng{1};
        auto const verdict = azure::Retry{}.after(1, exchange.method, exchange.response, prng);
        if (std::holds_alternative<azure::Again>(verdict)) return refused(exchange, understood);
        if (exchange.method == "DELETE" && azure::says_absent(exchange.response)) {
            understood.state = "absent";
            understood.next = "none";
            return;
        }
        Operation operation{exchange.method,
                            path_of(exchange.url),
                            exchange.url,
                            Poller(exchange.method, exchange.url, expected(exchange), exchange.at),
                            {},
                            {},
                            {},
                            false};
        operation.next = operation.poller.first(exchange.response);
        if (auto const* failed = std::get_if<Poller::Failed>(&operation.next)) {
            understood.kind = "error";
            understood.klass = class_of(exchange.response, failed->error, understood);
        }
        say(exchange, operation, understood);
        for (auto& earlier : operations_)
            if (earlier.resource == operation.resource && exchange.method != "POST") earlier.ended = true;
        operations_.push_back(std::move(operation));
    }

    /// How long such a write usually takes, as the client looks it up.
    static base::Duration expected(Exchange const& exchange) {
        auto const id = resource::ResourceId::parse(base::percent_decoded(
            exchange.url.substr(std::min(exchange.url.find('/', 9), exchange.url.size()),
                                exchange.url.find('?') - std::min(exchange.url.find('/', 9), exchange.url.size()))));
        if (!id || exchange.method == "POST") return base::Duration{0};
        auto const* row = catalog::find_duration(id->type(), exchange.method == "DELETE" ? "delete" : "write");
        return row == nullptr ? base::Duration{0} : base::Duration{row->typical_s * 1'000};
    }

    /// A GET that looks at an operation of this session, or at what it writes.
    bool follow(Exchange const& exchange, Understood& understood) {
        auto const path = path_of(exchange.url);
        bool found = false;
        for (auto operation = operations_.rbegin(); operation != operations_.rend(); ++operation) {
            auto const* poll = std::get_if<Poller::Poll>(&operation->next);
            bool const reads = std::holds_alternative<Poller::Read>(operation->next);
            if (operation->ended || (poll == nullptr && !reads)) continue;
            bool const asks_operation = poll != nullptr && path_of(poll->url) == path;
            bool const asks_resource = operation->resource == path && operation->method != "POST" &&
                                       (reads || asks_operation || !asks_its_operation(*operation));
            if (!asks_operation && !asks_resource) continue;
            bool const as_read = asks_resource && !asks_operation;
            operation->next = as_read ? operation->poller.read(exchange.response, exchange.at)
                                      : operation->poller.polled(exchange.response, exchange.at);
            if (found) continue;  // several may wait for the same one; it tells them all the same
            found = true;
            understood.kind = asks_operation && path != operation->resource ? "poll" : "read after a write";
            if (auto const* failed = std::get_if<Poller::Failed>(&operation->next))
                understood.klass = class_of(exchange.response, failed->error, understood);
            say(exchange, *operation, understood);
        }
        if (found) return true;
        // Addresses of operations that ended, or whose beginning was not recorded.
        Operation const* of = nullptr;
        for (auto const& operation : operations_)
            if (operation.asynchronous.contains(path) || operation.locations.contains(path)) of = &operation;
        bool const looks_so = path.find("/operationresults/") != std::string::npos ||
                              path.find("/operations/") != std::string::npos ||
                              path.find("operationstatus") != std::string::npos;
        if (of == nullptr && !looks_so) return false;
        if (exchange.body.is_object() && json::find(exchange.body, "value") != nullptr) return false;
        understood.kind = "poll";
        Operation stored{of != nullptr ? of->method : "POST",
                         of != nullptr ? of->resource : "",
                         exchange.url,
                         Poller::resumed(of != nullptr ? of->method : "POST",
                                         of != nullptr ? of->write_url : "https://management.azure.com/", exchange.url,
                                         base::Duration{0}, exchange.at),
                         {},
                         {},
                         {},
                         false};
        if (of != nullptr && of->asynchronous.contains(path)) stored.asynchronous.insert(path);
        stored.next = stored.poller.polled(exchange.response, exchange.at);
        if (auto const* failed = std::get_if<Poller::Failed>(&stored.next))
            understood.klass = class_of(exchange.response, failed->error, understood);
        say(exchange, stored, understood);
        return true;
    }

    /// Whether the recorded client ever looked at the operation itself; one that did not looked at the resource
    /// instead.
    bool asks_its_operation(Operation const& operation) const {
        return std::any_of(recording_.exchanges.begin(), recording_.exchanges.end(), [&](Exchange const& other) {
            return other.method == "GET" && operation.asynchronous.contains(path_of(other.url));
        });
    }

    void say(Exchange const& exchange, Operation& operation, Understood& understood) {
        for (auto const* name : {"Azure-AsyncOperation", "Operation-Location"})
            if (auto const url = header(exchange.response, name); !url.empty())
                operation.asynchronous.insert(path_of(url));
        if (auto const url = path_of(header(exchange.response, "Location")); !url.empty() && url != operation.resource)
            operation.locations.insert(url);
        base::match(
            operation.next,
            [&](Poller::Finished const&) {
                understood.state = "succeeded";
                understood.next = "none";
            },
            [&](Poller::Failed const&) {
                understood.state = "failed";
                understood.next = "report";
            },
            [&](Poller::Read const&) {
                understood.state = "succeeded";
                understood.next = "read";
            },
            [&](Poller::Poll const& poll) {
                auto const path = path_of(poll.url);
                understood.state = "running";
                understood.next = path == operation.resource              ? "poll resource"
                                  : operation.asynchronous.contains(path) ? "poll async"
                                                                          : "poll location";
                understood.wait = poll.after;
            });
        contradiction(exchange, operation, understood);
    }

    /// The recording goes on: where an operation that we took for ended is still seen running, we were wrong.
    void contradiction(Exchange const& exchange, Operation const& operation, Understood& understood) {
        if (understood.state == "running" || exchange.response.status >= 400) return;
        auto const index = static_cast<std::size_t>(&exchange - recording_.exchanges.data());
        for (auto i = index + 1; i < recording_.exchanges.size(); ++i) {
            auto const& later = recording_.exchanges[i];
            auto const path = path_of(later.url);
            if (later.method != "GET") {
                if (path == operation.resource) return;  // another write begins
                continue;
            }
            if (!operation.asynchronous.contains(path) && !operation.locations.contains(path)) continue;
            auto const word = json::text_at(later.body, "status");
            if (later.response.status == 202 || (word && base::same_text(*word, "InProgress"))) {
                understood.trouble = "taken for ended, and exchange " + std::to_string(i) + " shows it still running";
                return;
            }
        }
    }

    void judge_wait(Exchange const& exchange, Understood& understood) const {
        if (!understood.wait) return;
        auto const asked = azure::retry_after(exchange.response);
        auto const least = recording_.waits_are_real() && asked ? *asked : base::Duration{1'000};
        auto const most = std::max(longest_rhythm, least + least / 5);
        if (*understood.wait < least || *understood.wait > most)
            understood.trouble = "a wait of " + std::to_string(understood.wait->count()) + " ms, not " +
                                 std::to_string(least.count()) + " to " + std::to_string(most.count());
    }

    Recording const& recording_;
    std::vector<Operation> operations_;
    Exchange const* invitation_ = nullptr;  ///< to sign in on another device
};

}  // namespace

std::vector<Understood> understand(Recording const& recording) {
    Session session(recording);
    std::vector<Understood> all;
    for (auto const& exchange : recording.exchanges) all.push_back(session(exchange));
    return all;
}

}  // namespace holdfast::recordings
