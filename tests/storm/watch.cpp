#include "watch.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "process.hpp"

namespace holdfast::storm {

namespace {

constexpr base::Duration minute = std::chrono::minutes(1);
constexpr base::Duration a_tick_or_two{1'000};  // a run counts its time in ticks

bool waits_for_a_role(std::string_view code) {
    return std::ranges::any_of(catalog::errors(),
                               [&](catalog::ErrorRow const& row) { return row.grant && row.code == code; });
}
bool waits_for_a_role(base::Error const& error) {
    auto const* meaning = error.azure ? azure::meaning_of(*error.azure) : nullptr;
    return meaning && meaning->grant;
}
bool is_conflict(base::Error const& error) {
    auto const* meaning = error.azure ? azure::meaning_of(*error.azure) : nullptr;
    return meaning && meaning->meaning == catalog::Meaning::conflict;
}

}  // namespace

Watch::Watch(Scene& scene, Machine machine, plan::Plan const& plan, std::string_view journal)
    : scene_(scene), machine_(machine) {
    for (auto const& line : base::split(journal, '\n'))
        if (auto const record = json::parse(line); record && json::text_at(*record, "kind") == "done")
            on_record_.emplace(json::text_at(*record, "step").value_or(""));
    std::set<std::string> grants;
    for (auto const& step : plan.steps) {  // each stands after those it comes after
        planned_.insert(step.id);
        if (step.condition) conditioned_.insert(step.id);
        if (step.grants) grants.insert(step.id);
        for (auto const& before : step.after)
            if (grants.contains(before) || after_a_grant_.contains(before)) after_a_grant_.insert(step.id);
        if (auto const granted = base::parse_time(step.granted_at)) granted_.emplace(step.id, *granted);
        if (!step.recovery.is_null()) recoverable_.insert(step.id);
        if (step.resource.id) scene.doubts.planned(machine, step.resource.id->key(), step.id);
    }
}

void Watch::silent(Scene& scene, std::string_view where, std::string_view text) {
    for (auto const canary : canaries)
        if (text.find(canary) != std::string_view::npos) scene.violated(fmt::format("a secret stands in {}", where));
}

void Watch::named(Scene& scene, std::vector<base::Error> const& errors) {
    for (auto const& error : errors) {
        if (error.what.empty())
            scene.violated(fmt::format("an error ({}) does not say what is wrong", base::name(error.code)));
        if (error.fix.empty())
            scene.violated(fmt::format("an error ({}{}) does not say what to do next: {}", base::name(error.code),
                                       error.azure ? " " + error.azure->code : "", error.what));
        silent(scene, "an error", error.what + error.fix + (error.azure ? error.azure->message : ""));
    }
}

void Watch::tried(Scene& scene, std::vector<base::Error> const& errors) {
    constexpr int least_attempts = 4;
    for (auto const& error : errors) {
        auto const* call = std::get_if<base::Call>(&error.where);
        bool const passes = error.azure ? error.azure->status == 429 || error.azure->status >= 500
                                        : error.code == base::ErrorCode::connection_failed ||
                                              error.code == base::ErrorCode::connection_lost;
        if (!call || !passes) continue;
        auto const address = call->address.substr(0, call->address.find('?'));
        if (!address.starts_with('/') && !address.starts_with("http")) continue;  // a step's own name for it
        int longest = 0;
        for (auto const& [asked, row] : scene.troubles)
            if (asked.ends_with(base::lower(address))) longest = std::max(longest, row);
        if (longest > 0 && longest < least_attempts)
            scene.violated(fmt::format("{} of {} was given up after {} attempts", call->method, address, longest));
    }
}

void Watch::saw(engine::Event const& event) {
    auto const text = json::write(engine::to_json(event));
    scene_.note(text);
    silent(scene_, "an event", text);
    base::match(
        event.what,
        [&](engine::RunStarted const&) {
            begun_ = scene_.true_now();
            scene_.refused[machine_].clear();
            calls_ = scene_.calls;
        },
        [&](engine::StepStarted const& one) { steps_[one.step] = {.started = scene_.true_now()}; },
        [&](engine::StepWaiting const& one) {
            auto& step = steps_[one.step];
            if (one.next.count() > 0 && !step.waits_since) step.waits_since = scene_.true_now();
            auto const code = one.why.substr(0, one.why.find(':'));
            if (one.why == "Azure is at work on it") {
                step.at_work = true;
            } else {
                bool const one_write = !step.recovered && !conditioned_.contains(one.step);
                if (step.at_work && one.why == lost_answer && one_write)
                    scene_.violated(one.step + " is sent again while Azure is at work on it");
                step.at_work = false;
            }
            if (one.why.find("it is recovered") != std::string::npos) step.recovered = true;
            if (step.not_yet || one.next.count() == 0 || !waits_for_a_role(code)) return;
            step.not_yet = scene_.true_now();
            if (!hopes(one.step, step.started) && !scene_.clock_was_set && !scene_.slept)
                scene_.violated(fmt::format("{} waits for a role that nobody granted", one.step));
        },
        [&](engine::StepFinished const& one) {
            if (one.was_done) told_done_.insert(one.step);
            else told_ended_[one.step] = event.at;
            if (one.was_done && !on_record_.contains(one.step))
                scene_.violated(one.step + " is taken for done, and no record says so");
            if (!scene_.dead && !one.was_done && !scene_.doubts.on_record(machine_, one.step))
                scene_.violated(one.step + " says it is finished before the journal does");
        },
        [&](engine::StepFailed const& one) {
            told_ended_[one.step] = event.at;
            failed(steps_[one.step], one, scene_.true_now());
        },
        [](auto const&) {});
}

bool Watch::hopes(std::string const& step, base::Time since) const {
    auto const granted = granted_.find(step);
    return after_a_grant_.contains(step) || (granted != granted_.end() && since - granted->second < 30 * minute);
}

/// What Azure has taken goes on whether we may look or not: only its own word, of the operation or of what is written,
/// ends it before ten minutes are over.
void Watch::given_up_early(Step const& step, engine::StepFailed const& failure, base::Time at) {
    auto const operation = scene_.doubts.operation(machine_, failure.step);
    auto const* call = std::get_if<base::Call>(&failure.error.where);
    if (operation.empty() || !call || call->method == "GET" || scene_.clock_was_set) return;
    // A token refused, an operation forgotten, no answer at all: none of it says how the operation ended.
    auto const& said = failure.error.azure;
    bool const endless = failure.error.code == base::ErrorCode::timeout && at - step.started >= 60 * minute;
    bool const told = said ? said->status != 401 && (said->status != 404 || scene_.meddled) : endless;
    auto const seen = scene_.well_answered.find(operation);
    auto const since = seen == scene_.well_answered.end() ? step.started : seen->second;
    if (!told && at - since < 10 * minute)
        scene_.violated(fmt::format("{} was given up ({}) {} after Azure was at work on it", failure.step,
                                    failure.error.what, base::spoken(at - since)));
}

/// "Not yet" is believed for half an hour where a role was just granted, and not at all elsewhere.
void Watch::failed(Step const& step, engine::StepFailed const& failure, base::Time at) {
    named(scene_, {failure.error});
    if (failure.error.what.find("made by somebody else") != std::string::npos && !scene_.strangers)
        scene_.violated(failure.step + " takes its own for a stranger's");
    if (scene_.slept) return;
    given_up_early(step, failure, at);
    auto const* meaning = failure.error.azure ? azure::meaning_of(*failure.error.azure) : nullptr;
    if (meaning && meaning->meaning == catalog::Meaning::kept && recoverable_.contains(failure.step) && !step.recovered)
        scene_.violated(failure.step + " leaves a deleted one in the bin that it could bring back");
    // Somebody else at work on the same thing is waited for.
    if (is_conflict(failure.error))
        if (auto const waited = step.waits_since ? at - *step.waits_since : base::Duration{0}; waited < 60 * minute - a_tick_or_two)
            scene_.violated(fmt::format("{} gave up a conflict after {}", failure.step, base::spoken(waited)));
    if (!waits_for_a_role(failure.error)) return;
    auto const waited = step.not_yet ? at - *step.not_yet : base::Duration{0};
    if (after_a_grant_.contains(failure.step) && waited < 30 * minute - a_tick_or_two)
        scene_.violated(fmt::format("{} gave up a role after {}", failure.step, base::spoken(waited)));
    // The last try may take its time, and one that hangs in Azure is waited for.
    if (waited > 50 * minute && !scene_.weather.on(Kind::work_hangs))
        scene_.violated(fmt::format("{} waited {} for a role", failure.step, base::spoken(waited)));
}

void Watch::obeyed() {
    constexpr base::Duration moments{3'000};
    if (!scene_.told_to_end || scene_.slept) return;
    if (auto const went_on = scene_.true_now() - *scene_.told_to_end; went_on > moments)
        scene_.violated(fmt::format("it went on for {} after it was told to end", base::spoken(went_on)));
}

void Watch::ended(engine::Run const& run) {
    named(scene_, run.errors);
    silent(scene_, "the run", json::write(engine::to_json(run)));
    if (run.outcome != "succeeded" && run.errors.empty() && !scene_.told_to_end)
        scene_.violated("a run failed and gives no reason");
    if (run.outcome == "interrupted" && !scene_.told_to_end) scene_.violated("a run ends and nobody told it to");
    for (auto const& step : on_record_)
        if (planned_.contains(step) && !told_done_.contains(step))
            scene_.violated(step + " was done in an earlier life, and nothing says so");
    for (auto const& row : run.timeline)
        if (auto const told = told_ended_.find(row.step); told != told_ended_.end() && told->second != row.ended)
            scene_.violated(row.step + " ended at one time in the events and at another in the run");
    // No hot loop: a step makes no more than a call a second, beyond what its attempts and answers need.
    std::int64_t allowed = 100;
    for (auto const& row : run.timeline)
        allowed += 60 + std::chrono::duration_cast<std::chrono::seconds>(row.ended - row.started).count();
    if (!scene_.clock_was_set && run.calls > allowed)
        scene_.violated(fmt::format("{} calls where {} would do", run.calls, allowed));
}

}  // namespace holdfast::storm
