/// sky: weather laid over the doors of the world and over Azure's own fate. What strikes is counted, what is sent is
/// traced, and what may never happen is noted where it would happen.
#pragma once

#include "simulator/simulator.hpp"
#include "tally.hpp"

namespace holdfast::storm {

/// Everything one seed knows while it goes on. Outlives every process in it.
struct Scene {
    Weather weather;
    bool clear = false;  ///< nothing strikes any more
    Tally tally;
    Doing last = Doing::look;  ///< what the process sent last: what a crash is counted against

    bool dead = false;       ///< the process is gone: nothing it still does reaches the world
    bool disk_lost = false;  ///< and its journal with it
    bool disk_full = false;
    bool records_lost = false;  ///< what was done could not be written down: it may be done again
    base::Duration clock_off{0};
    bool clock_was_set = false, slept = false;

    std::set<std::string> writable;  ///< lower-case ids that are ours to write or delete
    std::set<std::string> scopes;    ///< and where our role assignments lie
    std::int64_t calls = 0;
    std::int64_t in_flight = 0;       ///< writes on their way
    std::int64_t unsure = 0;          ///< writes whose fate the sender cannot know: each may rightly be sent again
    std::vector<std::string> broken;  ///< what was to hold always and did not

    std::uint64_t trace = 14695981039346656037ull;  ///< FNV-1a over all that was sent, answered and said
    std::function<std::int64_t()> repeats;          ///< how many creates Azure saw twice so far
    bool keep_lines = false;
    std::vector<std::string> lines;  ///< the same in words, where somebody wants to read it

    bool strikes(Kind, Doing);
    /// The process is gone. Whatever was on its way, and the act whose record was lost, may rightly be done again.
    void die() {
        dead = true;
        unsure += std::exchange(in_flight, 0) + 1;
    }
    void note(std::string_view line);
    void violated(std::string what) { broken.push_back(std::move(what)); }
};

std::unique_ptr<world::Transport> stormy(Scene&, world::Transport& inner, world::Clock&);
std::unique_ptr<world::Clock> stormy(Scene&, world::Clock& inner);
/// Only files that grow are at risk: the journal.
std::unique_ptr<world::Files> stormy(Scene&, world::Files& inner);
std::unique_ptr<simulator::Fate> fate(Scene&);

}  // namespace holdfast::storm
