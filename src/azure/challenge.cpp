// What a 401 asks for. The header is a server's: bounded, and believed only about the host that was asked.
#include "azure/azure.hpp"
#include "azure/url.hpp"

namespace holdfast::azure {

namespace {

/// "https://login.windows.net/72f9…" -> the tenant; only what may be one.
std::string tenant_in(std::string_view authority) {
    auto path = path_of(authority);
    while (path.starts_with('/')) path.remove_prefix(1);
    auto const tenant = path.substr(0, path.find('/'));
    for (char const c : tenant)
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.'))
            return {};
    return tenant.size() > 64 ? std::string{} : std::string(tenant);
}

/// "https://kv.vault.azure.net:443" lies under "https://vault.azure.net:443".
bool belongs_to(std::string_view url, std::string_view audience) {
    auto const host = origin_of(url), owner = origin_of(audience);
    if (!host || !owner) return false;
    if (*host == *owner) return true;
    constexpr std::string_view scheme = "https://";
    if (!host->starts_with(scheme) || !owner->starts_with(scheme)) return false;
    return host->ends_with("." + owner->substr(scheme.size()));
}

}  // namespace

std::optional<Challenge> challenge_of(Response const& response, std::string_view url) {
    if (response.status != 401) return std::nullopt;
    Challenge challenge;
    challenge.claims = credentials::claims_wanted(response.headers);
    auto const take = [](std::string& into, credentials::Challenge const& from, std::string_view name) {
        if (auto const found = from.find(name); found && into.empty()) into = *found;
    };
    std::string authority;
    for (auto const& header : response.headers) {
        if (!base::same_text(header.name, "WWW-Authenticate")) continue;
        for (auto const& one : credentials::challenges(header.value)) {
            if (!base::same_text(one.scheme, "Bearer")) continue;
            for (auto const* name : {"authorization_uri", "authorization"}) take(authority, one, name);
            for (auto const* name : {"resource", "resource_id"}) take(challenge.audience, one, name);
        }
    }
    challenge.tenant = tenant_in(authority);
    if (!belongs_to(url, challenge.audience)) challenge.audience.clear();
    if (challenge.tenant.empty() && challenge.audience.empty() && challenge.claims.empty()) return std::nullopt;
    return challenge;
}

}  // namespace holdfast::azure
