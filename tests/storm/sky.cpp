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

void Scene::hash(std::string_view bytes) {
    trace = (trace ^ std::hash<std::string_view>{}(bytes)) * 1099511628211ull;
}

void Scene::note(std::string_view line) {
    hash(line);
    if (keep_lines) lines.emplace_back(line);
}

namespace {

constexpr Duration on_the_way{40};

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
        : scene_(scene), machine_(machine), inner_(inner), clock_(clock), wire_(scene) {}

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
        bool const twice = wire_.twice(at);
        auto const key = base::lower(path_of(url));
        bool const with_claims = at == Doing::sign_in && azures::Wire::says_claims(request);
        auto first = twice ? request : std::move(request);
        auto result = co_await inner_.send(std::move(first));
        if (twice) {
            if (writes(at)) scene_.doubts.unsure(key);
            auto again = co_await inner_.send(std::move(request));
            if (wire_.second_is_heard()) result = std::move(again);
        }
        if (scene_.dead) co_await never_.wait();
        if (at == Doing::sign_in && !with_claims && result) wire_.gave_token(*result);
        spoil(at, key, result);
        answered(at, asked, result);
        co_return result;
    }

private:
    static bool writes(Doing at) { return at != Doing::sign_in && at != Doing::look && at != Doing::poll; }

    void sent(Request const& request, Doing at) {
        ++scene_.calls;
        if (scene_.kept) scene_.kept->push_back(request.body);
        scene_.last = at;
        scene_.note(fmt::format("{} {}", request.method, without_query(request.url)));
        if (at != Doing::sign_in) scene_.hash(request.url), scene_.hash(request.body);
        if (auto const early = not_before_.find(request.method + " " + request.url);
            early != not_before_.end() && clock_.now() < early->second && !scene_.clock_was_set)
            scene_.violated(fmt::format("{} of {} came {} before Azure wished it", request.method,
                                        without_query(request.url), base::spoken(early->second - clock_.now())));
        if (!writes(at) || at == Doing::register_) return;
        auto const key = base::lower(path_of(request.url));
        if (!scene_.doubts.written(machine_, key))
            scene_.violated(fmt::format("{} of {} before the journal says so", request.method, key));
        if (scene_.refused[machine_].contains(key))
            scene_.violated(fmt::format("{} of {} again, which Azure has refused for good", request.method, key));
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
                names_a_time && at != Doing::sign_in ? azure::retry_after(*result) : std::nullopt)
            not_before_[asked] = clock_.now() + *wait;
        if (at == Doing::poll && result && result->status < 400)
            scene_.well_answered[asked.substr(asked.find(' ') + 1)] = scene_.true_now();
        if (result && at != Doing::sign_in) scene_.hash(result->body);  // tokens are signed with a key made anew
        scene_.note(result ? fmt::format("    {} {} bytes for {}", result->status, result->body.size(), name(at))
                           : fmt::format("    {} for {}", base::name(result.error().code), name(at)));
    }

    /// What comes back in place of Azure's answer; the request never arrives.
    std::optional<Result<Response>> instead(Request const& request, Doing at) {
        auto const refusals = scene_.tally.at(Kind::refused_for_good, at);
        auto arrival = wire_.instead(request, at, clock_.now());
        if (scene_.tally.at(Kind::refused_for_good, at) > refusals)
            scene_.refused[machine_].insert(base::lower(path_of(request.url)));
        if (arrival) return heard(std::move(*arrival));
        bool const asks_the_bin = base::lower(request.url).find("/deletedvaults/") != std::string::npos;
        if (asks_the_bin && scene_.bin_is_hidden && !scene_.clear)
            return Response{
                404,
                {{"Content-Type", "application/json; charset=utf-8"}},
                R"({"error":{"code":"ResourceNotFound","message":"The specified resource does not exist."}})"};
        return std::nullopt;
    }

    /// What happens to Azure's answer on its way back.
    void spoil(Doing at, std::string const& key, Result<Response>& result) {
        if (!result) return;
        azures::Arrival arrival{.response = std::move(*result)};
        auto const times = wire_.spoil(at, arrival, clock_.now());
        for (int i = 0; i < times && writes(at); ++i) scene_.doubts.unsure(key);
        result = heard(std::move(arrival));
    }

    /// What is missing of a body nobody says.
    static Result<Response> heard(azures::Arrival arrival) {
        switch (arrival.line) {
            case azures::Arrival::Line::holds:
                arrival.response.body.resize(arrival.response.body.size() - arrival.cut);
                return std::move(arrival.response);
            case azures::Arrival::Line::refused:
                return base::fail(ErrorCode::connection_failed, "the connection was refused");
            case azures::Arrival::Line::lost:
                return base::fail(ErrorCode::connection_lost, std::string(lost_answer));
            case azures::Arrival::Line::silent:
                return base::fail(ErrorCode::timeout, std::string(lost_answer));
        }
        return base::fail(ErrorCode::connection_lost, std::string(lost_answer));
    }

    Scene& scene_;
    Machine machine_;
    world::Transport& inner_;
    world::Clock& clock_;
    world::Signal never_;
    azures::Wire wire_;
    std::map<std::string, int> rows_;               ///< answers in a row that say "again"
    std::map<std::string, base::Time> not_before_;  ///< what Azure asked to wait for
};

// ---------------------------------------------------------------------------------------------- the clock

constexpr Duration shortest_nap{1'000};  // a lid is not closed between two ticks

class StormyClock final : public world::Clock {
public:
    StormyClock(Scene& scene, world::Clock& inner) : scene_(scene), inner_(inner) {}
    base::Time now() const override { return inner_.now() + scene_.clock_off; }
    base::Time steady() const override {
        return inner_.now() - scene_.slept_by(inner_.now());
    }
    Task<void> sleep(Duration duration) override {
        if (duration >= shortest_nap && scene_.strikes(Kind::laptop_sleeps, scene_.last)) {
            scene_.slept_before = scene_.slept_by(inner_.now());
            scene_.asleep_since = inner_.now();
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

class StormyFate final : public azures::Fateful {
public:
    explicit StormyFate(Scene& scene) : Fateful(scene), scene_(scene) {}
    End end(std::string_view verb, resource::ResourceId const& target) override {
        auto const end = Fateful::end(verb, target);
        // It is written again, whatever has become of it.
        if (end == End::fails || end == End::fails_then_converges) scene_.doubts.unsure(target.key());
        return end;
    }
    void repeated(resource::ResourceId const& target) override {
        if (!scene_.doubts.may_repeat(target.key())) scene_.violated("created twice: " + target.key());
    }

private:
    Scene& scene_;
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
