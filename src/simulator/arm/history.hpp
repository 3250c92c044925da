/// history: what Azure showed and assumed at other times. A world whose clock stands in 2019 answers as Azure did then;
/// today's worlds pass through here untouched. Rows: data/simulator_history.
#pragma once

#include "simulator/store/stored.hpp"

namespace holdfast::simulator::arm {

/// Takes from an answer's body what was not shown then, and adds what was.
void show_as_then(Stored const& stored, base::Time now, json::Value& shown);
/// What a write that says nothing meant then.
void fill_defaults_of_then(std::string_view type, base::Time now, json::Value& desired);
/// How long a write's answer then asked to wait; `today` where that has not changed.
int retry_after_of_then(std::string_view type, base::Time now, int today);

}  // namespace holdfast::simulator::arm
