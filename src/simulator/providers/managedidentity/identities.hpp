/// Identities that Azure makes by itself have principals too: AKS's kubelet and add-on identities.
#pragma once

#include "simulator/providers/rules.hpp"

namespace holdfast::simulator::providers::managedidentity {

/// A principal in Entra for this identity; fills tenantId, principalId and clientId.
void give_principal(Context&, Stored& identity);

}  // namespace holdfast::simulator::providers::managedidentity
