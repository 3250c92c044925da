#include "engine/progress.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace holdfast::engine {

namespace {
std::vector<std::string> names(std::map<std::string, json::Value> const& done) {
    std::vector<std::string> out;
    for (auto const& [step, _] : done) out.push_back(step);
    return out;
}
}  // namespace

Progress::Progress(Apply apply)
    : in(std::move(apply)), schedule(in.plan, names(in.journal.state().done)), outputs(in.plan) {}

void Progress::say(decltype(Event::what) what) {
    if (in.listener) in.listener(Event{now(), std::move(what)});
}
void Progress::wait_said(std::size_t index, std::string why, Duration next) {
    say(StepWaiting{step(index).id, std::move(why), next});
}

Result<void> Progress::write(journal::Kind kind, std::size_t index, json::Value data) {
    journal::Record record{kind, now(), step(index).id, std::move(data)};
    auto const written = in.journal.write(std::move(record));
    if (!written) {
        if (!broken_) broken_ = written.error();  // the first says why; the others only that nothing follows it
        stopping = true;
    }
    return written;
}

void Progress::begin() {
    auto const& state = in.journal.state();
    run.run = state.run;
    run.started = now();
    counted = in.client.counts();
    in_flight = state.in_flight;
    run.timeline.reserve(in.plan.steps.size());
    say(RunStarted{run.run, in.plan.steps.size()});
    for (auto const& one : in.plan.steps)
        if (auto const it = state.done.find(one.id); it != state.done.end()) {
            outputs.restore(it->second);
            say(StepFinished{one.id, it->second, true});
        }
}

void Progress::started(std::size_t index) {
    place[index] = run.timeline.size();
    run.timeline.push_back({step(index).id, now(), now(), "interrupted"});
    say(StepStarted{step(index).id, step(index).because, step(index).expected_s});
}

void Progress::finished(std::size_t index, Result<json::Value> const& done) {
    auto& row = run.timeline[place.at(index)];
    row.ended = now();
    // The act happened, but its record could not be written: for the journal it is still under way.
    if (broken_ && (!done || !in.journal.state().done.contains(step(index).id))) {
        static_cast<void>(schedule.finished(index, Outcome::failed));
        return;
    }
    row.outcome = done ? "done" : "failed";
    if (done) {
        static_cast<void>(schedule.finished(index, Outcome::done));
        auto const* kept = json::find(*done, "outputs");
        say(StepFinished{step(index).id, kept ? *kept : json::Value(json::Object{}), false});
        return;
    }
    failed_ = true;
    run.errors.push_back(done.error());
    say(StepFailed{step(index).id, done.error()});
    for (auto const skipped : schedule.finished(index, Outcome::failed)) {
        run.timeline.push_back({step(skipped).id, now(), now(), "skipped"});
        say(StepSkipped{step(skipped).id, step(index).id});
    }
}

Run Progress::end() {
    ended = true;
    run.ended = now();
    for (auto& row : run.timeline)
        if (row.outcome == "interrupted") row.ended = now();
    if (broken_) run.errors.push_back(*broken_);
    run.outcome = broken_ || (failed_ && !interrupted_) ? "failed" : interrupted_ ? "interrupted" : "succeeded";
    auto const counts = in.client.counts();
    run.calls = counts.calls - counted.calls;
    run.retries = counts.retries - counted.retries;
    run.critical_path = critical_path();
    journal::Record const record{journal::Kind::end, now(), "", json::Object{{"outcome", run.outcome}}};
    if (!broken_)
        if (auto const written = in.journal.write(record); !written) {
            run.errors.push_back(written.error());
            run.outcome = "failed";
        }
    say(RunFinished{run.outcome, run.calls, run.retries});
    return run;
}

/// Backwards from what ended last: each time to the latest of what it waited for, by order or by a shared lock.
std::vector<std::string> Progress::critical_path() const {
    std::map<std::string_view, StepTime const*> times;
    std::map<std::string_view, plan::Step const*> steps;
    for (auto const& one : in.plan.steps) steps.emplace(one.id, &one);
    StepTime const* at = nullptr;
    for (auto const& row : run.timeline) {
        if (row.outcome == "skipped") continue;
        times.emplace(row.step, &row);
        if (!at || row.ended > at->ended) at = &row;
    }
    std::vector<std::string> out;
    while (at) {
        out.push_back(at->step);
        auto const& step = *steps.at(at->step);
        StepTime const* latest = nullptr;
        for (auto const& [id, row] : times) {
            if (row->ended > at->started || row == at || std::ranges::find(out, row->step) != out.end()) continue;
            bool const ordered = std::ranges::find(step.after, row->step) != step.after.end();
            bool const excluded = std::ranges::any_of(step.locks, [&](auto const& lock) {
                auto const& others = steps.at(id)->locks;
                return std::ranges::find(others, lock) != others.end();
            });
            if ((ordered || excluded) && (!latest || row->ended > latest->ended)) latest = row;
        }
        at = latest;
    }
    std::ranges::reverse(out);
    return out;
}

}  // namespace holdfast::engine
