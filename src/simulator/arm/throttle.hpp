/// throttle: the token buckets of Resource Manager, per principal and class of call, and one of fifteen times the size
/// for all principals together. Sizes and refill: recorded traffic, read 2026-11-23, published by Microsoft 2024.
#pragma once

#include "simulator/arm/provider.hpp"

namespace holdfast::simulator::arm {

class Throttle {
public:
    /// Takes one token for a call. `scope` is "subscription" or "tenant".
    struct Verdict {
        bool allowed = true;
        int retry_after = 0;
        world::Headers headers;  ///< what remains
    };
    Verdict take(std::string_view principal, std::string_view method, std::string_view scope, Time now);

    /// One query to Resource Graph: fifteen in five seconds a principal.
    Verdict take_query(std::string_view principal, Time now);

private:
    struct Bucket {
        double tokens;
        Time filled;
    };
    /// Scope and kind of call, which are words of this room, and the principal; nobody: all of them together.
    using Key = std::tuple<std::string_view, std::string_view, std::string>;
    /// What remains, below 0: refused.
    double take(Key const& key, double size, double per_second, Time now);
    std::map<Key, Bucket> buckets_;  // not durable: a restarted Azure starts with full ones
};

}  // namespace holdfast::simulator::arm
