// Private to the room: what one record does to the state of a run. Reading and writing share it, so that they agree.
#pragma once

#include "journal/journal.hpp"

namespace holdfast::journal {
void fold(RunState&, Record);
}
