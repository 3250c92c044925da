/// engine: carry out a Plan. Parallel, safe, resumable; speaks only in Events.
///
/// `Schedule` decides what may run now (dependencies met, locks free, longest remaining path first) and knows nothing
/// of Azure, coroutines or time. `apply` does it: journal before and after every act, "not yet" repeated until a
/// deadline where a step before this one granted a role, "conflict" waited for, failed cluster writes repeated. It waits
/// on the condition, never a fixed sleep; where Azure shows no condition the condition is the act.
#pragma once

#include <set>

#include "azure/azure.hpp"
#include "journal/journal.hpp"
#include "plan/plan.hpp"

namespace holdfast::engine {

using base::Duration;
using base::Result;
using base::Time;
using world::Task;

// ---------------------------------------------------------------------------------------------- events

struct RunStarted {
    std::string run;
    std::size_t steps;
};
struct StepStarted {
    std::string step, because;
    int expected_s;
};
struct StepWaiting {
    std::string step, why;
    Duration next;
};  ///< throttled, not yet, conflict, polling
struct StepFinished {
    std::string step;
    json::Value outputs;
    bool was_done = false;
};
struct StepFailed {
    std::string step;
    base::Error error;
};
struct StepSkipped {
    std::string step, waiting_for;
};  ///< the step that failed
struct RunFinished {
    std::string outcome;
    std::int64_t calls = 0, retries = 0;
};
struct Event {
    Time at;
    std::variant<RunStarted, StepStarted, StepWaiting, StepFinished, StepFailed, StepSkipped, RunFinished> what;
};
using Listener = std::function<void(Event const&)>;
json::Value to_json(Event const&);  ///< one line of --events jsonl

// ---------------------------------------------------------------------------------------------- deciding

enum class Outcome { done, failed };

class Schedule {
public:
    /// `done`: steps finished in an earlier life of the run.
    explicit Schedule(plan::Plan const&, std::vector<std::string> const& done = {});
    /// The next step that may run now, taken; nullopt when none may. Longest remaining path first.
    std::optional<std::size_t> next();
    /// Frees its locks and unlocks what waited, or skips everything downstream. Returns the skipped.
    std::vector<std::size_t> finished(std::size_t step, Outcome);
    bool over() const;  ///< nothing running, nothing runnable
    std::size_t running() const;

private:
    enum class State { waiting, running, done, failed, skipped };
    struct Node {
        std::vector<std::size_t> unlocks;
        std::vector<std::string> locks;
        std::size_t waits_for = 0;
        int remaining_s = 0;
        State state = State::waiting;
    };
    void unlock(std::size_t step);
    std::vector<Node> nodes_;
    std::set<std::pair<int, std::size_t>> ready_;  ///< longest remaining path first, then in the order of the plan
    std::set<std::string> held_;
    std::size_t running_ = 0;
};

// ---------------------------------------------------------------------------------------------- doing

struct StepTime {
    std::string step;
    Time started, ended;
    std::string outcome;  ///< done, failed, skipped, interrupted (still under way when the run was told to end)
};
struct Run {
    std::string run;
    std::string outcome;  ///< succeeded | failed | interrupted
    Time started, ended;
    std::vector<StepTime> timeline;
    std::vector<base::Error> errors;
    std::vector<std::string> critical_path;  ///< step ids as it really went
    std::int64_t calls = 0, retries = 0;
};
json::Value to_json(Run const&);  ///< holdfast/run 1

struct Limits {
    int parallel = 64;
    Duration grant_deadline{30 * 60'000};  ///< how long "not yet" is believed where this run granted a role
    Duration conflict_deadline{60 * 60'000};
};

/// Fetches a named secret just before it is sent.
using Secrets = std::function<Result<base::Secret>(resource::SecretName const&)>;

struct Apply {
    plan::Plan plan;
    journal::Journal& journal;
    azure::Client& client;
    world::World& world;
    Secrets secrets;
    Listener listener;
    Limits limits;
    /// Asked twice a second and between acts; true ends cleanly: nothing more is started, what Azure is at work on is
    /// left to it, and the journal says where to go on.
    std::function<bool()> interrupted;
};
/// What the journal holds as done is not done again; what it holds as intended is looked for in Azure first.
Task<Result<Run>> apply(Apply);

}  // namespace holdfast::engine
