/// azure: speak Resource Manager.
///
/// Requests, attempts, throttling, paging, long-running operations, error shapes. Deciding is pure (`Retry`, `Poller`,
/// `read_error`); `Client` is the thin part that sends and sleeps. `Client` repeats one request only for what means
/// *again* (connection failed, 429, 5xx) and reports each attempt; "not yet" and "conflict" are the engine's to decide.
/// A bearer token goes only to the host it was issued for, whatever a nextLink, Location or redirect says.
#pragma once

#include <functional>
#include <memory>
#include <set>

#include "catalog/catalog.hpp"
#include "credentials/credentials.hpp"
#include "resource/resource.hpp"
#include "world/world.hpp"

namespace holdfast::azure {

using base::Duration;
using base::Result;
using world::Response;
using world::Task;

// ---------------------------------------------------------------------------------------------- deciding

/// Reduces any of Azure's error shapes (ARM envelope, AKS without wrapper, polling answers, JSON inside messages,
/// OData, Graph, Entra, empty, HTML, BOM) to code, deepest message, chain and correlation id. Never fails: says what it
/// saw. `code` is the most telling code of the chain (the deepest that data/errors knows), `message` the deepest
/// message. URLs in messages lose their queries: those carry signatures.
base::AzureError read_error(Response const&);
/// What data/errors says of it, looking at every code and message of the chain; null when nothing is known.
catalog::ErrorRow const* meaning_of(base::AzureError const&);
/// How to take it, also where data/errors has no row: then by the status alone (data/plain_codes).
catalog::Meaning class_of(base::AzureError const&);
/// Whether a 404 says that the thing is not there. It does not where the address itself is refused
/// (data/wrong_addresses: an unknown subscription or type): then nothing is known of the thing.
bool says_absent(Response const&);
/// In the user's words: cause and next step from data/errors, else Azure's deepest message.
base::Error to_error(base::AzureError, base::Call);

struct Done {};
struct Again {
    Duration after;
    bool held_back = false;  ///< 429 that says until when: the request was never looked at, so no attempt is used up
};
struct GiveUp {
    std::string because;
};
using Verdict = std::variant<Done, Again, GiveUp>;

/// What to do after one attempt. Done: the answer stands (also a 4xx: that is an answer).
/// A POST whose fate is unknown is never repeated; a caller whose POST only reads announces it as GET.
struct Retry {
    int attempts = 6;
    Duration base{800}, cap{60'000};
    Duration longest_asked{60 * 60'000};  ///< a server that asks for more, at once or in all, is not waited for
    /// `attempt` counts from 1, those that were held back left out; `held` is how long these have waited in all.
    Verdict after(int attempt, std::string_view method, Result<Response> const&, base::Prng&, Duration held = {}) const;
};
/// Retry-After in seconds or HTTP date, retry-after-ms, x-ms-retry-after-ms. A date is counted from the answer's own
/// Date (RFC 9110, 6.6.1), and says nothing without one: this machine's clock may be an hour off.
std::optional<Duration> retry_after(Response const&);

/// What a 401 asks for before it looks at the request again (WWW-Authenticate: Bearer …). Empty: not said.
struct Challenge {
    std::string tenant;    ///< whose sign-in it trusts; for Resource Manager the subscription's own tenant
    std::string audience;  ///< what the token must be for: "https://vault.azure.net"
    std::string claims;    ///< decoded: what continuous access evaluation wants to see
};
/// nullopt: no 401, or one that asks for nothing. An audience that the host asked does not belong to is left out: a
/// server may not make us fetch tokens for others.
std::optional<Challenge> challenge_of(Response const&, std::string_view url);

/// How long whoever waits for what goes on without us bears a sign-in that is refused, and what is said then.
inline constexpr Duration patience_with_sign_in{10 * 60'000};
base::Error sign_in_over(base::Call);

/// A list, page by page: feed it each page's answer, then do what it says. Pure. Knows `nextLink`, `@odata.nextLink`,
/// the old directory's relative `odata.nextLink`, and Resource Graph's `$skipToken`, which is sent with the same
/// question again. A page may be empty and not the last; "" and null end the list. Refuses links to another host,
/// loops, more than `max_pages` pages, more than 512 MB.
class Pages {
public:
    struct Finished {};
    struct Get {
        std::string url;
    };
    struct Ask {
        std::string skip_token;
    };
    using Next = std::variant<Finished, Get, Ask, base::Error>;

    Pages(std::string url, base::Call call, int max_pages = 1000);
    Next page(Response const&);
    json::Array take() { return std::move(items_); }

private:
    std::string url_;
    base::Call call_;
    int max_pages_, pages_ = 0;
    std::size_t bytes_ = 0;
    std::set<std::string> seen_;
    json::Array items_;
};

/// A long-running operation as a state machine (recorded forms: docs/fidelity.md). Feed it the first answer, then each
/// poll's.
class Poller {
public:
    struct Finished {
        std::optional<json::Value> body;
    };  ///< the resource, where the last answer carried it
    struct Failed {
        base::AzureError error;
    };
    struct Poll {
        std::string url;
        Duration after;
    };
    struct Read {};  ///< GET the resource: it holds the final state
    using Next = std::variant<Finished, Failed, Poll, Read>;

    /// Moments are of a steady clock. `expected`: how long the operation usually takes; polls are wide first, close
    /// together near the end.
    Poller(std::string method, std::string resource_url, Duration expected, base::Time started);
    /// After a restart: `url` as stored. What kind of URL it is shows in its first answer.
    static Poller resumed(std::string method, std::string resource_url, std::string url, Duration expected,
                          base::Time now);
    Next first(Response const&);
    Next first(Response const&, std::optional<json::Value> body);  ///< its body, where that was read already
    Next polled(Response const&, base::Time now);
    Next read(Response const&, base::Time now);
    std::string const& url() const { return url_; }  ///< survives a restart: stored in the journal

private:
    enum class Form { none, async_operation, location, resource, stored };
    Next wait(std::string url, Response const&, base::Time now) const;
    Next succeeded(std::optional<json::Value> body);
    Next gone(Response const&) const;
    Next look_again(Response const&, base::Time now);
    bool writes() const { return method_ == "PUT" || method_ == "PATCH"; }

    std::string method_, resource_url_, url_;
    std::string result_url_;  ///< a POST with both headers: its result stands at the Location once the operation ended
    Duration expected_;
    base::Time started_;
    Form form_ = Form::none;
    std::optional<base::Time> missing_since_;  ///< since when the resource or operation answers 404
};
/// How long until the next look at an operation that usually takes `expected` (0: unknown) and has run `elapsed`.
/// Wide at first, close together once it may end, so that what is waited too long stays small against the whole.
Duration poll_interval(Duration expected, Duration elapsed);

// ---------------------------------------------------------------------------------------------- doing

/// What a listener may want to know while a request is on its way.
struct Attempt {
    std::string method, address;
    int number = 1;
    int status = 0;       ///< 0: no answer
    std::string because;  ///< "429 SubscriptionRequestsThrottled"
    Duration wait{0};     ///< before the next attempt; 0 when none follows
};
using Listener = std::function<void(Attempt const&)>;

struct Answer {
    int status = 0;
    json::Value body;
    std::string etag;
    world::Headers headers;
};

class Client {
public:
    Client(credentials::Cloud cloud, credentials::Credential& credential, world::World& world, Listener listener = {});

    credentials::Cloud const& cloud() const;

    /// A 404 is an answer (status 404), not an error; other 4xx/5xx are errors with `azure` filled.
    Task<Result<Answer>> get(resource::ResourceId id, std::string api_version);
    /// GET on a path below the ARM root: "/subscriptions/…/providers/Microsoft.X/skus?$filter=…" (api-version added).
    Task<Result<Answer>> get_path(std::string path, std::string api_version);
    /// All pages of a list, bounded by `max_pages`.
    Task<Result<json::Array>> list(std::string path, std::string api_version, int max_pages = 1000);

    struct Write {
        std::string method = "PUT";  ///< PUT, PATCH, DELETE, POST
        resource::ResourceId id;
        std::string action;                                        ///< POST …/action
        std::string api_version;                                   ///< empty: the newest that `shapes` knows
        std::string address;                                       ///< for messages
        json::Value body;                                          ///< null: none
        std::vector<std::pair<json::Path, base::Secret>> secrets;  ///< laid into the body just before sending
        std::string if_match, if_none_match;
        Duration expected{0};  ///< 0: what data/durations says of the type
    };
    /// One write, first answer only: the operation may go on. `poll` is set when it does.
    struct Started {
        Answer answer;  ///< without its body where `operation` is set
        std::optional<Poller> operation;
        Poller::Next next;  ///< where `operation` is set: what `finish` begins with
    };
    /// Borrows the write until the answer stands.
    Task<Result<Started>> start(Write const& write);
    /// Follows an operation to its end; each poll reaches the listener as an attempt with the wait before the next.
    /// Borrows the write until then.
    Task<Result<Answer>> finish(Write const& write, Poller poller, Poller::Next next);
    /// start + finish.
    Task<Result<Answer>> write(Write write);
    /// Goes on after a restart, from a stored polling URL. Empty: from the resource itself; then 404 is an answer
    /// (nothing stands, the write never happened) and a resource that a DELETE left standing comes back as it is.
    Task<Result<Answer>> rejoin(Write write, std::string url);

    /// Counters for the run report.
    struct Counts {
        std::int64_t calls = 0, retries = 0;
    };
    Counts counts() const;

    struct State;  ///< named here so that the coroutines behind the door can share it

private:
    std::shared_ptr<State> state_;  // shared with coroutines in flight when the client goes
};

}  // namespace holdfast::azure
