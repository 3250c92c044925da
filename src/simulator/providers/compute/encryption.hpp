/// Disk encryption sets as their users see them.
#pragma once

#include "simulator/providers/rules.hpp"

namespace holdfast::simulator::providers::compute {

inline constexpr std::string_view encryption_set_type = "Microsoft.Compute/diskEncryptionSets";

/// Object id of the identity that a set reaches its key with: the user-assigned one, or its own; empty when not yet
/// there.
std::string identity_of(Context const&, Stored const& set);

/// What keeps a set from encrypting a disk now: vault or key gone, disabled, unprotected, or no effective permission.
Refusal cannot_encrypt(Context const&, Stored const& set);

}  // namespace holdfast::simulator::providers::compute
