/// Private DNS zones and their links to virtual networks.
#include <algorithm>

#include "simulator/providers/network/network.hpp"

namespace holdfast::simulator::providers::network {
namespace {
constexpr std::string_view link_type = "Microsoft.Network/privateDnsZones/virtualNetworkLinks";

Refusal global(Write const& write) {
    auto const location = text(write.desired, "location");
    if (base::same_text(location, "global")) return {};
    return arm::error(400, "LocationNotAvailableForResourceType",
                      "The provided location '" + location + "' is not available for resource type '" +
                          write.id.type() + "'. List of available regions for the resource type is 'global'.");
}
}  // namespace

Refusal validate_zone(Context& context, Write const& write) {
    if (auto no = global(write)) return no;
    return ordinary(context, write);
}

void accepted_zone(Context&, Stored& stored, Stored const*) {
    for (auto const& [path, limit] : std::initializer_list<std::pair<char const*, int>>{
             {"properties.maxNumberOfRecordSets", 25000},
             {"properties.maxNumberOfVirtualNetworkLinks", 1000},
             {"properties.maxNumberOfVirtualNetworkLinksWithRegistration", 100}})
        json::put(stored.body, path, limit);
}

void view_zone(Context const& context, Stored const& stored, json::Value& shown) {
    std::int64_t links = 0, registering = 0;
    for (auto const* link : context.children(stored.id, link_type)) {
        ++links;
        registering += truth(link->body, "properties.registrationEnabled");
    }
    auto const records = json::object_at(stored.hidden, "records").size();
    json::put(shown, "properties.numberOfRecordSets", static_cast<std::int64_t>(records) + 1);  // the SOA record
    json::put(shown, "properties.numberOfVirtualNetworkLinks", links);
    json::put(shown, "properties.numberOfVirtualNetworkLinksWithRegistration", registering);
}

Refusal refuse_linked_zone(Context& context, Stored const& zone) {
    auto const* group = zone.id.group().empty()
                            ? nullptr
                            : context.find(ResourceId::subscription_of(zone.id.subscription()).group(zone.id.group()));
    if (group && group->deleting) return {};
    auto const links = context.children(zone.id, link_type);
    if (links.empty()) return {};
    return arm::error(
        409, "CannotDeleteResource",
        "Cannot delete resource while nested resources exist. Some existing nested resource IDs include: '" +
            links.front()->id.text() + "'. Please delete all nested resources before deleting this resource.");
}

Refusal validate_zone_link(Context& context, Write const& write) {
    if (auto no = global(write)) return no;
    if (auto no = ordinary(context, write)) return no;
    auto const network = ResourceId::parse(text(write.desired, "properties.virtualNetwork.id"));
    if (!network)
        return arm::error(400, "BadRequest", "A virtual network link names its virtual network.",
                          "properties.virtualNetwork.id");
    auto const zone = write.id.parent();
    bool const registers = truth(write.desired, "properties.registrationEnabled");
    for (auto const* other : context.of_type(link_type)) {
        if (other->id == write.id ||
            !base::same_text(text(other->body, "properties.virtualNetwork.id"), network->text()))
            continue;
        auto const their_zone = other->id.parent();
        if (zone && their_zone && *zone == *their_zone)
            return arm::error(409, "Conflict",
                              "Virtual network " + network->text() + " is already linked to this private DNS zone by " +
                                  other->id.text() + ".");
        if (zone && their_zone && base::same_text(zone->name(), their_zone->name()))
            return arm::error(
                400, "BadRequest",
                "A virtual network cannot be linked to multiple zones with overlapping namespaces. You tried "
                "to link virtual network with '" +
                    std::string(zone->name()) + "' and '" + std::string(their_zone->name()) + "' zones.");
        if (registers && truth(other->body, "properties.registrationEnabled"))
            return arm::error(400, "BadRequest",
                              "Virtual network " + network->text() + " already registers its machines in zone " +
                                  std::string(their_zone->name()) + ".");
    }
    return {};
}

void accepted_zone_link(Context&, Stored& stored, Stored const*) {
    fill(stored.body, "properties.registrationEnabled", false);
    json::put(stored.body, "properties.virtualNetworkLinkState", "InProgress");
}

arm::Outcome complete_zone_link(Context&, Stored& stored) {
    json::put(stored.body, "properties.virtualNetworkLinkState", "Completed");
    return arm::Done{};
}

}  // namespace holdfast::simulator::providers::network
