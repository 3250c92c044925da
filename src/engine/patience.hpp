// Private to the room: what a failed act means for its step. Pure; the rows of data/errors decide.
#pragma once

#include "engine/engine.hpp"

namespace holdfast::engine {

struct Accept {};  ///< what we wanted is already so
struct Repeat {
    Duration after;
    std::string why;
};
struct Reread {  ///< our knowledge is stale: read again, then once more
    std::string why;
};
/// A deleted one keeps the name: bring it back, then write it as designed.
struct Recover {
    std::string why;
};
struct Fail {
    base::Error error;
};
using Reaction = std::variant<Accept, Repeat, Reread, Recover, Fail>;

/// How long until the next try when the same has been in the way for `waited`: overshoots by an eighth at most.
Duration next_try(Duration waited);

/// One step's memory of what went wrong. One a step, and a new one in each life of the run.
class Patience {
public:
    /// `granted`: a role was granted in this run, or so recently that it may not work yet.
    Patience(Limits limits, bool granted) : limits_(limits), granted_(granted) {}
    /// `accepted`: Azure had taken the request and failed afterwards. `now` is counted from the run's beginning.
    Reaction after(base::Error const&, bool accepted, Duration now);

private:
    Reaction wait(std::optional<Duration>& since, Duration deadline, base::Error const&, Duration now, std::string why);
    Reaction again(base::Error const&, bool accepted, Duration now);
    Limits limits_;
    bool granted_;
    int failed_writes_ = 0;
    bool reread_ = false, recovered_ = false;
    std::optional<Duration> not_yet_since_, right_missing_since_, conflict_since_, outage_since_;
};

}  // namespace holdfast::engine
