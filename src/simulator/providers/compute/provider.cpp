/// Microsoft.Compute: disk encryption sets, what sizes there are, what is used of the quota.
#include <algorithm>

#include "simulator/providers/compute/encryption.hpp"
#include "simulator/providers/compute/sizes.hpp"
#include "simulator/providers/keyvault/vaults.hpp"
#include "simulator/providers/providers.hpp"

namespace holdfast::simulator::providers {
namespace compute {
namespace {

constexpr Duration picked_up_after = std::chrono::hours{1};  // a new key version, at the latest; Compute documentation

Refusal validate_set(Context& context, Write const& write) {
    if (auto no = ordinary(context, write)) return no;
    auto const& body = write.desired;
    auto const identity = text(body, "identity.type");
    bool const own = base::same_text(identity, "SystemAssigned"), given = base::same_text(identity, "UserAssigned"),
               both = base::starts_with_text(identity, "SystemAssigned") && !own;
    if (!own && !given && !both)
        return arm::error(400, "InvalidParameter",
                          "A disk encryption set needs an identity of type SystemAssigned or UserAssigned.",
                          "identity.type");
    if (given && arm::texts_at(body, "identity.userAssignedIdentities{}").size() != 1)
        return arm::error(400, "InvalidParameter", "A disk encryption set uses exactly one user-assigned identity.",
                          "identity.userAssignedIdentities");
    auto const written = text(body, "properties.activeKey.keyUrl");
    auto const url = keyvault::parse_key_url(written);
    if (!url)
        return arm::error(400, "InvalidParameter",
                          "The value '" + written + "' of parameter 'activeKey.keyUrl' is invalid.",
                          "activeKey.keyUrl");
    bool const rotates = truth(body, "properties.rotationToLatestKeyVersionEnabled");
    if (url->version.empty() && !rotates)
        return arm::error(400, "InvalidParameter", "A key URL without version needs rotationToLatestKeyVersionEnabled.",
                          "activeKey.keyUrl");
    if (auto const* vault = keyvault::find_vault(context, url->vault)) {
        if (resource::normal_location(text(vault->body, "location")) !=
            resource::normal_location(text(body, "location")))
            return arm::error(400, "BadRequest",
                              "Disk encryption set " + write.id.text() + " and key vault " + vault->id.text() +
                                  " must be in the same region.");
        // Optional, whoever the identity is: azurerm 5.2.0 never sends it (seen 2026-11-30).
        auto const source = text(body, "properties.activeKey.sourceVault.id");
        if (!source.empty() && !base::same_text(source, vault->id.text()))
            return arm::error(400, "InvalidParameter", "sourceVault.id does not name the vault of activeKey.keyUrl.",
                              "activeKey.sourceVault.id");
    }
    return {};
}

void accepted_set(Context&, Stored& stored, Stored const* before) {
    if (before) keep_fixed(encryption_set_type, stored.body, before->body);
    fill(stored.body, "properties.encryptionType", "EncryptionAtRestWithCustomerKey");
    if (before)
        for (auto const* path : {"identity.principalId", "identity.tenantId"})
            if (auto const old = text(before->body, path); !old.empty()) json::put(stored.body, path, json::Value(old));
}

arm::Outcome complete_set(Context& context, Stored& stored) {
    bool const own = base::starts_with_text(text(stored.body, "identity.type"), "SystemAssigned");
    bool const fresh = own && text(stored.body, "identity.principalId").empty();
    if (fresh) {
        Principal principal;
        principal.object_id = context.guid("principal " + stored.id.key());
        principal.client_id = context.guid("client " + stored.id.key());
        principal.kind = "ServicePrincipal";
        principal.name = std::string(stored.id.name());
        principal.resource = stored.id.key();
        principal.visible_from = context.now();
        json::put(stored.body, "identity.principalId", json::Value(principal.object_id));
        json::put(stored.body, "identity.tenantId", json::Value(context.tenant()));
        context.add_principal(std::move(principal));
    }
    if (auto* given = json::find(stored.body, "identity.userAssignedIdentities"); given && given->is_object())
        for (auto& member : given->as_object())
            if (auto const* identity = context.find(std::string(member.key())))
                member.value() = json::Object{{"principalId", text(identity->body, "properties.principalId")},
                                              {"clientId", text(identity->body, "properties.clientId")}};
    // An identity of its own cannot have been granted anything yet: the first disk finds out.
    auto no = cannot_encrypt(context, stored);
    if (no && fresh && no->code == "KeyVaultAccessForbidden") return arm::Done{};
    if (no) return *no;
    return arm::Done{};
}

void deleted_set(Context& context, Stored const& stored, std::span<Stored const>) {
    if (auto const own = text(stored.body, "identity.principalId"); !own.empty()) context.remove_principal(own);
}

/// With rotation on, the set follows the newest version once that is an hour old.
void view_set(Context const& context, Stored const& stored, json::Value& shown) {
    auto const url = keyvault::parse_key_url(text(stored.body, "properties.activeKey.keyUrl"));
    auto const* key = url ? keyvault::find_key(context, *url) : nullptr;
    if (!key || !truth(stored.body, "properties.rotationToLatestKeyVersionEnabled")) return;
    std::string version;
    std::int64_t since = 0;
    for (auto const& one : json::list_at(key->hidden, "versions")) {
        auto const created = json::whole_at(one, "created").value_or(0);
        bool const old_enough = Time{std::chrono::seconds{created}} + picked_up_after <= context.now();
        if (version.empty() || old_enough || text(one, "version") == url->version)
            version = text(one, "version"), since = created;
    }
    if (version.empty()) return;
    json::put(shown, "properties.activeKey.keyUrl", json::Value(text(key->body, "properties.keyUri") + "/" + version));
    json::put(shown, "properties.lastKeyRotationTimestamp",
              json::Value(base::to_string(Time{std::chrono::seconds{since}})));
}

// ------------------------------------------------------------------------------------------ sizes and usage

/// What closes a size in a region, in the words of the SKU list.
json::Array restrictions_of(Context const& context, std::string_view size, std::string_view region) {
    json::Array said;
    auto const closed = restricted(context, size, region);
    auto const say = [&](char const* type, json::Object info) {
        info["locations"] = json::Array{region};
        said.push_back(json::Object{{"type", type},
                                    {"values", json::Array{region}},
                                    {"restrictionInfo", std::move(info)},
                                    {"reasonCode", "NotAvailableForSubscription"}});
    };
    if (closed.everywhere) say("Location", {});
    if (!closed.zones.empty()) say("Zone", {{"zones", json::Array(closed.zones.begin(), closed.zones.end())}});
    return said;
}

arm::Reply list_sizes(Context& context, arm::Call const& call) {
    auto const filter = call.query.contains("$filter") ? call.query.at("$filter") : std::string();
    json::Array value;
    for (auto const& region : regions()) {
        if (!filter.empty() && filter.find(region.name) == std::string::npos) continue;
        for (auto const& size : sizes()) {
            json::Array capabilities;
            auto const say = [&](std::string_view name, std::string const& text_value) {
                capabilities.push_back(json::Object{{"name", name}, {"value", text_value}});
            };
            auto const flag = [](bool on) { return std::string(on ? "True" : "False"); };
            say("vCPUs", std::to_string(size.vcpus));
            say("MemoryGB", std::to_string(size.memory_gib));
            say("CpuArchitectureType", size.arm64 ? "Arm64" : "x64");
            say("HyperVGenerations", size.generation2 ? (size.arm64 || size.confidential ? "V2" : "V1,V2") : "V1");
            say("EncryptionAtHostSupported", flag(size.host));
            say("EphemeralOSDiskSupported", flag(size.cache_gib >= 30 || size.temp_gib >= 30));
            say("CachedDiskBytes", std::to_string(std::int64_t{size.cache_gib} << 30));
            say("MaxResourceVolumeMB", std::to_string(size.temp_gib * 1024));
            say("PremiumIO", flag(size.cache_gib > 0 || size.family.ends_with("v6Family")));
            if (size.confidential) say("ConfidentialComputingType", "SNP");
            json::Object info{{"location", region.name}};
            info["zones"] = region.zones && size.zones ? json::Array{"1", "2", "3"} : json::Array{};
            info["zoneDetails"] = json::Array{};
            value.push_back(json::Object{{"resourceType", "virtualMachines"},
                                         {"name", size.name},
                                         {"tier", "Standard"},
                                         {"size", size.name.substr(9)},
                                         {"family", size.family},
                                         {"locations", json::Array{region.name}},
                                         {"locationInfo", json::Array{std::move(info)}},
                                         {"capabilities", std::move(capabilities)},
                                         {"restrictions", restrictions_of(context, size.name, region.name)}});
        }
    }
    return arm::Answer{.status = 200, .body = json::Object{{"value", std::move(value)}}, .headers = {}};
}

arm::Reply list_usages(Context& context, arm::Call const& call) {
    auto const& location = call.parameters.at("location");
    if (!find_region(location))
        return arm::error(400, "LocationNotAvailableForResourceType", "The location '" + location + "' is not known.");
    json::Array value{
        usage("cores", "Total Regional vCPUs", vcpus_used(context, location), vcpus_allowed(context, location))};
    std::vector<std::string_view> families;
    for (auto const& size : sizes())
        if (std::ranges::find(families, size.family) == families.end()) families.push_back(size.family);
    for (auto const family : families)
        value.push_back(
            usage(family, std::string(family) + " vCPUs", vcpus_used(context, location, family),
                              vcpus_allowed(context, location, family)));
    return arm::Answer{.status = 200, .body = json::Object{{"value", std::move(value)}}, .headers = {}};
}

constexpr arm::Link set_links[] = {
    {.at = "identity.userAssignedIdentities{}",
     .action = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"},
    {.at = "properties.activeKey.sourceVault.id",
     .action = "Microsoft.KeyVault/vaults/deploy/action",
     .must_be_ready = false},
};

constexpr arm::Takes estimate{0.5, 2, 10, "estimate"};

constexpr arm::ResourceBehaviour types[] = {
    {.type = encryption_set_type,
     .create_status = 202,
     .update_status = 202,
     .put = arm::Lro::async_and_location,
     .erase = arm::Lro::async_and_location,
     .create = {0.08, 2, 5, "0.1 s of work in two recordings; clients saw 30 s because they poll at 30 s"},
     .update = {0.08, 2, 5, "as create"},
     .destroy = estimate,
     .patch = arm::PatchStyle::merge,
     .lock = arm::WriteLock::itself,
     .status_body = arm::StatusBody::timed_with_output,
     .operation_path = "providers/Microsoft.Compute/locations/{location}/DiskOperations/{id}",
     .result_path = "providers/Microsoft.Compute/locations/{location}/DiskOperations/{id}",
     .links = set_links,
     .validate = validate_set,
     .accepted = accepted_set,
     .complete = complete_set,
     .before_delete = refuse_in_use,
     .deleted = deleted_set,
     .view = view_set,
     .source = "azure-cli recording test_disk_encryption_set (2022); Compute documentation on customer-managed keys",
     .date = "2026-11-23"},
    // Made by AKS in the node resource group.
    {.type = "Microsoft.Compute/virtualMachineScaleSets",
     .put = arm::Lro::async,
     .erase = arm::Lro::async_and_location,
     .create = {30, 90, 180, "estimate"},
     .update = {10, 30, 90, "estimate"},
     .destroy = {10, 40, 90, "estimate"},
     .patch = arm::PatchStyle::merge,
     .lock = arm::WriteLock::itself,
     .operation_path = "providers/Microsoft.Compute/locations/{location}/operations/{id}",
     .result_path = "providers/Microsoft.Compute/locations/{location}/operations/{id}",
     .source = "Compute REST reference",
     .date = "2026-11-24"},
};

constexpr arm::Route routes[] = {
    {.under = arm::Route::Under::subscription,
     .method = "GET",
     .pattern = "Microsoft.Compute/skus",
     .permission = "Microsoft.Compute/skus/read",
     .run = list_sizes},
    {.under = arm::Route::Under::subscription,
     .method = "GET",
     .pattern = "Microsoft.Compute/locations/{location}/usages",
     .permission = "Microsoft.Compute/locations/usages/read",
     .run = list_usages},
};

constexpr arm::Provider provider{.name = "Microsoft.Compute", .types = types, .routes = routes};

}  // namespace
}  // namespace compute

arm::Provider const& microsoft_compute() { return compute::provider; }

}  // namespace holdfast::simulator::providers
