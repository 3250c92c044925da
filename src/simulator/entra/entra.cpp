#include "simulator/entra/entra.hpp"

#include "simulator/entra/grants.hpp"
#include "simulator/entra/tokens.hpp"

namespace holdfast::simulator::entra {
namespace {

// ------------------------------------------------------------------------------------------------ discovery

world::Response openid_configuration(Asked const& asked, std::string const& tenant) {
    auto const origin = login_origin(asked), base = origin + "/" + tenant;
    bool const adfs = base::same_text(tenant, "adfs");
    auto const v2 = adfs ? base + "/oauth2" : base + "/oauth2/v2.0";
    return answer_json(200,
                       json::Object{{"token_endpoint", v2 + "/token"},
                                    {"token_endpoint_auth_methods_supported",
                                     json::Array{"client_secret_post", "private_key_jwt", "client_secret_basic"}},
                                    {"jwks_uri", base + "/discovery/v2.0/keys"},
                                    {"response_modes_supported", json::Array{"query", "fragment", "form_post"}},
                                    {"subject_types_supported", json::Array{"pairwise"}},
                                    {"id_token_signing_alg_values_supported", json::Array{"RS256"}},
                                    {"response_types_supported", json::Array{"code", "id_token", "code id_token"}},
                                    {"scopes_supported", json::Array{"openid", "profile", "email", "offline_access"}},
                                    // Clients refuse an issuer on another origin than the authority's.
                                    {"issuer", adfs ? base : base + "/v2.0"},
                                    {"authorization_endpoint", v2 + "/authorize"},
                                    {"device_authorization_endpoint", v2 + "/devicecode"},
                                    {"end_session_endpoint", v2 + "/logout"},
                                    {"tenant_region_scope", "EU"},
                                    {"cloud_instance_name", "azsim.test"},
                                    {"cloud_graph_host_name", "graph.azsim.test"}});
}

world::Response keys(Core const& core) {
    auto const& published = core.signer.published();
    return answer_json(200, json::Object{{"keys", json::Array{json::Object{{"kty", "RSA"},
                                                                           {"use", "sig"},
                                                                           {"alg", "RS256"},
                                                                           {"kid", published.key_id},
                                                                           {"x5t", published.key_id},
                                                                           {"n", published.modulus},
                                                                           {"e", published.exponent}}}}});
}

world::Response instance_discovery(Core const& core, Asked const& asked) {
    auto const origin = login_origin(asked);
    auto const host = origin.substr(origin.find("://") + 3);
    return answer_json(200, json::Object{{"tenant_discovery_endpoint", origin + "/" + core.options.owner.tenant +
                                                                           "/v2.0/.well-known/openid-configuration"},
                                         {"api-version", "1.1"},
                                         {"metadata", json::Array{json::Object{{"preferred_network", host},
                                                                               {"preferred_cache", host},
                                                                               {"aliases", json::Array{host}}}}}});
}

bool ends(Asked const& asked, std::initializer_list<std::string_view> tail) {
    if (asked.path.size() != tail.size() + 1) return false;
    std::size_t i = 1;
    for (auto const segment : tail) {
        if (!asked.path_is(i++, segment)) return false;
    }
    return true;
}

}  // namespace

bool is_login_path(Asked const& asked) {
    return asked.path.size() >= 2 &&
           (asked.path_is(1, "oauth2") || asked.path_is(1, "discovery") || asked.path_is(1, ".well-known") ||
            asked.path_is(1, "UserRealm") || (asked.path_is(1, "v2.0") && asked.path_is(2, ".well-known")));
}

world::Response answer(Core& core, Asked const& asked) {
    auto const tenant = asked.path.empty() ? std::string() : asked.path.front();
    auto const signed_tenant = base::same_text(tenant, "common") || base::same_text(tenant, "organizations")
                                   ? core.options.owner.tenant
                                   : tenant;
    if (asked.method == "POST" && (ends(asked, {"oauth2", "v2.0", "token"}) || ends(asked, {"oauth2", "token"})))
        return token(core, asked, tenant);
    if (asked.method == "POST" &&
        (ends(asked, {"oauth2", "v2.0", "devicecode"}) || ends(asked, {"oauth2", "devicecode"})))
        return device_code(core, asked, tenant);
    if (asked.method == "GET") {
        if (ends(asked, {"v2.0", ".well-known", "openid-configuration"}) ||
            ends(asked, {".well-known", "openid-configuration"}))
            return openid_configuration(asked, signed_tenant);
        if (ends(asked, {"discovery", "v2.0", "keys"}) || ends(asked, {"discovery", "keys"})) return keys(core);
        if (ends(asked, {"discovery", "instance"})) return instance_discovery(core, asked);
        if (asked.path_is(1, "UserRealm") && asked.path.size() == 3) {
            return answer_json(200, json::Object{{"ver", "1.0"},
                                                 {"account_type", "Managed"},
                                                 {"domain_name", "azsim.test"},
                                                 {"cloud_instance_name", "azsim.test"},
                                                 {"cloud_audience_urn", "urn:federation:MicrosoftOnline"}});
        }
    }
    return refuse(core, 404, "invalid_request", 900144, "Nothing answers at this path.");
}

}  // namespace holdfast::simulator::entra
