// The order people know from DefaultAzureCredential.
#include <algorithm>

#include "credentials/tokens.hpp"

namespace holdfast::credentials {

using base::ErrorCode;

namespace {

using Kind = Way::Kind;
constexpr Way known_ways[] = {
#include "sign_in.inc"
};

struct Link {
    std::string name;
    std::unique_ptr<Credential> credential;
};
/// A way that was not taken, and why not.
struct Passed {
    std::string name, why;
};

/// Asks each link in turn until one has a token, then stays with it, and says once which it was.
class Chain final : public Credential {
public:
    Chain(std::vector<Link> links, std::vector<Passed> passed, Tell tell)
        : links_(std::move(links)), passed_(std::move(passed)), tell_(std::move(tell)) {}

    Task<Result<base::Secret>> token(std::string audience, std::string claims, world::World& world) override {
        if (chosen_ != nullptr) {
            auto token = co_await chosen_->token(audience, claims, world);
            co_return token;
        }
        std::vector<Passed> passed = passed_;
        std::vector<base::Error> tried;
        for (auto const& link : links_) {
            auto token = co_await link.credential->token(audience, claims, world);
            if (token) {
                choose(*link.credential, passed);
                co_return token;
            }
            passed.push_back({link.name, token.error().what});
            tried.push_back(token.error());
        }
        if (links_.size() == 1) co_return base::fail(std::move(tried.front()));  // configured, so its failure is final
        std::string what = "no way to sign in";
        for (auto const& one : passed_) what += "; " + one.name + ": " + one.why;
        auto error = base::fail(ErrorCode::sign_in, std::move(what),
                                "run `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET")
                         .value();
        error.because = std::move(tried);
        co_return base::fail(std::move(error));
    }
    void forget(std::string const& audience, base::Secret const& refused) override {
        for (auto const& link : links_) link.credential->forget(audience, refused);
    }
    std::string describe() const override {
        if (chosen_ != nullptr) return chosen_->describe();
        std::string text;
        for (auto const& link : links_) text += (text.empty() ? "" : " or ") + link.credential->describe();
        return text;
    }

private:
    void choose(Credential& credential, std::vector<Passed> const& passed) {
        if (chosen_ != nullptr) return;  // two asked at once
        chosen_ = &credential;
        if (!tell_ || passed.empty()) return;
        std::string text = "signed in by " + credential.describe() + "\n";
        for (auto const& one : passed) text += "  not by " + one.name + ": " + one.why + "\n";
        tell_(text);
    }

    std::vector<Link> links_;
    std::vector<Passed> passed_;
    Tell tell_;
    Credential* chosen_ = nullptr;  // one of links_
};

/// The environment as one sign-in reads it.
class Surroundings {
public:
    Surroundings(Cloud const& cloud, world::Environment const& environment, world::Files& files, Choice const& choice,
                 Tell const& tell)
        : cloud_(cloud), environment_(environment), files_(files), choice_(choice), tell_(tell) {
        application_ = {choice.tenant.empty() ? said("AZURE_TENANT_ID") : choice.tenant, said("AZURE_CLIENT_ID")};
    }

    std::string said(std::string_view name) const { return environment_.get(name).value_or(""); }

    /// The variables that are not set, "" when the way is configured.
    std::string missing(Way const& way) const {
        std::string names;
        for (auto const& name : base::split(way.variables, '\n')) {
            bool const by_flag = name == "AZURE_TENANT_ID" && !application_.tenant.empty();
            if (!name.empty() && !by_flag && said(name).empty()) names += " " + name;
        }
        return names.empty() ? names : "not set:" + names;
    }
    bool on_known_host() const { return !said("IDENTITY_ENDPOINT").empty() || !said("MSI_ENDPOINT").empty(); }

    Result<std::unique_ptr<Credential>> make(Kind kind) const {
        switch (kind) {
            case Kind::secret:
                return client_secret(cloud_, application_, base::Secret(said("AZURE_CLIENT_SECRET")));
            case Kind::certificate:
                return certificate();
            case Kind::workload:
                return workload();
            case Kind::github:
                return github();
            case Kind::host: {
                auto identity = HostIdentity::parse(choice_.identity);
                if (!identity) return base::fail(identity.error());
                if (choice_.identity.empty() && !application_.client_id.empty())
                    identity = HostIdentity{HostIdentity::Kind::client_id, application_.client_id};
                return managed_identity(std::move(*identity));
            }
            case Kind::cli:
                return azure_cli(application_.tenant.empty() ? std::nullopt : std::optional(application_.tenant));
            case Kind::device:
                return device();
        }
        return base::fail(ErrorCode::usage, "there is no such way to sign in");
    }

private:
    Result<std::unique_ptr<Credential>> certificate() const {
        auto content = files_.read(said("AZURE_CLIENT_CERTIFICATE_PATH"));
        if (!content) {
            auto error = content.error();
            error.fix = "AZURE_CLIENT_CERTIFICATE_PATH must name a PEM or PFX file";
            return base::fail(std::move(error));
        }
        CertificateProof proof;
        proof.content = base::Secret(std::move(*content));
        proof.password = base::Secret(said("AZURE_CLIENT_CERTIFICATE_PASSWORD"));
        auto const chain = said("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN");
        proof.send_chain = chain == "1" || base::same_text(chain, "true");
        auto const algorithm = said("HOLDFAST_CERTIFICATE_ALGORITHM");
        proof.rs256 = base::same_text(algorithm, "RS256");
        if (!algorithm.empty() && !proof.rs256 && !base::same_text(algorithm, "PS256"))
            return base::fail(ErrorCode::usage,
                              "HOLDFAST_CERTIFICATE_ALGORITHM is '" + base::printable(algorithm) + "'",
                              "write PS256 (the default) or RS256");
        return client_certificate(cloud_, application_, std::move(proof));
    }

    Result<std::unique_ptr<Credential>> workload() const {
        auto entra = cloud_;
        if (auto host = said("AZURE_AUTHORITY_HOST"); !host.empty()) {  // injected together with the token file
            while (host.ends_with('/')) host.pop_back();
            if (!may_carry_secrets(host))
                return base::fail(ErrorCode::usage, "AZURE_AUTHORITY_HOST does not begin with https://",
                                  "unset it, or name the sign-in host with https://");
            entra.authority = std::move(host);
        }
        return federated(std::move(entra), application_, said("AZURE_FEDERATED_TOKEN_FILE"));
    }

    Result<std::unique_ptr<Credential>> github() const {
        auto const url = said("ACTIONS_ID_TOKEN_REQUEST_URL");
        if (!may_carry_secrets(url))
            return base::fail(ErrorCode::usage, "ACTIONS_ID_TOKEN_REQUEST_URL does not begin with https://",
                              "it is set by the runner; do not set it yourself");
        return github_actions(cloud_, application_, url, base::Secret(said("ACTIONS_ID_TOKEN_REQUEST_TOKEN")));
    }

    Result<std::unique_ptr<Credential>> device() const {
        if (!tell_)
            return base::fail(ErrorCode::sign_in, "nobody can be shown a device code here", "sign in another way");
        auto application = application_;
        if (application.tenant.empty()) application.tenant = "organizations";
        if (application.client_id.empty()) application.client_id = developer_client_id;
        return device_code(cloud_, std::move(application), tell_);
    }

    Cloud const& cloud_;
    world::Environment const& environment_;
    world::Files& files_;
    Choice const& choice_;
    Tell const& tell_;
    Application application_;
};

std::string words_of_ways() {
    std::string words;
    for (auto const& way : known_ways) words += (words.empty() ? "" : ", ") + std::string(way.word);
    return words;
}

/// The ways that the user left to choose from, in order.
Result<std::vector<Way const*>> allowed(Choice const& choice, std::string const& said) {
    std::vector<Way const*> all;
    auto const take = [&](auto const& wanted) {
        for (auto const& way : known_ways)
            if (wanted(way)) all.push_back(&way);
    };
    if (!choice.way.empty()) {
        take([&](Way const& way) { return choice.way == way.word; });
        if (all.empty())
            return base::fail(ErrorCode::usage,
                              "there is no way to sign in called '" + base::printable(choice.way) + "'",
                              "write one of " + words_of_ways());
        return all;
    }
    if (said.empty()) {
        take([](Way const& way) { return way.automatic; });
        return all;
    }
    take([&](Way const& way) {
        return (way.automatic && base::same_text(said, way.group)) || base::same_text(said, way.sdk_name);
    });
    if (all.empty())
        return base::fail(ErrorCode::usage,
                          "AZURE_TOKEN_CREDENTIALS is '" + base::printable(said) + "', which is not known here",
                          "write prod, dev or a name such as AzureCliCredential, or use --sign-in");
    return all;
}

}  // namespace

std::span<Way const> ways() { return known_ways; }

Result<std::unique_ptr<Credential>> from_environment(Cloud const& cloud, world::Environment const& environment,
                                                     world::Files& files, Choice choice, Tell tell) {
    Surroundings const around(cloud, environment, files, choice, tell);
    auto const candidates = allowed(choice, around.said("AZURE_TOKEN_CREDENTIALS"));
    if (!candidates) return base::fail(candidates.error());

    std::vector<Link> links;
    std::vector<Passed> passed;
    for (auto const* way : *candidates) {
        if (auto const missing = around.missing(*way); !missing.empty()) {
            passed.push_back({way->plain, missing});
            continue;
        }
        auto credential = around.make(way->way);
        if (!credential) return base::fail(credential.error());
        links.push_back({way->plain, std::move(*credential)});
        // A managed identity without a known host's variables, and az, show only when asked whether they are there.
        bool const certain = way->way != Kind::cli && (way->way != Kind::host || around.on_known_host());
        if (certain) break;
    }
    if (!links.empty()) return std::make_unique<Chain>(std::move(links), std::move(passed), std::move(tell));
    std::string what = "this way to sign in is not configured";
    for (auto const& one : passed) what += "; " + one.name + ": " + one.why;
    return base::fail(ErrorCode::sign_in, std::move(what), "set what is missing, or choose another way with --sign-in");
}

}  // namespace holdfast::credentials
