/// credentials: the only holder of tokens and secrets.
///
/// One Credential per way to sign in, all giving a bearer token for an audience; a cache that refreshes ahead (stale
/// five minutes before expiry), one refresh at a time per audience. What Entra's errors mean is looked up above. Tokens
/// leave this room only as base::Secret.
#pragma once

#include "world/world.hpp"

namespace holdfast::credentials {

using world::Result;
using world::Task;

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

class Credential {
public:
    virtual ~Credential() = default;
    /// A valid token for `audience` (no /.default). `claims`: a continuous-access challenge to satisfy, bypassing the
    /// cache.
    virtual Task<Result<base::Secret>> token(std::string audience, std::string claims, world::World& world) = 0;
    /// Drops what is cached for an audience, after a server refused it.
    virtual void forget(std::string const& audience) { static_cast<void>(audience); }
    virtual std::string describe() const = 0;  ///< "client secret of 2222…": for the first line of acts, no secrets
};

struct Application {
    std::string tenant, client_id;
};
std::unique_ptr<Credential> client_secret(Cloud, Application, base::Secret);
/// PEM (key and certificate in one file). RS256, x5t.
Result<std::unique_ptr<Credential>> client_certificate(Cloud, Application, base::Secret pem);
/// Workload identity: the file is read again for every token request.
std::unique_ptr<Credential> federated(Cloud, Application, std::string token_file);
/// IMDS, App Service and Arc-less managed identity; plain HTTP to a local address.
std::unique_ptr<Credential> managed_identity(std::optional<std::string> client_id);
std::unique_ptr<Credential> azure_cli(std::optional<std::string> tenant);

/// The order people know: environment (secret, certificate), workload identity, managed identity, Azure CLI.
/// The one found to be configured is used; the error names each link and why it was not.
Result<std::unique_ptr<Credential>> from_environment(Cloud const&, world::Environment const&, world::Files&);

/// The claims of a JWT, not verified: `oid`, `tid`, `appid` for messages.
Result<json::Value> claims_of(base::Secret const& token);

}  // namespace holdfast::credentials
