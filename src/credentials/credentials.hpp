/// credentials: the only holder of tokens and secrets.
///
/// One Credential per way to sign in, all giving a bearer token for an audience; a cache that refreshes ahead (five
/// minutes before expiry, or when `refresh_in` says), one refresh at a time per audience however many wait. What
/// Entra's errors mean is looked up above. Tokens leave this room only as base::Secret, and only tokens that can stand
/// in a header line do.
///
/// Every answer is hostile until read: bounded in size and depth, lives clamped to a week, redirects never followed.
/// Sources of the protocols: Microsoft identity platform documentation (client credentials, certificate credentials,
/// device authorization grant, claims challenge), managed identity documentation of each host, RFC 7235, 7521, 8628;
/// read 2026-11-23.
#pragma once

#include "world/world.hpp"

namespace holdfast::credentials {

using world::Result;
using world::Task;

// ---------------------------------------------------------------------------------------------- clouds

/// One cloud's hosts. Custom clouds read theirs from {arm}/metadata/endpoints.
struct Cloud {
    std::string name;             ///< "public", "usgov", "china", "simulated", "custom"
    std::string arm;              ///< "https://management.azure.com", no trailing slash
    std::string authority;        ///< "https://login.microsoftonline.com"
    std::string arm_audience;     ///< "https://management.azure.com"
    std::string graph;            ///< "https://graph.microsoft.com"
    std::string vault_suffix;     ///< ".vault.azure.net"
    std::string vault_audience;   ///< "https://vault.azure.net"
    std::string registry_suffix;  ///< ".azurecr.io"
};
Cloud const* find_cloud(std::string_view name);  ///< the three public ones and "simulated"
/// Reads the 2022-09-01 metadata object of a custom endpoint. `authority` overrides when not empty.
Task<Result<Cloud>> discover_cloud(std::string arm, std::string authority, world::World& world);

// ---------------------------------------------------------------------------------------------- signing in

class Credential {
public:
    virtual ~Credential() = default;
    /// A valid token for `audience` (no /.default). `claims`: a continuous-access challenge that the token must answer;
    /// one that was fetched for the same challenge serves everybody who met it.
    virtual Task<Result<base::Secret>> token(std::string audience, std::string claims, world::World& world) = 0;
    /// A server refused this token: it is not handed out again. A newer one, fetched meanwhile, stays.
    virtual void forget(std::string const& audience, base::Secret const& refused) {
        static_cast<void>(audience);
        static_cast<void>(refused);
    }
    virtual std::string describe() const = 0;  ///< "client secret of 2222…": for the first line of acts, no secrets
};

struct Application {
    std::string tenant, client_id;
};

/// Speaks to the person at the terminal: a device code to type, which way of signing in was taken. One line or more,
/// already safe to show.
using Tell = std::function<void(std::string const&)>;

std::unique_ptr<Credential> client_secret(Cloud, Application, base::Secret);

/// What proves a certificate's possession.
struct CertificateProof {
    base::Secret content;     ///< PEM (key, certificate and chain in any order) or PKCS#12 (PFX)
    base::Secret password;    ///< of the PFX, or of an encrypted PEM key; may be empty
    bool send_chain = false;  ///< x5c: Entra trusts by subject name and issuer instead of thumbprint
    bool rs256 = false;       ///< RS256 with x5t instead of PS256 with x5t#S256
};
/// Refuses at once what could not sign: no RSA key, no certificate that belongs to it, a wrong password.
Result<std::unique_ptr<Credential>> client_certificate(Cloud, Application, CertificateProof);

/// Workload identity: the file is read again for every token request, because kubelet replaces it.
std::unique_ptr<Credential> federated(Cloud, Application, std::string token_file);

/// GitHub Actions: each token request first asks the runner for an id token.
std::unique_ptr<Credential> github_actions(Cloud, Application, std::string request_url, base::Secret request_token);

/// Which of a host's identities is meant.
struct HostIdentity {
    enum class Kind { system, client_id, object_id, resource_id };
    Kind kind = Kind::system;
    std::string id;
    /// "" (the system's), a client id, "object:GUID", or "/subscriptions/…" (a resource id).
    static Result<HostIdentity> parse(std::string_view text);
};
/// The identity of the host we run on: virtual machine, App Service and Container Apps, Azure Arc, Cloud Shell, told
/// apart by their variables (data/identity_hosts). Plain HTTP to a local address by design.
std::unique_ptr<Credential> managed_identity(HostIdentity);

std::unique_ptr<Credential> azure_cli(std::optional<std::string> tenant);

/// A person signs in on another device; `tell` shows where and with which code. Later tokens come from the refresh
/// token, which lives in memory only.
std::unique_ptr<Credential> device_code(Cloud, Application, Tell tell);
/// The application that people sign in to when they name none: Azure CLI's, as Azure's SDKs do.
inline constexpr std::string_view developer_client_id = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

// ---------------------------------------------------------------------------------------------- the order people know

/// One way to sign in, as --help lists it. Rows: data/sign_in.
struct Way {
    enum class Kind { secret, certificate, workload, github, host, cli, device };
    Kind way;
    char const* word;      ///< what --sign-in takes
    char const* sdk_name;  ///< what AZURE_TOKEN_CREDENTIALS may name
    char const* plain;
    char const* variables;  ///< one a line: what must be set
    char const* group;      ///< "prod", "dev" or neither
    bool automatic;         ///< tried without being asked for
    char const *source, *date;
};
std::span<Way const> ways();

struct Choice {
    std::string way;       ///< a word of `ways`, or empty: the first that is configured
    std::string identity;  ///< see HostIdentity::parse; empty: AZURE_CLIENT_ID
    std::string tenant;    ///< beats AZURE_TENANT_ID
};
/// The order of DefaultAzureCredential: secret, certificate, workload identity, GitHub Actions, managed identity, Azure
/// CLI. The first that is configured is used and its failure is final; the last two show only when asked whether they
/// are there, so they are asked in turn. `tell` hears which was taken and why those before it were not; an error names
/// every one with its reason. AZURE_TOKEN_CREDENTIALS narrows the choice as it does in Azure's SDKs.
Result<std::unique_ptr<Credential>> from_environment(Cloud const&, world::Environment const&, world::Files&,
                                                     Choice choice = {}, Tell tell = {});

// ---------------------------------------------------------------------------------------------- reading

/// The claims of a JWT, not verified: `oid`, `tid`, `appid` for messages.
Result<json::Value> claims_of(base::Secret const& token);

/// The text with every copy of the secret replaced by "[secret]": servers echo what they were sent. Plain, with any of
/// JSON's escapes, in JSON inside JSON, and as a form posts it. Secrets shorter than six bytes stay: they would be found
/// everywhere.
std::string without_secret(std::string text, base::Secret const& secret);

/// One challenge of a WWW-Authenticate header: `Bearer realm="", error="insufficient_claims", claims="…"`.
struct Challenge {
    std::string scheme;  ///< as sent
    std::vector<std::pair<std::string, std::string>> parameters;
    std::optional<std::string_view> find(std::string_view name) const;  ///< without case
};
/// All challenges of one header value (RFC 7235); what cannot be understood ends the list. At most 16 KB are looked at.
std::vector<Challenge> challenges(std::string_view header);
/// The claims a server wants to see before it accepts this principal again (continuous access evaluation): a JSON
/// object as text; empty when it asks for none or for something that is no JSON object.
std::string claims_wanted(world::Headers const&);

}  // namespace holdfast::credentials
