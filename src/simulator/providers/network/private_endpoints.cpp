/// Private endpoints and their DNS zone groups.
#include <algorithm>

#include "simulator/providers/network/network.hpp"

namespace holdfast::simulator::providers::network {
namespace {

struct Target {
    std::string_view type, group, approval, zone, suffix;
};
/// What can be reached privately here. Source: Private Link documentation, private-endpoint-dns and -overview (2026).
constexpr Target targets[] = {
    {"Microsoft.KeyVault/vaults", "vault", "Microsoft.KeyVault/vaults/privateEndpointConnectionsApproval/action",
     "privatelink.vaultcore.azure.net", vault_suffix},
    {"Microsoft.ContainerRegistry/registries", "registry",
     "Microsoft.ContainerRegistry/registries/privateEndpointConnectionsApproval/action", "privatelink.azurecr.io",
     registry_suffix},
    {"Microsoft.ContainerService/managedClusters", "management",
     "Microsoft.ContainerService/managedClusters/privateEndpointConnectionsApproval/action", "", cluster_suffix},
};
Target const* target_of(std::string_view type) {
    auto const* found = std::ranges::find(targets, type, &Target::type);
    return found == std::end(targets) ? nullptr : found;
}

}  // namespace

Refusal validate_private_endpoint(Context& context, Write const& write) {
    if (auto no = ordinary(context, write)) return no;
    auto const& automatic = json::list_at(write.desired, "properties.privateLinkServiceConnections");
    auto const& manual = json::list_at(write.desired, "properties.manualPrivateLinkServiceConnections");
    if (automatic.size() + manual.size() != 1)
        return arm::error(
            400, "PrivateEndpointMustHaveOnePrivateLinkServiceConnection",
            "Private endpoint " + write.id.text() + " must have exactly one private link service connection.");
    auto const& connection = automatic.empty() ? manual.front() : automatic.front();
    auto const* target = context.find(text(connection, "properties.privateLinkServiceId"));
    auto const* row = target ? target_of(target->type) : nullptr;
    if (!row)
        return arm::error(
            400, "LinkedInvalidPropertyId",
            "Property id '" + text(connection, "properties.privateLinkServiceId") +
                "' at path "
                "'properties.privateLinkServiceConnections[0].properties.privateLinkServiceId' is invalid.");
    auto const groups = strings(connection, "properties.groupIds");
    if (groups.size() != 1 || !base::same_text(groups.front(), row->group))
        return arm::error(400, "PrivateEndpointInvalidGroupId",
                          "Group id '" + base::join(groups, ",") + "' is not valid for " + target->id.text() +
                              ": it has '" + std::string(row->group) + "'.");
    if (!automatic.empty() && !context.permits(context.caller().object_id, row->approval, target->id))
        return arm::error(
            403, "LinkedAuthorizationFailed",
            "The client '" + context.caller().client_id + "' with object id '" + context.caller().object_id +
                "' has permission to perform action 'Microsoft.Network/privateEndpoints/write' on scope '" +
                write.id.text() + "'; however, it does not have permission to perform action(s) '" +
                std::string(row->approval) + "' on the linked scope(s) '" + target->id.text() + "' (respectively).");
    if (target->type == "Microsoft.ContainerRegistry/registries" &&
        !base::same_text(text(target->body, "sku.name"), "Premium"))
        return arm::error(400, "PrivateEndpointFeatureNotSupportedForSku",
                          "Private endpoints need a Premium registry; " + target->id.text() + " is " +
                              text(target->body, "sku.name") + ".");
    auto const* subnet = context.find(text(write.desired, "properties.subnet.id"));
    if (!subnet) return {};
    if (!json::list_at(subnet->body, "properties.delegations").empty())
        return arm::error(400, "PrivateEndpointCannotBeCreatedInSubnetThatIsDelegated",
                          "Subnet " + subnet->id.text() + " is delegated and cannot hold private endpoints.");
    if (auto const range = subnet_range(subnet->body);
        range && !write.existing && addresses_held(context, subnet->id) + 1 > static_cast<std::int64_t>(range->size()))
        return arm::error(400, "SubnetIsFull",
                          "Subnet " + std::string(subnet->id.name()) + " with address prefix " + range->text() +
                              " does not have enough capacity for 1 IP addresses.");
    if (auto const network = subnet->id.parent())
        return same_region(context, "private endpoint", text(write.desired, "location"), *network);
    return {};
}

void accepted_private_endpoint(Context& context, Stored& stored, Stored const* before) {
    fill(stored.body, "properties.manualPrivateLinkServiceConnections", json::Array{});
    fill(stored.body, "properties.privateLinkServiceConnections", json::Array{});
    for (auto const& [list, approved] :
         std::initializer_list<std::pair<char const*, bool>>{{"properties.privateLinkServiceConnections", true},
                                                             {"properties.manualPrivateLinkServiceConnections", false}})
        for (auto& connection : json::find(stored.body, list)->as_array()) {
            json::put(connection, "id",
                      json::Value(stored.id.text() + "/privateLinkServiceConnections/" + text(connection, "name")));
            json::put(connection, "type", "Microsoft.Network/privateEndpoints/privateLinkServiceConnections");
            json::put(connection, "properties.provisioningState", "Succeeded");
            json::put(connection, "properties.privateLinkServiceConnectionState",
                      json::Object{{"status", approved ? "Approved" : "Pending"},
                                   {"description", approved ? "Auto-Approved" : ""},
                                   {"actionsRequired", "None"}});
        }
    auto const nic = before ? text(before->body, "properties.networkInterfaces[0].id") : std::string();
    auto const name = text(stored.body, "properties.customNetworkInterfaceName");
    json::put(stored.body, "properties.networkInterfaces",
              json::Array{json::Object{
                  {"id", !nic.empty() ? nic
                                      : "/subscriptions/" + stored.id.subscription() + "/resourceGroups/" +
                                            stored.id.group() + "/providers/Microsoft.Network/networkInterfaces/" +
                                            (name.empty() ? std::string(stored.id.name()) + ".nic." +
                                                                context.guid("nic " + stored.id.key())
                                                          : name)}}});
    if (before)
        if (auto const* configs = json::find(before->body, "properties.customDnsConfigs"))
            json::put(stored.body, "properties.customDnsConfigs", *configs);
}

arm::Outcome complete_private_endpoint(Context& context, Stored& stored) {
    auto const* subnet = context.find(text(stored.body, "properties.subnet.id"));
    auto const range = subnet ? subnet_range(subnet->body) : std::nullopt;
    if (!range) return arm::error(404, "InvalidResourceReference", "The subnet of " + stored.id.text() + " is gone.");
    if (!json::list_at(stored.body, "properties.customDnsConfigs").empty()) return arm::Done{};
    std::vector<std::string> taken;
    for (auto const* user : context.users(subnet->id))
        for (auto const& config : json::list_at(user->body, "properties.customDnsConfigs"))
            for (auto const& address : strings(config, "ipAddresses")) taken.push_back(address);
    auto next = range->first() + 4;
    while (std::ranges::find(taken, base::ipv4_text(next)) != taken.end()) ++next;
    auto const& lists = json::list_at(stored.body, "properties.privateLinkServiceConnections");
    auto const& connections =
        lists.empty() ? json::list_at(stored.body, "properties.manualPrivateLinkServiceConnections") : lists;
    if (connections.empty()) return arm::Done{};
    auto const* target = context.find(text(connections.front(), "properties.privateLinkServiceId"));
    if (!target) return arm::error(404, "ResourceNotFound", "The target of " + stored.id.text() + " is gone.");
    auto const* row = target_of(target->type);
    auto const host = target->type == "Microsoft.ContainerService/managedClusters"
                          ? text(target->body, "properties.privateFQDN")
                          : base::lower(target->id.name()) + "." + std::string(row->suffix);
    json::put(stored.body, "properties.customDnsConfigs",
              json::Array{json::Object{{"fqdn", host}, {"ipAddresses", json::Array{base::ipv4_text(next).c_str()}}}});
    return arm::Done{};
}

Refusal validate_zone_group(Context& context, Write const& write) {
    auto const& configs = json::list_at(write.desired, "properties.privateDnsZoneConfigs");
    if (configs.empty() || configs.size() > 5)
        return arm::error(400, "PrivateDnsZoneGroupInvalidConfigCount",
                          "A private DNS zone group has 1 to 5 zone configurations.",
                          "properties.privateDnsZoneConfigs");
    if (auto const endpoint = write.id.parent())
        for (auto const* sibling :
             context.children(*endpoint, "Microsoft.Network/privateEndpoints/privateDnsZoneGroups"))
            if (sibling->id != write.id)
                return arm::error(400, "MoreThanOnePrivateDnsZoneGroupPerPrivateEndpointNotAllowed",
                                  "Private endpoint " + endpoint->text() + " already has the zone group " +
                                      std::string(sibling->id.name()) + ".");
    return {};
}

}  // namespace holdfast::simulator::providers::network
