/// tally: what struck what, and how often. The proof that a run tried what it says it tried.
#pragma once

#include <array>
#include <string>

#include "weather.hpp"
#include "world/world.hpp"

namespace holdfast::storm {

/// What a deployment was doing: the columns of the table.
enum class Doing {
    sign_in,
    look,       ///< GET of a resource or a list
    poll,       ///< GET of an operation
    register_,  ///< POST …/register
    group,      ///< PUT of a resource group
    network,    ///< PUT of anything of Microsoft.Network
    identity,
    grant,    ///< PUT of a role assignment
    vault,    ///< PUT of a vault, a key, a disk encryption set
    cluster,  ///< PUT of a cluster, a pool, what hangs on them
    other,    ///< PUT of anything else
    remove,   ///< DELETE
};
inline constexpr std::size_t doing_count = static_cast<std::size_t>(Doing::remove) + 1;
std::string_view name(Doing);
/// How much an opportunity counts: a deployment writes one group and reads hundreds of times.
double weight(Doing);
Doing doing(world::Request const&);
/// The same for work on a resource, by its type.
Doing doing(std::string_view method, std::string_view path);
/// The same for a thing that somebody writes or deletes by hand.
Doing thing(std::string_view path);

class Tally {
public:
    void struck(Kind kind, Doing doing) { ++counts_[static_cast<std::size_t>(kind)][static_cast<std::size_t>(doing)]; }
    std::uint64_t at(Kind kind, Doing doing) const {
        return counts_[static_cast<std::size_t>(kind)][static_cast<std::size_t>(doing)];
    }
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
