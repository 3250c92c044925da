/// Circumstances: what is so in a world and Azure has no resource for.
///
/// What machines there are left, and what pods allow. They are loaded with a world, or written and deleted while it
/// runs, as resources of a namespace that Azure does not have:
///   /subscriptions/S/providers/Simulated.Azure/shortages/NAME          {"location", "properties": {"of", "zones"}}
///   CLUSTER/providers/Simulated.Azure/disruptionBudgets/NAME           {"properties": {"namespace", "pool",
///                                                                       "maxUnavailable" | "minAvailable" and "pods"}}
#pragma once

#include "simulator/providers/rules.hpp"

namespace holdfast::simulator::providers {

inline constexpr std::string_view clusters = "clusters";  ///< a shortage of control planes

/// Whether a region has no more of a size (or of `clusters`) now. `zone` empty: wherever in the region.
bool sold_out(Context const&, std::string_view location, std::string_view of, std::string_view zone = {});

/// A disruption budget in a cluster.
struct Budget {
    std::string name;  ///< "namespace/name"
    std::string pool;  ///< whose nodes its pods are on; empty: any
    std::int64_t allowed = 0;
    bool forbids_all = false;  ///< maxUnavailable is 0
};
std::vector<Budget> budgets(Context const&, ResourceId const& cluster);

}  // namespace holdfast::simulator::providers
