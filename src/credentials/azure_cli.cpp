// The account of a person who is signed in to the Azure CLI.
#include <algorithm>

#include "credentials/entra.hpp"

namespace holdfast::credentials {

using base::ErrorCode;

namespace {

bool is_plain(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view(".:/_-").find(c) != std::string_view::npos;
    });
}

/// az's JSON as a token. `expiresOn` is local time without a zone; `expires_on` and the token itself know better.
Result<Token> token_of(std::string_view output, base::Time now) {
    auto const parsed = json::parse(output, answer_limits);
    auto const text = parsed ? json::text_at(*parsed, "accessToken") : std::nullopt;
    if (!text || !can_be_token(*text))
        return base::fail(ErrorCode::sign_in, "the Azure CLI's answer holds no token", "update the Azure CLI");
    Token token;
    token.secret = base::Secret(std::string(*text));
    auto expires = number_at(*parsed, "expires_on");
    if (!expires)
        if (auto const claims = claims_of(token.secret)) expires = number_at(*claims, "exp");
    constexpr std::int64_t longest_life_s = 7 * 24 * 3'600;
    auto const now_s = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    auto const on = std::clamp<std::int64_t>(expires.value_or(now_s + 300), 0, now_s + longest_life_s);
    token.expires = now + std::chrono::seconds(std::max<std::int64_t>(on - now_s, 0));
    token.stale = stale_from(now, token.expires, std::nullopt);
    return token;
}

class AzureCli final : public Cached {
public:
    explicit AzureCli(std::optional<std::string> tenant) : tenant_(std::move(tenant)) {}
    std::string describe() const override { return "the Azure CLI's account"; }

protected:
    Task<Result<Token>> fetch(Wanted wanted, world::World* world) override {
        base::Call const call{"RUN", "az account get-access-token"};
        if (!wanted.claims.empty())
            co_return base::fail(ErrorCode::sign_in,
                                 "Azure wants this person to sign in again (continuous access evaluation)",
                                 "run `az logout` and `az login`", call);
        auto const scope = scope_of(wanted.audience);
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
        base::Secret const output{std::move(result->output)};  // wiped when it goes
        auto token = token_of(output.reveal(), world->clock.now());
        if (!token) {
            auto error = token.error();
            error.where = call;
            co_return base::fail(std::move(error));
        }
        co_return token;
    }

private:
    std::optional<std::string> tenant_;
};

}  // namespace

std::unique_ptr<Credential> azure_cli(std::optional<std::string> tenant) {
    return std::make_unique<AzureCli>(std::move(tenant));
}

}  // namespace holdfast::credentials
