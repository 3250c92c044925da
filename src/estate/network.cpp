// The network: a security group, routes, a way out, the virtual network with its subnets, and its neighbours.
//
// What stands already is read and never written: what only a write to it could achieve is a mistake of the spec.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "estate/subnets.hpp"

namespace holdfast::estate {
namespace {

struct FirewallRule {
    std::string_view name, kind, protocol, to, ports;
    bool tag;
    std::string_view when, because;
    std::string_view source, date;
};
constexpr FirewallRule kFirewallRules[] = {
#include "firewall_rules.inc"
};

json::Object reference(ResourceId const& id) {
    json::Object object;
    object["id"] = id.text();
    return object;
}

json::Array texts(std::vector<std::string> const& values) {
    json::Array array;
    for (auto const& value : values) array.emplace_back(value);
    return array;
}

class Network {
public:
    explicit Network(Draft& draft) : draft_(draft), spec_(draft.spec), wishes_(subnet_wishes(draft.spec)) {}

    void design() {
        virtual_network();
        security_group();
        route_table();
        nat_gateway();
        firewall_policy();
        subnets();
        firewall();
        default_route();
        peerings();
    }

private:
    void virtual_network() {
        if (spec_.has("network.virtualNetwork.id")) {
            draft_.standing("network", "network.virtualNetwork.id");
            return;
        }
        Resource& network = draft_.ours("network", "group");
        draft_.land(network, "network", "network");
    }

    /// Whether some subnet that we write carries this.
    bool joined_by_ours(std::string_view what) const {
        return std::ranges::any_of(
            wishes_, [&](SubnetWish const& wish) { return wish.is_new && subnet_part(wish.address).joins(what); });
    }
    bool routed() const { return spec_.holds("network.egress.by = firewall|nextHop"); }

    void security_group() {
        if (spec_.has("network.securityGroup.id")) {
            draft_.standing("network/nsg", "network.securityGroup.id");
            return;
        }
        if (spec_.maybe_text("network.securityGroup") != "new") return;
        if (!joined_by_ours("nsg")) {
            if (spec_.count("network.rules") > 0) {
                draft_.mistake("network.rules",
                               "these rules would stand nowhere: the nodes' subnet stands already and is never written",
                               "put the rules into the security group of that subnet, and take them out here",
                               base::ErrorCode::spec_conflict);
            }
            return;
        }
        draft_.ours("network/nsg", "group");
        for (std::size_t i = 0; i < spec_.count("network.rules"); ++i) security_rule(i);
        rules_one_after_another();
    }

    /// Azure takes no two rules that speak of one direction at one priority.
    void rules_one_after_another() {
        std::map<std::pair<std::string, std::int64_t>, std::string> said;
        for (std::size_t i = 0; i < spec_.count("network.rules"); ++i) {
            std::string const key = fmt::format("network.rules[{}]", i);
            auto const priority = spec_.maybe_whole(key + ".priority");
            if (!priority) continue;
            auto const name = spec_.text(key + ".name"), direction = spec_.text(key + ".direction");
            auto const [other, is_new] = said.try_emplace({direction, *priority}, name);
            if (is_new) continue;
            draft_.mistake(key + ".priority",
                           fmt::format("the rules {} and {} have one priority and direction", other->second, name),
                           "give each rule of a direction a priority of its own", base::ErrorCode::spec_conflict);
        }
    }

    void security_rule(std::size_t i) {
        std::string const key = fmt::format("network.rules[{}]", i);
        Address const address = "network/nsg/" + base::lower(spec_.text(key + ".name"));
        if (draft_.has(address)) {
            draft_.mistake(key + ".name", fmt::format("there are two rules called {}", spec_.text(key + ".name")),
                           "give each rule its own name");
            return;
        }
        Resource& rule = draft_.ours(address, "network/nsg");
        draft_.land(rule, "network.rules[]", key);
        // Azure has one property for a single range or tag and another for several; '*' goes only into the first.
        auto const side = [&](std::string const& word, std::string const& one, std::string const& many) {
            auto const values = spec_.texts(key + "." + word);
            if (values.size() > 1) {
                draft_.put(rule, json::Path(many), texts(values), key + "." + word);
            } else {
                draft_.put(rule, json::Path(one), values.empty() ? std::string("*") : values.front(), key + "." + word);
            }
        };
        side("from", "properties.sourceAddressPrefix", "properties.sourceAddressPrefixes");
        side("to", "properties.destinationAddressPrefix", "properties.destinationAddressPrefixes");
        side("ports", "properties.destinationPortRange", "properties.destinationPortRanges");
        draft_.put_because(rule, "properties.sourcePortRange", "*", "clients choose their ports");
        draft_.put_because(rule, "properties.description", "holdfast:" + spec_.name(), "marks it as ours");
    }

    void route_table() {
        if (spec_.has("network.routeTable.id")) {
            draft_.standing("network/routes", "network.routeTable.id");
            return;
        }
        if (spec_.maybe_text("network.routeTable") != "new") return;
        if (!joined_by_ours("routes")) return;
        Resource& table = draft_.ours("network/routes", "group");
        if (routed()) {
            draft_.put_because(table, "properties.disableBgpRoutePropagation", true,
                               "routes learned from a gateway must not lead around the way out");
        } else {
            draft_.put_because(table, "properties.disableBgpRoutePropagation", false,
                               "networks behind a gateway stay reachable");
        }
    }

    /// Public addresses `stem`, `stem-2` …: as many as the spec asks for.
    std::vector<Address> public_addresses(Address const& stem) {
        std::vector<Address> out;
        auto const count = spec_.maybe_whole("network.egress.publicIps").value_or(1);
        for (std::int64_t i = 1; i <= count; ++i) {
            out.push_back(i == 1 ? stem : fmt::format("{}-{}", stem, i));
            Resource& ip = draft_.ours(out.back(), "group");
            draft_.put_because(ip, "sku.name", "Standard", "the only kind that NAT gateways and firewalls take");
            draft_.put_because(ip, "properties.publicIPAllocationMethod", "Static",
                               "the address others allow must not change");
            draft_.put_because(ip, "properties.publicIPAddressVersion", "IPv4", "the network is IPv4");
        }
        return out;
    }

    void nat_gateway() {
        if (spec_.maybe_text("network.egress.by") != "natGateway") return;
        if (spec_.has("network.egress.id")) {
            draft_.standing("network/nat", "network.egress.id");
            return;
        }
        auto const addresses = public_addresses("network/nat-ip");
        Resource& gateway = draft_.ours("network/nat", "group");
        draft_.land(gateway, "network.egress", "network.egress");
        draft_.put_because(gateway, "sku.name", "Standard", "the generally available kind");
        json::Array ids;
        for (auto const& address : addresses) ids.emplace_back(reference(draft_.id(address)));
        draft_.put_because(gateway, "properties.publicIpAddresses", std::move(ids), "what outgoing traffic is seen as");
    }

    bool makes_firewall() const {
        return spec_.maybe_text("network.egress.by") == "firewall" && !spec_.has("network.egress.id");
    }

    void firewall_policy() {
        if (!makes_firewall()) return;
        firewall_ips_ = public_addresses("network/firewall-ip");
        Resource& policy = draft_.ours("network/firewall-policy", "group");
        auto const tier = spec_.maybe_text("network.egress.tier").value_or("standard");
        draft_.put(policy, "properties.sku.tier", tier == "premium" ? "Premium" : "Standard", "network.egress.tier");
        Resource& group = draft_.ours("network/firewall-policy/aks", "network/firewall-policy");
        draft_.put_because(group, "properties.priority", 200, "leaves room before it for rules of others");
        draft_.put_because(group, "properties.ruleCollections", rule_collections(),
                           "what AKS needs to reach, and what network.egress.allow names");
    }

    /// The ranges that go out through the firewall, where all of them are known.
    json::Array sources() const {
        std::vector<std::string> ranges;
        for (auto const& wish : wishes_) {
            if (!subnet_part(wish.address).joins("routes")) continue;
            if (!wish.is_new) return texts({"*"});
            ranges.push_back(spec_.text(wish.range_key));
        }
        return texts(ranges);
    }

    json::Array rule_collections() const {
        json::Array network_rules, application_rules;
        auto const application = [&](std::string_view name, std::vector<std::string> const& to, bool tag) {
            json::Object rule;
            rule["ruleType"] = "ApplicationRule";
            rule["name"] = name;
            rule["sourceAddresses"] = sources();
            rule["protocols"] = json::Array{json::Object{{"protocolType", "Https"}, {"port", 443}}};
            rule[tag ? "fqdnTags" : "targetFqdns"] = texts(to);
            application_rules.emplace_back(std::move(rule));
        };
        for (auto const& row : kFirewallRules) {
            if (!spec_.holds(row.when)) continue;
            std::vector<std::string> to;
            for (auto const& one : base::split(row.to, '\n')) {
                to.push_back(
                    fmt::format(fmt::runtime(one), fmt::arg("region", draft_.region),
                                fmt::arg("registry", draft_.has("registry") ? draft_.id("registry").name() : ""),
                                fmt::arg("registry_suffix", draft_.context.registry_suffix)));
            }
            if (row.kind == "application") {
                application(row.name, to, row.tag);
                continue;
            }
            json::Object rule;
            rule["ruleType"] = "NetworkRule";
            rule["name"] = row.name;
            rule["ipProtocols"] = texts({std::string(row.protocol)});
            rule["sourceAddresses"] = sources();
            rule["destinationAddresses"] = texts(to);
            rule["destinationPorts"] = texts(base::split(row.ports, '\n'));
            network_rules.emplace_back(std::move(rule));
        }
        auto const allowed = spec_.texts("network.egress.allow");
        if (!allowed.empty()) application("allowed", allowed, false);

        json::Array collections;
        auto const collection = [&](std::string_view name, int priority, json::Array rules) {
            if (rules.empty()) return;
            json::Object object;
            object["ruleCollectionType"] = "FirewallPolicyFilterRuleCollection";
            object["name"] = name;
            object["priority"] = priority;
            object["action"] = json::Object{{"type", "Allow"}};
            object["rules"] = std::move(rules);
            collections.emplace_back(std::move(object));
        };
        collection("network", 100, std::move(network_rules));
        collection("application", 200, std::move(application_rules));
        return collections;
    }

    void subnets() {
        for (auto const& wish : wishes_) {
            if (draft_.has(wish.address)) {
                draft_.mistake(wish.is_new ? wish.range_key : wish.id_key,
                               fmt::format("there are two subnets called {}", last_word(wish.address)),
                               "give each its own name");
            } else if (wish.is_new) {
                new_subnet(wish);
            } else {
                draft_.standing(wish.address, wish.id_key).parent = "network";
            }
        }
    }

    void new_subnet(SubnetWish const& wish) {
        auto const& part = subnet_part(wish.address);
        Resource& subnet = draft_.ours(wish.address, "network");
        draft_.put(subnet, "properties.addressPrefix", spec_.text(wish.range_key), wish.range_key);
        auto const range = base::Cidr::parse(spec_.text(wish.range_key));
        if (range && range->prefix() > part.min_prefix) {
            draft_.mistake(wish.range_key, fmt::format("a /{} is too small for {}", range->prefix(), part.because),
                           fmt::format("give it at least a /{}", part.min_prefix));
        }
        if (!part.delegation.empty()) {
            json::Object delegation{{"name", "aks"}};
            delegation["properties"] = json::Object{{"serviceName", part.delegation}};
            draft_.put_because(subnet, "properties.delegations", json::Array{std::move(delegation)},
                               fmt::format("the subnet is for {}", part.because));
        }
        auto const hang = [&](std::string_view what, Address const& to, char const* at, std::string const& key) {
            if (part.joins(what) && draft_.has(to)) draft_.put(subnet, at, draft_.id(to).text(), key);
        };
        hang("nsg", "network/nsg", "properties.networkSecurityGroup.id", "network.securityGroup");
        hang("routes", "network/routes", "properties.routeTable.id", "network.routeTable");
        hang("nat", "network/nat", "properties.natGateway.id", "network.egress.by");
        auto const services = spec_.texts("network.serviceEndpoints");
        if (part.joins("services") && !services.empty()) {
            json::Array endpoints;
            for (auto const& service : services) {
                json::Object endpoint;
                endpoint["service"] = service;
                endpoints.emplace_back(std::move(endpoint));
            }
            draft_.put(subnet, "properties.serviceEndpoints", std::move(endpoints), "network.serviceEndpoints");
        }
        if (part.no_default_outbound) {
            draft_.put_because(subnet, "properties.defaultOutboundAccess", false,
                               "nothing goes out except by the way the spec names");
        }
    }

    void firewall() {
        if (spec_.maybe_text("network.egress.by") != "firewall") return;
        if (spec_.has("network.egress.id")) {
            draft_.standing("network/firewall", "network.egress.id");
            return;
        }
        if (!draft_.has("network/subnets/firewall")) return;  // the spec was told what is missing
        Resource& wall = draft_.ours("network/firewall", "group");
        draft_.land(wall, "network.egress.tier", "network.egress.tier");
        draft_.put_because(wall, "properties.sku.name", "AZFW_VNet", "it stands in a virtual network");
        draft_.put_because(wall, "properties.firewallPolicy", reference(draft_.id("network/firewall-policy")),
                           "its rules");
        json::Array configurations;
        for (auto const& address : firewall_ips_) {
            json::Object properties;
            if (configurations.empty()) properties["subnet"] = reference(draft_.id("network/subnets/firewall"));
            properties["publicIPAddress"] = reference(draft_.id(address));
            json::Object configuration;
            configuration["name"] = last_word(address);
            configuration["properties"] = std::move(properties);
            configurations.emplace_back(std::move(configuration));
        }
        draft_.put_because(wall, "properties.ipConfigurations", std::move(configurations),
                           "its place in the network and what it is seen as outside");
    }

    void default_route() {
        if (!draft_.is_ours("network/routes") || !routed()) return;
        Resource& route = draft_.ours("network/routes/default", "network/routes");
        draft_.put_because(route, "properties.addressPrefix", "0.0.0.0/0", "everything that has no nearer route");
        draft_.put_because(route, "properties.nextHopType", "VirtualAppliance", "a firewall is one to Azure");
        if (spec_.maybe_text("network.egress.by") == "nextHop") {
            draft_.put(route, "properties.nextHopIpAddress", spec_.text("network.egress.address"),
                       "network.egress.address");
        } else if (draft_.has("network/firewall")) {
            draft_.await(
                route, "properties.nextHopIpAddress",
                resource::Output{"network/firewall", "properties.ipConfigurations[0].properties.privateIPAddress"},
                spec_.origin("network.egress.by"));
        }
        around_the_firewall();
    }

    /// What nodes send to the firewall's own public addresses (an API server's name or a service published there) would go
    /// in by its inner side and come back by its outer one: Azure drops such answers.
    void around_the_firewall() {
        for (auto const& ip : firewall_ips_) {
            Resource& direct = draft_.ours(fmt::format("network/routes/{}", last_word(ip)), "network/routes");
            draft_.await(direct, "properties.addressPrefix", resource::Output{ip, "properties.ipAddress", "/32"},
                         {.by = resource::Origin::By::standard, .because = "the firewall's own public address"});
            draft_.put_because(direct, "properties.nextHopType", "Internet",
                               "answers from the firewall's public side must come back the way the question went");
        }
    }

    void peerings() {
        for (std::size_t i = 0; i < spec_.count("network.peerings"); ++i) {
            std::string const key = fmt::format("network.peerings[{}]", i);
            std::string const name = base::lower(spec_.text(key + ".name"));
            Address const there = "network/peers/" + name, out = "network/peerings/" + name, back = out + "-back";
            if (draft_.has(there)) {
                draft_.mistake(key + ".name", fmt::format("there are two peerings called {}", name),
                               "give each its own name");
                continue;
            }
            draft_.standing(there, key + ".id");
            Resource& going = draft_.ours(out, "network");
            draft_.land(going, "network.peerings[]", key);
            draft_.put_because(going, "properties.allowVirtualNetworkAccess", true, "the networks are to be joined");
            // A peering carries traffic only when both networks have their half of it.
            Resource& coming = draft_.ours(back, there);
            draft_.put_because(coming, "properties.remoteVirtualNetwork", reference(draft_.id("network")),
                               "the other half of the peering");
            draft_.put_because(coming, "properties.allowVirtualNetworkAccess", true, "the networks are to be joined");
            if (spec_.truth(key + ".useGateway")) {
                draft_.put(coming, "properties.allowGatewayTransit", true, key + ".useGateway");
                draft_.refer(out, back, "the other network must offer its gateway before ours can use it");
            }
        }
    }

    Draft& draft_;
    spec::Spec const& spec_;
    std::vector<SubnetWish> wishes_;
    std::vector<Address> firewall_ips_;
};

}  // namespace

void design_network(Draft& draft) {
    if (draft.spec.maybe_text("network.virtualNetwork") == "none") return;
    Network(draft).design();
}

}  // namespace holdfast::estate
