/// Public IP addresses and NAT gateways.
#include <algorithm>

#include "simulator/providers/network/network.hpp"
#include "simulator/providers/quotas.hpp"

namespace holdfast::simulator::providers::network {
namespace {

constexpr std::string_view address_type = "Microsoft.Network/publicIPAddresses";

/// Source: Azure updates, "Upgrade to Standard SKU public IP addresses by 30 September 2025", read 2026-11-24.
base::Time const basic_retired = *base::parse_time("2025-09-30T00:00:00Z");

Refusal zones_exist(json::Value const& body) {
    auto const wanted = strings(body, "zones");
    if (wanted.empty()) return {};
    auto const* region = find_region(text(body, "location"));
    for (auto const& zone : wanted)
        if (!region || !region->zones || (zone != "1" && zone != "2" && zone != "3"))
            return arm::error(400, "InvalidAvailabilityZone",
                              "The zone(s) '" + base::join(wanted, ",") + "' are not supported in location '" +
                                  text(body, "location") + "'.",
                              "zones");
    return {};
}

}  // namespace

Refusal validate_public_address(Context& context, Write const& write) {
    if (auto no = ordinary(context, write)) return no;
    if (!write.existing)
        if (auto no = none_left(context, address_type, text(write.desired, "location"))) return no;
    auto const sku = text(write.desired, "sku.name");
    auto const method = text(write.desired, "properties.publicIPAllocationMethod");
    bool const is_basic = sku.empty() || base::same_text(sku, "Basic");
    if (is_basic && context.now() < basic_retired) return {};
    if (is_basic)
        return arm::error(
            400, "IPv4BasicSkuPublicIpCountLimitReached",
            "Cannot create more than 0 IPv4 Basic SKU public IP addresses for this subscription in this region.");
    if (!base::same_text(method, "Static"))
        return arm::error(400, "StandardSkuPublicIPAddressesMustBeStatic",
                          "Public IP address " + write.id.text() + " with " + sku + " SKU must use static allocation.",
                          "properties.publicIPAllocationMethod");
    return zones_exist(write.desired);
}

void accepted_public_address(Context& context, Stored& stored, Stored const* before) {
    fill_resource_guid(context, stored, before);
    keep_fixed(address_type, stored.body, before ? before->body : json::Value(json::Object{}));
    fill(stored.body, "sku.tier", "Regional");
    fill(stored.body, "properties.publicIPAddressVersion", "IPv4");
    fill(stored.body, "properties.idleTimeoutInMinutes", 4);
    fill(stored.body, "properties.ipTags", json::Array{});
    if (auto const label = text(stored.body, "properties.dnsSettings.domainNameLabel"); !label.empty())
        json::put(stored.body, "properties.dnsSettings.fqdn",
                  json::Value(label + "." + resource::normal_location(text(stored.body, "location")) +
                              ".cloudapp.azsim.test"));
    if (before)
        if (auto const address = text(before->body, "properties.ipAddress"); !address.empty())
            json::put(stored.body, "properties.ipAddress", json::Value(address));
}

arm::Outcome complete_public_address(Context& context, Stored& stored) {
    if (!text(stored.body, "properties.ipAddress").empty()) return arm::Done{};
    // A dynamic one gets its address from the machine that uses it.
    if (base::same_text(text(stored.body, "properties.publicIPAllocationMethod"), "Dynamic")) return arm::Done{};
    auto prng = context.prng("address " + stored.id.key());
    for (;;) {
        // 20.0.0.0/8 is Azure's; .0 and .255 are left out so that nobody stumbles over them.
        auto const address = base::ipv4_text((20u << 24) | static_cast<std::uint32_t>(prng.below(1u << 24)));
        bool const taken = std::ranges::any_of(context.of_type(address_type), [&](Stored const* other) {
            return text(other->body, "properties.ipAddress") == address;
        });
        if (taken || address.ends_with(".0") || address.ends_with(".255")) continue;
        json::put(stored.body, "properties.ipAddress", json::Value(address));
        return arm::Done{};
    }
}

void view_public_address(Context const& context, Stored const& stored, json::Value& shown) {
    for (auto const* user : context.users(stored.id)) {
        if (user->type == "Microsoft.Network/natGateways")
            json::put(shown, "properties.natGateway", json::Object{{"id", user->id.text()}});
        if (user->type == "Microsoft.Network/azureFirewalls")
            json::put(shown, "properties.ipConfiguration",
                      json::Object{{"id", user->id.text() + "/azureFirewallIpConfigurations/" +
                                              text(user->body, "properties.ipConfigurations[0].name")}});
        if (user->type == "Microsoft.Network/loadBalancers")
            json::put(shown, "properties.ipConfiguration",
                      json::Object{{"id", user->id.text() + "/frontendIPConfigurations/" +
                                              text(user->body, "properties.frontendIPConfigurations[0].name")}});
    }
}

Refusal validate_nat_gateway(Context& context, Write const& write) {
    if (auto no = ordinary(context, write)) return no;
    auto const sku = text(write.desired, "sku.name");
    if (sku.empty())
        return arm::error(400, "NatGatewaySkuNotSpecified", "Nat gateway " + write.id.text() + " must say its SKU.",
                          "sku.name");
    if (auto no = zones_exist(write.desired)) return no;
    auto const zones = strings(write.desired, "zones");
    if (zones.size() > 1 && base::same_text(sku, "Standard"))
        return arm::error(400, "NatGatewayZonesInvalid",
                          "Nat gateway " + write.id.text() + " can be in one availability zone only.", "zones");
    auto const idle = json::whole_at(write.desired, "properties.idleTimeoutInMinutes").value_or(4);
    if (idle < 4 || idle > 120)
        return arm::error(400, "NatGatewayIdleTimeoutInvalid", "idleTimeoutInMinutes must be between 4 and 120.",
                          "properties.idleTimeoutInMinutes");
    for (auto const& id : arm::texts_at(write.desired, "properties.publicIpAddresses[].id")) {
        auto const* address = context.find(id);
        if (!address) continue;
        if (!base::same_text(text(address->body, "sku.name"), sku))
            return arm::error(400, "NatGatewayPublicIPAddressSkuMismatch",
                              "Nat gateway " + write.id.text() + " with SKU " + sku + " cannot use public IP address " +
                                  id + " with SKU " + text(address->body, "sku.name") + ".");
        if (auto no = same_region(context, "nat gateway", text(write.desired, "location"), address->id)) return no;
        auto const theirs = strings(address->body, "zones");
        if (zones.size() == 1 && theirs.size() == 1 && zones != theirs)
            return arm::error(400, "NatGatewayAndPublicIPZonesMismatch",
                              "Nat gateway " + write.id.text() + " in zone " + zones[0] +
                                  " cannot use public IP address " + id + " in zone " + theirs[0] + ".");
        for (auto const* user : context.users(address->id))
            if (user->id != write.id && user->type.starts_with("Microsoft.Network/"))
                return arm::error(400, "PublicIPAddressInUse",
                                  "Resource " + write.id.text() + " is referencing public IP address " + id +
                                      " that is already allocated to resource " + user->id.text() + ".");
    }
    return {};
}

void accepted_nat_gateway(Context& context, Stored& stored, Stored const* before) {
    fill_resource_guid(context, stored, before);
    keep_fixed("Microsoft.Network/natGateways", stored.body, before ? before->body : json::Value(json::Object{}));
    fill(stored.body, "properties.idleTimeoutInMinutes", 4);
}

}  // namespace holdfast::simulator::providers::network
