#include "simulator/providers/compute/encryption.hpp"

#include "simulator/providers/keyvault/vaults.hpp"

namespace holdfast::simulator::providers::compute {

std::string identity_of(Context const& context, Stored const& set) {
    auto const assigned = arm::texts_at(set.body, "identity.userAssignedIdentities{}");
    if (assigned.empty()) return text(set.body, "identity.principalId");
    auto const* identity = context.find(assigned.front());
    return identity ? text(identity->body, "properties.principalId") : std::string();
}

Refusal cannot_encrypt(Context const& context, Stored const& set) {
    auto const written = text(set.body, "properties.activeKey.keyUrl");
    auto const url = keyvault::parse_key_url(written);
    if (!url)
        return arm::error(400, "InvalidParameter", "The key URL '" + written + "' is not a Key Vault key.",
                          "activeKey.keyUrl");
    auto const* vault = keyvault::find_vault(context, url->vault);
    if (!vault)
        return arm::error(404, "KeyVaultNotFound",
                          "Key vault '" + url->vault + "' of key " + written + " was not found.");
    if (!truth(vault->body, "properties.enablePurgeProtection"))
        return arm::error(
            400, "KeyVaultPurgeProtectionNotEnabled",
            "Key vault '" + url->vault +
                "' must have soft delete and purge protection enabled to be used with disk encryption set '" +
                std::string(set.id.name()) + "'.");
    auto const* key = keyvault::find_key(context, *url);
    if (!key || (!url->version.empty() && !keyvault::has_version(*key, url->version)))
        return arm::error(404, "KeyVaultKeyNotFound", "Key '" + written + "' was not found.");
    if (!keyvault::enabled(context, *key))
        return arm::error(400, "KeyVaultKeyDisabled",
                          "Key '" + written + "' is disabled or not in its period of validity.");
    auto const identity = identity_of(context, set);
    if (!keyvault::may_use(context, identity, *vault, *key, {"read", "wrap", "unwrap"}))
        return arm::error(403, "KeyVaultAccessForbidden",
                          "Unable to access key vault resource '" + written +
                              "' to enable encryption at rest. Please grant get, wrap and unwrap "
                              "key permissions to disk encryption set '" +
                              std::string(set.id.name()) + "'.");
    return {};
}

}  // namespace holdfast::simulator::providers::compute
