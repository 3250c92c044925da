#include "simulator/providers/circumstances.hpp"

#include <algorithm>

#include "simulator/providers/providers.hpp"

namespace holdfast::simulator::providers {
namespace {

constexpr std::string_view shortage_type = "Simulated.Azure/shortages";
constexpr std::string_view budget_type = "Simulated.Azure/disruptionBudgets";

Refusal unclear(std::string_view what) { return arm::error(400, "InvalidCircumstance", std::string(what)); }

Refusal validate_shortage(Context&, Write const& write) {
    if (!find_region(text(write.desired, "location"))) return unclear("A shortage needs the location where it is.");
    if (text(write.desired, "properties.of").empty())
        return unclear("A shortage is of a machine size, or of 'clusters': properties.of says so.");
    return {};
}

Refusal validate_budget(Context&, Write const& write) {
    bool const most = says(write.desired, "properties.maxUnavailable");
    bool const least = says(write.desired, "properties.minAvailable") && says(write.desired, "properties.pods");
    if (most == least) return unclear("A disruption budget says maxUnavailable, or minAvailable and pods.");
    return {};
}

constexpr arm::ResourceBehaviour types[] = {
    {.type = shortage_type,
     .state_at = "",
     .tracked = false,
     .validate = validate_shortage,
     .source = "own: Azure tells of a shortage by the error alone",
     .date = "2026-12-01"},
    {.type = budget_type,
     .state_at = "",
     .tracked = false,
     .validate = validate_budget,
     .source = "own: policy/v1 PodDisruptionBudget lives in the cluster",
     .date = "2026-12-01"},
};
constexpr arm::Provider provider{.name = "Simulated.Azure", .registered_at_first = true, .types = types};

}  // namespace

bool sold_out(Context const& context, std::string_view location, std::string_view of, std::string_view zone) {
    return std::ranges::any_of(context.of_type(shortage_type), [&](Stored const* shortage) {
        if (resource::normal_location(text(shortage->body, "location")) != resource::normal_location(location) ||
            !base::same_text(text(shortage->body, "properties.of"), of))
            return false;
        auto const zones = strings(shortage->body, "properties.zones");
        return zones.empty() || std::ranges::find(zones, zone) != zones.end();
    });
}

std::vector<Budget> budgets(Context const& context, ResourceId const& cluster) {
    std::vector<Budget> all;
    for (auto const* one : context.children(cluster, budget_type)) {
        auto const most = json::whole_at(one->body, "properties.maxUnavailable");
        auto const least = json::whole_at(one->body, "properties.minAvailable").value_or(0);
        auto const pods = json::whole_at(one->body, "properties.pods").value_or(0);
        auto const space = text(one->body, "properties.namespace");
        all.push_back({.name = (space.empty() ? "default" : space) + "/" + std::string(one->id.name()),
                       .pool = text(one->body, "properties.pool"),
                       .allowed = std::max<std::int64_t>(0, most.value_or(pods - least)),
                       .forbids_all = most == 0});
    }
    return all;
}

arm::Provider const& simulated_azure() { return provider; }

}  // namespace holdfast::simulator::providers
