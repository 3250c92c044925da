/// Virtual machine sizes of the simulated regions, and how many vCPUs a subscription may use.
#pragma once

#include "simulator/providers/rules.hpp"

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

/// vCPUs that agent pools of a region use, of one family or (empty) of all.
int vcpus_used(Context const&, std::string_view location, std::string_view family = {});

}  // namespace holdfast::simulator::providers::compute
