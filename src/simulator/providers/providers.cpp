#include "simulator/providers/providers.hpp"

namespace holdfast::simulator::arm {

std::span<Provider const* const> providers() {
    using namespace holdfast::simulator::providers;
    static std::vector<Provider const*> const all = [] {
        std::vector<Provider const*> list{
            &microsoft_compute(),  &microsoft_containerregistry(), &microsoft_containerservice(),
            &microsoft_insights(), &microsoft_keyvault(),          &microsoft_managedidentity(),
            &microsoft_monitor(),  &microsoft_network(),           &microsoft_operationalinsights(),
            &microsoft_security(), &simulated_azure(),
        };
        for (auto const& plain : plain_namespaces()) list.push_back(&plain);
        return list;
    }();
    return all;
}

}  // namespace holdfast::simulator::arm
