#include "simulator/providers/providers.hpp"

namespace holdfast::simulator::arm {

std::span<Provider const* const> providers() {
    using namespace holdfast::simulator::providers;
    static Provider const* const all[] = {
        &microsoft_compute(),          &microsoft_containerregistry(),
        &microsoft_containerservice(), &microsoft_insights(),
        &microsoft_keyvault(),         &microsoft_managedidentity(),
        &microsoft_network(),          &microsoft_operationalinsights(),
        &microsoft_security(),
    };
    return all;
}

}  // namespace holdfast::simulator::arm
