#include "understanding.hpp"

#include <algorithm>
#include <set>

namespace holdfast::recordings {

namespace {

using azure::Pages;
using azure::Poller;

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

/// The real client, or a real credential, in a world that has one recorded answer or a few and then no more.
class Door : world::Transport, credentials::Credential {
    static world::Task<base::Result<base::Secret>> tokens_of(credentials::Credential& way, std::string audience,
                                                             std::vector<base::Duration> pauses, world::World& world) {
        auto token = co_await way.token(audience, "", world);
        for (auto const pause : pauses) {
            co_await world.clock.sleep(pause);
            auto again = co_await way.token(audience, "", world);
            if (again) token = std::move(again);
        }
        co_return token;
    }

    template <typename Act>
    auto in_world(Act act) {
        auto const files = world::memory_files();
        auto const environment = world::fixed_environment();
        auto const programs = world::no_programs();
        base::Prng prng{1};
        world::World world{clock_, *this, *files, *environment, *programs, prng};
        return world::run(io_, clock_, act(world));
    }
    template <typename Act>
    auto with(Act act) {
        return in_world([&](world::World& world) {
            credentials::Credential& credential = *this;
            client_.emplace(cloud_, credential, world);
            return act(*client_);
        });
    }

public:
    Door(Exchange const& exchange, std::vector<world::Response> answers)
        : clock_(io_, exchange.at), answers_(std::move(answers)) {
        auto const path = std::min(exchange.url.find('/', exchange.url.find("://") + 3), exchange.url.size());
        cloud_.arm = cloud_.arm_audience = exchange.url.substr(0, path);
        target_ = exchange.url.substr(path);
    }

    struct Asked {
        world::Request request;
        base::Time at;
    };
    std::vector<Asked> asked;
    int tokens = 0;    ///< how many the client asked for
    std::string told;  ///< to the person at the terminal

    base::Result<azure::Answer> get() {
        return with([&](azure::Client& client) { return client.get_path(target_, ""); });
    }
    base::Result<json::Array> list() {
        return with([&](azure::Client& client) { return client.list(target_, ""); });
    }
    base::Result<azure::Client::Started> start(azure::Client::Write const& write) {
        return with([&](azure::Client& client) { return client.start(write); });
    }
    /// Signs in, and once more after each pause: a token that still serves is not asked for again.
    base::Result<base::Secret> sign_in(credentials::Credential& way, std::string audience,
                                       std::vector<base::Duration> pauses = {}) {
        return in_world(
            [&](world::World& world) { return tokens_of(way, std::move(audience), std::move(pauses), world); });
    }
    /// How long the second request waited for after the first was answered; nullopt where none followed.
    std::optional<base::Duration> pause_before(std::size_t which) const {
        if (asked.size() <= which) return std::nullopt;
        return asked[which].at - asked[which - 1].at;
    }
    credentials::Tell listener() {
        return [this](std::string const& text) { told += text; };
    }

private:
    world::Task<base::Result<world::Response>> send(world::Request request) override {
        asked.push_back({std::move(request), clock_.now()});
        if (asked.size() > answers_.size()) co_return base::fail(base::ErrorCode::tls, "the script is over");
        co_return answers_[asked.size() - 1];
    }
    world::Task<base::Result<base::Secret>> token(std::string, std::string, world::World&) override {
        co_return base::Secret("token-" + std::to_string(++tokens));
    }
    std::string describe() const override { return "a token"; }

    boost::asio::io_context io_;
    world::VirtualClock clock_;
    std::vector<world::Response> answers_;
    credentials::Cloud cloud_;
    std::string target_;
    std::optional<azure::Client> client_;
};

std::optional<resource::ResourceId> id_of(std::string_view path) {
    auto id = resource::ResourceId::parse(base::percent_decoded(path));
    return id ? std::optional(std::move(*id)) : std::nullopt;
}

/// What a write asks, in the client's words; nullopt where it is about no resource (directories, vaults' own doors).
std::optional<azure::Client::Write> write_of(Exchange const& exchange) {
    if (host_of(exchange.url) != "management.azure.com") return std::nullopt;
    std::string_view path = exchange.url;
    path = path.substr(0, path.find('?'));
    path.remove_prefix(std::min(path.find('/', path.find("://") + 3), path.size()));
    std::string action;
    if (exchange.method == "POST") {
        auto const slash = path.rfind('/');
        action = path.substr(slash + 1);
        path = path.substr(0, slash);
    }
    auto id = id_of(path);
    if (!id) return std::nullopt;
    azure::Client::Write write{.method = exchange.method, .id = std::move(*id), .action = std::move(action)};
    constexpr std::string_view version = "api-version=";
    if (auto const at = exchange.url.find(version); at != std::string::npos)
        write.api_version = exchange.url.substr(at + version.size(), exchange.url.find('&', at) - at - version.size());
    write.body = exchange.request_body;
    return write;
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
            existence(exchange, understood);
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
    /// The client fetches a new token and asks once more; a vault says in its challenge for whom the token must be.
    void challenged(Exchange const& exchange, Understood& understood) {
        understood.kind = "challenge";
        understood.state = "challenged";
        understood.klass = class_of(exchange.response, azure::read_error(exchange.response), understood);
        auto const challenge = azure::challenge_of(exchange.response, exchange.url);
        Door door(exchange, {exchange.response, exchange.response});
        auto const refused_twice = door.get();
        bool const asked_anew = door.asked.size() == 2 && door.tokens == 2 &&
                                door.asked[0].request.bearer->reveal() != door.asked[1].request.bearer->reveal();
        if (!asked_anew || refused_twice) understood.trouble = "not asked once more with a new token, or too often";
        bool const says_how = challenge && (!challenge->audience.empty() || !challenge->claims.empty());
        understood.next = asked_anew && says_how ? "sign in" : "report";
    }

    // ------------------------------------------------------------------------------------------ signing in

    void signing_in(Exchange const& exchange, Understood& understood) {
        understood.kind = "sign-in";
        understood.state = "done";
        understood.next = "none";
        auto const path = path_of(exchange.url);
        if (path.ends_with("/devicecode")) invited(exchange, understood);
        else if (path.ends_with("/token") && exchange.method == "POST") granted(exchange, understood);
        else if (path.starts_with("/metadata/identity")) by_the_host(exchange, understood);
        else if (Door door(exchange, {exchange.response}); !door.get())
            understood.trouble = "the answer of the sign-in server is no object";
        if (path.ends_with("/v2.0/.well-known/openid-configuration")) same_addresses(exchange, understood);
    }

    /// Who signs in on another device, in the tenant that the recorded client named.
    static std::unique_ptr<credentials::Credential> person(Exchange const& exchange, Door& door) {
        return credentials::device_code(*credentials::find_cloud("public"), {tenant_of(exchange), "client"},
                                        door.listener());
    }
    static std::unique_ptr<credentials::Credential> application(Exchange const& exchange) {
        return credentials::client_secret(*credentials::find_cloud("public"), {tenant_of(exchange), "client"},
                                          base::Secret("secret"));
    }
    static std::string tenant_of(Exchange const& exchange) {
        auto const path = path_of(exchange.url);
        return path.substr(1, path.find('/', 1) - 1);
    }
    static base::Duration interval_of(Exchange const& invitation) {
        return base::Duration{json::whole_at(invitation.body, "interval").value_or(5) * 1'000};
    }
    static constexpr auto audience = "6dae42f8-4368-4678-94ff-3960e28e3630";  // as recorded: AKS's own

    void invited(Exchange const& exchange, Understood& understood) {
        invitation_ = &exchange;
        Door door(exchange, {exchange.response});
        auto const way = person(exchange, door);
        static_cast<void>(door.sign_in(*way, audience));
        auto const shown = [&](char const* part) {
            return door.told.find(json::text_at(exchange.body, part).value_or("?")) != std::string::npos;
        };
        if (door.asked.size() != 2 || path_of(door.asked[0].request.url) != path_of(exchange.url))
            understood.trouble = "the invitation is not taken";
        else if (!shown("user_code") || !shown("verification_uri")) understood.trouble = "nobody is told what to do";
        else if (door.pause_before(1) != interval_of(exchange))
            understood.trouble = "not asked again at the interval given";
    }

    /// A token is asked for: by a person on another device where an invitation was seen, else by an application.
    void granted(Exchange const& exchange, Understood& understood) {
        bool const by_person = invitation_ != nullptr;
        std::vector<world::Response> answers{exchange.response};
        if (by_person) answers.insert(answers.begin(), invitation_->response);
        auto const ours = answers.size();
        Door door(by_person ? *invitation_ : exchange, std::move(answers));
        auto const way = by_person ? person(exchange, door) : application(exchange);
        if (exchange.response.status < 400) {
            kept(exchange, door, *way, ours, understood);
        } else {
            static_cast<void>(door.sign_in(*way, audience));
            understood.klass = class_of(exchange.response, azure::read_error(exchange.response), understood);
            bool const repeats = door.asked.size() > ours;
            understood.state = repeats ? "running" : "failed";
            understood.next = repeats ? "repeat" : "report";
            understood.wait = door.pause_before(ours);
            if (by_person && repeats && understood.wait != interval_of(*invitation_))
                understood.trouble = "not asked again at the interval given";
        }
        bool const is_ours = path_of(exchange.url).ends_with("/oauth2/v2.0/token");  // the older address is others'
        if (is_ours && path_of(door.asked.at(ours - 1).request.url) != path_of(exchange.url))
            understood.trouble = "asked at another address";
    }

    static void by_the_host(Exchange const& exchange, Understood& understood) {
        std::string client_id;
        for (auto const& part : parts_of(exchange.url))
            if (part.starts_with("client_id=")) client_id = part.substr(part.find('=') + 1);
        auto const way = credentials::managed_identity(*credentials::HostIdentity::parse(client_id));
        world::Response const without_header{400, {}, {}};  // to the question whether anybody is there
        Door door(exchange, {without_header, exchange.response});
        constexpr std::size_t ours = 2;
        if (exchange.response.status < 400) {
            kept(exchange, door, *way, ours, understood);
        } else {
            static_cast<void>(door.sign_in(*way, audience));
            bool const repeats = door.asked.size() > ours;
            report(exchange, understood);
            if (repeats) understood.state = "running", understood.next = "repeat";
        }
        if (parts_of(door.asked.at(ours - 1).request.url) != parts_of(exchange.url))
            understood.trouble = "asked for in other words";
    }

    /// The token is the one given; it is used until five minutes before its end and then fetched anew.
    static void kept(Exchange const& exchange, Door& door, credentials::Credential& way, std::size_t asked_before,
                     Understood& understood) {
        auto const* life = json::find(exchange.body, "expires_in");  // a number, or a text from metadata services
        if (life == nullptr) {
            understood.trouble = "a token without an end";
            return;
        }
        auto const life_s =
            life->is_string() ? std::stoll(std::string(life->get_string())) : life->to_number<std::int64_t>();
        base::Duration const until_stale = std::chrono::seconds(life_s - 5 * 60);
        auto const token = door.sign_in(way, audience, {until_stale - base::Duration{1}, base::Duration{1}});
        if (!token || token->reveal() != json::text_at(exchange.body, "access_token"))
            understood.trouble = token ? "another token than given" : token.error().what;
        else if (door.pause_before(asked_before) != until_stale)
            understood.trouble = "not refreshed five minutes ahead of its end";
    }

    /// The addresses that the client builds without asking are those that the document names.
    static void same_addresses(Exchange const& exchange, Understood& understood) {
        world::Response const invitation{
            200, {}, R"({"device_code":"d","user_code":"u","verification_uri":"v","interval":5,"expires_in":900})"};
        Door door(exchange, {invitation});
        auto const way = person(exchange, door);
        static_cast<void>(door.sign_in(*way, audience));
        char const* const names[] = {"device_authorization_endpoint", "token_endpoint"};
        for (std::size_t i = 0; i < std::size(names); ++i)
            if (door.asked.size() <= i || json::text_at(exchange.body, names[i]) != door.asked[i].request.url)
                understood.trouble = std::string(names[i]) + " is another than ours";
    }

    static std::set<std::string> parts_of(std::string const& url) {
        std::set<std::string> parts{path_of(url)};
        for (auto& part : base::split(url.substr(url.find('?') + 1), '&')) parts.insert(base::percent_decoded(part));
        return parts;
    }

    // ------------------------------------------------------------------------------------------ reading

    static void existence(Exchange const& exchange, Understood& understood) {
        understood.kind = "existence";
        base::Prng prng{1};
        auto const verdict = azure::Retry{}.after(1, exchange.method, exchange.response, prng);
        if (!std::holds_alternative<azure::Done>(verdict)) understood.trouble = "repeated";
        bool const absent = azure::says_absent(exchange.response);
        if (!absent && exchange.response.status >= 300) return report(exchange, understood);
        understood.state = absent ? "absent" : "done";
        understood.next = "none";
    }

    static void report(Exchange const& exchange, Understood& understood) {
        understood.klass = class_of(exchange.response, azure::read_error(exchange.response), understood);
        understood.state = "failed";
        understood.next = "report";
    }

    /// An error that the client met: asked again, or passed on.
    static void refused(Exchange const& exchange, Door const& door, Understood& understood) {
        understood.kind = "error";
        report(exchange, understood);
        if (door.asked.size() < 2) return;
        understood.state = "running";
        understood.next = "repeat";
        understood.wait = door.pause_before(1);
    }

    void reading(Exchange const& exchange, Understood& understood) {
        if (auto const* object = exchange.body.if_object())
            for (auto const* name : {"value", "nextLink"})
                if (auto const* found = object->if_contains(name);
                    found != nullptr && (found->is_array() || name[0] == 'n'))
                    return listing(exchange, understood);
        understood.kind = "read";
        understood.next = "none";
        Door door(exchange, {exchange.response});
        auto const answer = door.get();
        if (!answer) {
            if (answer.error().azure || door.asked.size() > 1) return refused(exchange, door, understood);
            understood.state = "failed";
            understood.trouble = answer.error().what;
            return;
        }
        if (answer->status == 404) {
            understood.state = "absent";
            return;
        }
        // How what was read stands: as the client takes it that comes back after a crash and finds it so.
        auto poller = Poller::resumed("PUT", exchange.url, exchange.url, base::Duration{0}, exchange.at);
        bool const speaks = json::text_at(answer->body, "properties.provisioningState").has_value();
        understood.state = base::match(
            poller.read(exchange.response, exchange.at),
            [&](Poller::Finished const&) { return speaks ? "succeeded" : "done"; },
            [](Poller::Failed const&) { return "failed"; }, [](Poller::Poll const&) { return "running"; },
            [](Poller::Read const&) { return "read again"; });
    }

    void listing(Exchange const& exchange, Understood& understood) {
        understood.kind = "list";
        understood.state = "done";
        understood.next = "none";
        if (exchange.method != "GET") return querying(exchange, understood);
        Door door(exchange, {exchange.response});
        auto const items = door.list();
        if (items) return;
        if (door.asked.size() == 2 && door.asked[1].request.url != door.asked[0].request.url) {
            understood.next = "page";
            auto const link = json::text_at(exchange.body, "nextLink");
            if (link && door.asked[1].request.url != *link) understood.trouble = "the link is followed changed";
            return;
        }
        if (items.error().azure || door.asked.size() > 1) return refused(exchange, door, understood);
        understood.next = "refuse";
        if (items.error().what.find("another host") == std::string::npos) understood.trouble = items.error().what;
    }

    /// A question that is asked by POST, to Resource Graph.
    static void querying(Exchange const& exchange, Understood& understood) {
        auto next = Pages(exchange.url, {exchange.method, "list"}).page(exchange.response);
        if (std::holds_alternative<base::Error>(next)) {
            understood.kind = "error";
            return report(exchange, understood);
        }
        if (!std::holds_alternative<Pages::Finished>(next)) understood.next = "page";
    }

    void writing(Exchange const& exchange, Understood& understood) {
        understood.kind = "write";
        Operation operation{exchange.method,
                            path_of(exchange.url),
                            exchange.url,
                            Poller(exchange.method, exchange.url, expected(exchange), exchange.at),
                            {},
                            {},
                            {},
                            false};
        if (auto const write = write_of(exchange)) {
            Door door(exchange, {exchange.response});
            auto started = door.start(*write);
            if (!started) {
                if (!started.error().azure && door.asked.size() < 2) understood.trouble = started.error().what;
                return refused(exchange, door, understood);
            }
            operation.next = started->next;
            if (started->operation) operation.poller = std::move(*started->operation);
        } else {
            base::Prng prng{1};
            auto const verdict = azure::Retry{}.after(1, exchange.method, exchange.response, prng);
            if (!std::holds_alternative<azure::Done>(verdict)) understood.trouble = "repeated";
            operation.next = operation.poller.first(exchange.response);
        }
        if (std::holds_alternative<Poller::Failed>(operation.next)) {
            understood.kind = "error";
            return report(exchange, understood);
        }
        say(exchange, operation, understood);
        if (exchange.method == "DELETE" && exchange.response.status == 404) understood.state = "absent";
        for (auto& earlier : operations_)
            if (earlier.resource == operation.resource && exchange.method != "POST") earlier.ended = true;
        operations_.push_back(std::move(operation));
    }

    /// How long such a write usually takes, as the client looks it up.
    static base::Duration expected(Exchange const& exchange) {
        auto const id = id_of(path_of(exchange.url));
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

    /// What the server asks for is waited to the second; a request that is repeated comes a little later, so that not
    /// all come back at once. Where it asks for nothing, or a recorder wrote 0, the wait is ours: never a hot loop,
    /// never longer than half a minute.
    static void judge_wait(Exchange const& exchange, Understood& understood) {
        if (!understood.wait || understood.kind == "sign-in") return;  // its interval stands in the invitation
        auto const asked = azure::retry_after(exchange.response);
        understood.wait_is_asked = asked && asked->count() > 0;
        base::Duration least{1'000}, most{30'000};
        if (understood.next == "repeat") {
            least = asked ? std::max(least, *asked) : base::Duration{400};
            most = asked ? least + std::min(least / 5, base::Duration{2'000}) : base::Duration{800};
        } else if (understood.wait_is_asked) {
            least = most = *asked;
        }
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
