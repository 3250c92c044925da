/// Microsoft.ContainerRegistry: registries with names that are unique in the cloud.
#include "simulator/providers/providers.hpp"
#include "simulator/providers/rules.hpp"

namespace holdfast::simulator::providers {
namespace {

constexpr std::string_view registry_type = "Microsoft.ContainerRegistry/registries";

Stored const* find_registry(Context const& context, std::string_view name) {
    for (auto const* registry : context.of_type(registry_type))
        if (base::same_text(registry->id.name(), name)) return registry;
    return nullptr;
}

Refusal validate_registry(Context& context, Write const& write) {
    if (auto no = ordinary(context, write)) return no;
    auto const* holder = find_registry(context, write.id.name());
    if (holder && holder->id != write.id)
        return arm::error(409, "AlreadyInUse",
                          "The registry DNS name " + base::lower(write.id.name()) + "." + std::string(registry_suffix) +
                              " is already in use.");
    auto const sku = text(write.desired, "sku.name");
    bool const premium = base::same_text(sku, "Premium");
    if (!premium && !base::same_text(sku, "Standard") && !base::same_text(sku, "Basic"))
        return arm::error(400, "InvalidSku", "The registry SKU '" + sku + "' is not Basic, Standard or Premium.",
                          "sku.name");
    auto const needs_premium = [&](std::string const& what) {
        return arm::error(400, "SkuNotSupported",
                          what + " is not supported for the SKU " + sku + ". Only Premium registries have it.",
                          "sku.name");
    };
    if (premium) return {};
    if (base::same_text(text(write.desired, "properties.publicNetworkAccess"), "Disabled"))
        return needs_premium("Disabling public network access");
    if (base::same_text(text(write.desired, "properties.zoneRedundancy"), "Enabled"))
        return needs_premium("Zone redundancy");
    if (base::same_text(text(write.desired, "properties.networkRuleSet.defaultAction"), "Deny"))
        return needs_premium("A network rule set");
    if (base::same_text(text(write.desired, "properties.encryption.status"), "enabled"))
        return needs_premium("Encryption with an own key");
    for (auto const* policy : {"properties.policies.retentionPolicy.status", "properties.policies.trustPolicy.status"})
        if (base::same_text(text(write.desired, policy), "enabled")) return needs_premium("This policy");
    return {};
}

void accepted_registry(Context&, Stored& stored, Stored const* before) {
    auto& body = stored.body;
    json::put(body, "sku.tier", json::Value(text(body, "sku.name")));
    json::put(body, "properties.loginServer",
              json::Value(base::lower(stored.id.name()) + "." + std::string(registry_suffix)));
    json::put(body, "properties.creationDate", json::Value(base::to_string(before ? before->created : stored.created)));
    fill(body, "properties.adminUserEnabled", false);
    fill(body, "properties.publicNetworkAccess", "Enabled");
    fill(body, "properties.networkRuleBypassOptions", "AzureServices");
    fill(body, "properties.zoneRedundancy", "Disabled");
    fill(body, "properties.anonymousPullEnabled", false);
    fill(body, "properties.dataEndpointEnabled", false);
    fill(body, "properties.encryption.status", "disabled");
    fill(body, "properties.policies.azureADAuthenticationAsArmPolicy.status", "enabled");
}

arm::Reply check_name(Context& context, arm::Call const& call) {
    auto const name = text(call.body, "name");
    json::Object answer{{"nameAvailable", true}};
    if (auto no = name_allowed(registry_type, name))
        answer = {{"nameAvailable", false}, {"reason", "Invalid"}, {"message", no->message}};
    else if (find_registry(context, name))
        answer = {{"nameAvailable", false},
                  {"reason", "AlreadyExists"},
                  {"message", "The registry " + name + " is already in use."}};
    return arm::Answer{.status = 200, .body = std::move(answer), .headers = {}};
}

constexpr arm::ResourceBehaviour types[] = {
    {.type = registry_type,
     .put = arm::Lro::async,
     .erase = arm::Lro::async_and_location,
     .put_retry_after = 5,
     .create = {5, 15, 60, "estimate"},
     .update = {2, 6, 20, "estimate"},
     .destroy = {2, 8, 20, "estimate"},
     .patch = arm::PatchStyle::merge,
     .creating = "Creating",
     .lock = arm::WriteLock::itself,
     .operation_path = "providers/Microsoft.ContainerRegistry/locations/{location}/operationStatuses/{id}",
     .system_data = true,
     .validate = validate_registry,
     .accepted = accepted_registry,
     .source = "Container Registry REST reference and service tiers page; recorded exchanges, read 2026-11-23 "
               "(engineering knowledge)",
     .date = "2026-11-23"},
};
constexpr arm::Route routes[] = {
    {.under = arm::Route::Under::subscription,
     .method = "POST",
     .pattern = "Microsoft.ContainerRegistry/checkNameAvailability",
     .permission = "Microsoft.ContainerRegistry/checkNameAvailability/read",
     .run = check_name},
};
constexpr arm::Provider provider{.name = "Microsoft.ContainerRegistry", .types = types, .routes = routes};

}  // namespace

arm::Provider const& microsoft_containerregistry() { return provider; }

}  // namespace holdfast::simulator::providers
