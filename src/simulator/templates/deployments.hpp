/// deployments: Microsoft.Resources/deployments and deployment stacks: templates carried out, resource by resource,
/// through the same door as everybody's requests and as the caller of the deployment.
#pragma once

#include "simulator/arm/requests.hpp"
#include "simulator/templates/template.hpp"

namespace holdfast::simulator::templates {

inline constexpr std::string_view deployments_type = "Microsoft.Resources/deployments";
inline constexpr std::string_view stacks_type = "Microsoft.Resources/deploymentStacks";

arm::ResourceBehaviour const& deployment_behaviour();
arm::ResourceBehaviour const& stack_behaviour();
std::span<arm::Route const> deployment_routes();
std::span<arm::Scheduled const> deployment_functions();

// ------------------------------------------------------------------------------------------------ for what is built on
// it

/// The group (or subscription) a deployment is made to.
Surroundings surroundings_of(arm::Work&, ResourceId const& deployment, json::Value const& body, std::string seed);

/// What an unreachable template would be refused for: structure first, then every resource that can be judged already.
/// Nothing: it may go.
std::optional<arm::ArmError> check(arm::Work&, ResourceId const& deployment, json::Value const& body);

/// Begins a deployment anew: keeps its template aside and shows what is known at once.
void begin(arm::Work&, Stored&);
/// One step: whatever can be sent is sent. Done when everything stands; an error when something failed and nothing is
/// under way any more.
arm::Outcome step(arm::Work&, Stored&);
/// Ids of what the deployment has made, in the order of the template.
std::vector<std::string> made(Stored const&);

/// What a deployment would change: what-if's answer.
json::Value what_if(arm::Work&, ResourceId const& deployment, json::Value const& body);

}  // namespace holdfast::simulator::templates
