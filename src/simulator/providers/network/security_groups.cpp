/// Network security groups and their rules.
#include <algorithm>
#include <array>

#include "simulator/providers/network/network.hpp"

namespace holdfast::simulator::providers::network {
namespace {

constexpr std::string_view rule_type = "Microsoft.Network/networkSecurityGroups/securityRules";

struct DefaultRule {
    std::string_view name, description, source, destination, access, direction;
    int priority;
};
/// What every group carries. Source: recorded answers of 2021 (networkSecurityGroups PUT).
constexpr DefaultRule default_rules[] = {
    {"AllowVnetInBound", "Allow inbound traffic from all VMs in VNET", "VirtualNetwork", "VirtualNetwork", "Allow",
     "Inbound", 65000},
    {"AllowAzureLoadBalancerInBound", "Allow inbound traffic from azure load balancer", "AzureLoadBalancer", "*",
     "Allow", "Inbound", 65001},
    {"DenyAllInBound", "Deny all inbound traffic", "*", "*", "Deny", "Inbound", 65500},
    {"AllowVnetOutBound", "Allow outbound traffic from all VMs to all VMs in VNET", "VirtualNetwork", "VirtualNetwork",
     "Allow", "Outbound", 65000},
    {"AllowInternetOutBound", "Allow outbound traffic from all VMs to Internet", "*", "Internet", "Allow", "Outbound",
     65001},
    {"DenyAllOutBound", "Deny all outbound traffic", "*", "*", "Deny", "Outbound", 65500},
};

bool whole_number(std::string_view digits, int& value) {
    if (digits.empty() || digits.size() > 5 || digits.find_first_not_of("0123456789") != std::string_view::npos)
        return false;
    value = std::atoi(std::string(digits).c_str());
    return value <= 65535;
}

Refusal port_range(std::string const& name, std::string const& range) {
    if (range == "*") return {};
    auto const dash = range.find('-');
    int low = 0, high = 0;
    bool const good = dash == std::string::npos ? whole_number(range, low)
                                                : whole_number(range.substr(0, dash), low) &&
                                                      whole_number(range.substr(dash + 1), high) && low <= high;
    if (good) return {};
    return arm::error(400, "SecurityRuleInvalidPortRange",
                      "Security rule has invalid Port range. Value provided: " + range +
                          ". Value should be an integer OR integer "
                          "range with '-' delimiter. Valid range 0-65535. Rule: " +
                          name + ".");
}

Refusal address_prefix(std::string const& name, std::string const& prefix) {
    if (prefix == "*") return {};
    bool const looks_like_address = prefix.find_first_not_of("0123456789./") == std::string::npos;
    if (!looks_like_address) {
        bool const tag = !prefix.empty() && std::all_of(prefix.begin(), prefix.end(), [](unsigned char c) {
            return std::isalnum(c) || c == '.' || c == ':' || c == '/' || c == '_' || c == '-';
        });
        if (tag) return {};
    } else if (base::Cidr::parse(prefix) || base::parse_ipv4(prefix)) {
        return {};
    }
    return arm::error(400, "SecurityRuleInvalidAddressPrefix",
                      "Security rule has invalid Address prefix. Value provided: " + prefix + ". Rule: " + name + ".");
}

Refusal rule_by_itself(std::string const& name, json::Value const& body) {
    auto const priority = json::whole_at(body, "properties.priority");
    if (!priority || *priority < 100 || *priority > 4096)
        return arm::error(400, "SecurityRuleInvalidPriority",
                          "Security rule has invalid Priority. Value provided: " +
                              std::to_string(priority.value_or(0)) + " Allowed range 100-4096. Rule: " + name + ".");
    struct Side {
        char const *one, *many, *groups, *says;
    };
    constexpr Side addresses[] = {{"properties.sourceAddressPrefix", "properties.sourceAddressPrefixes",
                                   "properties.sourceApplicationSecurityGroups", "SourceAddressPrefix"},
                                  {"properties.destinationAddressPrefix", "properties.destinationAddressPrefixes",
                                   "properties.destinationApplicationSecurityGroups", "DestinationAddressPrefix"}};
    constexpr Side ports[] = {
        {"properties.sourcePortRange", "properties.sourcePortRanges", nullptr, "SourcePortRange"},
        {"properties.destinationPortRange", "properties.destinationPortRanges", nullptr, "DestinationPortRange"}};
    auto const all = [&](Side const& side) {
        auto out = strings(body, side.many);
        if (auto const one = text(body, side.one); !one.empty()) out.push_back(one);
        return out;
    };
    for (auto const& side : addresses) {
        auto const given = all(side);
        if (given.empty() && json::list_at(body, side.groups).empty())
            return arm::error(400, "SecurityRuleParameterUndefined",
                              "Required security rule parameters are missing for security rule with Id: " + name +
                                  ". Security rule must specify " + side.says + ".");
        for (auto const& prefix : given)
            if (auto no = address_prefix(name, prefix)) return no;
        for (std::size_t i = 0; i < given.size(); ++i)
            for (std::size_t k = 0; k < i; ++k) {
                auto const one = base::Cidr::parse(given[k]), other = base::Cidr::parse(given[i]);
                if (one && other && one->overlaps(*other))
                    return arm::error(400, "OverlappingSubnetsNotPermittedInSecurityRule",
                                      "Overlapping address prefixes " + given[k] + " and " + given[i] +
                                          " are not permitted in security rule " + name + ".");
            }
    }
    for (auto const& side : ports) {
        auto const given = all(side);
        if (given.empty())
            return arm::error(400, "SecurityRuleParameterUndefined",
                              "Required security rule parameters are missing for security rule with Id: " + name +
                                  ". Security rule must specify " + side.says + ".");
        for (auto const& range : given)
            if (auto no = port_range(name, range)) return no;
    }
    return {};
}

struct Slot {
    std::string name, direction;
    std::int64_t priority;
};
Slot slot_of(std::string name, json::Value const& body) {
    return {std::move(name), base::lower(text(body, "properties.direction")),
            json::whole_at(body, "properties.priority").value_or(0)};
}
Refusal no_two_alike(std::vector<Slot> const& slots) {
    for (std::size_t i = 0; i < slots.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (slots[i].priority == slots[j].priority && slots[i].direction == slots[j].direction)
                return arm::error(400, "SecurityRuleConflict",
                                  "Security rule " + slots[i].name + " conflicts with rule " + slots[j].name +
                                      ". Rules cannot have the same Priority and Direction.");
    return {};
}

}  // namespace

Refusal validate_security_group(Context& context, Write const& write) {
    if (auto no = ordinary(context, write)) return no;
    std::vector<Slot> slots;
    for (auto const& [id, body] : write.children) slots.push_back(slot_of(std::string(id.name()), body));
    return no_two_alike(slots);
}

void accepted_security_group(Context& context, Stored& stored, Stored const* before) {
    fill_resource_guid(context, stored, before);
}

void view_security_group(Context const& context, Stored const& stored, json::Value& shown) {
    json::Array rules;
    for (auto const& rule : default_rules) {
        json::Value one = json::Object{};
        auto const name = std::string(rule.name);
        json::put(one, "name", json::Value(name));
        json::put(one, "id", json::Value(stored.id.text() + "/defaultSecurityRules/" + name));
        if (auto const etag = text(shown, "etag"); !etag.empty()) json::put(one, "etag", json::Value(etag));
        json::put(one, "type", "Microsoft.Network/networkSecurityGroups/defaultSecurityRules");
        json::Object properties{{"provisioningState", text(shown, "properties.provisioningState")},
                                {"description", rule.description},
                                {"protocol", "*"},
                                {"sourcePortRange", "*"},
                                {"destinationPortRange", "*"},
                                {"sourceAddressPrefix", rule.source},
                                {"destinationAddressPrefix", rule.destination},
                                {"access", rule.access},
                                {"priority", rule.priority},
                                {"direction", rule.direction},
                                {"sourcePortRanges", json::Array{}},
                                {"destinationPortRanges", json::Array{}},
                                {"sourceAddressPrefixes", json::Array{}},
                                {"destinationAddressPrefixes", json::Array{}}};
        json::put(one, "properties", std::move(properties));
        rules.push_back(std::move(one));
    }
    json::put(shown, "properties.defaultSecurityRules", std::move(rules));
    view_subnets_of(context, stored, shown);
}

Refusal validate_security_rule(Context& context, Write const& write) {
    if (auto no = name_allowed(rule_type, write.id.name())) return no;
    if (auto no = rule_by_itself(std::string(write.id.name()), write.desired)) return no;
    if (write.inline_child) return {};
    std::vector<Slot> slots;
    if (auto const parent = write.id.parent())
        for (auto const* sibling : context.children(*parent, rule_type))
            if (sibling->id != write.id) slots.push_back(slot_of(std::string(sibling->id.name()), sibling->body));
    slots.push_back(slot_of(std::string(write.id.name()), write.desired));
    return no_two_alike(slots);
}

void accepted_security_rule(Context& context, Stored& stored, Stored const*) {
    touch_parent(context, stored);
    for (auto const* list : {"properties.sourcePortRanges", "properties.destinationPortRanges",
                             "properties.sourceAddressPrefixes", "properties.destinationAddressPrefixes"})
        fill(stored.body, list, json::Array{});
}

}  // namespace holdfast::simulator::providers::network
