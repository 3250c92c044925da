#include "network/picture.hpp"

#include <algorithm>
#include <charconv>

namespace holdfast::network {
namespace {

using resource::Graph;
using resource::Resource;

// Azure's defaults where nothing is said. MicrosoftDocs/azure-aks-docs concepts-network-ip-address-planning.md,
// 2026-11.
constexpr std::string_view default_service_cidr = "10.0.0.0/16";
constexpr std::string_view default_dns_service_ip = "10.0.0.10";
constexpr std::string_view default_pod_cidr = "10.244.0.0/16";
constexpr std::string_view default_surge = "10%";

struct ModeRow {
    Mode mode;
    std::int64_t default_max_pods;
    bool pods_have_own_range;  ///< podCidr means something
};
constexpr ModeRow mode_rows[] = {
    {Mode::overlay, 250, true},     {Mode::kubenet, 110, true}, {Mode::node_subnet, 30, false},
    {Mode::pod_subnet, 110, false}, {Mode::none, 250, false},   {Mode::unknown, 250, false},
};
ModeRow const& row_of(Mode mode) { return *std::ranges::find(mode_rows, mode, &ModeRow::mode); }

Mode mode_of(Resource const& cluster, std::vector<Pool> const& pools) {
    auto const plugin = resource::read_text(cluster, at::plugin);
    if (!plugin) return Mode::unknown;
    if (base::same_text(*plugin, "kubenet")) return Mode::kubenet;
    if (base::same_text(*plugin, "none")) return Mode::none;
    if (!base::same_text(*plugin, "azure")) return Mode::unknown;
    auto const plugin_mode = resource::read_text(cluster, at::plugin_mode);
    if (plugin_mode && base::same_text(*plugin_mode, "overlay")) return Mode::overlay;
    return std::ranges::any_of(pools, &Pool::names_pod_subnet) ? Mode::pod_subnet : Mode::node_subnet;
}

Pool pool_of(Graph const& graph, Resource const& resource) {
    Pool pool{.resource = &resource, .name = name_of(resource)};
    pool.names_subnet = resource::read_text(resource, at::pool_subnet).has_value();
    pool.names_pod_subnet = resource::read_text(resource, at::pool_pod_subnet).has_value();
    pool.subnet = resource::read_target(graph, resource, at::pool_subnet);
    pool.pod_subnet = resource::read_target(graph, resource, at::pool_pod_subnet);
    pool.static_blocks = base::same_text(resource::read_text(resource, at::pool_pod_mode).value_or(""), "StaticBlock");
    pool.system = base::same_text(resource::read_text(resource, at::pool_mode).value_or(""), "System");
    bool const autoscaling = resource::read_truth(resource, at::pool_autoscale).value_or(false);
    // Bounded, so that a hostile count cannot overflow the sums; Azure's own limits lie far below.
    pool.nodes = resource::read_whole(resource, autoscaling ? at::pool_max_count : at::pool_count);
    if (pool.nodes) pool.nodes = std::clamp<std::int64_t>(*pool.nodes, 0, 1'000'000);
    auto const surge = resource::read_text(resource, at::pool_surge).value_or(std::string(default_surge));
    auto const unavailable = resource::read_text(resource, at::pool_unavailable).value_or("0");
    pool.surge = surge_of(surge, unavailable != "0" && unavailable != "0%", pool.nodes.value_or(0));
    pool.max_pods = std::clamp<std::int64_t>(resource::read_whole(resource, at::pool_max_pods).value_or(0), 0, 10'000);
    return pool;
}

}  // namespace

std::string name_of(Resource const& resource) {
    return resource.id ? std::string(resource.id->name()) : resource.address;
}

std::vector<std::string> ranges_of(Resource const& subnet) {
    if (auto const one = resource::read_text(subnet, at::subnet_range)) return {*one};
    return resource::read_texts(subnet, at::subnet_ranges);
}

std::int64_t surge_of(std::string_view max_surge, bool may_be_unavailable, std::int64_t nodes) {
    if (may_be_unavailable) return 0;
    bool const percent = max_surge.ends_with('%');
    if (percent) max_surge.remove_suffix(1);
    std::int64_t number = 0;
    auto const parsed = std::from_chars(max_surge.data(), max_surge.data() + max_surge.size(), number);
    if (parsed.ec != std::errc() || number < 0 || number > 100'000) return surge_of(default_surge, false, nodes);
    return percent ? (number * nodes + 99) / 100 : number;
}

std::vector<Picture> pictures(Graph const& graph) {
    std::vector<Picture> all;
    for (auto const* cluster : graph.of_type(type::cluster)) {
        if (resource::unreadable(graph, *cluster)) continue;
        Picture picture{.cluster = cluster};
        for (auto const* pool : graph.children(cluster->address))
            if (base::same_text(pool->type, type::pool)) picture.pools.push_back(pool_of(graph, *pool));
        picture.mode = mode_of(*cluster, picture.pools);
        for (auto& pool : picture.pools)
            if (pool.max_pods == 0) pool.max_pods = row_of(picture.mode).default_max_pods;
        picture.api_subnet = resource::read_target(graph, *cluster, at::api_subnet);

        std::map<resource::Address, Resource const*> networks;
        auto const belongs = [&](Resource const* subnet) {
            if (!subnet || !subnet->parent) return;
            if (auto const* parent = graph.find(*subnet->parent)) networks.emplace(parent->address, parent);
        };
        for (auto const& pool : picture.pools) {
            belongs(pool.subnet);
            belongs(pool.pod_subnet);
        }
        belongs(picture.api_subnet);
        for (auto const& [address, network] : networks) picture.networks.push_back(network);

        auto const service = resource::read_text(*cluster, at::service_cidr);
        auto const dns = resource::read_text(*cluster, at::dns_service_ip);
        auto const pods = resource::read_text(*cluster, at::pod_cidr);
        picture.service_said = service.has_value();
        picture.dns_said = dns.has_value();
        picture.pod_said = pods.has_value();
        picture.service_cidr = service.value_or(std::string(default_service_cidr));
        picture.dns_service_ip = dns.value_or(service ? "" : std::string(default_dns_service_ip));
        if (row_of(picture.mode).pods_have_own_range || pods)
            picture.pod_cidr = pods.value_or(std::string(default_pod_cidr));
        all.push_back(std::move(picture));
    }
    return all;
}

}  // namespace holdfast::network
