// The application's own ways to sign in: a secret, a certificate, somebody else's token.
#include "credentials/entra.hpp"

#include "credentials/certificate.hpp"

namespace holdfast::credentials {

using base::Duration;
using base::ErrorCode;

std::string scope_of(std::string audience) {
    while (audience.ends_with('/')) audience.pop_back();
    return audience + "/.default";
}

static std::string endpoint(Cloud const& cloud, Application const& application, std::string_view last) {
    return cloud.authority + "/" + base::percent_encoded(application.tenant) + "/oauth2/v2.0/" + std::string(last);
}
std::string token_url(Cloud const& cloud, Application const& application) {
    return endpoint(cloud, application, "token");
}
std::string device_code_url(Cloud const& cloud, Application const& application) {
    return endpoint(cloud, application, "devicecode");
}

Form::Form() { text_.reserve(16 * 1024); }  // not moved while it grows, so no copies stay behind
Form& Form::add(std::string_view name, std::string_view value) {
    if (!text_.empty()) text_ += '&';
    text_ += name;
    text_ += '=';
    text_ += base::percent_encoded(value);
    return *this;
}
base::Secret Form::take() { return base::Secret(std::move(text_)); }

std::string claims_parameter(std::string const& challenge) {
    json::Value claims = json::Object{};
    if (auto parsed = json::parse(challenge, answer_limits); parsed && parsed->is_object()) claims = std::move(*parsed);
    json::put(claims, "access_token.xms_cc.values", json::Array{"CP1"});
    return json::write(claims);
}

Form application_form(Application const& application, Wanted const& wanted) {
    Form form;
    form.add("grant_type", "client_credentials");
    form.add("client_id", application.client_id);
    form.add("scope", scope_of(wanted.audience));
    form.add("claims", claims_parameter(wanted.claims));
    return form;
}

Form assertion_form(Application const& application, Wanted const& wanted, std::string_view assertion) {
    auto form = application_form(application, wanted);
    form.add("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    form.add("client_assertion", assertion);
    return form;
}

world::Request form_request(std::string url, Form form, base::Prng& prng) {
    world::Request request;
    request.method = "POST";
    request.url = std::move(url);
    request.headers = {{"Accept", "application/json"},
                       {"Content-Type", "application/x-www-form-urlencoded"},
                       {"client-request-id", prng.guid()}};
    request.secret_body = form.take();
    request.timeout = Duration{30'000};
    request.max_answer_bytes = largest_answer;
    return request;
}

Task<Result<Token>> ask_entra(std::string url, MakeForm make, std::string who, int attempts, world::World* world) {
    MakeRequest const request = [&]() -> Result<world::Request> {
        auto form = make();
        if (!form) return base::fail(form.error());
        return form_request(url, std::move(*form), world->prng);
    };
    auto response = co_await send_until_answered(request, world, attempts);
    if (!response) {
        auto error = response.error();
        if (std::holds_alternative<std::monostate>(error.where)) error.where = base::Call{"POST", "token for " + who};
        co_return base::fail(std::move(error));
    }
    if (response->status != 200) co_return base::fail(refused(*response, who));
    co_return read_token(response->body, world->clock.now());
}

namespace {

class ClientSecret final : public Cached {
public:
    ClientSecret(Cloud cloud, Application application, base::Secret secret)
        : cloud_(std::move(cloud)), application_(std::move(application)), secret_(std::move(secret)) {}
    std::string describe() const override { return "client secret of " + brief(application_.client_id); }

protected:
    Task<Result<Token>> fetch(Wanted wanted, world::World* world) override {
        MakeForm const make = [&]() -> Result<Form> {
            auto form = application_form(application_, wanted);
            form.add("client_secret", secret_.reveal());
            return form;
        };
        auto const url = token_url(cloud_, application_);
        auto const who = describe();
        auto token = co_await ask_entra(url, make, who, wanted.attempts, world);
        co_return token;
    }

private:
    Cloud cloud_;
    Application application_;
    base::Secret secret_;
};

class ClientCertificate final : public Cached {
public:
    ClientCertificate(Cloud cloud, Application application, Certificate certificate, AssertionStyle style)
        : cloud_(std::move(cloud)),
          application_(std::move(application)),
          certificate_(std::move(certificate)),
          style_(style) {}
    std::string describe() const override { return "certificate of " + brief(application_.client_id); }

protected:
    Task<Result<Token>> fetch(Wanted wanted, world::World* world) override {
        auto const url = token_url(cloud_, application_);
        MakeForm const make = [&]() -> Result<Form> {
            auto const assertion = client_assertion(certificate_, style_, application_.client_id, url,
                                                    world->clock.now(), world->prng.guid());
            if (!assertion) return base::fail(assertion.error());
            return assertion_form(application_, wanted, *assertion);
        };
        auto const who = describe();
        auto token = co_await ask_entra(url, make, who, wanted.attempts, world);
        co_return token;
    }

private:
    Cloud cloud_;
    Application application_;
    Certificate certificate_;
    AssertionStyle style_;
};

class Federated final : public Cached {
public:
    Federated(Cloud cloud, Application application, std::string file)
        : cloud_(std::move(cloud)), application_(std::move(application)), file_(std::move(file)) {}
    std::string describe() const override { return "workload identity " + brief(application_.client_id); }

protected:
    Task<Result<Token>> fetch(Wanted wanted, world::World* world) override {
        MakeForm const make = [&]() -> Result<Form> {
            auto content = world->files.read(file_);  // kubelet replaces it, so it is read each time
            if (!content) {
                auto error = content.error();
                error.fix = "AZURE_FEDERATED_TOKEN_FILE must name a readable token";
                return base::fail(std::move(error));
            }
            base::Secret const assertion{std::move(*content)};
            auto const token = base::trimmed(assertion.reveal());
            if (!can_be_token(token))
                return base::fail(ErrorCode::sign_in, "the file holds no token: " + base::printable(file_),
                                  "AZURE_FEDERATED_TOKEN_FILE must name a file with one token in it");
            return assertion_form(application_, wanted, token);
        };
        auto const url = token_url(cloud_, application_);
        auto const who = describe();
        auto token = co_await ask_entra(url, make, who, wanted.attempts, world);
        co_return token;
    }

private:
    Cloud cloud_;
    Application application_;
    std::string file_;
};

/// GitHub's runner hands out id tokens that live for minutes; Entra takes one in exchange.
class GithubActions final : public Cached {
public:
    GithubActions(Cloud cloud, Application application, std::string url, base::Secret request_token)
        : cloud_(std::move(cloud)),
          application_(std::move(application)),
          url_(std::move(url)),
          request_token_(std::move(request_token)) {}
    std::string describe() const override { return "GitHub Actions' identity " + brief(application_.client_id); }

protected:
    Task<Result<Token>> fetch(Wanted wanted, world::World* world) override {
        auto id_token = co_await ask_runner(wanted.attempts, world);
        if (!id_token) co_return base::fail(id_token.error());
        MakeForm const make = [&]() -> Result<Form> {
            return assertion_form(application_, wanted, id_token->reveal());
        };
        auto const url = token_url(cloud_, application_);
        auto const who = describe();
        auto token = co_await ask_entra(url, make, who, wanted.attempts, world);
        co_return token;
    }

private:
    Task<Result<base::Secret>> ask_runner(int attempts, world::World* world) {
        base::Call const call{"GET", "id token of the GitHub Actions run"};
        MakeRequest const make = [&]() -> Result<world::Request> {
            world::Request request;
            request.method = "GET";
            request.url = url_ + (url_.find('?') == std::string::npos ? "?" : "&") +
                          "audience=" + base::percent_encoded("api://AzureADTokenExchange");
            request.headers = {{"Accept", "application/json"}};
            request.bearer = request_token_;
            request.timeout = Duration{30'000};
            request.max_answer_bytes = largest_answer;
            return request;
        };
        auto response = co_await send_until_answered(make, world, attempts);
        if (!response) {
            auto error = response.error();
            error.where = call;
            co_return base::fail(std::move(error));
        }
        auto const parsed = json::parse(response->body, answer_limits);
        auto const value = parsed ? json::text_at(*parsed, "value") : std::nullopt;
        if (response->status != 200 || !value || !can_be_token(*value))
            co_return base::fail(ErrorCode::sign_in,
                                 "the runner gave no id token (HTTP " + std::to_string(response->status) + ")",
                                 "give the job `permissions: {id-token: write}`", call);
        bool const is_its_secret = value->find(request_token_.reveal()) != std::string_view::npos;
        if (is_its_secret)  // which is not for Entra
            co_return base::fail(ErrorCode::sign_in, "the runner gave back the token that it was asked with",
                                 "ACTIONS_ID_TOKEN_REQUEST_URL must name the runner's own endpoint", call);
        co_return base::Secret(std::string(*value));
    }

    Cloud cloud_;
    Application application_;
    std::string url_;
    base::Secret request_token_;
};

}  // namespace

std::unique_ptr<Credential> client_secret(Cloud cloud, Application application, base::Secret secret) {
    return std::make_unique<ClientSecret>(std::move(cloud), std::move(application), std::move(secret));
}

Result<std::unique_ptr<Credential>> client_certificate(Cloud cloud, Application application, CertificateProof proof) {
    auto certificate = Certificate::read(proof.content, proof.password);
    if (!certificate) return base::fail(certificate.error());
    AssertionStyle const style{proof.rs256, proof.send_chain};
    return std::make_unique<ClientCertificate>(std::move(cloud), std::move(application), std::move(*certificate),
                                               style);
}

std::unique_ptr<Credential> federated(Cloud cloud, Application application, std::string token_file) {
    return std::make_unique<Federated>(std::move(cloud), std::move(application), std::move(token_file));
}

std::unique_ptr<Credential> github_actions(Cloud cloud, Application application, std::string request_url,
                                           base::Secret request_token) {
    return std::make_unique<GithubActions>(std::move(cloud), std::move(application), std::move(request_url),
                                           std::move(request_token));
}

}  // namespace holdfast::credentials
