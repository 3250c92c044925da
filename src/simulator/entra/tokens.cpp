#include "simulator/entra/tokens.hpp"

namespace holdfast::simulator::entra {
namespace {

constexpr Duration clock_skew{300'000};  // not-before only: an expired token is expired

std::string without_slashes(std::string_view text) {
    while (text.ends_with('/')) text.remove_suffix(1);
    return base::lower(text);
}

struct Known {
    std::string_view audience;
    Audience service;
};
// Entra's resource identifiers of the services. A trailing slash counts only for vaults.
constexpr Known audiences[] = {
    {"https://management.azure.com", Audience::management},
    {"https://management.core.windows.net", Audience::management},
    {"https://management.usgovcloudapi.net", Audience::management},
    {"https://management.core.usgovcloudapi.net", Audience::management},
    {"https://management.chinacloudapi.cn", Audience::management},
    {"https://management.core.chinacloudapi.cn", Audience::management},
    {"https://management.azsim.test", Audience::management},
    {"https://graph.microsoft.com", Audience::graph},
    {"https://graph.microsoft.us", Audience::graph},
    {"https://microsoftgraph.chinacloudapi.cn", Audience::graph},
    {"https://graph.azsim.test", Audience::graph},
};

bool accepted(std::string const& audience, Audience service, Asked const& asked) {
    if (service == Audience::vault) {
        auto const dot = asked.host.find('.');
        auto const suffix = dot == std::string::npos ? asked.host : asked.host.substr(dot + 1);
        return audience == "https://" + suffix;
    }
    auto const plain = without_slashes(audience);
    for (auto const& known : audiences) {
        if (known.service == service && known.audience == plain) return true;
    }
    return plain == without_slashes(asked.origin);
}

}  // namespace

std::string login_origin(Asked const& asked) {
    auto const face = face_of(asked.host);
    return face ? "https://" + std::string(face->second->login) : asked.origin;
}

std::string authority_for(Core const& core, Asked const& asked) {
    return login_origin(asked) + "/" + core.options.owner.tenant;
}

std::string sign(Core const& core, json::Object claims) {
    auto const& key = core.signer.published().key_id;
    json::Object const header{{"typ", "JWT"}, {"alg", "RS256"}, {"kid", key}, {"x5t", key}};
    auto const bytes =
        base::base64url(json::write(header)) + "." + base::base64url(json::write(json::Value(std::move(claims))));
    return bytes + "." + base::base64url(core.signer.sign(bytes));
}

std::string issue(Core& core, Principal const& principal, std::string_view audience, Duration lifetime, Issued issued) {
    core.store.keep_now();
    auto const now = std::chrono::duration_cast<std::chrono::seconds>(core.store.now().time_since_epoch()).count();
    auto const until = now + std::chrono::duration_cast<std::chrono::seconds>(lifetime).count();
    auto const& tenant = core.options.owner.tenant;
    bool const user = principal.kind == "User";
    json::Object claims{{"aud", audience},
                        {"iss", "https://sts.windows.net/" + tenant + "/"},
                        {"iat", now},
                        {"nbf", now},
                        {"exp", until},
                        {"appid", user ? issued.client_id : principal.client_id},
                        {"appidacr", user ? "0" : "1"},
                        {"idp", "https://sts.windows.net/" + tenant + "/"},
                        {"idtyp", user ? "user" : "app"},
                        {"oid", principal.object_id},
                        {"sub", principal.object_id},
                        {"tid", tenant},
                        {"ver", "1.0"}};
    if (user) {
        claims["name"] = principal.name;
        claims["upn"] = claims["unique_name"] = principal.client_id;
        claims["scp"] = "user_impersonation";
        claims["amr"] = json::Array{"pwd"};
        json::Array groups;
        for (auto const& holder : core.store.holders_of(principal.object_id)) {
            if (!base::same_text(holder, principal.object_id)) groups.emplace_back(holder);
        }
        if (!groups.empty()) claims["groups"] = std::move(groups);
    }
    if (!principal.resource.empty()) claims["xms_mirid"] = principal.resource;
    if (issued.capable) claims["xms_cc"] = json::Array{"cp1"};
    return sign(core, std::move(claims));
}

std::optional<Parts> take_apart(std::string_view token) {
    auto const parts = base::split(token, '.');
    if (parts.size() != 3) return std::nullopt;
    auto const object = [](std::string const& part) -> std::optional<json::Value> {
        auto const bytes = base::from_base64(part);
        if (!bytes) return std::nullopt;
        auto value = json::parse(*bytes);
        if (!value || !value->is_object()) return std::nullopt;
        return std::move(*value);
    };
    auto header = object(parts[0]);
    auto claims = object(parts[1]);
    auto signature = base::from_base64(parts[2]);
    if (!header || !claims || !signature) return std::nullopt;
    return Parts{std::move(*header), std::move(*claims), parts[0] + "." + parts[1], std::move(*signature)};
}

namespace {

/// What the token says, when its signature is the world's.
Claims const* genuine(Core& core, std::string_view token) {
    if (auto const* known = core.genuine.find(token)) return known;
    auto const parts = take_apart(token);
    if (!parts || json::text_at(parts->header, "alg").value_or("") != "RS256" ||
        !core.signer.verify(parts->signed_bytes, parts->signature))
        return nullptr;
    auto const text = [&](char const* claim) { return std::string(json::text_at(parts->claims, claim).value_or("")); };
    auto const moment = [&](char const* claim) {
        return Time{Duration{json::whole_at(parts->claims, claim).value_or(0) * 1000}};
    };
    return &core.genuine.keep(token, {.not_before = moment("nbf"),
                                      .expires = moment("exp"),
                                      .audience = text("aud"),
                                      .tenant = text("tid"),
                                      .object_id = text("oid"),
                                      .client_id = text("appid")});
}

}  // namespace

tl::expected<Token, Refused> verify(Core& core, std::string_view token, Audience service, Asked const& asked) {
    auto const refuse = [](Fault fault, std::string message) {
        return tl::unexpected(Refused{fault, std::move(message)});
    };
    auto const* claims = genuine(core, token);
    if (!claims) return refuse(Fault::malformed, "The access token is invalid.");
    auto const now = core.store.now();
    if (claims->expires <= now) {
        return refuse(Fault::expired, "The access token expiry UTC time '" + base::to_string(claims->expires) +
                                          "' is earlier than current UTC time '" + base::to_string(now) + "'.");
    }
    if (claims->not_before > now + clock_skew) return refuse(Fault::malformed, "The access token is not valid yet.");
    if (!accepted(claims->audience, service, asked)) {
        return refuse(Fault::audience, "The access token has been obtained for wrong audience or resource '" +
                                           claims->audience + "'.");
    }
    if (claims->tenant != core.options.owner.tenant) {
        return refuse(Fault::tenant, "The access token is from the wrong issuer: tenant '" + claims->tenant +
                                         "' instead of '" + core.options.owner.tenant + "'.");
    }
    return Token{claims->object_id, claims->client_id, claims->audience};
}

}  // namespace holdfast::simulator::entra
