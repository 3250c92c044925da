/// Network plugins, ranges, subnets and their room.
#include <algorithm>
#include <array>

#include "simulator/providers/containerservice/design.hpp"

namespace holdfast::simulator::providers::containerservice {
namespace {

constexpr char const* service_cidr = "properties.networkProfile.serviceCidr";
constexpr char const* dns_address = "properties.networkProfile.dnsServiceIP";
constexpr char const* pod_cidr = "properties.networkProfile.podCidr";
constexpr char const* policy_at = "properties.networkProfile.networkPolicy";

/// What AKS and Azure keep for themselves. Source: aks-docs concepts-network-legacy-cni; changelog 2025-01-30,
/// 2026-05-29.
constexpr std::string_view reserved[] = {"169.254.0.0/16", "172.30.0.0/16", "172.31.0.0/16", "192.0.2.0/24"};

std::string or_default(std::string said, std::string_view usual) { return said.empty() ? std::string(usual) : said; }

Refusal plugins(Context&, Design const& design) {
    auto const plugin = design.plugin(), policy = base::lower(design.at(policy_at));
    bool const kubenet = plugin == "kubenet";
    if (kubenet && design.any_windows())
        return refuse(400, "AzureCNIOnlyForWindows",
                      "Windows agent pools are only supported with network plugin azure; the cluster uses kubenet.",
                      "networkProfile.networkPlugin");
    if (kubenet && !policy.empty() && policy != "none" && policy != "calico")
        return invalid("Network policy " + policy + " is not supported with network plugin kubenet.",
                       "networkProfile.networkPolicy");
    if (policy == "cilium" && (!design.cilium() || plugin != "azure"))
        return invalid("Network policy cilium needs network dataplane cilium and network plugin azure.",
                       "networkProfile.networkPolicy");
    if (design.cilium()) {
        if (plugin != "azure")
            return invalid("Network dataplane cilium needs network plugin azure.", "networkProfile.networkDataplane");
        if (design.any_windows())
            return invalid("Network dataplane cilium does not support Windows agent pools.",
                           "networkProfile.networkDataplane");
        if (!policy.empty() && policy != "none" && policy != "cilium")
            return invalid("Network dataplane cilium enforces policies itself; network policy " + policy +
                               " cannot be combined with it.",
                           "networkProfile.networkPolicy");
    }
    if (design.overlay() && plugin != "azure")
        return invalid("Network plugin mode overlay needs network plugin azure.", "networkProfile.networkPluginMode");
    if (design.overlay() && !design.pod_subnets().empty())
        return invalid("podSubnetID cannot be combined with network plugin mode overlay.",
                       "agentPoolProfile.podSubnetID");
    if (plugin != "azure" && !design.pod_subnets().empty())
        return invalid("podSubnetID needs network plugin azure.", "agentPoolProfile.podSubnetID");
    if (design.on("properties.networkProfile.advancedNetworking.security.enabled") && !design.cilium())
        return invalid("advancedNetworking.security needs network dataplane cilium.",
                       "networkProfile.advancedNetworking.security.enabled");
    auto const encryption = design.at("properties.networkProfile.advancedNetworking.security.transitEncryption.type");
    if (!encryption.empty() && !base::same_text(encryption, "None") && !design.cilium())
        return invalid("Transit encryption needs network dataplane cilium.",
                       "networkProfile.advancedNetworking.security.transitEncryption");
    if (policy == "azure" && design.any_windows())
        return invalid("Network policy azure no longer supports Windows agent pools; use calico.",
                       "networkProfile.networkPolicy");
    auto const families = strings(design.body, "properties.networkProfile.ipFamilies");
    if (!families.empty() &&
        std::ranges::none_of(families, [](auto const& one) { return base::same_text(one, "IPv4"); }))
        return invalid("ipFamilies must contain IPv4.", "networkProfile.ipFamilies");
    if (families.size() > 1 && (policy == "azure" || policy == "calico"))
        return invalid("Dual stack is not supported with network policy " + policy + ".", "networkProfile.ipFamilies");
    if (design.is("properties.networkProfile.loadBalancerSku", "basic"))
        return refuse(400, "BasicLoadBalancerRetired",
                      "The basic load balancer is retired; use loadBalancerSku standard.",
                      "networkProfile.loadBalancerSku");
    return {};
}

struct Ranges {
    std::optional<base::Cidr> service, pods;
};
bool pods_have_range(Design const& design) { return design.plugin() == "kubenet" || design.overlay(); }

Ranges ranges_of(Design const& design) {
    auto const parse = [](std::string const& written) {
        auto const parsed = base::Cidr::parse(written);
        return parsed ? std::optional(*parsed) : std::nullopt;
    };
    Ranges out{parse(or_default(design.at(service_cidr), "10.0.0.0/16")), {}};
    if (pods_have_range(design)) out.pods = parse(or_default(design.at(pod_cidr), "10.244.0.0/16"));
    return out;
}

Refusal ranges(Context&, Design const& design) {
    auto const written_service = or_default(design.at(service_cidr), "10.0.0.0/16"), written_pods = design.at(pod_cidr);
    if (!base::Cidr::parse(written_service))
        return refuse(400, "InvalidServiceCidr", "The service CIDR '" + written_service + "' is not valid.",
                      "networkProfile.serviceCidr");
    if (!written_pods.empty() && !base::Cidr::parse(written_pods))
        return refuse(400, "InvalidPodCidr", "The pod CIDR '" + written_pods + "' is not valid.",
                      "networkProfile.podCidr");
    if (!written_pods.empty() && !pods_have_range(design) && design.plugin() == "azure")
        return invalid("podCidr cannot be set with network plugin azure unless the plugin mode is overlay.",
                       "networkProfile.podCidr");
    auto const all = ranges_of(design);
    if (all.service->prefix() <= 12)
        return refuse(400, "ServiceCidrTooLarge",
                      "The service CIDR " + all.service->text() + " must be smaller than a /12.",
                      "networkProfile.serviceCidr");
    if (says(design.body, service_cidr) != says(design.body, dns_address))
        return invalid("serviceCidr and dnsServiceIP must be set together.", "networkProfile.dnsServiceIP");
    auto const written_dns = or_default(design.at(dns_address), "10.0.0.10");
    auto const dns = base::parse_ipv4(written_dns);
    if (!dns || !all.service->contains(*dns))
        return refuse(
            400, "DnsServiceIpOutOfServiceCidr",
            "The specified DNS service IP " + written_dns + " is outside the service CIDR " + all.service->text() + ".",
            "networkProfile.dnsServiceIP");
    if (*dns == all.service->first() || *dns == all.service->first() + 1 || *dns == all.service->last())
        return invalid("The DNS service IP " + written_dns +
                           " cannot be the network, the first or the last address of the service CIDR.",
                       "networkProfile.dnsServiceIP");
    for (auto const text_of : reserved) {
        auto const kept = *base::Cidr::parse(text_of);
        if (all.service->overlaps(kept))
            return refuse(
                400, "ReservedCidrNotAllowed",
                "The service CIDR " + all.service->text() + " overlaps with the reserved range " + kept.text() + ".",
                "networkProfile.serviceCidr");
        if (all.pods && all.pods->overlaps(kept))
            return refuse(400, "ReservedCidrNotAllowed",
                          "The pod CIDR " + all.pods->text() + " overlaps with the reserved range " + kept.text() + ".",
                          "networkProfile.podCidr");
    }
    if (all.pods) {
        if (all.pods->overlaps(*all.service))
            return refuse(
                400, "PodCidrOverlapServiceCidr",
                "The pod CIDR " + all.pods->text() + " overlaps with the service CIDR " + all.service->text() + ".",
                "networkProfile.podCidr");
        std::int64_t nodes = 0;
        for (auto const& pool : design.pools) nodes += addresses_needed(design.body, *pool.body).nodes;
        auto const blocks = all.pods->prefix() > 24 ? 0 : std::int64_t{1} << (24 - all.pods->prefix());
        if (blocks < nodes)
            return refuse(400, "InsufficientPodCidr",
                          "The pod CIDR " + all.pods->text() + " holds " + std::to_string(blocks) +
                              " nodes with a /24 each; the pools need " + std::to_string(nodes) + " with surge.",
                          "networkProfile.podCidr");
    }
    return {};
}

std::string network_of(std::string const& subnet_id) {
    auto const id = ResourceId::parse(subnet_id);
    auto const parent = id ? id->parent() : std::nullopt;
    return parent ? parent->text() : std::string();
}

Refusal subnets(Context& context, Design const& design) {
    auto nodes = design.node_subnets(), pods = design.pod_subnets();
    if (nodes.empty()) {
        if (!pods.empty()) return invalid("podSubnetID needs vnetSubnetID.", "agentPoolProfile.podSubnetID");
        return {};
    }
    for (auto const& pool : design.pools)
        if (text(*pool.body, "properties.vnetSubnetID").empty())
            return refuse(400, "AgentPoolSubnetMismatch",
                          "All agent pools of a cluster must be in the same virtual network; pool " + pool.name +
                              " names no subnet.",
                          "agentPoolProfile.vnetSubnetID");
    auto everything = nodes;
    everything.insert(everything.end(), pods.begin(), pods.end());
    auto const network_id = network_of(nodes.front());
    auto const all = ranges_of(design);
    for (auto const& id : everything) {
        if (!base::same_text(network_of(id), network_id))
            return refuse(
                400, "InvalidVnetSubnet",
                "All subnets of a cluster must be in one virtual network; " + id + " is not in " + network_id + ".",
                "agentPoolProfile.vnetSubnetID");
        auto const* subnet = context.find(id);
        if (!subnet)
            return refuse(404, "VnetSubnetNotFound", "The subnet " + id + " was not found.",
                          "agentPoolProfile.vnetSubnetID");
        auto const range = subnet_range(subnet->body);
        if (range && range->overlaps(*all.service))
            return refuse(400, "ServiceCidrOverlapExistingSubnetsCidr",
                          "The specified service CIDR " + all.service->text() +
                              " is conflicted with an existing subnet CIDR " + range->text() + ".",
                          "networkProfile.serviceCidr");
        if (range && all.pods && range->overlaps(*all.pods))
            return refuse(400, "PodCidrOverlapExistingSubnetsCidr",
                          "The specified pod CIDR " + all.pods->text() +
                              " is conflicted with an existing subnet CIDR " + range->text() + ".",
                          "networkProfile.podCidr");
    }
    auto const* network = context.find(network_id);
    if (!network) return {};
    if (resource::normal_location(text(network->body, "location")) != resource::normal_location(design.location()))
        return refuse(
            400, "VnetRegionMismatch",
            "Virtual network " + network_id + " is not in the region of the cluster, " + design.location() + ".",
            "agentPoolProfile.vnetSubnetID");
    for (auto const& space : address_space(network->body)) {
        if (space.overlaps(*all.service))
            return refuse(400, "ServiceCidrOverlapExistingSubnetsCidr",
                          "The specified service CIDR " + all.service->text() +
                              " is conflicted with the address space " + space.text() + " of the virtual network.",
                          "networkProfile.serviceCidr");
        for (auto const text_of : reserved)
            if (space.overlaps(*base::Cidr::parse(text_of)))
                return refuse(400, "ReservedCidrNotAllowed",
                              "The virtual network's range " + space.text() + " overlaps with the reserved range " +
                                  std::string(text_of) + ".",
                              "agentPoolProfile.vnetSubnetID");
    }
    // A node subnet belongs to machines; a pod subnet to AKS alone.
    for (auto const& id : nodes) {
        auto const* subnet = context.find(id);
        for (auto const& delegation : json::list_at(subnet->body, "properties.delegations"))
            return refuse(400, "SubnetIsDelegated",
                          "Subnet " + id + " is delegated to " + text(delegation, "properties.serviceName") +
                              " and cannot hold nodes.",
                          "agentPoolProfile.vnetSubnetID");
        constexpr std::string_view special[] = {"AzureFirewallSubnet", "GatewaySubnet", "AzureBastionSubnet",
                                                "RouteServerSubnet"};
        if (std::ranges::find(special, subnet->id.name()) != std::end(special))
            return refuse(400, "InvalidVnetSubnet", "Subnet " + id + " is reserved for another service of Azure.",
                          "agentPoolProfile.vnetSubnetID");
        if (std::ranges::any_of(pods, [&](auto const& pod) { return base::same_text(pod, id); }))
            return invalid("A subnet cannot be node and pod subnet at once: " + id + ".",
                           "agentPoolProfile.podSubnetID");
        if (design.plugin() != "kubenet") continue;
        for (auto const* user : context.users(subnet->id)) {
            auto const other = user->type == pool_type ? user->id.parent() : std::nullopt;
            if (other && *other != design.id)
                return refuse(400, "SubnetWithExternalResourcesCannotBeUsedByOtherResources",
                              "Subnet " + id + " is used by cluster " + other->text() +
                                  "; kubenet clusters cannot share a subnet.",
                              "agentPoolProfile.vnetSubnetID");
        }
    }
    for (auto const& id : pods) {
        auto const* subnet = context.find(id);
        for (auto const& delegation : json::list_at(subnet->body, "properties.delegations"))
            if (!base::same_text(text(delegation, "properties.serviceName"), cluster_type))
                return refuse(
                    400, "SubnetIsDelegated",
                    "Pod subnet " + id + " is delegated to " + text(delegation, "properties.serviceName") + ".",
                    "agentPoolProfile.podSubnetID");
    }
    return {};
}

/// What others hold of a subnet, this cluster's pools left out.
std::int64_t held_by_others(Context const& context, Design const& design, ResourceId const& subnet) {
    auto held = addresses_held(context, subnet);
    for (auto const& pool : design.pools)
        if (pool.existing) held -= addresses_of_pool(context, *pool.existing, subnet);
    return held;
}

Refusal room(Context& context, Design const& design) {
    auto everything = design.node_subnets();
    auto const pods = design.pod_subnets();
    everything.insert(everything.end(), pods.begin(), pods.end());
    for (auto const& id : everything) {
        auto const* subnet = context.find(id);
        auto const range = subnet ? subnet_range(subnet->body) : std::nullopt;
        if (!range) continue;
        std::int64_t needed = 0;
        std::string pools;
        for (auto const& pool : design.pools) {
            auto const addresses = addresses_needed(design.body, *pool.body);
            auto const here =
                (base::same_text(text(*pool.body, "properties.vnetSubnetID"), id) ? addresses.in_node_subnet : 0) +
                (base::same_text(text(*pool.body, "properties.podSubnetID"), id) ? addresses.in_pod_subnet : 0);
            if (here) pools += (pools.empty() ? "" : ", ") + pool.name + " " + std::to_string(here);
            needed += here;
        }
        auto const held = held_by_others(context, design, subnet->id);
        auto const free = static_cast<std::int64_t>(range->size()) - held;
        if (needed <= free) continue;
        // Azure words it by whether the subnet could ever hold the cluster.
        bool const too_small = needed > static_cast<std::int64_t>(range->size()) - kept_by_azure;
        return refuse(400, too_small ? "InsufficientSubnetSize" : "SubnetIsFull",
                      too_small ? "Pre-allocated IPs " + std::to_string(needed) + " exceeds IPs available " +
                                      std::to_string(free) + " in Subnet Cidr " + range->text() + ", Subnet Name " +
                                      std::string(subnet->id.name()) + " (" + pools +
                                      "). http://aka.ms/aks/insufficientsubnetsize"
                                : "Subnet " + std::string(subnet->id.name()) + " with address prefix " + range->text() +
                                      " does not have enough capacity for " + std::to_string(needed) +
                                      " IP addresses (" + pools + "); " + std::to_string(free) + " are free.",
                      "agentPoolProfile.vnetSubnetID");
    }
    return {};
}

constexpr std::string_view read_on = "2026-11-23";
constexpr Rule rules[] = {
    {"plugin, policy and dataplane fit each other", plugins,
     "MicrosoftDocs/azure-aks-docs azure-cni-powered-by-cilium, use-network-policies; terraform-provider-azurerm "
     "checks",
     read_on},
    {"ranges for services and pods", ranges,
     "SupportArticles-docs error-code-dnsserviceipoutofservicecidr; aks-docs azure-cni-overlay; changelog 2026-05-29",
     read_on},
    {"subnets may hold the cluster", subnets,
     "SupportArticles-docs error-code-servicecidroverlapexistingsubnetscidr, -subnetwithexternalresources…", read_on},
    {"subnets have room", room, "SupportArticles-docs error-code-insufficientsubnetsize, -subnetisfull", read_on},
};

}  // namespace

std::span<Rule const> network_rules() { return rules; }

}  // namespace holdfast::simulator::providers::containerservice
