// One step, from its record in the journal to its record in the journal.
#include <fmt/format.h>
#include <algorithm>
#include <ranges>

#include "engine/patience.hpp"
#include "engine/progress.hpp"

namespace holdfast::engine {

using azure::Answer;
using azure::Client;
using base::ErrorCode;

namespace {

using Shared = std::shared_ptr<Progress>;

/// How an operation that somebody else began may end.
constexpr std::string_view failures[] = {"Failed", "Canceled"};
json::Path const owner_at = json::Path("tags").child(std::string(resource::owner_tag));

tl::unexpected<base::Error> over() { return base::fail(ErrorCode::interrupted, "the run was told to end"); }

/// What one try came to. `accepted`: Azure took the request; what failed, failed afterwards.
struct Tried {
    Result<Answer> answer;
    bool accepted = false;
};

/// Records the intent, sends, records what Azure says to poll, and follows it to its end.
Task<Tried> try_once(Shared run, std::size_t index, Client::Write const& write) {
    if (auto const recorded = run->write(journal::Kind::intend, index); !recorded)
        co_return Tried{base::fail(recorded.error())};
    auto start = run->in.client.start(write);
    auto started = co_await std::move(start);
    if (run->ended) co_return Tried{over()};
    // An answer that says at once how the work failed is still one that took the request.
    if (!started) {
        bool const taken = started.error().azure && started.error().azure->status < 400;
        co_return Tried{base::fail(started.error()), taken};
    }
    if (!started->operation) co_return Tried{std::move(started->answer)};
    json::Value accepted = json::Object{{"poll", started->operation->url()}};
    if (auto const recorded = run->write(journal::Kind::accepted, index, std::move(accepted)); !recorded)
        co_return Tried{base::fail(recorded.error())};
    run->wait_said(index, "Azure is at work on it", Duration{0});
    auto finish = run->in.client.finish(write, std::move(*started->operation), std::move(started->next));
    auto answer = co_await std::move(finish);
    if (run->ended) co_return Tried{over()};
    co_return Tried{std::move(answer), true};
}

Task<Tried> rejoin(Shared run, Client::Write write, std::string url) {
    auto going = run->in.client.rejoin(write, std::move(url));
    auto answer = co_await std::move(going);
    if (run->ended) co_return Tried{over()};
    co_return Tried{std::move(answer), true};
}

bool is_ours(json::Value const& body, json::Value const& sent) {
    auto const mark = json::text_at(sent, owner_at), there = json::text_at(body, owner_at);
    return mark && there && *mark == *there;
}

bool not_found(Result<Answer> const& answer) {
    return answer ? answer->status == 404 : answer.error().azure && answer.error().azure->status == 404;
}

/// The body of an update, laid over what stands now.
Task<Result<void>> read_again(Shared run, std::size_t index, Ready& ready) {
    auto const& step = run->step(index);
    auto reading = run->in.client.get(ready.write.id, ready.write.api_version);
    auto answer = co_await std::move(reading);
    if (run->ended) co_return over();
    if (!answer) co_return base::fail(answer.error());
    if (answer->status == 404)
        co_return base::fail(ErrorCode::moved, fmt::format("{} was to be changed and is gone", step.address),
                             "make the plan again");
    auto live = resource::from_arm(answer->body, step.address);
    if (!live) co_return base::fail(live.error());
    if (step.ours && json::text_at(ready.overlay, owner_at) && !is_ours(answer->body, ready.overlay))
        co_return base::fail(
            ErrorCode::moved,
            fmt::format("{} bears our mark no more: it was made anew by somebody else, or the mark was taken away",
                        step.address),
            fmt::format("make the plan again; --allow own:{} takes it over", ready.write.id.name()));
    resource::Resource desired;
    desired.type = step.resource.type;
    desired.body = ready.overlay;
    ready.write.body = plan::update_body(*live, desired);
    auto const* shape = shapes::find(step.resource.type);
    ready.write.if_match = shape && shape->etag ? (answer->etag.empty() ? live->etag : answer->etag) : std::string{};
    co_return Result<void>{};
}

/// Somebody made what only we were to make. Ours after all: an answer was lost on its way, and it is not made twice.
Task<Result<std::optional<Answer>>> look_who_made_it(Shared run, std::size_t index, Ready& ready) {
    auto const& step = run->step(index);
    auto going = rejoin(run, ready.write, "");
    auto tried = co_await std::move(going);
    if (run->ended) co_return over();
    if (not_found(tried.answer)) co_return std::optional<Answer>{};
    auto const theirs =
        base::fail(ErrorCode::moved, fmt::format("{} was made by somebody else since the plan was made", step.address),
                   fmt::format("make the plan again; --allow own:{} takes it over", ready.write.id.name()));
    if (tried.answer) {
        if (is_ours(tried.answer->body, step.resource.body)) co_return std::optional<Answer>(std::move(*tried.answer));
        co_return theirs;
    }
    // It stands, and came out failed: the same write reconciles it, if it is ours.
    auto reading = run->in.client.get(ready.write.id, ready.write.api_version);
    auto seen = co_await std::move(reading);
    if (run->ended) co_return over();
    if (!seen) co_return base::fail(seen.error());
    if (seen->status == 404) co_return std::optional<Answer>{};
    if (!is_ours(seen->body, step.resource.body)) co_return theirs;
    ready.write.if_none_match.clear();
    co_return std::optional<Answer>{};
}

/// An earlier life of the run sent this step and died: finds out what became of it. Nothing: it is to be sent (again).
Task<std::optional<Tried>> take_up(Shared run, std::size_t index, Ready& ready, std::string url) {
    auto const& step = run->step(index);
    run->wait_said(index, "it was begun before this run was resumed: asking Azure", Duration{0});
    if (!url.empty()) {
        auto going = rejoin(run, ready.write, url);
        auto tried = co_await std::move(going);
        // Forgotten, or an address that is not Azure's any more: the resource knows as well.
        bool const useless = !tried.answer && (not_found(tried.answer) ||
                                               tried.answer.error().code == ErrorCode::answer_malformed);
        if (!useless) co_return tried;
    }
    if (step.create_only) {
        auto looking = look_who_made_it(run, index, ready);
        auto found = co_await std::move(looking);
        if (!found) co_return Tried{base::fail(found.error())};
        if (*found) co_return Tried{std::move(**found)};
        co_return std::nullopt;
    }
    if (step.act != plan::Act::write) co_return std::nullopt;
    auto going = rejoin(run, ready.write, "");
    auto tried = co_await std::move(going);
    if (!tried.answer || tried.answer->status == 404) co_return std::nullopt;
    auto const& asked = ready.overlay.is_null() ? ready.write.body : ready.overlay;
    if (!plan::shows(ready.write.id, asked, tried.answer->body)) co_return std::nullopt;
    co_return tried;
}

/// Whether an answer says nothing of what was asked about: silence, somebody else's page, a sign-in that is refused for
/// now, Azure itself unwell.
bool says_nothing(base::Error const& error) {
    if (error.azure) return error.azure->status >= 500 || error.azure->status == 429 || error.azure->status == 401;
    constexpr ErrorCode silent[] = {ErrorCode::connection_failed, ErrorCode::connection_lost, ErrorCode::timeout,
                                    ErrorCode::answer_malformed, ErrorCode::sign_in};
    return std::ranges::find(silent, error.code) != std::end(silent);
}

/// Until the value at the condition's path is what it must be (true), or says that it never will be (false). 404 and
/// what says nothing are a "not yet"; a sign-in that stays refused is not.
Task<Result<bool>> await_condition(Shared run, std::size_t index, plan::Condition condition) {
    auto const begun = run->gone_by();
    std::optional<Duration> refused_since;
    for (;;) {
        auto reading = run->in.client.get_path(condition.path, condition.api_version);
        auto answer = co_await std::move(reading);
        if (run->ended) co_return over();
        std::string state = "not there yet";
        if (answer) {
            auto const text = json::text_at(answer->body, condition.at);
            if (text && base::same_text(*text, condition.value)) co_return true;
            if (text) state = fmt::format("it is {}", base::printable(*text));
            if (text && std::ranges::any_of(failures, [&text](auto word) { return base::same_text(*text, word); })) {
                run->wait_said(index, state, Duration{0});
                co_return false;
            }
        } else {
            if (!says_nothing(answer.error())) co_return base::fail(answer.error());
            state = answer.error().what;
        }
        bool const no_token = !answer && answer.error().azure && answer.error().azure->status == 401;
        if (!no_token && (answer || answer.error().code != ErrorCode::sign_in)) refused_since.reset();
        else if (!refused_since) refused_since = run->gone_by();
        else if (run->gone_by() - *refused_since > azure::patience_with_sign_in)
            co_return base::fail(no_token ? azure::sign_in_over({"GET", condition.path}) : answer.error());
        auto const waited = run->gone_by() - begun;
        if (waited >= run->in.limits.conflict_deadline)
            co_return base::fail(
                ErrorCode::timeout,
                fmt::format("after {} {} is still not so: {}", base::spoken(waited), run->step(index).until, state),
                "run `holdfast resume` later");
        auto const next = next_try(waited);
        run->wait_said(index, state, next);
        auto sleeping = run->in.world.clock.sleep(next);
        co_await std::move(sleeping);
        if (run->ended) co_return over();
    }
}

/// Keeps what other steps need. What the answer lacks is read once more.
Task<Result<json::Value>> keep(Shared run, std::size_t index, Client::Write write, Answer answer) {
    auto const& step = run->step(index);
    json::Object done;
    done["id"] = write.id.text();
    if (!answer.etag.empty()) done["etag"] = answer.etag;
    bool const has_outputs = step.act != plan::Act::remove && run->outputs.wanted(step.address);
    if (has_outputs) {
        auto missing = run->outputs.take(step.address, answer.body);
        if (!missing.empty()) {
            auto reading = run->in.client.get(write.id, write.api_version);
            auto read = co_await std::move(reading);
            if (run->ended) co_return over();
            if (!read) co_return base::fail(read.error());
            missing = run->outputs.take(step.address, read->body);
        }
        if (!missing.empty())
            co_return base::fail(ErrorCode::answer_malformed,
                                 fmt::format("{} stands and does not show {}, which other steps need", step.address,
                                             missing.front().text()),
                                 "run `holdfast resume`; if it stays, report it", base::Call{"GET", write.address});
        done["outputs"] = run->outputs.to_json(step.address);
    } else {
        done["outputs"] = json::Object{};
    }
    co_return json::Value(std::move(done));
}

/// By a step that this one comes after: what is granted later is not waited for.
bool granted_before(plan::Plan const& plan, plan::Step const& step) {
    std::set<std::string_view> before(step.after.begin(), step.after.end());
    for (auto const& one : plan.steps | std::views::reverse) {  // each stands after those it comes after
        if (!before.contains(one.id)) continue;
        if (one.grants) return true;
        before.insert(one.after.begin(), one.after.end());
    }
    return false;
}

bool granted_lately(Progress const& run, plan::Step const& step) {
    if (granted_before(run.in.plan, step)) return true;
    auto const since = base::parse_time(step.granted_at);
    return since && run.now() - *since < run.in.limits.grant_deadline;
}

/// Sends until it is so, until it can never be so, or until patience ends.
Task<Result<Answer>> act(Shared run, std::size_t index, Ready& ready) {
    auto const& step = run->step(index);
    Patience patience(run->in.limits, granted_lately(*run, step));
    std::optional<Tried> earlier;
    // What only we may make was taken by Azure and failed: it may be gone by now, and somebody else's stand there.
    bool whose = false;
    if (auto const it = run->in_flight.find(step.id); it != run->in_flight.end()) {
        auto const url = it->second;
        run->in_flight.erase(it);
        auto taking = take_up(run, index, ready, url);
        earlier = co_await std::move(taking);
        if (run->ended) co_return over();
        if (!earlier && !ready.overlay.is_null()) ready.write.if_match.clear();  // our own write may have changed it
    }
    bool stale = step.fresh || step.act == plan::Act::await ||
                 (!ready.overlay.is_null() && ready.write.if_match.empty() && !step.if_match.empty());
    for (;;) {
        if (stale && !earlier) {
            auto reading = read_again(run, index, ready);
            auto const read = co_await std::move(reading);
            if (run->ended) co_return over();
            if (!read) earlier = Tried{base::fail(read.error())};
            stale = !read;
        }
        if (whose && !earlier) {
            auto looking = look_who_made_it(run, index, ready);
            auto found = co_await std::move(looking);
            if (run->ended) co_return over();
            if (found && *found) co_return std::move(**found);
            if (!found) earlier = Tried{base::fail(found.error())};
            whose = !found;
        }
        auto tried = std::exchange(earlier, std::nullopt);
        if (!tried) {
            auto trying = try_once(run, index, ready.write);
            tried = co_await std::move(trying);
        }
        if (run->ended) co_return over();
        if (tried->answer) co_return std::move(*tried->answer);
        if (run->stopping) co_return over();
        if (step.act == plan::Act::remove && not_found(tried->answer)) co_return Answer{};
        auto const& error = tried->answer.error();
        auto const reaction = patience.after(error, tried->accepted, run->gone_by());
        if (auto const* fail = std::get_if<Fail>(&reaction)) co_return base::fail(fail->error);
        if (std::holds_alternative<Accept>(reaction)) co_return Answer{};
        if (auto const* reread = std::get_if<Reread>(&reaction)) {
            run->wait_said(index, reread->why, Duration{0});
            if (!ready.overlay.is_null()) {
                stale = true;
                continue;
            }
            if (!step.create_only) co_return base::fail(error);
            auto looking = look_who_made_it(run, index, ready);
            auto found = co_await std::move(looking);
            if (run->ended) co_return over();
            if (!found) co_return base::fail(found.error());
            if (*found) co_return std::move(**found);
            continue;
        }
        if (auto const* recover = std::get_if<Recover>(&reaction)) {
            if (step.recovery.is_null()) co_return base::fail(error);
            run->wait_said(index, recover->why + "; it is recovered", Duration{0});
            auto bring_back = ready.write;
            json::merge(bring_back.body, step.recovery);
            for (;;) {  // as patiently as anything else
                auto trying = try_once(run, index, bring_back);
                auto const back = co_await std::move(trying);
                if (run->ended) co_return over();
                if (back.answer) break;
                if (run->stopping) co_return over();
                auto const then = patience.after(back.answer.error(), back.accepted, run->gone_by());
                auto const* later = std::get_if<Repeat>(&then);
                if (!later) co_return base::fail(back.answer.error());
                run->wait_said(index, later->why, later->after);
                auto sleeping = run->in.world.clock.sleep(later->after);
                co_await std::move(sleeping);
                if (run->ended || run->stopping) co_return over();
            }
            continue;
        }
        auto const& repeat = std::get<Repeat>(reaction);
        if (tried->accepted && step.create_only) whose = true;
        run->wait_said(index, repeat.why, repeat.after);
        auto sleeping = run->in.world.clock.sleep(repeat.after);
        co_await std::move(sleeping);
        if (run->ended || run->stopping) co_return over();
    }
}

}  // namespace

Task<Result<json::Value>> perform(Shared run, std::size_t index) {
    auto const& step = run->step(index);
    auto filled = ready(step, run->outputs, run->in.secrets);
    if (!filled) co_return base::fail(filled.error());
    Answer answer;
    if (step.act != plan::Act::await) {
        auto acting = act(run, index, *filled);
        auto acted = co_await std::move(acting);
        if (run->ended) co_return over();
        if (!acted) co_return base::fail(acted.error());
        answer = std::move(*acted);
    }
    if (step.condition) {
        auto awaiting = await_condition(run, index, *step.condition);
        auto const so = co_await std::move(awaiting);
        if (run->ended) co_return over();
        if (!so) co_return base::fail(so.error());
        bool const repairable = step.act == plan::Act::await && !step.overlay.is_null();
        if (!*so && !repairable)
            co_return base::fail(ErrorCode::azure,
                                 fmt::format("{} failed: it will not come to be that {}", step.id, step.until),
                                 "run `holdfast apply` again", base::Call{step.method, filled->write.address});
        if (!*so) {  // what somebody else began came out failed: the same write, from us, reconciles it
            filled->write.method = "PUT";
            auto acting = act(run, index, *filled);
            auto acted = co_await std::move(acting);
            if (run->ended) co_return over();
            if (!acted) co_return base::fail(acted.error());
            answer = std::move(*acted);
        }
    }
    auto keeping = keep(run, index, filled->write, std::move(answer));
    auto done = co_await std::move(keeping);
    if (run->ended) co_return over();
    if (!done) co_return base::fail(done.error());
    if (auto const recorded = run->write(journal::Kind::done, index, *done); !recorded)
        co_return base::fail(recorded.error());
    co_return done;
}

}  // namespace holdfast::engine
