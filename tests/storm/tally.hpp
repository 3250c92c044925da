/// tally: what struck what, and how often. The proof that a run tried what it says it tried.
#pragma once

#include <array>
#include <string>

#include "weather.hpp"

namespace holdfast::storm {

/// How much an opportunity counts: a deployment writes one group and reads hundreds of times.
double weight(Doing);

class Tally {
public:
    void struck(Kind kind, Doing doing) { ++counts_[kind.index()][static_cast<std::size_t>(doing)]; }
    std::uint64_t at(Kind kind, Doing doing) const { return counts_[kind.index()][static_cast<std::size_t>(doing)]; }
    void add(Tally const&);
    /// Lines of "kind doing count", and back: how a worker tells its parent.
    std::string written() const;
    void read(std::string_view);

    std::string table() const;
    /// Cells that can happen and did so less often than `least`, in words.
    std::vector<std::string> too_few(std::uint64_t least) const;

private:
    std::array<std::array<std::uint64_t, doing_count>, kind_count> counts_{};
};

struct Cell {
    Kind kind;
    Doing doing;
    friend bool operator==(Cell const&, Cell const&) = default;
};
/// Those that can happen.
std::vector<Cell> const& cells();

/// Why a cell of the table stays empty; empty text: it can happen.
std::string_view cannot_happen(Kind, Doing);

}  // namespace holdfast::storm
