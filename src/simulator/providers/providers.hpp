/// providers: every namespace the simulated Azure has.
#pragma once

#include "simulator/arm/provider.hpp"

namespace holdfast::simulator::providers {

arm::Provider const& microsoft_network();
arm::Provider const& microsoft_compute();
arm::Provider const& microsoft_keyvault();
arm::Provider const& microsoft_managedidentity();
arm::Provider const& microsoft_containerservice();
arm::Provider const& microsoft_operationalinsights();
arm::Provider const& microsoft_containerregistry();
arm::Provider const& microsoft_insights();
arm::Provider const& microsoft_monitor();
arm::Provider const& microsoft_security();
arm::Provider const& simulated_azure();  ///< circumstances of a world
/// Namespaces without types of their own.
std::span<arm::Provider const> plain_namespaces();

}  // namespace holdfast::simulator::providers
