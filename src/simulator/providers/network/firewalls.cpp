/// Azure Firewall, its policy and rule collection groups.
#include <algorithm>

#include "simulator/providers/network/network.hpp"

namespace holdfast::simulator::providers::network {
namespace {

constexpr std::string_view firewall_type = "Microsoft.Network/azureFirewalls";
constexpr std::string_view rule_group_type = "Microsoft.Network/firewallPolicies/ruleCollectionGroups";

int rank_of(std::string_view tier) {
    return base::same_text(tier, "Basic") ? 0 : base::same_text(tier, "Premium") ? 2 : 1;
}

}  // namespace

Refusal validate_firewall(Context& context, Write const& write) {
    if (auto no = ordinary(context, write)) return no;
    auto const tier = text(write.desired, "properties.sku.tier");
    auto const& configurations = json::list_at(write.desired, "properties.ipConfigurations");
    if (configurations.empty())
        return arm::error(
            400, "AzureFirewallIpConfigurationsMissing",
            "Azure firewall " + write.id.text() + " needs an IP configuration with subnet and public IP address.",
            "properties.ipConfigurations");
    if (text(configurations.front(), "properties.subnet.id").empty())
        return arm::error(400, "AzureFirewallSubnetMissing",
                          "The first IP configuration of an Azure firewall names its subnet.",
                          "properties.ipConfigurations");
    for (auto const& configuration : configurations) {
        auto const subnet_id = text(configuration, "properties.subnet.id");
        if (text(configuration, "properties.publicIPAddress.id").empty())
            return arm::error(400, "AzureFirewallPublicIPAddressMissing",
                              "IP configuration " + text(configuration, "name") +
                                  " of an Azure firewall names its public IP address.",
                              "properties.ipConfigurations");
        if (auto const* address = context.find(text(configuration, "properties.publicIPAddress.id"))) {
            if (!base::same_text(text(address->body, "sku.name"), "Standard"))
                return arm::error(
                    400, "AzureFirewallPublicIPAddressSkuInvalid",
                    "Azure firewall needs a Standard public IP address; " + address->id.text() + " is not.");
            for (auto const* user : context.users(address->id))
                if (user->id != write.id && user->type.starts_with("Microsoft.Network/"))
                    return arm::error(400, "PublicIPAddressInUse",
                                      "Resource " + write.id.text() + " is referencing public IP address " +
                                          address->id.text() + " that is already allocated to resource " +
                                          user->id.text() + ".");
        }
        if (subnet_id.empty()) continue;
        auto const* subnet = context.find(subnet_id);
        if (!subnet) continue;
        if (subnet->id.name() != "AzureFirewallSubnet")
            return arm::error(400, "AzureFirewallSubnetNameInvalid",
                              "The subnet of Azure firewall " + write.id.text() +
                                  " must be named AzureFirewallSubnet, not '" + std::string(subnet->id.name()) + "'.");
        if (auto const range = subnet_range(subnet->body); !range || range->prefix() > 26)
            return arm::error(400, "AzureFirewallSubnetTooSmall",
                              "AzureFirewallSubnet " + subnet->id.text() + " must be a /26 or larger.");
        for (auto const* user : context.users(subnet->id))
            if (user->id != write.id && user->type == firewall_type)
                return arm::error(
                    400, "AzureFirewallSubnetInUse",
                    "AzureFirewallSubnet " + subnet->id.text() + " already holds firewall " + user->id.text() + ".");
        if (auto const network = subnet->id.parent())
            if (auto no = same_region(context, "Azure firewall", text(write.desired, "location"), *network)) return no;
    }
    if (auto const* policy = context.find(text(write.desired, "properties.firewallPolicy.id"))) {
        auto const policy_tier = text(policy->body, "properties.sku.tier");
        if (rank_of(policy_tier) > rank_of(tier))
            return arm::error(400, "AzureFirewallPolicyTierMismatch",
                              "Azure firewall " + write.id.text() + " of tier " + (tier.empty() ? "Standard" : tier) +
                                  " cannot use firewall policy " + policy->id.text() + " of tier " + policy_tier + ".");
    }
    return {};
}

void accepted_firewall(Context&, Stored& stored, Stored const* before) {
    keep_fixed(firewall_type, stored.body, before ? before->body : json::Value(json::Object{}));
    fill(stored.body, "properties.sku.name", "AZFW_VNet");
    fill(stored.body, "properties.sku.tier", "Standard");
    fill(stored.body, "properties.threatIntelMode", "Alert");
    fill(stored.body, "properties.additionalProperties", json::Object{});
    if (auto* configurations = json::find(stored.body, "properties.ipConfigurations");
        configurations && configurations->is_array())
        for (auto& configuration : configurations->as_array()) {
            json::put(configuration, "id",
                      json::Value(stored.id.text() + "/azureFirewallIpConfigurations/" + text(configuration, "name")));
            json::put(configuration, "type", "Microsoft.Network/azureFirewalls/azureFirewallIpConfigurations");
            json::put(configuration, "properties.provisioningState", "Updating");
        }
}

arm::Outcome complete_firewall(Context& context, Stored& stored) {
    auto* configurations = json::find(stored.body, "properties.ipConfigurations");
    if (!configurations || !configurations->is_array()) return arm::Done{};
    for (auto& configuration : configurations->as_array()) {
        json::put(configuration, "properties.provisioningState", "Succeeded");
        auto const* subnet = context.find(text(configuration, "properties.subnet.id"));
        if (!subnet) {
            if (says(configuration, "properties.subnet.id"))
                return arm::error(404, "InvalidResourceReference",
                                  "Subnet " + text(configuration, "properties.subnet.id") + " is gone.");
            continue;
        }
        // The first usable address: Azure keeps .0 to .3 of every subnet.
        if (auto const range = subnet_range(subnet->body))
            json::put(configuration, "properties.privateIPAddress", json::Value(base::ipv4_text(range->first() + 4)));
    }
    return arm::Done{};
}

Refusal validate_firewall_policy(Context& context, Write const& write) { return ordinary(context, write); }

void accepted_firewall_policy(Context&, Stored& stored, Stored const* before) {
    keep_fixed("Microsoft.Network/firewallPolicies", stored.body, before ? before->body : json::Value(json::Object{}));
    fill(stored.body, "properties.sku.tier", "Standard");
    fill(stored.body, "properties.threatIntelMode", "Alert");
}

void view_firewall_policy(Context const& context, Stored const& stored, json::Value& shown) {
    json::Array firewalls, groups, children;
    for (auto const* user : context.users(stored.id)) {
        if (user->type == firewall_type) firewalls.push_back(json::Object{{"id", user->id.text()}});
        if (user->type == "Microsoft.Network/firewallPolicies")
            children.push_back(json::Object{{"id", user->id.text()}});
    }
    for (auto const* group : context.children(stored.id, rule_group_type))
        groups.push_back(json::Object{{"id", group->id.text()}});
    json::put(shown, "properties.firewalls", std::move(firewalls));
    json::put(shown, "properties.childPolicies", std::move(children));
    json::put(shown, "properties.ruleCollectionGroups", std::move(groups));
}

Refusal validate_rule_group(Context& context, Write const& write) {
    if (auto no = name_allowed(rule_group_type, write.id.name())) return no;
    auto const priority_allowed = [](std::optional<std::int64_t> priority) {
        return priority && *priority >= 100 && *priority <= 65000;
    };
    auto const priority = json::whole_at(write.desired, "properties.priority");
    if (!priority_allowed(priority))
        return arm::error(
            400, "FirewallPolicyRuleCollectionGroupInvalidPriority",
            "Rule collection group " + write.id.text() + " has an invalid priority; 100-65000 is allowed.",
            "properties.priority");
    if (auto const policy = write.id.parent())
        for (auto const* sibling : context.children(*policy, rule_group_type))
            if (sibling->id != write.id && json::whole_at(sibling->body, "properties.priority") == priority)
                return arm::error(400, "FirewallPolicyRuleCollectionGroupPriorityConflict",
                                  "Rule collection group " + std::string(write.id.name()) +
                                      " has the priority of group " + std::string(sibling->id.name()) + ".");
    std::vector<std::string> names;
    for (auto const& collection : json::list_at(write.desired, "properties.ruleCollections")) {
        auto const name = text(collection, "name");
        if (name.empty() || std::ranges::find(names, name) != names.end())
            return arm::error(400, "FirewallPolicyRuleCollectionNameInvalid",
                              "Rule collections of group " + std::string(write.id.name()) +
                                  " need names, each once; '" + name + "' is not.");
        names.push_back(name);
        if (!priority_allowed(json::whole_at(collection, "priority")))
            return arm::error(400, "FirewallPolicyRuleCollectionInvalidPriority",
                              "Rule collection " + name + " has an invalid priority; 100-65000 is allowed.");
        std::string kind;
        for (auto const& rule : json::list_at(collection, "rules")) {
            auto const this_kind = text(rule, "ruleType");
            if (!kind.empty() && this_kind != kind)
                return arm::error(
                    400, "FirewallPolicyRuleCollectionMixedRuleTypes",
                    "Rule collection " + name + " mixes rules of type " + kind + " and " + this_kind + ".");
            kind = this_kind;
            bool const application = base::same_text(kind, "ApplicationRule");
            bool const source = !strings(rule, "sourceAddresses").empty() || !strings(rule, "sourceIpGroups").empty();
            bool const target =
                application
                    ? !strings(rule, "targetFqdns").empty() || !strings(rule, "fqdnTags").empty() ||
                          !strings(rule, "webCategories").empty() || !strings(rule, "targetUrls").empty()
                    : !strings(rule, "destinationAddresses").empty() || !strings(rule, "destinationFqdns").empty() ||
                          !strings(rule, "destinationIpGroups").empty();
            if (!source || !target)
                return arm::error(
                    400, "FirewallPolicyRuleInvalidArguments",
                    "Rule " + text(rule, "name") + " of collection " + name + " needs a source and a target.");
            if (application && strings(rule, "fqdnTags").empty() && json::list_at(rule, "protocols").empty())
                return arm::error(
                    400, "FirewallPolicyRuleInvalidArguments",
                    "Application rule " + text(rule, "name") + " of collection " + name + " needs protocols.");
            if (!application && base::same_text(kind, "NetworkRule") &&
                (strings(rule, "destinationPorts").empty() || strings(rule, "ipProtocols").empty()))
                return arm::error(
                    400, "FirewallPolicyRuleInvalidArguments",
                    "Network rule " + text(rule, "name") + " of collection " + name + " needs ports and protocols.");
        }
    }
    return {};
}

void accepted_rule_group(Context& context, Stored& stored, Stored const*) {
    json::put(stored.body, "properties.size",
              json::Value(
                  std::to_string(json::list_at(stored.body, "properties.ruleCollections").size() / 10.0).substr(0, 3) +
                  " MB"));
    (void)context;
}

}  // namespace holdfast::simulator::providers::network
