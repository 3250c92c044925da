/// Virtual machine sizes of the simulated regions, and how many vCPUs a subscription may use.
#pragma once

#include <set>

#include "simulator/providers/quotas.hpp"

namespace holdfast::simulator::providers::compute {

struct Size {
    std::string_view name, family;
    int vcpus = 0, memory_gib = 0, cache_gib = 0, temp_gib = 0;
    bool zones = false, host = false, generation2 = false, arm64 = false, confidential = false, burstable = false;
    std::string_view source, date;
};
std::span<Size const> sizes();
Size const* find_size(std::string_view name);

/// Approved vCPUs: a fresh pay-as-you-go subscription after one routine increase. Not a fact of Azure but of this
/// world.
inline constexpr int vcpus_per_family = 100;
inline constexpr int vcpus_per_region = 350;

/// Where a size is closed to the subscription, as its `restrictions` say in a world that has such a
/// `Microsoft.Compute/skus/SIZE` (what `az vm list-skus` prints of it, and an id).
struct Restricted {
    bool everywhere = false;  ///< in that region
    std::set<std::string> zones{};
};
Restricted restricted(Context const&, std::string_view size, std::string_view location);
inline constexpr std::string_view sku_type = "Microsoft.Compute/skus";

/// Of a family, or (empty) of all: what the world's quotas say, or the numbers above.
std::int64_t vcpus_allowed(Context const&, std::string_view location, std::string_view family = {});

/// vCPUs that agent pools of a region use, of one family or (empty) of all.
int vcpus_used(Context const&, std::string_view location, std::string_view family = {});

}  // namespace holdfast::simulator::providers::compute
