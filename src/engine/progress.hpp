// Private to the room: a run under way, shared by the coroutines that carry out its steps. A step still in Azure's
// hands when the run is told to end may outlive `apply`: what it holds is this, and it touches nothing else once
// `ended`.
#pragma once

#include "engine/filling.hpp"

namespace holdfast::engine {

struct Progress {
    explicit Progress(Apply);

    Apply in;
    Schedule schedule;
    Outputs outputs;
    world::Signal signal;
    Run run;
    std::map<std::size_t, std::size_t> place;      ///< step -> its row in the timeline
    std::map<std::string, std::string> in_flight;  ///< of an earlier life: step -> polling URL
    azure::Client::Counts counted;
    Time const begun = in.world.clock.steady();
    bool stopping = false;  ///< nothing more is started
    bool ended = false;     ///< `apply` has returned, or is about to

    plan::Step const& step(std::size_t index) const { return in.plan.steps[index]; }
    Time now() const { return in.world.clock.now(); }
    /// Since the run began, whatever the clock was set to meanwhile: what deadlines are counted in.
    Duration gone_by() const { return in.world.clock.steady() - begun; }
    void say(decltype(Event::what) what);
    void wait_said(std::size_t index, std::string why, Duration next);
    /// Flushed when it returns. A failure ends the run: no act without its record.
    Result<void> write(journal::Kind, std::size_t index, json::Value data = {});

    void begin();
    void started(std::size_t index);
    void finished(std::size_t index, Result<json::Value> const& done);
    bool over() const { return schedule.running() == 0 && (stopping || schedule.over()); }
    Run end();

private:
    std::vector<std::string> critical_path() const;
    std::optional<base::Error> broken_;
    bool failed_ = false, interrupted_ = false;

public:
    void interrupt() { stopping = interrupted_ = true; }
};

/// Does one step: its id, outputs and etag, or why not. `interrupted` when the run ended meanwhile.
Task<Result<json::Value>> perform(std::shared_ptr<Progress> run, std::size_t index);

json::Value to_json(base::Error const&);

}  // namespace holdfast::engine
