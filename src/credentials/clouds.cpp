#include <algorithm>
#include <array>

#include "credentials/tokens.hpp"

namespace holdfast::credentials {

/// Hosts of the clouds Microsoft runs, and of the embedded simulated one.
/// Source: Microsoft documentation of the national clouds and the endpoint profiles of azure-cli, 2026-11-23.
static std::array<Cloud, 4> const& clouds() {
    static std::array<Cloud, 4> const known{{
        {"public", "https://management.azure.com", "https://login.microsoftonline.com", "https://management.azure.com",
         "https://graph.microsoft.com", ".vault.azure.net", "https://vault.azure.net", ".azurecr.io"},
        {"usgov", "https://management.usgovcloudapi.net", "https://login.microsoftonline.us",
         "https://management.usgovcloudapi.net", "https://graph.microsoft.us", ".vault.usgovcloudapi.net",
         "https://vault.usgovcloudapi.net", ".azurecr.us"},
        {"china", "https://management.chinacloudapi.cn", "https://login.chinacloudapi.cn",
         "https://management.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn", ".vault.azure.cn",
         "https://vault.azure.cn", ".azurecr.cn"},
        {"simulated", "https://management.azsim.test", "https://login.azsim.test", "https://management.azsim.test",
         "https://graph.azsim.test", ".vault.azsim.test", "https://vault.azsim.test", ".azurecr.azsim.test"},
    }};
    return known;
}

Cloud const* find_cloud(std::string_view name) {
    auto const found = std::find_if(clouds().begin(), clouds().end(),
                                    [name](Cloud const& cloud) { return base::same_text(cloud.name, name); });
    return found == clouds().end() ? nullptr : &*found;
}

namespace {

std::string without_slash(std::string text) {
    while (text.ends_with('/')) text.pop_back();
    return text;
}

std::string text_or(json::Value const& value, json::Path const& at, std::string fallback) {
    auto const text = json::text_at(value, at);
    return text && !text->empty() ? std::string(*text) : std::move(fallback);
}

std::string dotted(std::string suffix) { return suffix.empty() || suffix.starts_with('.') ? suffix : "." + suffix; }

auto const loopback = base::Cidr::of(0x7f000000, 8), link_local = base::Cidr::of(0xa9fe0000, 16);

struct Place {
    bool tls;
    std::string host;
};
/// Nothing for what parsers disagree on: user names, control characters, spaces, backslashes.
std::optional<Place> place_of(std::string_view url) {
    Place place{base::starts_with_text(url, "https://"), {}};
    if (!place.tls && !base::starts_with_text(url, "http://")) return std::nullopt;
    auto authority = url.substr(place.tls ? 8 : 7);
    authority = authority.substr(0, authority.find_first_of("/?#"));
    if (std::ranges::any_of(authority, [](char c) { return c <= ' ' || c > '~' || c == '@' || c == '\\'; }))
        return std::nullopt;
    auto const end = authority.starts_with('[') ? authority.find(']') + 1 : authority.find(':');
    place.host = base::lower(authority.substr(0, end));
    return place.host.empty() ? std::nullopt : std::optional(std::move(place));
}

}  // namespace

bool may_carry_secrets(std::string_view url) {
    auto const place = place_of(url);
    if (!place || place->tls) return place.has_value();
    auto const address = base::parse_ipv4(place->host);
    return place->host == "localhost" || place->host == "[::1]" || (address && loopback.contains(*address));
}

bool stays_on_this_host(std::string_view url) {
    if (may_carry_secrets(url)) return true;
    auto const place = place_of(url);
    auto const address = place ? base::parse_ipv4(place->host) : base::parse_ipv4("");
    return address && link_local.contains(*address);
}

Task<Result<Cloud>> discover_cloud(std::string arm, std::string authority, world::World& world) {
    using base::ErrorCode;
    arm = without_slash(std::move(arm));
    base::Call const call{"GET", arm + "/metadata/endpoints"};
    if (!may_carry_secrets(arm))
        co_return base::fail(ErrorCode::usage, "the endpoint must begin with https://",
                             "write --arm-endpoint https://HOST", call);
    MakeRequest const make = [&]() -> Result<world::Request> {
        world::Request request;
        request.method = "GET";
        request.url = arm + "/metadata/endpoints?api-version=2022-09-01";
        request.headers.push_back({"Accept", "application/json"});
        request.timeout = base::Duration{30'000};
        request.max_answer_bytes = largest_answer;
        return request;
    };
    auto response = co_await send_until_answered(make, &world);
    if (!response) {
        auto error = response.error();
        error.where = call;
        co_return base::fail(std::move(error));
    }
    auto parsed = json::parse(response->body, answer_limits);
    json::Value described;
    if (parsed) {
        auto const* list = parsed->if_array();  // older servers list their clouds
        described = list != nullptr && !list->empty() ? list->front() : *parsed;
    }
    if (response->status != 200 || !described.is_object())
        co_return base::fail(ErrorCode::answer_malformed,
                             "the endpoint does not describe its cloud (HTTP " + std::to_string(response->status) + ")",
                             "is this a Resource Manager endpoint?", call);
    Cloud cloud;
    cloud.name = "custom";
    cloud.arm = arm;
    cloud.authority = without_slash(authority.empty() ? text_or(described, "authentication.loginEndpoint", {})
                                                      : std::move(authority));
    auto const& audiences = json::list_at(described, "authentication.audiences");
    cloud.arm_audience = arm;
    if (!audiences.empty() && audiences.front().is_string())
        cloud.arm_audience = without_slash(std::string(audiences.front().get_string()));
    cloud.graph = without_slash(text_or(described, "microsoftGraphResourceId", text_or(described, "graph", {})));
    cloud.vault_suffix = dotted(text_or(described, "suffixes.keyVaultDns", {}));
    cloud.registry_suffix = dotted(text_or(described, "suffixes.acrLoginServer", {}));
    if (!cloud.vault_suffix.empty()) cloud.vault_audience = "https://" + cloud.vault_suffix.substr(1);
    if (!may_carry_secrets(cloud.authority))
        co_return base::fail(ErrorCode::answer_malformed, "the endpoint names no usable sign-in host",
                             "give it with --authority https://HOST", call);
    co_return cloud;
}

}  // namespace holdfast::credentials
