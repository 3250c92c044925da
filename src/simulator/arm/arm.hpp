/// arm: Resource Manager as a client meets it.
#pragma once

#include "simulator/core.hpp"

namespace holdfast::simulator::arm {

/// One call. Always answers; changes are in the store, not yet committed.
world::Response answer(Core&, Asked const&);
/// What is due until `now` happens, each at its moment; then it is `now`.
void pass_time(Core&, Time now);
/// Whether the event is housekeeping nobody waits for (a purge in ninety days).
bool is_quiet(Event const&);

}  // namespace holdfast::simulator::arm
