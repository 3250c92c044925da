/// play: one seed from its first request to its end. Stormy lives, each of which may die; then the sky clears, and what
/// the plan promised must stand, or a cause must have been named.
#pragma once

#include "subject.hpp"
#include "tally.hpp"

namespace holdfast::storm {

struct Verdict {
    std::uint64_t seed = 0;
    std::string subject, weather;
    std::vector<std::string> broken;  ///< empty: all held
    Tally tally;
    std::uint64_t trace = 0;
    std::int64_t calls = 0;
    int lives = 0, deaths = 0;
    bool converged = false;  ///< else it stopped, with a cause that is named
    std::vector<std::string> lines;
};
struct Played {
    std::set<Kind> without;
    bool keep_lines = false;
};
Verdict play(std::uint64_t seed, Subject const&, Played const& = {});

/// The kinds without which the seed still fails: what is left is what it takes.
std::set<Kind> shrink(std::uint64_t seed, Subject const&, std::set<Kind> without);

}  // namespace holdfast::storm
