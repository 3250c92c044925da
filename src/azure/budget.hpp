/// budget: how much Resource Manager says it will still take, and how to slow down before it says no.
///
/// Pure. Fed with the rate-limit headers of answers; no limit is known beforehand, since they differ by subscription.
#pragma once

#include <array>
#include <limits>

#include "world/world.hpp"

namespace holdfast::azure {

class Budget {
public:
    void saw(world::Headers const&);
    /// How long to hold back one request of this method. Nothing while more than a tenth of the most seen is left.
    base::Duration pause(std::string_view method, base::Time now);

private:
    struct Bucket {
        std::int64_t most = 0, left = std::numeric_limits<std::int64_t>::max();
        base::Time next_free{};
    };
    enum Kind : std::size_t { reads, writes, deletes };
    static Kind kind_of(std::string_view method);
    std::array<Bucket, 3> buckets_{};
};

}  // namespace holdfast::azure
