/// Microsoft.Network: ranges that fit, references that stand, one write a network at a time.
#pragma once

#include "simulator/providers/rules.hpp"

namespace holdfast::simulator::providers::network {

/// A network's PUT that does not speak of subnets keeps them since then: Azure/bicep-types-az issue 1687, comments of
/// 2024-03-19 to 2024-06-21.
inline constexpr std::string_view subnets_kept_since = "2023-11-01";

// The hooks of the types, grouped by file.
Refusal validate_network(Context&, Write const&);
void accepted_network(Context&, Stored&, Stored const* before);
extern arm::Action const network_actions[1];
Refusal validate_subnet(Context&, Write const&);
void accepted_subnet(Context&, Stored&, Stored const* before);
arm::Outcome complete_subnet(Context&, Stored&);
Refusal validate_peering(Context&, Write const&);
void accepted_peering(Context&, Stored&, Stored const* before);
arm::Outcome complete_peering(Context&, Stored&);
void deleted_peering(Context&, Stored const&, std::span<Stored const>);

void accepted_security_group(Context&, Stored&, Stored const* before);
void view_security_group(Context const&, Stored const&, json::Value&);
Refusal validate_security_group(Context&, Write const&);
Refusal validate_security_rule(Context&, Write const&);
void accepted_security_rule(Context&, Stored&, Stored const* before);

Refusal validate_route_table(Context&, Write const&);
Refusal validate_route(Context&, Write const&);
void accepted_route_table(Context&, Stored&, Stored const* before);
void accepted_route(Context&, Stored&, Stored const* before);
void view_subnets_of(Context const&, Stored const&, json::Value&);

Refusal validate_public_address(Context&, Write const&);
void accepted_public_address(Context&, Stored&, Stored const* before);
arm::Outcome complete_public_address(Context&, Stored&);
void view_public_address(Context const&, Stored const&, json::Value&);
Refusal validate_nat_gateway(Context&, Write const&);
void accepted_nat_gateway(Context&, Stored&, Stored const* before);

Refusal validate_firewall(Context&, Write const&);
void accepted_firewall(Context&, Stored&, Stored const* before);
arm::Outcome complete_firewall(Context&, Stored&);
Refusal validate_firewall_policy(Context&, Write const&);
void accepted_firewall_policy(Context&, Stored&, Stored const* before);
void view_firewall_policy(Context const&, Stored const&, json::Value&);
Refusal validate_rule_group(Context&, Write const&);
void accepted_rule_group(Context&, Stored&, Stored const* before);

Refusal validate_zone(Context&, Write const&);
void accepted_zone(Context&, Stored&, Stored const* before);
void view_zone(Context const&, Stored const&, json::Value&);
Refusal refuse_linked_zone(Context&, Stored const&);
Refusal validate_zone_link(Context&, Write const&);
void accepted_zone_link(Context&, Stored&, Stored const* before);
arm::Outcome complete_zone_link(Context&, Stored&);

Refusal validate_private_endpoint(Context&, Write const&);
void accepted_private_endpoint(Context&, Stored&, Stored const* before);
arm::Outcome complete_private_endpoint(Context&, Stored&);
Refusal validate_zone_group(Context&, Write const&);

/// "a GUID that belongs to this resource", kept from before.
void fill_resource_guid(Context&, Stored&, Stored const* before);
/// Two things that must share a region.
Refusal same_region(Context const&, std::string_view of, std::string const& location, ResourceId const& id);

}  // namespace holdfast::simulator::providers::network
