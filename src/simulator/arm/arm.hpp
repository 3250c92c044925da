/// arm: Resource Manager as a client meets it.
#pragma once

#include "simulator/core.hpp"

namespace holdfast::simulator::arm {

/// One call. Always answers; changes are in the store, not yet committed.
world::Response answer(Core&, Asked const&);
/// A scheduled event happens. The store's clock stands at its moment.
void happen(Core&, Event const&);
/// Whether the event is housekeeping nobody waits for (a purge in ninety days).
bool is_quiet(Event const&);

}  // namespace holdfast::simulator::arm
