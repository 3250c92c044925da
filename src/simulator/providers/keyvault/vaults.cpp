#include "simulator/providers/keyvault/vaults.hpp"

#include <algorithm>

namespace holdfast::simulator::providers::keyvault {

std::optional<KeyUrl> parse_key_url(std::string_view url) {
    if (!base::starts_with_text(url, "https://")) return {};
    url.remove_prefix(8);
    auto const parts = base::split(url, '/');
    if (parts.size() < 3 || parts.size() > 4 || !base::same_text(parts[1], "keys") || parts[2].empty()) return {};
    auto host = parts[0];
    if (auto const colon = host.find(':'); colon != std::string::npos) host.resize(colon);
    auto const dot = host.find('.');
    if (dot == std::string::npos || !base::same_text(std::string_view(host).substr(dot + 1), vault_suffix)) return {};
    return KeyUrl{base::lower(host.substr(0, dot)), parts[2], parts.size() == 4 ? parts[3] : std::string()};
}

Stored const* find_vault(Context const& context, std::string_view name) {
    for (auto const* vault : context.of_type(vault_type))
        if (base::same_text(vault->id.name(), name)) return vault;
    return nullptr;
}

Stored const* find_key(Context const& context, KeyUrl const& url) {
    auto const* vault = find_vault(context, url.vault);
    return vault ? context.find(vault->id.text() + "/keys/" + url.key) : nullptr;
}

bool has_version(Stored const& key, std::string_view version) {
    return std::ranges::any_of(json::list_at(key.hidden, "versions"),
                               [&](auto const& one) { return text(one, "version") == version; });
}

std::string newest_version(Stored const& key) {
    auto const& versions = json::list_at(key.hidden, "versions");
    return versions.empty() ? std::string() : text(versions.back(), "version");
}

bool enabled(Context const& context, Stored const& key) {
    if (!truth(key.body, "properties.attributes.enabled", true)) return false;
    auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(context.now().time_since_epoch()).count();
    auto const expires = json::whole_at(key.body, "properties.attributes.exp");
    auto const starts = json::whole_at(key.body, "properties.attributes.nbf");
    return (!expires || *expires > seconds) && (!starts || *starts <= seconds);
}

bool may_use(Context const& context, std::string_view principal, Stored const& vault, Stored const& key,
             std::initializer_list<std::string_view> acts) {
    if (principal.empty()) return false;
    if (truth(vault.body, "properties.enableRbacAuthorization")) {
        return std::ranges::all_of(acts, [&](std::string_view act) {
            auto const action = act == "read" ? "Microsoft.KeyVault/vaults/keys/read"
                                              : "Microsoft.KeyVault/vaults/keys/" + std::string(act) + "/action";
            return context.permits_data(principal, action, key.id);
        });
    }
    // Access policies call the same acts get, wrapKey, unwrapKey.
    auto const policy_word = [](std::string_view act) {
        return act == "read"     ? std::string("get")
               : act == "wrap"   ? "wrapKey"
               : act == "unwrap" ? "unwrapKey"
                                 : std::string(act);
    };
    for (auto const& policy : json::list_at(vault.body, "properties.accessPolicies")) {
        if (!base::same_text(text(policy, "objectId"), principal)) continue;
        auto const granted = strings(policy, "permissions.keys");
        auto const has = [&](std::string_view word) {
            return std::ranges::any_of(
                granted, [&](auto const& one) { return base::same_text(one, word) || base::same_text(one, "all"); });
        };
        if (std::ranges::all_of(acts, [&](auto act) { return has(policy_word(act)); })) return true;
    }
    return false;
}

}  // namespace holdfast::simulator::providers::keyvault
