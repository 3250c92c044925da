/// aim: what chance alone would meet once in thousands of seeds is met by design. Most seeds take aim at a few cells of
/// the table, rare ones before common ones: there the weather strikes again and again until it has struck often enough.
#pragma once

#include "tally.hpp"

namespace holdfast::storm {

struct Aim {
    Cell at;
    int left;  ///< how often it still strikes
    double eager;
    base::Prng dice{0};
    /// One opportunity; `drawn`: chance has struck already.
    bool strikes(bool drawn);
};
std::vector<Aim> aims(std::uint64_t seed, std::set<Kind> const& without);
std::string text(std::vector<Aim> const&);

}  // namespace holdfast::storm
