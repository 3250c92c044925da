/// vault: the data plane of key vaults, as far as keys are made, read, rotated and deleted.
///
/// The keys are the ones Resource Manager shows under the vault; this face adds versions. No key material exists:
/// nothing is wrapped, signed or decrypted here.
#pragma once

#include "simulator/core.hpp"

namespace holdfast::simulator::vault {

world::Response answer(Core&, Asked const&, CloudHosts const&);

}  // namespace holdfast::simulator::vault
