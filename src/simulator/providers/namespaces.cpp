/// Namespaces that can be registered and that have no behaviour of their own here.
#include <array>

#include "simulator/providers/providers.hpp"

namespace holdfast::simulator::providers {
namespace {

// Their types answer by the core's plain row, as far as `shapes` knows them.
// Source: Azure documentation, azure-services-resource-providers (2026-11-23).
constexpr arm::Provider plain[] = {
    {.name = "Microsoft.AlertsManagement"},     {.name = "Microsoft.Advisor"},
    {.name = "Microsoft.Kubernetes"},           {.name = "Microsoft.KubernetesConfiguration"},
    {.name = "Microsoft.OperationsManagement"}, {.name = "Microsoft.PolicyInsights"},
    {.name = "Microsoft.ResourceGraph"},        {.name = "Microsoft.Storage"},
};

}  // namespace

std::span<arm::Provider const> plain_namespaces() { return plain; }

}  // namespace holdfast::simulator::providers
