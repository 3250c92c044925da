// A person signs in on another device (RFC 8628), once; refresh tokens do the rest.
#include <algorithm>

#include "credentials/entra.hpp"

namespace holdfast::credentials {

using base::Duration;
using base::ErrorCode;

namespace {

constexpr Duration slower_by{5'000};  // RFC 8628, 3.5
constexpr Duration shortest_interval{1'000}, longest_interval{60'000};
constexpr Duration longest_wait{30 * 60'000};  // Entra's codes live 15 minutes

/// What the person is shown, and how to ask whether it is done.
struct Invitation {
    base::Secret device_code;
    std::string message;
    Duration interval{5'000};
    base::Time until;
};

Result<Invitation> read_invitation(std::string_view body, base::Time now) {
    auto const parsed = json::parse(body, answer_limits);
    auto const part = [&](char const* name) {
        return parsed ? std::string(json::text_at(*parsed, name).value_or("")) : std::string{};
    };
    auto const code = part("device_code"), user_code = part("user_code"), where = part("verification_uri");
    if (!can_be_token(code) || user_code.empty() || user_code.size() > 64 || where.empty() || where.size() > 512)
        return base::fail(ErrorCode::sign_in, "the sign-in host offers no device code",
                          "is the device code flow allowed for this application and tenant?");
    Invitation invitation;
    invitation.device_code = base::Secret(code);
    invitation.message = "To sign in, open " + base::printable(where) + " on any device and enter the code " +
                         base::printable(user_code) + "\n";
    auto const seconds = [&](char const* name, std::int64_t otherwise) {
        return std::chrono::seconds(std::clamp<std::int64_t>(number_at(*parsed, name).value_or(otherwise), 0, 86'400));
    };
    invitation.interval = std::clamp<Duration>(seconds("interval", 5), shortest_interval, longest_interval);
    invitation.until = now + std::min<Duration>(seconds("expires_in", 900), longest_wait);
    return invitation;
}

class DeviceCode final : public Cached {
public:
    DeviceCode(Cloud cloud, Application application, Tell tell)
        : cloud_(std::move(cloud)), application_(std::move(application)), tell_(std::move(tell)) {}
    std::string describe() const override { return "a person, by device code"; }

protected:
    Task<Result<Token>> fetch(Wanted wanted, world::World* world) override {
        // One at a time for all audiences: one code on the screen, and a refresh token is good for one use.
        while (busy_) co_await free_.wait();
        busy_ = true;
        auto token = co_await sign_in(wanted, world);
        busy_ = false;
        free_.notify();
        co_return token;
    }

private:
    static std::string scope(Wanted const& wanted) {
        return scope_of(wanted.audience) + " offline_access openid profile";
    }

    Task<Result<Token>> sign_in(Wanted wanted, world::World* world) {
        if (!refresh_token_.empty()) {
            MakeRequest const make = [&]() -> Result<world::Request> {
                Form form;
                form.add("grant_type", "refresh_token").add("client_id", application_.client_id);
                form.add("refresh_token", refresh_token_.reveal()).add("scope", scope(wanted));
                form.add("claims", claims_parameter(wanted.claims));
                return form_request(token_url(cloud_, application_), std::move(form), world->prng);
            };
            auto response = co_await send_until_answered(make, world, wanted.attempts);
            if (!response) co_return located(response.error());
            if (response->status == 200) co_return granted(*response, world->clock.now());
            auto const error = refused(*response, describe());
            bool const used_up = error.azure->code == "invalid_grant" || error.azure->subcode == "invalid_grant" ||
                                 error.azure->subcode == "interaction_required";
            if (!used_up) co_return base::fail(error);
            refresh_token_ = {};                                    // the person is asked again
            if (wanted.attempts == 1) co_return base::fail(error);  // but not while the old token still serves
        }
        auto token = co_await invite(wanted, world);
        co_return token;
    }

    Task<Result<Token>> invite(Wanted wanted, world::World* world) {
        MakeRequest const ask = [&]() -> Result<world::Request> {
            Form form;
            form.add("client_id", application_.client_id).add("scope", scope(wanted));
            form.add("claims", claims_parameter(wanted.claims));
            return form_request(device_code_url(cloud_, application_), std::move(form), world->prng);
        };
        auto offered = co_await send_until_answered(ask, world, wanted.attempts);
        if (!offered) co_return located(offered.error());
        if (offered->status != 200) co_return base::fail(refused(*offered, describe()));
        auto const invitation = read_invitation(offered->body, world->clock.now());
        if (!invitation) co_return located(invitation.error());
        tell_(invitation->message);

        MakeRequest const poll = [&]() -> Result<world::Request> {
            Form form;
            form.add("grant_type", "urn:ietf:params:oauth:grant-type:device_code");
            form.add("client_id", application_.client_id).add("device_code", invitation->device_code.reveal());
            return form_request(token_url(cloud_, application_), std::move(form), world->prng);
        };
        auto interval = invitation->interval;
        while (world->clock.now() + interval < invitation->until) {
            co_await world->clock.sleep(interval);
            auto answer = co_await send_until_answered(poll, world, 4);
            if (!answer) co_return located(answer.error());
            if (answer->status == 200) co_return granted(*answer, world->clock.now());
            auto const parsed = json::parse(answer->body, answer_limits);
            auto const word = parsed ? json::text_at(*parsed, "error").value_or("") : std::string_view{};
            if (word == "slow_down") interval = std::min(interval + slower_by, longest_interval);
            else if (word == "authorization_declined" || word == "access_denied")
                co_return located(problem("the sign-in was declined", "run again and approve it"));
            else if (word == "expired_token" || word == "code_expired") break;
            else if (word != "authorization_pending") co_return base::fail(refused(*answer, describe()));
        }
        co_return located(problem("nobody signed in before the code expired", "run again and enter the code in time"));
    }

    Result<Token> granted(world::Response const& response, base::Time now) {
        auto token = read_token(response.body, now);
        if (!token) return token;
        auto const parsed = json::parse(response.body, answer_limits);
        auto const next = parsed ? json::text_at(*parsed, "refresh_token") : std::nullopt;
        if (next && can_be_token(*next)) refresh_token_ = base::Secret(std::string(*next));
        return token;
    }

    static base::Error problem(std::string what, std::string fix) {
        return base::fail(ErrorCode::sign_in, std::move(what), std::move(fix)).value();
    }
    static tl::unexpected<base::Error> located(base::Error error) {
        error.where = base::Call{"POST", "token for a person, by device code"};
        return base::fail(std::move(error));
    }

    Cloud cloud_;
    Application application_;
    Tell tell_;
    base::Secret refresh_token_;  // replaced by each answer that brings one
    bool busy_ = false;
    world::Signal free_;
};

}  // namespace

std::unique_ptr<Credential> device_code(Cloud cloud, Application application, Tell tell) {
    return std::make_unique<DeviceCode>(std::move(cloud), std::move(application), std::move(tell));
}

}  // namespace holdfast::credentials
