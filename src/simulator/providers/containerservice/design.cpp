#include "simulator/providers/containerservice/design.hpp"

#include <algorithm>

namespace holdfast::simulator::providers::containerservice {
namespace {
std::vector<std::string> subnets_at(std::vector<Pool> const& pools, json::Place path) {
    std::vector<std::string> out;
    for (auto const& pool : pools) {
        auto const id = text(*pool.body, path);
        if (id.empty() || std::ranges::any_of(out, [&](auto const& known) { return base::same_text(known, id); }))
            continue;
        out.push_back(id);
    }
    return out;
}
}  // namespace

bool Design::any_windows() const { return std::ranges::any_of(pools, &Pool::windows); }
std::vector<std::string> Design::node_subnets() const { return subnets_at(pools, "properties.vnetSubnetID"); }
std::vector<std::string> Design::pod_subnets() const { return subnets_at(pools, "properties.podSubnetID"); }

std::string Design::identity(Context const& context) const {
    if (service_principal()) {
        auto const* principal = context.principal(client_id());
        return principal ? principal->object_id : std::string();
    }
    auto const assigned = arm::texts_at(body, "identity.userAssignedIdentities{}");
    auto const* identity = assigned.empty() ? nullptr : context.find(assigned.front());
    return identity ? text(identity->body, "properties.principalId") : text(body, "identity.principalId");
}

std::string Design::client_id() const {
    auto const said = at("properties.servicePrincipalProfile.clientId");
    return said.empty() && existing ? text(existing->body, "properties.servicePrincipalProfile.clientId") : said;
}

bool Design::service_principal() const {
    auto const client = client_id();
    auto const identity_type = at("identity.type");
    // A cluster that moves to a managed identity leaves its old principal in the body: az update
    // --enable-managed-identity.
    if (existing && !identity_type.empty() && !base::same_text(identity_type, "None")) return false;
    return !client.empty() && !base::same_text(client, "msi");
}

std::string Design::outbound() const {
    auto const said = at("properties.networkProfile.outboundType");
    return said.empty() ? "loadBalancer" : said;
}

std::string Design::plugin() const {
    auto const said = at("properties.networkProfile.networkPlugin");
    return said.empty() ? "kubenet" : base::lower(said);
}

Refusal judge(Context& context, Design const& design) {
    for (auto const rules : {version_rules(), pool_rules(), room_rules(), network_rules(), egress_rules(),
                             security_rules(), access_rules()})
        for (auto const& rule : rules)
            if (auto no = rule.judge(context, design)) return no;
    return {};
}

ArmError refuse(int status, std::string_view code, std::string message, std::string target) {
    return arm::error(status, code, std::move(message), std::move(target));
}
ArmError invalid(std::string message, std::string target) {
    return refuse(400, "InvalidParameter", std::move(message), std::move(target));
}

}  // namespace holdfast::simulator::providers::containerservice
