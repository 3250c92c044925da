/// What the client makes of every recorded exchange: the real decisions (errors and classes, retries, pollers, lists,
/// challenges) fed in the order of the recording, as the client that was recorded asked.
#pragma once

#include "azure/azure.hpp"
#include "recording.hpp"

namespace holdfast::recordings {

struct Understood {
    std::string kind;          ///< "write", "poll", "read after a write", "read", "list", "sign-in", "error", …
    std::string klass = "ok";  ///< "ok", or "never InvalidParameter"
    std::string state;         ///< done, running, succeeded, failed, absent, challenged
    std::string next;  ///< none, page, refuse, poll async, poll location, poll resource, read, sign in, repeat, report
    std::optional<base::Duration> wait;
    std::string trouble;  ///< why it is not understood; empty: it is
};

/// One for each exchange.
std::vector<Understood> understand(Recording const&);

}  // namespace holdfast::recordings
