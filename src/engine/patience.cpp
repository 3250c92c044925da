#include "engine/patience.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace holdfast::engine {

namespace {
constexpr Duration shortest{2'000}, longest{15'000};
/// How often a write that Azure took and then failed is sent again: the same body reconciles, or it never will.
constexpr int most_failed_writes = 3;

std::string say(base::Error const& error) {
    return error.azure ? fmt::format("{}: {}", error.azure->code, error.what) : error.what;
}
}  // namespace

Duration next_try(Duration waited) { return std::clamp(waited / 8, shortest, longest); }

Reaction Patience::wait(std::optional<Duration>& since, Duration deadline, base::Error const& error, Duration now,
                        std::string why) {
    if (!since) since = now;
    auto const waited = now - *since;
    if (waited < deadline) return Repeat{next_try(waited), std::move(why)};
    auto late = error;
    late.because.insert(
        late.because.begin(),
        base::fail(base::ErrorCode::timeout, fmt::format("it stayed so for {}", base::spoken(waited))).value());
    return Fail{std::move(late)};
}

Reaction Patience::again(base::Error const& error, bool accepted, Duration now) {
    if (!accepted) return wait(outage_since_, limits_.conflict_deadline, error, now, say(error));
    if (++failed_writes_ > most_failed_writes) return Fail{error};
    return Repeat{shortest,
                  fmt::format("it failed in Azure ({}); the same write, repeated, reconciles it", say(error))};
}

Reaction Patience::after(base::Error const& error, bool accepted, Duration now) {
    using base::ErrorCode;
    if (!error.azure) {
        bool const passes = error.code == ErrorCode::connection_failed || error.code == ErrorCode::connection_lost ||
                            (error.code == ErrorCode::timeout && !accepted);
        return passes ? wait(outage_since_, limits_.conflict_deadline, error, now, error.what) : Reaction{Fail{error}};
    }
    auto const* row = azure::meaning_of(*error.azure);
    if (!row) {
        bool const transient = accepted || error.azure->status >= 500 || error.azure->status == 429;
        return transient ? again(error, accepted, now) : Reaction{Fail{error}};
    }
    if (row->meaning != catalog::Meaning::again) outage_since_.reset();  // a clear answer: Azure is well again
    switch (row->meaning) {
        case catalog::Meaning::exists:
            return Accept{};
        case catalog::Meaning::again:
            return again(error, accepted, now);
        case catalog::Meaning::not_yet:
            if (row->grant && !granted_) return Fail{error};
            return wait(row->grant ? right_missing_since_ : not_yet_since_, limits_.grant_deadline, error, now,
                        say(error));
        case catalog::Meaning::conflict:
            return wait(conflict_since_, limits_.conflict_deadline, error, now, say(error));
        case catalog::Meaning::moved: {
            if (!std::exchange(reread_, true)) return Reread{say(error)};
            auto moved = error;
            moved.code = ErrorCode::moved;
            moved.fix = "somebody else writes the same resource: make the plan again";
            return Fail{std::move(moved)};
        }
        case catalog::Meaning::kept:
            if (!std::exchange(recovered_, true)) return Recover{say(error)};
            return Fail{error};
        case catalog::Meaning::never:
            return Fail{error};
    }
    return Fail{error};
}

}  // namespace holdfast::engine
