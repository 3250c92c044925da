/// Vaults and keys as others see them: found by key URL, used through a role or an access policy.
#pragma once

#include "simulator/providers/rules.hpp"

namespace holdfast::simulator::providers::keyvault {

inline constexpr std::string_view vault_type = "Microsoft.KeyVault/vaults";
inline constexpr std::string_view key_type = "Microsoft.KeyVault/vaults/keys";

/// "https://{vault}.{suffix}/keys/{key}[/{version}]".
struct KeyUrl {
    std::string vault, key, version;
};
std::optional<KeyUrl> parse_key_url(std::string_view);

Stored const* find_vault(Context const&, std::string_view name);
/// The key a URL names; null when vault or key is not there.
Stored const* find_key(Context const&, KeyUrl const&);
bool has_version(Stored const& key, std::string_view version);
std::string newest_version(Stored const& key);
bool enabled(Context const&, Stored const& key);

/// Whether the principal may do all of these with the key, now: data actions under RBAC ("wrap", "unwrap", "read",
/// "encrypt", "decrypt"), or the vault's access policies.
bool may_use(Context const&, std::string_view principal, Stored const& vault, Stored const& key,
             std::initializer_list<std::string_view> acts);

}  // namespace holdfast::simulator::providers::keyvault
