#include "simulator/entra/entra.hpp"

#include <algorithm>

#include "simulator/entra/tokens.hpp"

namespace holdfast::simulator::entra {
namespace {

constexpr Duration application_token_lifetime = std::chrono::seconds(3599);  // recorded traffic, read 2026-11-23
constexpr Duration machine_token_lifetime = std::chrono::seconds(86399);     // recorded traffic, read 2026-11-23

// ------------------------------------------------------------------------------------------------ refusals

/// An OAuth error with Entra's number.
world::Response refuse(Core& core, int status, std::string_view oauth, int number, std::string message) {
    auto trace = core.prng("entra trace").guid();
    auto correlation = core.prng("entra correlation").guid();
    auto const stamp = base::to_string(core.store.now());
    auto const text = "AADSTS" + std::to_string(number) + ": " + message + " Trace ID: " + trace +
                      " Correlation ID: " + correlation + " Timestamp: " + stamp;
    return answer_json(
        status, json::Object{{"error", oauth},
                             {"error_description", text},
                             {"error_codes", json::Array{number}},
                             {"timestamp", stamp},
                             {"trace_id", trace},
                             {"correlation_id", correlation},
                             {"error_uri", "https://login.microsoftonline.com/error?code=" + std::to_string(number)}});
}

Application owner_application(Options const& options) {
    return {.client_id = options.owner.client_id,
            .object_id = options.owner.object_id,
            .name = "owner",
            .client_secret = options.owner.client_secret,
            .certificate_pem = {},
            .federations = {}};
}

std::optional<Application> application_named(Core const& core, std::string_view client_id) {
    if (base::same_text(client_id, core.options.owner.client_id)) return owner_application(core.options);
    for (auto const& application : core.options.applications) {
        if (base::same_text(client_id, application.client_id)) return application;
    }
    // A managed identity signs in with the tokens of others that its federated credentials name.
    auto const* principal = core.store.principal(client_id);
    if (!principal || principal->resource.empty() || !base::same_text(principal->client_id, client_id))
        return std::nullopt;
    Application application{.client_id = principal->client_id,
                            .object_id = principal->object_id,
                            .name = principal->name,
                            .client_secret = {},
                            .certificate_pem = {},
                            .federations = {}};
    for (auto const* below : core.store.under(principal->resource)) {
        if (!base::same_text(below->type,
                             "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials"))
            continue;
        for (auto const& audience : json::list_at(below->body, "properties.audiences")) {
            if (!audience.is_string()) continue;
            application.federations.push_back(
                {.issuer = std::string(json::text_at(below->body, "properties.issuer").value_or("")),
                 .subject = std::string(json::text_at(below->body, "properties.subject").value_or("")),
                 .audience = std::string(audience.get_string())});
        }
    }
    return application;
}

bool has_audience(json::Value const& claims, std::string_view audience) {
    if (auto const one = json::text_at(claims, "aud")) return *one == audience;
    auto const& many = json::list_at(claims, "aud");
    return std::any_of(many.begin(), many.end(),
                       [&](json::Value const& item) { return item.is_string() && item.get_string() == audience; });
}

/// Nothing: the assertion proves the application.
std::optional<world::Response> check_assertion(Core& core, Application const& application,
                                               std::string const& assertion) {
    auto const parts = take_apart(assertion);
    if (!parts) return refuse(core, 400, "invalid_request", 50027, "The client assertion is not a valid token.");
    auto const text = [&](char const* claim) { return std::string(json::text_at(parts->claims, claim).value_or("")); };
    auto const issuer = text("iss"), subject = text("sub");
    if (base::same_text(issuer, application.client_id) && base::same_text(subject, application.client_id)) {
        auto const algorithm = std::string(json::text_at(parts->header, "alg").value_or(""));
        if (!application.certificate_pem.empty() &&
            signed_by_certificate(application.certificate_pem, algorithm, parts->signed_bytes, parts->signature))
            return std::nullopt;
        return refuse(
            core, 401, "invalid_client", 700027,
            "The certificate with which the client assertion was signed is not registered for the application.");
    }
    for (auto const& federation : application.federations) {
        if (federation.issuer == issuer && federation.subject == subject &&
            has_audience(parts->claims, federation.audience))
            return std::nullopt;
    }
    return refuse(core, 400, "invalid_client", 700213,
                  "No matching federated identity record found for presented assertion subject '" + subject +
                      "' and issuer '" + issuer + "'.");
}

// ------------------------------------------------------------------------------------------------ the token endpoint

/// The resource a scope asks for: "https://management.azure.com//.default" means the resource with its slash.
std::optional<std::string> audience_of(std::map<std::string, std::string> const& form) {
    if (auto const found = form.find("resource"); found != form.end() && !found->second.empty()) return found->second;
    auto const found = form.find("scope");
    if (found == form.end()) return std::nullopt;
    for (auto const& scope : base::split(found->second, ' ')) {
        constexpr std::string_view suffix = "/.default";
        if (scope.size() > suffix.size() && scope.ends_with(suffix))
            return scope.substr(0, scope.size() - suffix.size());
    }
    return std::nullopt;
}

world::Response token(Core& core, Asked const& asked, std::string const& tenant) {
    auto const form = read_form(asked.body);
    auto const said = [&](char const* field) {
        auto const found = form.find(field);
        return found == form.end() ? std::string() : found->second;
    };
    if (!base::same_text(tenant, core.options.owner.tenant) && !base::same_text(tenant, "adfs")) {
        return refuse(core, 400, "invalid_request", 90002,
                      "Tenant '" + tenant + "' not found. Check that the tenant id is right and the tenant is active.");
    }
    if (said("grant_type") != "client_credentials") {
        return refuse(core, 400, "unsupported_grant_type", 70003,
                      "The application requested an unsupported grant type '" + said("grant_type") + "'.");
    }
    auto const application = application_named(core, said("client_id"));
    if (!application) {
        return refuse(core, 400, "unauthorized_client", 700016,
                      "Application with identifier '" + said("client_id") + "' was not found in the directory '" +
                          core.options.owner.tenant + "'.");
    }
    auto const assertion = said("client_assertion");
    if (!assertion.empty()) {
        if (auto refused = check_assertion(core, *application, assertion)) return *refused;
    } else if (auto const secret = said("client_secret"); secret.empty()) {
        return refuse(core, 401, "invalid_client", 7000218,
                      "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.");
    } else if (application->client_secret.empty() || secret != application->client_secret) {
        return refuse(core, 401, "invalid_client", 7000215,
                      "Invalid client secret provided. Ensure the secret being sent is the value, not the id, of a "
                      "secret of application '" +
                          application->client_id + "'.");
    }
    auto const audience = audience_of(form);
    if (!audience) {
        return refuse(core, 400, "invalid_scope", 1002012,
                      "The provided value for scope is not valid. Client credential flows must have a scope that is a "
                      "resource followed by /.default.");
    }
    auto const* principal = core.store.principal(application->client_id);
    if (!principal) {
        return refuse(core, 400, "unauthorized_client", 700016,
                      "The service principal of application '" + application->client_id + "' was not found.");
    }
    auto const lifetime = core.fate().token_lives(application_token_lifetime);
    auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(lifetime).count();
    json::Object body{{"token_type", "Bearer"},
                      {"expires_in", seconds},
                      {"ext_expires_in", seconds},
                      {"access_token", issue(core, *principal, *audience, lifetime)}};
    if (!form.contains("scope")) {  // the first version of the endpoint: everything is text
        auto const now = std::chrono::duration_cast<std::chrono::seconds>(core.store.now().time_since_epoch()).count();
        body["expires_in"] = std::to_string(seconds);
        body["ext_expires_in"] = std::to_string(seconds);
        body["not_before"] = std::to_string(now);
        body["expires_on"] = std::to_string(now + seconds);
        body["resource"] = *audience;
    }
    auto response = answer_json(200, std::move(body));
    response.headers.push_back({"Cache-Control", "no-store, no-cache"});
    return response;
}

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

// ------------------------------------------------------------------------------------------------ metadata

namespace {

struct Published {
    std::string name, management, login, graph, portal, vault_suffix, registry_suffix;
};

json::Object cloud_object(Core const& core, Published const& p) {
    auto const suffix = p.vault_suffix.substr(p.vault_suffix.find('.') + 1);
    return {
        {"name", p.name},
        {"portal", p.portal},
        {"authentication", json::Object{{"loginEndpoint", p.login},
                                        {"audiences", json::Array{"https://management.azure.com/", p.management + "/"}},
                                        {"tenant", core.options.owner.tenant},
                                        {"identityProvider", "AAD"}}},
        {"media", p.management},
        {"graphAudience", p.graph + "/"},
        {"graph", p.graph + "/"},
        {"suffixes", json::Object{{"keyVaultDns", p.vault_suffix},
                                  {"acrLoginServer", p.registry_suffix},
                                  {"storage", "core." + suffix},
                                  {"mhsmDns", "managedhsm." + suffix},
                                  {"sqlServerHostname", "database." + suffix},
                                  {"storageSyncEndpointSuffix", "afs." + suffix}}},
        {"batch", p.management + "/"},
        {"resourceManager", p.management},
        {"vmImageAliasDoc", p.management + "/aliases.json"},
        {"sqlManagement", p.management + "/"},
        {"microsoftGraphResourceId", p.graph + "/"},
        {"logAnalyticsResourceId", "https://api.loganalytics.io"},
        {"gallery", p.management + "/"}};
}

Published published(Asked const& asked) {
    auto const face = face_of(asked.host);
    auto const& cloud = face ? *face->second : simulated_cloud();
    auto const url = [](std::string_view host) { return "https://" + std::string(host); };
    if (face) {
        return {std::string(cloud.name),
                url(cloud.management),
                url(cloud.login),
                url(cloud.graph),
                url(cloud.portal),
                std::string(cloud.vault_suffix),
                std::string(cloud.registry_suffix)};
    }
    // One listener serves all faces by path; only vaults need names of their own.
    return {std::string(cloud.name),
            asked.origin,
            asked.origin,
            asked.origin,
            asked.origin,
            std::string(cloud.vault_suffix),
            std::string(cloud.registry_suffix)};
}

}  // namespace

world::Response metadata(Core const& core, Asked const& asked) {
    auto const version = asked.asked_for("api-version");
    auto const p = published(asked);
    if (version.empty())
        return answer_json(
            400, json::Object{{"error", json::Object{{"code", "MissingApiVersionParameter"},
                                                     {"message", "The api-version query parameter is required."}}}});
    if (version < "2018") {
        return answer_json(
            200, json::Object{{"galleryEndpoint", p.management + "/"},
                              {"graphEndpoint", p.graph + "/"},
                              {"portalEndpoint", p.portal + "/"},
                              {"authentication", json::Object{{"loginEndpoint", p.login + "/"},
                                                              {"audiences", json::Array{"https://management.azure.com/",
                                                                                        p.management + "/"}}}}});
    }
    auto object = cloud_object(core, p);
    if (version < "2022") return answer_json(200, json::Array{std::move(object)});
    return answer_json(200, std::move(object));
}

// ------------------------------------------------------------------------------------------------ machines

world::Response machine_identity(Core& core, Asked const& asked) {
    auto const refuse_plainly = [](std::string_view code, std::string_view message) {
        return answer_json(400, json::Object{{"error", code}, {"error_description", message}});
    };
    if (!base::same_text(asked.header("Metadata"), "true") && asked.header("X-IDENTITY-HEADER").empty())
        return refuse_plainly("invalid_request", "Required metadata header not specified");
    auto const resource = asked.asked_for("resource");
    if (resource.empty()) return refuse_plainly("invalid_request", "Required query variable 'resource' is missing");
    Principal const* principal = core.store.principal(core.options.owner.object_id);
    for (auto const* key : {"client_id", "object_id", "principal_id"}) {
        if (auto const said = asked.asked_for(key); !said.empty()) principal = core.store.principal(said);
    }
    for (auto const* key : {"msi_res_id", "mi_res_id"}) {
        auto const said = base::lower(asked.asked_for(key));
        if (said.empty()) continue;
        principal = nullptr;
        for (auto const& [id, candidate] : core.store.principals()) {
            if (candidate.resource == said) principal = &candidate;
        }
    }
    if (!principal) return refuse_plainly("invalid_request", "Identity not found");
    auto const now = std::chrono::duration_cast<std::chrono::seconds>(core.store.now().time_since_epoch()).count();
    auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(machine_token_lifetime).count();
    return answer_json(200, json::Object{{"access_token", issue(core, *principal, resource, machine_token_lifetime)},
                                         {"client_id", principal->client_id},
                                         {"expires_in", std::to_string(seconds)},
                                         {"ext_expires_in", std::to_string(seconds)},
                                         {"expires_on", std::to_string(now + seconds)},
                                         {"not_before", std::to_string(now)},
                                         {"resource", resource},
                                         {"token_type", "Bearer"}});
}

}  // namespace holdfast::simulator::entra
