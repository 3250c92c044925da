/// doing: what a request is about, as far as weather cares.
#pragma once

#include "simulator/weather/kinds.hpp"
#include "world/world.hpp"

namespace holdfast::simulator::weather {

enum class Doing {
    sign_in,
    look,       ///< GET of a resource or a list, and the POSTs that only ask
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
Doing doing(world::Request const&);
/// The same for work on a resource, by its type.
Doing doing(std::string_view method, std::string_view path);
/// The same for a thing that somebody writes or deletes by hand.
Doing thing(std::string_view path);

/// Sets of Doing, a bit each.
namespace columns {
enum : unsigned {
    sign_in = 1u << 0,
    look = 1u << 1,
    poll = 1u << 2,
    reads = look | poll,
    register_ = 1u << 3,
    group = 1u << 4,
    network = 1u << 5,
    identity = 1u << 6,
    grant = 1u << 7,
    vault = 1u << 8,
    cluster = 1u << 9,
    other = 1u << 10,
    remove = 1u << 11,
    writes = group | network | identity | grant | vault | cluster | other,
    all = (1u << doing_count) - 1,
};
}  // namespace columns
inline bool holds(unsigned set, Doing doing) { return (set >> static_cast<unsigned>(doing) & 1u) != 0; }

/// Why a kind never strikes there; empty text: it can.
std::string_view cannot_happen(Kind, Doing);

}  // namespace holdfast::simulator::weather
