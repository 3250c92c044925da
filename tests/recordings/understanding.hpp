/// What the client makes of every recorded exchange, fed in the order of the recording, as the client that was recorded
/// asked: reads, lists and writes go through the real `azure::Client`, looks at operations through the `Poller` it left
/// behind, tokens through the real credentials. Judged is what these then do: ask again, elsewhere, later, or no more.
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
    bool wait_is_asked = false;  ///< by the server: to be kept to the second (Java's and azd's recorders write 0)
    std::string trouble;  ///< why it is not understood; empty: it is
};

/// One for each exchange.
std::vector<Understood> understand(Recording const&);

}  // namespace holdfast::recordings
