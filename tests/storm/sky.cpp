#include "sky.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "azure/azure.hpp"

namespace holdfast::storm {

using base::Duration;
using base::ErrorCode;
using world::Request;
using world::Response;
using world::Result;
using world::Task;

bool Scene::strikes(Kind kind, Doing doing) {
    if (clear || !cannot_happen(kind, doing).empty()) return false;
    bool const drawn = weather.strikes(kind, evenly ? 1 : weight(doing));
    auto const aimed = std::ranges::find(aims, Cell{kind, doing}, &Aim::at);
    bool const hit = aimed != aims.end() && aimed->strikes(drawn);
    if (!drawn && !hit) return false;
    tally.struck(kind, doing);
    if (keep_lines) lines.push_back(fmt::format("        ~~~ {} while {}", row(kind).name, name(doing)));
    return true;
}

void Scene::note(std::string_view line) {
    for (char const c : line) trace = (trace ^ static_cast<unsigned char>(c)) * 1099511628211ull;
    trace = (trace ^ '\n') * 1099511628211ull;
    if (keep_lines) lines.emplace_back(line);
}

namespace {

constexpr Duration on_the_way{40};
constexpr Duration longer_than_attempts = std::chrono::minutes(3);

// ---------------------------------------------------------------------------------------------- answers of the weather

Response error_answer(int status, std::string_view code, std::string_view message, world::Headers headers = {}) {
    json::Value const body = json::Object{{"error", json::Object{{"code", code}, {"message", message}}}};
    headers.push_back({"Content-Type", "application/json; charset=utf-8"});
    return {status, std::move(headers), json::write(body)};
}

struct Busy {
    std::string_view code;
    int status;
    Doing doing;
    std::string_view message;
};
// Documented: arm-protocol, "Codes a deployer meets"; Microsoft Learn, read 2026-11-23.
constexpr Busy busy_rows[] = {
    {"AnotherOperationInProgress", 409, Doing::network,
     "Another operation on this or a dependent resource is in progress."},
    {"ReferencedResourceNotProvisioned", 400, Doing::network,
     "Cannot proceed, a referenced resource is not in Succeeded state."},
    {"RetryableError", 429, Doing::network, "A retryable error occurred."},
    {"ConflictError", 409, Doing::vault, "A conflict occurred that prevented the operation from completing."},
    {"OperationNotAllowed", 409, Doing::cluster,
     "Another operation (Updating) is in progress. See https://aka.ms/aks-pending-operation"},
    {"OperationNotAllowed", 409, Doing::cluster, "Another agentpool operation is in progress, please wait for it."},
    {"ResourceGroupBeingDeleted", 409, Doing::group, "The resource group is in deprovisioning state."},
    {"AnotherOperationInProgress", 409, Doing::remove,
     "Another operation on this or a dependent resource is in progress."},
    {"OperationPreempted", 409, Doing::cluster, "The operation has been preempted by another one."},
    {"ObjectIsBeingDeleted", 409, Doing::vault, "The object is currently being deleted."},
    {"ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity", 409, Doing::identity,
     "Too many federated identity credentials are written concurrently for the managed identity."},
    {"PrincipalNotFound", 400, Doing::grant, "The principal does not exist in the directory yet."},
    {"ConcurrentUpdateError", 409, Doing::other, "Another request is changing the same resource."},
};
Response busy(Doing doing, base::Prng& dice) {
    std::vector<Busy const*> fitting;
    for (auto const& one : busy_rows)
        if (one.doing == doing) fitting.push_back(&one);
    auto const& chosen = *fitting[dice.below(fitting.size())];
    return error_answer(chosen.status, chosen.code, chosen.message);
}

Response server_error(base::Prng& dice) {
    switch (dice.below(4)) {
        case 0:
            return error_answer(500, "InternalServerError", "Something went wrong inside.");
        case 1:
            return {502, {{"Content-Type", "text/html"}}, "<html><body><h1>502 Bad Gateway</h1></body></html>"};
        case 2:
            return error_answer(503, "ServerTimeout", "The request timed out.", {{"Retry-After", "5"}});
        default:
            return {504, {}, ""};
    }
}

std::string without_query(std::string_view url) { return std::string(url.substr(0, url.find('?'))); }

std::string path_of(std::string_view url) {
    auto const host = url.find("://");
    auto const path = host == std::string_view::npos ? 0 : url.find('/', host + 3);
    return path == std::string_view::npos ? std::string() : without_query(url.substr(path));
}

// ---------------------------------------------------------------------------------------------- the wire

class StormyTransport final : public world::Transport {
public:
    StormyTransport(Scene& scene, Machine machine, world::Transport& inner, world::Clock& clock)
        : scene_(scene), machine_(machine), inner_(inner), clock_(clock) {}

    Task<Result<Response>> send(Request request) override {
        auto const at = doing(request);
        if (scene_.dead) co_await never_.wait();
        sent(request, at);
        if (scene_.strikes(Kind::clock_jumps, at)) {
            scene_.clock_off = Duration(
                static_cast<std::int64_t>((scene_.weather.dice(Kind::clock_jumps).unit() * 2 - 1) * 3'600'000));
            scene_.clock_was_set = true;
        }
        auto const asked = request.method + " " + request.url;
        auto early = instead(request, at);
        if (early) {
            co_await clock_.sleep(on_the_way);
            if (scene_.dead) co_await never_.wait();
            answered(at, asked, *early);
            co_return std::move(*early);
        }
        auto const url = without_query(request.url);
        bool const twice = scene_.strikes(Kind::duplicate, at);
        auto const key = base::lower(path_of(url));
        bool const with_claims = at == Doing::sign_in && says_claims(request);
        auto first = twice ? request : std::move(request);
        auto result = co_await inner_.send(std::move(first));
        if (twice) {
            if (writes(at)) scene_.doubts.unsure(key);
            auto again = co_await inner_.send(std::move(request));
            if (scene_.weather.dice(Kind::duplicate).chance(0.5)) result = std::move(again);
        }
        if (scene_.dead) co_await never_.wait();
        if (claims_wanted_ && at == Doing::sign_in && !with_claims && result) refuse_what_it_gives(*result);
        spoil(at, key, result);
        answered(at, asked, result);
        co_return result;
    }

private:
    static bool says_claims(Request const& request) {
        auto const& form = request.secret_body ? request.secret_body->reveal() : request.body;
        return ("&" + std::string(form)).find("&claims=") != std::string::npos;
    }
    void refuse_what_it_gives(Response const& answer) {
        auto const body = json::parse(answer.body);
        if (auto const token = body ? json::text_at(*body, "access_token") : std::nullopt)
            revoked_.emplace(*token), unclaimed_.emplace(*token);
    }

    static bool writes(Doing at) { return at != Doing::sign_in && at != Doing::look && at != Doing::poll; }

    void sent(Request const& request, Doing at) {
        ++scene_.calls;
        if (scene_.kept) scene_.kept->push_back(request.body);
        scene_.last = at;
        scene_.note(fmt::format("{} {}", request.method, without_query(request.url)));
        if (auto const early = not_before_.find(request.method + " " + request.url);
            early != not_before_.end() && clock_.now() < early->second && !scene_.clock_was_set)
            scene_.violated(fmt::format("{} of {} came {} before Azure wished it", request.method,
                                        without_query(request.url), base::spoken(early->second - clock_.now())));
        if (!writes(at) || at == Doing::register_) return;
        auto const key = base::lower(path_of(request.url));
        if (!scene_.doubts.written(machine_, key))
            scene_.violated(fmt::format("{} of {} before the journal says so", request.method, key));
        if (request.method == "PUT" && scene_.theirs.contains(key) && !world::find(request.headers, "If-None-Match"))
            scene_.violated("what somebody else made is written over: " + key);
        if (scene_.writable.contains(key)) return;
        if (auto const cut = key.find("/providers/microsoft.authorization/roleassignments/");
            cut != std::string::npos && scene_.scopes.contains(key.substr(0, cut)))
            return;
        scene_.violated(fmt::format("{} of what is not ours: {}", request.method, key));
    }

    void answered(Doing at, std::string const& asked, Result<Response> const& result) {
        if (scene_.kept && result) scene_.kept->push_back(result->body);
        if (!result || result->status == 429 || result->status >= 500) {
            auto& row = rows_[asked];
            auto& longest = scene_.troubles[base::lower(without_query(asked))];
            longest = std::max(longest, ++row);
        } else {
            rows_.erase(asked);
        }
        // A sign-in that was given up is asked for anew by the next who needs it.
        bool const names_a_time = result && (at == Doing::poll || result->status == 429 || result->status == 503);
        if (auto const wait =
                names_a_time && at != Doing::sign_in ? azure::retry_after(*result, clock_.now()) : std::nullopt)
            not_before_[asked] = clock_.now() + *wait;
        if (at == Doing::poll && result && result->status < 400)
            scene_.well_answered[asked.substr(asked.find(' ') + 1)] = scene_.true_now();
        scene_.note(result ? fmt::format("    {} {} bytes for {}", result->status, result->body.size(), name(at))
                           : fmt::format("    {} for {}", base::name(result.error().code), name(at)));
    }

    /// What comes back in place of Azure's answer; the request never arrives.
    std::optional<Result<Response>> instead(Request const& request, Doing at) {
        auto const strikes = [&](Kind kind) { return scene_.strikes(kind, at); };
        if (strikes(Kind::reset_before))
            return Result<Response>(base::fail(ErrorCode::connection_failed, "the connection was refused"));
        if (strikes(Kind::sign_in_throttled))
            return Response{
                429,
                {{"Retry-After", "7"}},
                R"({"error":"temporarily_unavailable","error_description":"AADSTS90055: too many requests"})"};
        if (strikes(Kind::throttled_seconds)) {
            auto const wait = std::to_string(1 + scene_.weather.dice(Kind::throttled_seconds).below(40));
            return error_answer(429, "SubscriptionRequestsThrottled", "Try again after '" + wait + "' seconds.",
                                {{"Retry-After", wait}});
        }
        if (strikes(Kind::throttled_date)) {
            auto const until =
                clock_.now() + std::chrono::seconds(1 + scene_.weather.dice(Kind::throttled_date).below(40));
            return error_answer(429, "TooManyRequests", "Too many requests.",
                                {{"Retry-After", base::http_date(until)}});
        }
        if (strikes(Kind::refused_busy)) return busy(at, scene_.weather.dice(Kind::refused_busy));
        if (strikes(Kind::server_error)) return server_error(scene_.weather.dice(Kind::server_error));
        if (auto refused = unauthorized(request, at)) return refused;
        bool const asks_the_bin = base::lower(request.url).find("/deletedvaults/") != std::string::npos;
        if (asks_the_bin && scene_.bin_is_hidden && !scene_.clear)
            return error_answer(404, "ResourceNotFound", "The specified resource does not exist.");
        if (at == Doing::poll && !scene_.clear) {
            auto const url = without_query(request.url);
            if (!gone_.contains(url) && strikes(Kind::operation_gone)) gone_.insert(url);
            if (gone_.contains(url)) return error_answer(404, "NotFound", "There is no such operation.");
        }
        return std::nullopt;
    }

    std::optional<Result<Response>> unauthorized(Request const& request, Doing at) {
        if (!request.bearer || scene_.clear) return std::nullopt;
        auto const bearer = std::string(request.bearer->reveal());
        seen_.insert(bearer);
        if (scene_.strikes(Kind::token_revoked, at)) revoked_ = seen_;
        if (scene_.strikes(Kind::claims_challenge, at)) {
            revoked_ = unclaimed_ = seen_;
            claims_wanted_ = true;
        }
        if (!revoked_.contains(bearer)) return std::nullopt;
        bool const challenged = unclaimed_.contains(bearer);
        world::Headers headers;
        if (challenged)
            headers.push_back(
                {"WWW-Authenticate",
                 R"(Bearer realm="", authorization_uri="https://login.azsim.test/common/oauth2/authorize", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZX19fQ==")"});
        return error_answer(401, challenged ? "InvalidAuthenticationToken" : "ExpiredAuthenticationToken",
                            "The access token is no longer accepted.", std::move(headers));
    }

    /// What happens to Azure's answer on its way back.
    void spoil(Doing at, std::string const& key, Result<Response>& result) {
        if (!result) return;
        auto const lost = [&] {
            if (writes(at)) scene_.doubts.unsure(key);
        };
        bool const cut_off = at == Doing::poll && !scene_.clear && clock_.now() < cut_off_until_;
        if (cut_off || scene_.strikes(Kind::reset_after, at)) {
            lost();
            // Sometimes it is not one answer but the line, for longer than attempts are made.
            if (at == Doing::poll && !cut_off && scene_.weather.dice(Kind::reset_after).chance(0.2))
                cut_off_until_ = clock_.now() + longer_than_attempts;
            bool const late = scene_.weather.dice(Kind::reset_after).chance(0.3);
            result = base::fail(late ? ErrorCode::timeout : ErrorCode::connection_lost, std::string(lost_answer));
            return;
        }
        if (scene_.strikes(Kind::server_error_after, at)) {
            lost();
            bool const gateway = scene_.weather.dice(Kind::server_error_after).chance(0.5);
            result = gateway ? Response{504, {}, ""}
                             : error_answer(500, "InternalServerError", "Something went wrong inside.");
            return;
        }
        if (result->body.size() > 2 && scene_.strikes(Kind::truncated, at)) {
            lost();
            result->body.resize(1 + scene_.weather.dice(Kind::truncated).below(result->body.size() - 1));
        }
        if (scene_.strikes(Kind::garbled, at)) {
            lost();
            result = Response{200,
                              {{"Content-Type", "text/html"}},
                              "<!DOCTYPE html><html><body>Sign in to the guest network</body></html>"};
        }
    }

    Scene& scene_;
    Machine machine_;
    world::Transport& inner_;
    world::Clock& clock_;
    world::Signal never_;
    std::set<std::string> gone_, seen_, revoked_;
    std::set<std::string> unclaimed_;  ///< refused until claims are asked for
    bool claims_wanted_ = false;
    base::Time cut_off_until_{};  ///< whoever follows an operation hears nothing till then
    std::map<std::string, int> rows_;               ///< answers in a row that say "again"
    std::map<std::string, base::Time> not_before_;  ///< what Azure asked to wait for
};

// ---------------------------------------------------------------------------------------------- the clock

constexpr Duration shortest_nap{1'000};  // a lid is not closed between two ticks

class StormyClock final : public world::Clock {
public:
    StormyClock(Scene& scene, world::Clock& inner) : scene_(scene), inner_(inner) {}
    base::Time now() const override { return inner_.now() + scene_.clock_off; }
    Task<void> sleep(Duration duration) override {
        if (duration >= shortest_nap && scene_.strikes(Kind::laptop_sleeps, scene_.last)) {
            scene_.asleep_until =
                inner_.now() + std::chrono::minutes(30 + scene_.weather.dice(Kind::laptop_sleeps).below(12 * 60));
            scene_.slept = true;
        }
        co_await inner_.sleep(duration);
        if (inner_.now() < scene_.asleep_until) co_await inner_.sleep(scene_.asleep_until - inner_.now());
        if (scene_.dead) co_await never_.wait();
    }

private:
    Scene& scene_;
    world::Clock& inner_;
    world::Signal never_;
};

// ---------------------------------------------------------------------------------------------- the disk

class StormyAppend final : public world::AppendFile {
public:
    StormyAppend(Scene& scene, Machine machine, std::unique_ptr<world::AppendFile> inner)
        : scene_(scene), machine_(machine), inner_(std::move(inner)) {}
    Result<void> append(std::string_view bytes) override {
        if (scene_.dead) return {};
        if (scene_.strikes(Kind::torn_tail, scene_.last)) {
            auto const kept = scene_.weather.dice(Kind::torn_tail).below(bytes.size());
            static_cast<void>(inner_->append(bytes.substr(0, kept)));
            scene_.die();
            return {};
        }
        if (!scene_.clear && (scene_.disk_full || scene_.strikes(Kind::disk_full, scene_.last))) {
            if (!scene_.disk_full)
                static_cast<void>(
                    inner_->append(bytes.substr(0, scene_.weather.dice(Kind::disk_full).below(bytes.size()))));
            scene_.disk_full = true;
            return base::fail(ErrorCode::unreadable, "no space left on the device",
                              "free some space, then run `holdfast resume`");
        }
        auto appended = inner_->append(bytes);
        if (appended) scene_.doubts.recorded(machine_, bytes);
        return appended;
    }

private:
    Scene& scene_;
    Machine machine_;
    std::unique_ptr<world::AppendFile> inner_;
};

class StormyFiles final : public world::Files {
public:
    StormyFiles(Scene& scene, Machine machine, world::Files& inner) : scene_(scene), machine_(machine), inner_(inner) {}
    Result<std::string> read(std::string path) override { return inner_.read(std::move(path)); }
    Result<void> write(std::string path, std::string_view content, world::Privacy privacy) override {
        return inner_.write(std::move(path), content, privacy);
    }
    Result<std::unique_ptr<world::AppendFile>> open_append(std::string path, world::Privacy privacy) override {
        auto opened = inner_.open_append(std::move(path), privacy);
        if (!opened) return opened;
        return std::make_unique<StormyAppend>(scene_, machine_, std::move(*opened));
    }
    bool exists(std::string path) override { return inner_.exists(std::move(path)); }
    bool is_folder(std::string path) override { return inner_.is_folder(std::move(path)); }
    Result<std::vector<std::string>> list(std::string folder) override { return inner_.list(std::move(folder)); }
    Result<void> remove(std::string path) override { return inner_.remove(std::move(path)); }
    Result<std::unique_ptr<world::FileLock>> lock(std::string path) override { return inner_.lock(std::move(path)); }

private:
    Scene& scene_;
    Machine machine_;
    world::Files& inner_;
};

// ---------------------------------------------------------------------------------------------- Azure's own fate

class StormyFate final : public simulator::Fate {
public:
    explicit StormyFate(Scene& scene) : scene_(scene) {}
    End end(std::string_view verb, resource::ResourceId const& target) override {
        auto const at = doing(verb, target.text());
        if (scene_.clear) return End::well;
        if (hanging_.contains(target.key())) {
            if (scene_.weather.dice(Kind::work_hangs).chance(0.98)) return End::hangs;
            hanging_.erase(target.key());
            return End::well;
        }
        if (scene_.strikes(Kind::work_hangs, at)) {
            hanging_.insert(target.key());
            return End::hangs;
        }
        auto const end = scene_.strikes(Kind::work_converges, at) ? End::fails_then_converges
                         : scene_.strikes(Kind::work_fails, at)   ? End::fails
                                                                  : End::well;
        if (end != End::well) scene_.doubts.unsure(target.key());  // it is written again, whatever has become of it
        return end;
    }
    double takes(std::string_view verb, resource::ResourceId const& target, double drawn) override {
        bool const vault = verb == "PUT" && base::same_text(target.type(), "Microsoft.KeyVault/vaults");
        if (!vault || !scene_.strikes(Kind::vault_dns, Doing::vault)) return drawn;
        return scene_.weather.dice(Kind::vault_dns).unit() * 1200;
    }
    double takes_effect(resource::ResourceId const&, double drawn) override {
        if (scene_.strikes(Kind::role_never, Doing::grant)) return 25 * 3600;
        if (scene_.strikes(Kind::role_slow, Doing::grant))
            return std::floor(scene_.weather.dice(Kind::role_slow).unit() * 1200);
        return drawn;
    }
    Duration token_lives(Duration usual) override {
        if (!scene_.strikes(Kind::token_short, Doing::sign_in)) return usual;
        return std::chrono::seconds(120 + scene_.weather.dice(Kind::token_short).below(480));
    }
    void repeated(resource::ResourceId const& target) override {
        if (!scene_.doubts.may_repeat(target.key())) scene_.violated("created twice: " + target.key());
    }

private:
    Scene& scene_;
    std::set<std::string> hanging_;
};

}  // namespace

std::unique_ptr<world::Transport> stormy(Scene& scene, Machine machine, world::Transport& inner, world::Clock& clock) {
    return std::make_unique<StormyTransport>(scene, machine, inner, clock);
}
std::unique_ptr<world::Clock> stormy(Scene& scene, world::Clock& inner) {
    return std::make_unique<StormyClock>(scene, inner);
}
std::unique_ptr<world::Files> stormy(Scene& scene, Machine machine, world::Files& inner) {
    return std::make_unique<StormyFiles>(scene, machine, inner);
}
std::unique_ptr<simulator::Fate> fate(Scene& scene) { return std::make_unique<StormyFate>(scene); }

}  // namespace holdfast::storm
