// The ways to sign in.
#include <algorithm>

#include "credentials/signing.hpp"

namespace holdfast::credentials {

using base::Duration;
using base::ErrorCode;

namespace {

constexpr std::string_view assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

std::string scope_of(std::string audience) {
    while (audience.ends_with('/')) audience.pop_back();
    return audience + "/.default";
}

std::string token_url(Cloud const& cloud, Application const& application) {
    return cloud.authority + "/" + base::percent_encoded(application.tenant) + "/oauth2/v2.0/token";
}

/// Ids are shown shortened: enough to tell one from another.
std::string brief(std::string const& id) { return id.size() > 8 ? id.substr(0, 8) + "..." : id; }

/// Form fields as they are sent; values may be secret, so the whole is.
class Form {
public:
    void add(std::string_view name, std::string_view value) {
        if (!text_.empty()) text_ += '&';
        text_ += name;
        text_ += '=';
        text_ += base::percent_encoded(value);
    }
    Form() { text_.reserve(16 * 1024); }  // not moved while it grows, so no copies stay behind
    base::Secret take() { return base::Secret(std::move(text_)); }

private:
    std::string text_;
};

Task<Result<Token>> ask_entra(Cloud cloud, Application application, base::Secret form, std::string who,
                              world::World* world) {
    world::Request request;
    request.method = "POST";
    request.url = token_url(cloud, application);
    request.headers = {{"Accept", "application/json"},
                       {"Content-Type", "application/x-www-form-urlencoded"},
                       {"client-request-id", world->prng.guid()}};
    request.secret_body = std::move(form);
    request.timeout = Duration{30'000};
    request.max_answer_bytes = 1u << 20;
    auto response = co_await send_until_answered(std::move(request), world);
    if (!response) {
        auto error = response.error();
        error.where = base::Call{"POST", "token for " + who};
        co_return base::fail(std::move(error));
    }
    if (response->status != 200) co_return base::fail(refused(*response, who));
    co_return read_token(response->body, world->clock.now());
}

class ClientSecret final : public Cached {
public:
    ClientSecret(Cloud cloud, Application application, base::Secret secret)
        : cloud_(std::move(cloud)), application_(std::move(application)), secret_(std::move(secret)) {}
    std::string describe() const override { return "client secret of " + brief(application_.client_id); }

protected:
    Task<Result<Token>> fetch(std::string audience, std::string claims, world::World* world) override {
        Form form;
        form.add("grant_type", "client_credentials");
        form.add("client_id", application_.client_id);
        form.add("client_secret", secret_.reveal());
        form.add("scope", scope_of(std::move(audience)));
        if (!claims.empty()) form.add("claims", claims);
        auto token = co_await ask_entra(cloud_, application_, form.take(), describe(), world);
        co_return token;
    }

private:
    Cloud cloud_;
    Application application_;
    base::Secret secret_;
};

class ClientCertificate final : public Cached {
public:
    ClientCertificate(Cloud cloud, Application application, base::Secret pem)
        : cloud_(std::move(cloud)), application_(std::move(application)), pem_(std::move(pem)) {}
    std::string describe() const override { return "certificate of " + brief(application_.client_id); }

protected:
    Task<Result<Token>> fetch(std::string audience, std::string claims, world::World* world) override {
        auto const assertion = client_assertion(pem_, application_.client_id, token_url(cloud_, application_),
                                                world->clock.now(), world->prng.guid());
        if (!assertion) co_return base::fail(assertion.error());
        Form form;
        form.add("grant_type", "client_credentials");
        form.add("client_id", application_.client_id);
        form.add("client_assertion_type", assertion_type);
        form.add("client_assertion", *assertion);
        form.add("scope", scope_of(std::move(audience)));
        if (!claims.empty()) form.add("claims", claims);
        auto token = co_await ask_entra(cloud_, application_, form.take(), describe(), world);
        co_return token;
    }

private:
    Cloud cloud_;
    Application application_;
    base::Secret pem_;
};

class Federated final : public Cached {
public:
    Federated(Cloud cloud, Application application, std::string file)
        : cloud_(std::move(cloud)), application_(std::move(application)), file_(std::move(file)) {}
    std::string describe() const override { return "workload identity " + brief(application_.client_id); }

protected:
    Task<Result<Token>> fetch(std::string audience, std::string claims, world::World* world) override {
        auto content = world->files.read(file_);  // kubelet replaces it, so it is read each time
        if (!content) {
            auto error = content.error();
            error.fix = "AZURE_FEDERATED_TOKEN_FILE must name a readable token";
            co_return base::fail(std::move(error));
        }
        base::Secret const assertion{std::move(*content)};
        Form form;
        form.add("grant_type", "client_credentials");
        form.add("client_id", application_.client_id);
        form.add("client_assertion_type", assertion_type);
        form.add("client_assertion", base::trimmed(assertion.reveal()));
        form.add("scope", scope_of(std::move(audience)));
        if (!claims.empty()) form.add("claims", claims);
        auto token = co_await ask_entra(cloud_, application_, form.take(), describe(), world);
        co_return token;
    }

private:
    Cloud cloud_;
    Application application_;
    std::string file_;
};

// ---------------------------------------------------------------------------------------------- managed identity

/// How to ask the host we run on for a token. Local and plain HTTP by design.
struct HostRequest {
    std::string method = "GET", url;
    world::Headers headers;
    std::string body;
    bool may_be_absent = false;  ///< the metadata service: only asking shows whether it is there
};

Result<HostRequest> host_request(world::Environment const& environment, std::string const& audience,
                                 std::optional<std::string> const& client_id) {
    auto const resource = base::percent_encoded(audience);
    auto const client = [&](char const* name) {
        return client_id ? "&" + std::string(name) + "=" + base::percent_encoded(*client_id) : std::string{};
    };
    auto const said = [&](char const* name) { return environment.get(name).value_or(""); };
    HostRequest ask;
    if (auto const endpoint = said("IDENTITY_ENDPOINT"); !endpoint.empty()) {
        auto const header = said("IDENTITY_HEADER");
        if (header.empty() || !said("IDENTITY_SERVER_THUMBPRINT").empty())
            return base::fail(ErrorCode::unsupported,
                              "this host's managed identity (Arc or Service Fabric) is not supported",
                              "sign in with a certificate or a workload identity");
        ask.url = endpoint + "?api-version=2019-08-01&resource=" + resource + client("client_id");
        ask.headers = {{"X-IDENTITY-HEADER", header}};
    } else if (auto const old = said("MSI_ENDPOINT"); !old.empty()) {
        if (auto const secret = said("MSI_SECRET"); !secret.empty()) {
            ask.url = old + "?api-version=2017-09-01&resource=" + resource + client("clientid");
            ask.headers = {{"secret", secret}};
        } else {  // Cloud Shell
            ask.method = "POST";
            ask.url = old;
            ask.body = "resource=" + resource;
            ask.headers = {{"Metadata", "true"}, {"Content-Type", "application/x-www-form-urlencoded"}};
        }
    } else {
        auto host = said("AZURE_POD_IDENTITY_AUTHORITY_HOST");
        if (host.empty()) host = "http://169.254.169.254";
        while (host.ends_with('/')) host.pop_back();
        ask.url =
            host + "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=" + resource + client("client_id");
        ask.headers = {{"Metadata", "true"}};
        ask.may_be_absent = true;
    }
    return ask;
}

class ManagedIdentity final : public Cached {
public:
    explicit ManagedIdentity(std::optional<std::string> client_id) : client_id_(std::move(client_id)) {}
    std::string describe() const override {
        return client_id_ ? "managed identity " + brief(*client_id_) : "managed identity of this host";
    }

protected:
    Task<Result<Token>> fetch(std::string audience, std::string, world::World* world) override {
        auto const ask = host_request(world->environment, audience, client_id_);
        if (!ask) co_return base::fail(ask.error());
        base::Call const call{ask->method, "token for " + describe()};
        if (ask->may_be_absent && !found_) {
            // Without its header the service refuses at once; where there is none, nothing answers within a second.
            world::Request probe;
            probe.method = "GET";
            probe.url = ask->url;
            probe.timeout = Duration{1'000};
            probe.max_answer_bytes = 1u << 20;
            auto const answer = co_await world->http.send(std::move(probe));
            if (!answer)
                co_return base::fail(ErrorCode::sign_in, "no managed identity: this host has no metadata service",
                                     "sign in another way, or run on an Azure host", call);
            found_ = true;
        }
        world::Request request;
        request.method = ask->method;
        request.url = ask->url;
        request.headers = ask->headers;
        request.body = ask->body;
        request.timeout = Duration{30'000};
        request.max_answer_bytes = 1u << 20;
        auto response = co_await send_until_answered(std::move(request), world, 7);  // an updating service needs 70 s
        if (!response) {
            auto error = response.error();
            error.where = call;
            co_return base::fail(std::move(error));
        }
        if (response->status != 200) co_return base::fail(refused(*response, describe()));
        co_return read_token(response->body, world->clock.now());
    }

private:
    std::optional<std::string> client_id_;
    bool found_ = false;
};

// ---------------------------------------------------------------------------------------------- Azure CLI

bool is_plain(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view(".:/_-").find(c) != std::string_view::npos;
    });
}

class AzureCli final : public Cached {
public:
    explicit AzureCli(std::optional<std::string> tenant) : tenant_(std::move(tenant)) {}
    std::string describe() const override { return "the Azure CLI's account"; }

protected:
    Task<Result<Token>> fetch(std::string audience, std::string, world::World* world) override {
        base::Call const call{"RUN", "az account get-access-token"};
        auto const scope = scope_of(std::move(audience));
        if (!is_plain(scope) || (tenant_ && !is_plain(*tenant_)))
            co_return base::fail(ErrorCode::sign_in, "audience or tenant holds characters that az is not given",
                                 "check cloud and tenant", call);
        world::Program program;
        program.arguments = {"az", "account", "get-access-token", "--output", "json", "--scope", scope};
        if (tenant_) {
            program.arguments.push_back("--tenant");
            program.arguments.push_back(*tenant_);
        }
        auto result = co_await world->programs.run(std::move(program));
        if (!result) {
            auto error = base::fail(ErrorCode::sign_in, "the Azure CLI (az) could not be run",
                                    "install it and run `az login`, or sign in another way", call)
                             .value();
            error.because.push_back(std::move(result.error()));
            co_return base::fail(std::move(error));
        }
        if (result->exit_status != 0) {
            bool const signed_out = result->errors.find("az login") != std::string::npos;
            auto const words = base::trimmed(result->errors);
            auto const first = base::printable(words.substr(0, std::min<std::size_t>(words.find('\n'), 512)));
            co_return base::fail(
                ErrorCode::sign_in,
                signed_out ? "the Azure CLI is not signed in" : "the Azure CLI gave no token: " + first,
                "run `az login`", call);
        }
        auto const now = world->clock.now();
        auto const parsed = json::parse(result->output, {1u << 20, 16});
        auto const text = parsed ? json::text_at(*parsed, "accessToken") : std::nullopt;
        if (!text)
            co_return base::fail(ErrorCode::sign_in, "the Azure CLI's answer holds no token", "update the Azure CLI",
                                 call);
        Token token;
        token.secret = base::Secret(std::string(*text));
        // `expiresOn` is local time without a zone; the token itself knows better.
        auto expires = json::whole_at(*parsed, "expires_on");
        if (!expires)
            if (auto const claims = claims_of(token.secret)) expires = json::whole_at(*claims, "exp");
        auto const now_s = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
        auto const life_s = std::clamp<std::int64_t>(expires.value_or(now_s + 300) - now_s, 0, 7 * 24 * 3'600);
        token.expires = now + std::chrono::seconds(life_s);
        token.stale = stale_from(now, token.expires, std::nullopt);
        wipe(result->output);
        co_return token;
    }

private:
    static void wipe(std::string& text) { base::Secret const wiped{std::move(text)}; }
    std::optional<std::string> tenant_;
};

// ---------------------------------------------------------------------------------------------- the order people know

/// Asks each in turn until one has a token, then stays with it.
class FirstOf final : public Credential {
public:
    explicit FirstOf(std::vector<std::unique_ptr<Credential>> links, std::vector<std::string> not_configured)
        : links_(std::move(links)), not_configured_(std::move(not_configured)) {}

    Task<Result<base::Secret>> token(std::string audience, std::string claims, world::World& world) override {
        if (chosen_ != nullptr) {
            auto token = co_await chosen_->token(audience, claims, world);
            co_return token;
        }
        std::vector<base::Error> tried;
        for (auto const& link : links_) {
            auto token = co_await link->token(audience, claims, world);
            if (token) {
                if (chosen_ == nullptr) chosen_ = link.get();
                co_return token;
            }
            tried.push_back(token.error());
        }
        std::string what = "no way to sign in";
        for (auto const& reason : not_configured_) what += "; " + reason;
        auto error = base::fail(ErrorCode::sign_in, std::move(what),
                                "run `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET")
                         .value();
        error.because = std::move(tried);
        co_return base::fail(std::move(error));
    }
    void forget(std::string const& audience) override {
        for (auto const& link : links_) link->forget(audience);
    }
    std::string describe() const override {
        return chosen_ != nullptr ? chosen_->describe() : "managed identity or the Azure CLI's account";
    }

private:
    std::vector<std::unique_ptr<Credential>> links_;
    std::vector<std::string> not_configured_;
    Credential* chosen_ = nullptr;  // one of links_
};

}  // namespace

std::unique_ptr<Credential> client_secret(Cloud cloud, Application application, base::Secret secret) {
    return std::make_unique<ClientSecret>(std::move(cloud), std::move(application), std::move(secret));
}

Result<std::unique_ptr<Credential>> client_certificate(Cloud cloud, Application application, base::Secret pem) {
    // Signing once shows at the start what would fail at the first request.
    auto const trial =
        client_assertion(pem, application.client_id, token_url(cloud, application), base::Time{}, "trial");
    if (!trial) return base::fail(trial.error());
    return std::make_unique<ClientCertificate>(std::move(cloud), std::move(application), std::move(pem));
}

std::unique_ptr<Credential> federated(Cloud cloud, Application application, std::string token_file) {
    return std::make_unique<Federated>(std::move(cloud), std::move(application), std::move(token_file));
}

std::unique_ptr<Credential> managed_identity(std::optional<std::string> client_id) {
    return std::make_unique<ManagedIdentity>(std::move(client_id));
}

std::unique_ptr<Credential> azure_cli(std::optional<std::string> tenant) {
    return std::make_unique<AzureCli>(std::move(tenant));
}

Result<std::unique_ptr<Credential>> from_environment(Cloud const& cloud, world::Environment const& environment,
                                                     world::Files& files) {
    auto const said = [&](char const* name) { return environment.get(name).value_or(""); };
    Application const application{said("AZURE_TENANT_ID"), said("AZURE_CLIENT_ID")};
    std::vector<std::string> why_not;
    auto const configured = [&](std::string const& proof, std::string const& link, std::string const& variable) {
        std::string missing;
        if (application.tenant.empty()) missing += " AZURE_TENANT_ID";
        if (application.client_id.empty()) missing += " AZURE_CLIENT_ID";
        if (proof.empty()) missing += " " + variable;
        if (!missing.empty()) why_not.push_back(link + ": not set:" + missing);
        return missing.empty();
    };

    if (auto secret = said("AZURE_CLIENT_SECRET"); configured(secret, "client secret", "AZURE_CLIENT_SECRET"))
        return client_secret(cloud, application, base::Secret(std::move(secret)));
    if (auto const path = said("AZURE_CLIENT_CERTIFICATE_PATH");
        configured(path, "certificate", "AZURE_CLIENT_CERTIFICATE_PATH")) {
        auto content = files.read(path);
        if (!content) return base::fail(content.error());
        return client_certificate(cloud, application, base::Secret(std::move(*content)));
    }
    if (auto const path = said("AZURE_FEDERATED_TOKEN_FILE");
        configured(path, "workload identity", "AZURE_FEDERATED_TOKEN_FILE")) {
        auto entra = cloud;
        if (auto host = said("AZURE_AUTHORITY_HOST"); !host.empty()) {  // injected together with the token file
            while (host.ends_with('/')) host.pop_back();
            entra.authority = std::move(host);
        }
        return federated(std::move(entra), application, path);
    }
    auto const client = application.client_id.empty() ? std::nullopt : std::optional(application.client_id);
    auto const tenant = application.tenant.empty() ? std::nullopt : std::optional(application.tenant);
    if (!said("IDENTITY_ENDPOINT").empty() || !said("MSI_ENDPOINT").empty()) return managed_identity(client);

    std::vector<std::unique_ptr<Credential>> links;
    links.push_back(managed_identity(client));
    links.push_back(azure_cli(tenant));
    return std::make_unique<FirstOf>(std::move(links), std::move(why_not));
}

}  // namespace holdfast::credentials
