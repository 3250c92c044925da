/// Microsoft.Security: Defender plans of the subscription.
#include <algorithm>
#include <array>

#include "simulator/providers/providers.hpp"
#include "simulator/providers/rules.hpp"

namespace holdfast::simulator::providers {
namespace {

/// Source: Defender for Cloud REST reference, pricings 2024-01-01.
constexpr std::string_view plans[] = {"VirtualMachines",
                                      "SqlServers",
                                      "AppServices",
                                      "StorageAccounts",
                                      "SqlServerVirtualMachines",
                                      "KeyVaults",
                                      "Dns",
                                      "Arm",
                                      "OpenSourceRelationalDatabases",
                                      "CosmosDbs",
                                      "Containers",
                                      "CloudPosture",
                                      "Api",
                                      "AI",
                                      "KubernetesService",
                                      "ContainerRegistry"};

Refusal validate_plan(Context&, Write const& write) {
    if (std::ranges::none_of(plans, [&](auto known) { return base::same_text(known, write.id.name()); }))
        return arm::error(404, "PricingNotFound", "There is no Defender plan '" + std::string(write.id.name()) + "'.",
                          "name");
    auto const tier = text(write.desired, "properties.pricingTier");
    if (!base::same_text(tier, "Free") && !base::same_text(tier, "Standard"))
        return arm::error(400, "InvalidPricingTier", "pricingTier is Free or Standard, not '" + tier + "'.",
                          "properties.pricingTier");
    return {};
}

void accepted_plan(Context& context, Stored& stored, Stored const*) {
    bool const on = base::same_text(text(stored.body, "properties.pricingTier"), "Standard");
    json::put(stored.body, "properties.freeTrialRemainingTime", on ? "P30D" : "P0D");
    if (on) json::put(stored.body, "properties.enablementTime", json::Value(base::to_string(context.now())));
}

constexpr arm::ResourceBehaviour types[] = {
    {.type = "Microsoft.Security/pricings",
     .create_status = 200,
     .state_at = {},
     .tracked = false,
     .validate = validate_plan,
     .accepted = accepted_plan,
     .source = "Defender for Cloud REST reference (pricings); az insists on 200 (experiment)",
     .date = "2026-11-23"},
};
constexpr arm::Provider provider{.name = "Microsoft.Security", .types = types};

}  // namespace

arm::Provider const& microsoft_security() { return provider; }

}  // namespace holdfast::simulator::providers
