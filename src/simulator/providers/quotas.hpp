/// Quotas: how much of a kind a subscription may have in a region.
///
/// A number of this world's own, unless a `Microsoft.Quota/quotas` stands (loaded with the world, or written by
/// `az quota update`): what is written there is approved at once.
#pragma once

#include "simulator/providers/rules.hpp"

namespace holdfast::simulator::providers {

inline constexpr std::string_view quota_type = "Microsoft.Quota/quotas";

/// What the world says of `name` in a region, or `otherwise`.
std::int64_t allowed(Context const&, std::string_view name_space, std::string_view location, std::string_view name,
                     std::int64_t otherwise);

/// A row of data/simulator_quotas.
struct Quota {
    std::string_view name, counts;
    int limit;
    std::string_view code;
    int status;
    std::string_view message, source, date;
};
std::span<Quota const> quotas();
std::int64_t allowed(Context const&, Quota const&, std::string_view location);
std::int64_t used(Context const&, Quota const&, std::string_view location);

/// Whether one more of a type is too many there.
Refusal none_left(Context const&, std::string_view type, std::string_view location);

/// An entry of a list of usages.
json::Object usage(std::string_view name, std::string const& shown, std::int64_t used, std::int64_t limit);

}  // namespace holdfast::simulator::providers
