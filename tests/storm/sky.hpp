/// sky: weather laid over the doors of the world and over Azure's own fate. What strikes is counted, what is sent is
/// traced, and what may never happen is noted where it would happen.
#pragma once

#include "aim.hpp"
#include "doubt.hpp"
#include "simulator/weather/wire.hpp"

namespace holdfast::storm {

/// How the sky words an answer that never came.
inline constexpr std::string_view lost_answer = "the answer was lost";

/// Everything one seed knows while it goes on. Outlives every process in it.
struct Scene final : azures::Sky {
    Weather weather;
    std::vector<Aim> aims;
    bool clear = false;  ///< nothing strikes any more
    bool evenly = false;  ///< at the rates drawn: what is rare is not struck more often for its rarity
    Tally tally;
    Doing last = Doing::look;  ///< what the process sent last: what a crash is counted against

    bool dead = false;       ///< the process is gone: nothing it still does reaches the world
    bool disk_lost = false;  ///< and its journal with it
    bool disk_full = false;
    base::Duration clock_off{0};
    bool clock_was_set = false, slept = false;
    base::Time asleep_since{}, asleep_until{};  ///< a laptop with its lid down: nothing wakes before
    base::Duration slept_before{0};
    base::Duration slept_by(base::Time now) const {
        return slept_before + std::max(base::Duration{0}, std::min(now, asleep_until) - asleep_since);
    }
    std::function<base::Time()> true_now;  ///< whatever this machine's clock was set to

    std::set<std::string> writable;  ///< lower-case ids that are ours to write or delete
    std::set<std::string> scopes;    ///< and where our role assignments lie
    std::optional<base::Time> told_to_end;  ///< since when, in the run that goes on
    std::set<std::string> allowed;          ///< guards that our user lifts: "rebuild:aks-prod"
    std::int64_t calls = 0;
    Doubts doubts;
    std::set<std::string> theirs;  ///< ids of what somebody else made where ours was to stand
    bool meddled = false;        ///< somebody changed, deleted or made something by hand
    bool bin_is_hidden = false;  ///< a vault was deleted so lately that nobody is shown it yet
    bool strangers = false;        ///< somebody made, or tried to make, what ours was to be
    /// By machine: what Azure refused for good in the run that goes on, by id.
    std::map<Machine, std::set<std::string>> refused;
    /// Of this life, by method and path: the longest row of answers that say "again", or of none.
    std::map<std::string, int> troubles;
    /// Of this life, by polling address: when Azure last answered there with anything but a refusal of the token.
    std::map<std::string, base::Time> well_answered;
    std::vector<std::string> broken;  ///< what was to hold always and did not

    std::uint64_t trace = 0;  ///< over all that was sent, answered and said, to the byte; tokens, which are signed anew, apart
    bool keep_lines = false;
    std::vector<std::string>* kept = nullptr;  ///< every body sent and answered, for whoever wants to measure
    std::vector<std::string> lines;            ///< the same in words, where somebody wants to read it

    bool strikes(Kind, Doing);
    bool strikes(azures::Kind kind, Doing doing) override { return strikes(Kind(kind), doing); }
    base::Prng& dice(azures::Kind kind) override { return weather.dice(kind); }
    bool is_clear() const override { return clear; }
    /// The process is gone.
    void die() { dead = true; }
    void note(std::string_view line);
    void hash(std::string_view bytes);  ///< into the trace
    void violated(std::string what) { broken.push_back(std::move(what)); }
};

/// The wire of one machine.
std::unique_ptr<world::Transport> stormy(Scene&, Machine, world::Transport& inner, world::Clock&);
std::unique_ptr<world::Clock> stormy(Scene&, world::Clock& inner);
/// Only files that grow are at risk: the journal.
std::unique_ptr<world::Files> stormy(Scene&, Machine, world::Files& inner);
std::unique_ptr<simulator::Fate> fate(Scene&);

}  // namespace holdfast::storm
