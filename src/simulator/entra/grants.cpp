// Who gets a token for what: every grant that az, the SDKs, kubelogin and Terraform ask for.
#include "simulator/entra/grants.hpp"

#include <algorithm>

#include "simulator/entra/tokens.hpp"

namespace holdfast::simulator::entra {
namespace {

constexpr Duration application_token_lifetime = std::chrono::seconds(3599);  // recorded traffic, read 2026-11-23
constexpr Duration user_token_lifetime = std::chrono::seconds(4499);         // 60-90 minutes in Azure
constexpr Duration refresh_token_lifetime = std::chrono::hours(24 * 90);     // documentation, read 2026-11-23
constexpr Duration device_code_lifetime = std::chrono::seconds(900);         // recorded traffic, read 2026-11-23
/// Nobody types the code here: the directory's first user approves by themselves, this long after it was given.
constexpr Duration approval_takes = std::chrono::seconds(2);

/// Clients that sign users in without a secret of their own.
struct PublicClient {
    std::string_view id, name, source, date;
};
constexpr std::string_view first_party = "ids of Microsoft's own client applications, learn.microsoft.com";
constexpr PublicClient public_clients[] = {
    {"04b07795-8ddb-461a-bbee-02f9e1bf7b46", "Azure CLI", first_party, "2026-11-23"},
    {"1950a258-227b-4e31-a9cf-717495945fc2", "Azure PowerShell", first_party, "2026-11-23"},
    {"80faf920-1908-4b52-b5ef-a8e7bedfc67a", "kubelogin", "kubelogin's documentation", "2026-11-23"},
    {"aebc6443-996d-45c2-90f0-388ff96faa56", "Visual Studio Code", first_party, "2026-11-23"},
};

std::int64_t seconds_of(Time time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}
std::int64_t seconds_of(Duration duration) {
    return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

/// A number claim in whole seconds: some clients send fractions.
std::optional<std::int64_t> number_at(json::Value const& claims, char const* key) {
    auto const* found = json::find(claims, key);
    if (!found || !found->is_number()) return std::nullopt;
    auto const number = found->to_number<double>();
    if (!(number > -1e15 && number < 1e15)) return std::nullopt;
    return static_cast<std::int64_t>(number);
}

Application owner_application(Options const& options) {
    return {.client_id = options.owner.client_id,
            .object_id = options.owner.object_id,
            .name = "owner",
            .client_secret = options.owner.client_secret,
            .certificate_pem = options.owner.certificate_pem,
            .federations = options.owner.federations,
            .role = {}};
}

std::optional<Application> application_named(Core const& core, std::string_view client_id) {
    if (base::same_text(client_id, core.options.owner.client_id)) return owner_application(core.options);
    for (auto const& application : core.options.directory.applications) {
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
                            .federations = {},
                            .role = {}};
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
            signed_by_certificate(application.certificate_pem, algorithm, parts->signed_bytes, parts->signature)) {
            auto const until = number_at(parts->claims, "exp");
            if (until && *until > seconds_of(core.store.now())) return std::nullopt;
            return refuse(core, 401, "invalid_client", 700024,
                          "Client assertion is not within its valid time range. Check that the clock is right.");
        }
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

// ------------------------------------------------------------------------------------------------ what is asked for

/// The form of a request to the token endpoint.
class Form {
public:
    explicit Form(std::string_view body) : fields_(read_form(body)) {}
    std::string operator[](char const* field) const {
        auto const found = fields_.find(field);
        return found == fields_.end() ? std::string() : found->second;
    }
    bool has(char const* field) const { return fields_.contains(field); }
    /// "openid" among the words of the scope.
    bool wants(std::string_view word) const {
        auto const words = base::split((*this)["scope"], ' ');
        return std::find(words.begin(), words.end(), word) != words.end();
    }

private:
    std::map<std::string, std::string> fields_;
};

/// The resource a scope asks for: "https://management.azure.com//.default" means the resource with its slash; for a
/// user a single permission will do, "https://graph.microsoft.com/User.Read".
std::optional<std::string> audience_of(Form const& form, bool user) {
    if (auto const resource = form["resource"]; !resource.empty()) return resource;
    for (auto const& scope : base::split(form["scope"], ' ')) {
        constexpr std::string_view suffix = "/.default";
        if (scope.size() > suffix.size() && scope.ends_with(suffix))
            return scope.substr(0, scope.size() - suffix.size());
        if (user && scope.starts_with("https://")) {
            auto const slash = scope.rfind('/');
            if (slash > 8) return scope.substr(0, slash);
        }
    }
    return std::nullopt;
}

bool asks_capability(Form const& form) { return base::lower(form["claims"]).find("\"cp1\"") != std::string::npos; }

world::Response no_scope(Core& core) {
    return refuse(core, 400, "invalid_scope", 1002012,
                  "The provided value for scope is not valid. Client credential flows must have a scope that is a "
                  "resource followed by /.default.");
}

/// The answer's body; the first version of the endpoint writes numbers as text.
json::Object token_body(Core& core, Form const& form, Principal const& principal, std::string const& audience,
                        std::string const& client_id, Duration usual) {
    auto const lifetime = core.fate().token_lives(usual);
    auto const seconds = seconds_of(lifetime);
    json::Object body{{"token_type", "Bearer"},
                      {"expires_in", seconds},
                      {"ext_expires_in", seconds},
                      {"access_token", issue(core, principal, audience, lifetime,
                                             {.client_id = client_id, .capable = asks_capability(form)})}};
    if (!form.has("scope")) {
        auto const now = seconds_of(core.store.now());
        body["expires_in"] = std::to_string(seconds);
        body["ext_expires_in"] = std::to_string(seconds);
        body["not_before"] = std::to_string(now);
        body["expires_on"] = std::to_string(now + seconds);
        body["resource"] = audience;
    }
    return body;
}

world::Response unstored(json::Object body) {
    auto response = answer_json(200, std::move(body));
    response.headers.push_back({"Cache-Control", "no-store, no-cache"});
    return response;
}

// ------------------------------------------------------------------------------------------------ applications

world::Response for_application(Core& core, Form const& form) {
    auto const application = application_named(core, form["client_id"]);
    if (!application) {
        return refuse(core, 400, "unauthorized_client", 700016,
                      "Application with identifier '" + form["client_id"] + "' was not found in the directory '" +
                          core.options.owner.tenant + "'.");
    }
    auto const assertion = form["client_assertion"];
    if (!assertion.empty()) {
        if (auto refused = check_assertion(core, *application, assertion)) return *refused;
    } else if (auto const secret = form["client_secret"]; secret.empty()) {
        return refuse(core, 401, "invalid_client", 7000218,
                      "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.");
    } else if (application->client_secret.empty() || secret != application->client_secret) {
        return refuse(core, 401, "invalid_client", 7000215,
                      "Invalid client secret provided. Ensure the secret being sent is the value, not the id, of a "
                      "secret of application '" +
                          application->client_id + "'.");
    }
    auto const audience = audience_of(form, false);
    if (!audience) return no_scope(core);
    auto const* principal = core.store.principal(application->client_id);
    if (!principal) {
        return refuse(core, 400, "unauthorized_client", 700016,
                      "The service principal of application '" + application->client_id + "' was not found.");
    }
    return unstored(token_body(core, form, *principal, *audience, application->client_id,
                               core.fate().token_lives(application_token_lifetime)));
}

// ------------------------------------------------------------------------------------------------ users

/// Tells a refresh token and a device code from what they are not: both are signed by the world itself.
constexpr std::string_view refresh_kind = "urn:azsim:refresh", device_kind = "urn:azsim:device";

std::string sealed(Core& core, std::string_view kind, json::Object claims, Duration lifetime) {
    claims["aud"] = kind;
    claims["iat"] = core.store.now().time_since_epoch().count();
    claims["exp"] = seconds_of(core.store.now() + lifetime);
    claims["jti"] = core.prng("entra " + std::string(kind)).guid();
    return sign(core, std::move(claims));
}

std::optional<json::Value> unsealed(Core const& core, std::string_view kind, std::string const& text) {
    auto const parts = take_apart(text);
    if (!parts || !core.signer.verify(parts->signed_bytes, parts->signature)) return std::nullopt;
    if (json::text_at(parts->claims, "aud").value_or("") != kind) return std::nullopt;
    return parts->claims;
}

bool is_public_client(Core const& core, std::string_view id) {
    return std::any_of(std::begin(public_clients), std::end(public_clients),
                       [&](PublicClient const& client) { return base::same_text(client.id, id); }) ||
           application_named(core, id);
}

/// `asked_before`: the resource that a device code was asked for, where its polls do not repeat it.
world::Response for_user(Core& core, Asked const& asked, Form const& form, Principal const& user,
                         std::string const& asked_before = {}) {
    auto const client_id = form["client_id"];
    auto audience = audience_of(form, true);
    if (!audience && !asked_before.empty()) audience = asked_before;
    if (!audience) return no_scope(core);
    auto body = token_body(core, form, user, *audience, client_id, user_token_lifetime);
    body["scope"] = *audience + "/user_impersonation " + *audience + "/.default";
    auto const& tenant = core.options.owner.tenant;
    if (form.wants("offline_access") || form["grant_type"] != "refresh_token" || form.has("resource")) {
        body["refresh_token"] =
            sealed(core, refresh_kind, {{"oid", user.object_id}, {"appid", client_id}}, refresh_token_lifetime);
    }
    auto const now = seconds_of(core.store.now());
    body["id_token"] = sign(core, {{"aud", client_id},
                                   {"iss", authority_for(core, asked) + "/v2.0"},
                                   {"iat", now},
                                   {"nbf", now},
                                   {"exp", now + seconds_of(user_token_lifetime)},
                                   {"name", user.name},
                                   {"oid", user.object_id},
                                   {"preferred_username", user.client_id},
                                   {"sub", user.object_id},
                                   {"tid", tenant},
                                   {"ver", "2.0"}});
    body["client_info"] = base::base64url(json::write(json::Object{{"uid", user.object_id}, {"utid", tenant}}));
    return unstored(std::move(body));
}

Directory::User const* user_named(Core const& core, std::string_view name) {
    auto const& users = core.options.directory.users;
    auto const found = std::find_if(users.begin(), users.end(), [&](Directory::User const& user) {
        return base::same_text(user.user_principal_name, name);
    });
    return found == users.end() ? nullptr : &*found;
}

world::Response by_password(Core& core, Asked const& asked, Form const& form) {
    auto const* user = user_named(core, form["username"]);
    auto const* principal = user ? core.store.principal(user->object_id) : nullptr;
    if (!principal) {
        return refuse(core, 400, "invalid_grant", 50034,
                      "The user account " + base::printable(form["username"]) + " does not exist in the " +
                          core.options.owner.tenant + " directory.");
    }
    if (user->password.empty() || form["password"] != user->password) {
        return refuse(core, 400, "invalid_grant", 50126,
                      "Error validating credentials due to invalid username or password.");
    }
    return for_user(core, asked, form, *principal);
}

world::Response by_refresh_token(Core& core, Asked const& asked, Form const& form) {
    auto const claims = unsealed(core, refresh_kind, form["refresh_token"]);
    auto const* principal = claims ? core.store.principal(json::text_at(*claims, "oid").value_or("")) : nullptr;
    if (!principal || !base::same_text(json::text_at(*claims, "appid").value_or(""), form["client_id"])) {
        return refuse(core, 400, "invalid_grant", 9002313, "The refresh token is malformed or was given to another.");
    }
    if (json::whole_at(*claims, "exp").value_or(0) <= seconds_of(core.store.now())) {
        return refuse(core, 400, "invalid_grant", 700082, "The refresh token has expired due to inactivity.");
    }
    return for_user(core, asked, form, *principal);
}

world::Response by_device_code(Core& core, Asked const& asked, Form const& form) {
    auto const code = form["device_code"].empty() ? form["code"] : form["device_code"];
    auto const claims = unsealed(core, device_kind, code);
    if (!claims || !base::same_text(json::text_at(*claims, "appid").value_or(""), form["client_id"]))
        return refuse(core, 400, "bad_verification_code", 70019, "The device code is unknown.");
    if (json::whole_at(*claims, "exp").value_or(0) <= seconds_of(core.store.now()))
        return refuse(core, 400, "expired_token", 70020, "The device code has expired.");
    Time const given{Duration{json::whole_at(*claims, "iat").value_or(0)}};
    if (core.store.now() < given + approval_takes) {
        return refuse(core, 400, "authorization_pending", 70016,
                      "OAuth 2.0 device flow error. Authorization is pending. Continue polling.");
    }
    auto const& users = core.options.directory.users;
    auto const* principal = users.empty() ? nullptr : core.store.principal(users.front().object_id);
    if (!principal) {
        return refuse(core, 400, "authorization_declined", 70018,
                      "The directory has no user who could approve the code: name one with --directory.");
    }
    return for_user(core, asked, form, *principal, std::string(json::text_at(*claims, "resource").value_or("")));
}

// ------------------------------------------------------------------------------------------------ the endpoint

struct Grant {
    std::string_view type;
    world::Response (*run)(Core&, Asked const&, Form const&);
    bool for_users;
};
constexpr Grant grants[] = {
    {"client_credentials", [](Core& core, Asked const&, Form const& form) { return for_application(core, form); },
     false},
    {"password", by_password, true},
    {"refresh_token", by_refresh_token, true},
    {"device_code", by_device_code, true},
    {"urn:ietf:params:oauth:grant-type:device_code", by_device_code, true},
};

bool is_shared_tenant(std::string_view tenant) {
    return base::same_text(tenant, "common") || base::same_text(tenant, "organizations");
}

std::optional<world::Response> check_tenant(Core& core, std::string const& tenant, bool for_users) {
    if (base::same_text(tenant, core.options.owner.tenant) || base::same_text(tenant, "adfs")) return std::nullopt;
    if (for_users && is_shared_tenant(tenant)) return std::nullopt;
    return refuse(core, 400, "invalid_request", 90002,
                  "Tenant '" + tenant + "' not found. Check that the tenant id is right and the tenant is active.");
}

}  // namespace

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

world::Response token(Core& core, Asked const& asked, std::string const& tenant) {
    Form const form(asked.body);
    auto const type = form["grant_type"];
    auto const* grant =
        std::find_if(std::begin(grants), std::end(grants), [&](Grant const& row) { return row.type == type; });
    if (grant == std::end(grants)) {
        return refuse(core, 400, tenant.empty() ? "invalid_request" : "unsupported_grant_type", 70003,
                      "The application requested an unsupported grant type '" + base::printable(type) + "'.");
    }
    if (auto refused = check_tenant(core, tenant, grant->for_users)) return *refused;
    if (grant->for_users && !is_public_client(core, form["client_id"])) {
        return refuse(core, 400, "unauthorized_client", 700016,
                      "Application with identifier '" + base::printable(form["client_id"]) +
                          "' was not found in the directory '" + core.options.owner.tenant + "'.");
    }
    return grant->run(core, asked, form);
}

world::Response device_code(Core& core, Asked const& asked, std::string const& tenant) {
    Form const form(asked.body);
    if (auto refused = check_tenant(core, tenant, true)) return *refused;
    if (!is_public_client(core, form["client_id"])) {
        return refuse(core, 400, "unauthorized_client", 700016,
                      "Application with identifier '" + base::printable(form["client_id"]) + "' was not found.");
    }
    auto random = core.prng("entra user code");
    constexpr std::string_view letters = "BCDFGHJKLMNPQRSTVWXZ23456789";
    std::string user_code;
    for (int i = 0; i < 9; ++i) user_code.push_back(letters[random.next() % letters.size()]);
    auto const page = login_origin(asked) + "/common/oauth2/deviceauth";
    return unstored(
        {{"device_code",
          sealed(core, device_kind, {{"appid", form["client_id"]}, {"resource", audience_of(form, true).value_or("")}},
                 device_code_lifetime)},
         {"user_code", user_code},
         {"verification_uri", page},
         {"verification_url", page},
         {"expires_in", seconds_of(device_code_lifetime)},
         {"interval", 1},
         {"message",
          "To sign in, wait two seconds: in the simulated Azure the directory's first user approves "
          "the code " +
              user_code + " by themselves. Nothing is to be typed at " + page}});
}

}  // namespace holdfast::simulator::entra
