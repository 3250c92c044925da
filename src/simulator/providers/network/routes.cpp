/// Route tables and their routes.
#include <algorithm>

#include "simulator/providers/network/network.hpp"

namespace holdfast::simulator::providers::network {
namespace {

constexpr std::string_view route_type = "Microsoft.Network/routeTables/routes";

Refusal route_by_itself(std::string const& name, json::Value const& body) {
    auto const prefix = text(body, "properties.addressPrefix");
    bool const looks_like_address = prefix.find_first_not_of("0123456789./") == std::string::npos;
    if (prefix.empty() || (looks_like_address && !base::Cidr::parse(prefix)))
        return arm::error(400, "InvalidAddressPrefixFormat",
                          "Address prefix " + prefix + " of route " + name + " is not formatted correctly.");
    auto const hop = text(body, "properties.nextHopType"), address = text(body, "properties.nextHopIpAddress");
    bool const appliance = base::same_text(hop, "VirtualAppliance");
    if (appliance && !base::parse_ipv4(address))
        return arm::error(400, "RouteNextHopIpAddressInvalid",
                          "Route " + name +
                              " has next hop type VirtualAppliance and needs a valid NextHopIpAddress; '" + address +
                              "' is not.");
    if (!appliance && !address.empty())
        return arm::error(400, "RouteNextHopIpAddressNotAllowed",
                          "Route " + name + " cannot have a NextHopIpAddress: its next hop type is " + hop + ".");
    return {};
}

Refusal no_two_alike(std::vector<std::pair<std::string, std::string>> const& routes) {
    for (std::size_t i = 0; i < routes.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (base::same_text(routes[i].second, routes[j].second))
                return arm::error(400, "RouteConflict",
                                  "Route " + routes[i].first + " conflicts with route " + routes[j].first +
                                      ". Routes cannot have the same AddressPrefix.");
    return {};
}

}  // namespace

Refusal validate_route_table(Context& context, Write const& write) {
    if (auto no = ordinary(context, write)) return no;
    std::vector<std::pair<std::string, std::string>> routes;
    for (auto const& [id, body] : write.children)
        routes.emplace_back(id.name(), text(body, "properties.addressPrefix"));
    return no_two_alike(routes);
}

Refusal validate_route(Context& context, Write const& write) {
    if (auto no = name_allowed(route_type, write.id.name())) return no;
    if (auto no = route_by_itself(std::string(write.id.name()), write.desired)) return no;
    if (write.inline_child) return {};
    std::vector<std::pair<std::string, std::string>> routes;
    if (auto const parent = write.id.parent())
        for (auto const* sibling : context.children(*parent, route_type))
            if (sibling->id != write.id)
                routes.emplace_back(sibling->id.name(), text(sibling->body, "properties.addressPrefix"));
    routes.emplace_back(write.id.name(), text(write.desired, "properties.addressPrefix"));
    return no_two_alike(routes);
}

void accepted_route_table(Context& context, Stored& stored, Stored const* before) {
    fill_resource_guid(context, stored, before);
    fill(stored.body, "properties.disableBgpRoutePropagation", false);
}

void accepted_route(Context& context, Stored& stored, Stored const*) {
    touch_parent(context, stored);
    fill(stored.body, "properties.hasBgpOverride", false);
}

/// The subnets that name this group, table or gateway.
void view_subnets_of(Context const& context, Stored const& stored, json::Value& shown) {
    json::Array subnets;
    for (auto const* user : context.users(stored.id))
        if (user->type == "Microsoft.Network/virtualNetworks/subnets")
            subnets.push_back(json::Object{{"id", user->id.text()}});
    if (!subnets.empty()) json::put(shown, "properties.subnets", std::move(subnets));
}

}  // namespace holdfast::simulator::providers::network
