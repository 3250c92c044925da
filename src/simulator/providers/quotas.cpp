#include "simulator/providers/quotas.hpp"

#include <algorithm>

namespace holdfast::simulator::providers {
namespace {

constexpr Quota rows[] = {
#include "simulator_quotas.inc"
};

}  // namespace

std::int64_t allowed(Context const& context, std::string_view name_space, std::string_view location,
                     std::string_view name, std::int64_t otherwise) {
    auto const type = std::string(name_space) + "/locations";
    for (auto const* quota : context.of_type(quota_type)) {
        auto const place = quota->id.parent();
        if (!place || !base::same_text(place->type(), type) || !base::same_text(quota->id.name(), name)) continue;
        if (resource::normal_location(place->name()) != resource::normal_location(location)) continue;
        return json::whole_at(quota->body, "properties.limit.value").value_or(otherwise);
    }
    return otherwise;
}

std::span<Quota const> quotas() { return rows; }

std::int64_t allowed(Context const& context, Quota const& quota, std::string_view location) {
    return allowed(context, quota.counts.substr(0, quota.counts.find('/')), location, quota.name, quota.limit);
}

std::int64_t used(Context const& context, Quota const& quota, std::string_view location) {
    auto const here = resource::normal_location(location);
    return std::ranges::count_if(context.of_type(quota.counts), [&](Stored const* one) {
        return resource::normal_location(text(one->body, "location")) == here;
    });
}

Refusal none_left(Context const& context, std::string_view type, std::string_view location) {
    auto const* quota = std::ranges::find(rows, type, &Quota::counts);
    if (quota == std::end(rows)) return {};
    auto const limit = allowed(context, *quota, location), now = used(context, *quota, location);
    if (now < limit) return {};
    return arm::error(quota->status, quota->code,
                      filled(quota->message, {{"limit", std::to_string(limit)}, {"used", std::to_string(now)}}));
}

json::Object usage(std::string_view name, std::string const& shown, std::int64_t used, std::int64_t limit) {
    return {{"unit", "Count"},
            {"currentValue", used},
            {"limit", limit},
            {"name", json::Object{{"value", name}, {"localizedValue", shown}}}};
}

}  // namespace holdfast::simulator::providers
