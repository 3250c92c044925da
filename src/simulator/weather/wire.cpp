#include "simulator/weather/wire.hpp"

#include <algorithm>
#include <cmath>

namespace holdfast::simulator::weather {
namespace {

using world::Request;
using world::Response;

constexpr Duration longer_than_attempts = std::chrono::minutes(3);
constexpr double still_hangs = 0.98;  // asked every minute: fifty on average
constexpr double longest_s = 20 * 60, never_s = 25 * 3600;
constexpr std::uint64_t longest_throttled_s = 40;

/// Never 0, however fast Azure lives.
std::int64_t for_the_reader(std::uint64_t seconds, double hurry) {
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(static_cast<double>(seconds) / hurry)));
}

Response error_answer(int status, std::string_view code, std::string_view message, world::Headers headers = {}) {
    json::Value const body = json::Object{{"error", json::Object{{"code", code}, {"message", message}}}};
    headers.push_back({"Content-Type", "application/json; charset=utf-8"});
    return {status, std::move(headers), json::write(body)};
}

// {"access_token":{"nbf":{"essential":true}}}
constexpr std::string_view challenge =
    R"(Bearer realm="", authorization_uri="https://login.azsim.test/common/oauth2/authorize", )"
    R"(error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZX19fQ==")";

/// Resource Manager wraps its errors, and so do the services, save AKS, which says them bare.
Response service_answer(Doing at, int status, std::string_view code, std::string_view message) {
    if (at != Doing::cluster) return error_answer(status, code, message);
    json::Value const body = json::Object{{"code", code}, {"message", message}, {"details", nullptr}, {"subcode", ""}};
    return {status, {{"Content-Type", "application/json"}}, json::write(body)};
}

struct Refusal {
    std::string_view code;
    int status;
    Doing doing;
    std::string_view message;
    std::string_view of = {};  ///< only of ids that hold this; empty: of all
};
// Documented: Resource Manager's and the providers' error codes, learn.microsoft.com, read 2026-11-23 and 2026-11-30.
constexpr Refusal busy_rows[] = {
    {"AnotherOperationInProgress", 409, Doing::network,
     "Another operation on this or a dependent resource is in progress."},
    {"ReferencedResourceNotProvisioned", 400, Doing::network,
     "Cannot proceed, a referenced resource is not in Succeeded state."},
    {"RetryableError", 429, Doing::network, "A retryable error occurred."},
    {"ConflictError", 409, Doing::vault, "A conflict occurred that prevented the operation from completing."},
    {"OperationNotAllowed", 409, Doing::cluster,
     "Another operation (Updating) is in progress. See https://aka.ms/aks-pending-operation"},
    {"OperationNotAllowed", 409, Doing::cluster, "Another agentpool operation is in progress, please wait for it."},
    {"ResourceGroupBeingDeleted", 409, Doing::group, "The resource group is in deprovisioning state."},
    {"AnotherOperationInProgress", 409, Doing::remove,
     "Another operation on this or a dependent resource is in progress."},
    {"InUseSubnetCannotBeDeleted", 400, Doing::remove, "The subnet is in use by a network interface.", "/subnets/"},
    {"InUseRouteTableCannotBeDeleted", 400, Doing::remove, "The route table is in use by a subnet.", "/routetables/"},
    {"InUseNetworkSecurityGroupCannotBeDeleted", 400, Doing::remove, "The group is in use by a subnet.",
     "/networksecuritygroups/"},
    {"PublicIPAddressCannotBeDeleted", 400, Doing::remove, "The address is allocated to a resource.",
     "/publicipaddresses/"},
    {"InUsePrefixCannotBeDeleted", 400, Doing::remove, "The prefix is in use.", "/publicipprefixes/"},
    {"InUseNatGatewayCannotBeDeleted", 400, Doing::remove, "The NAT gateway is in use by a subnet.", "/natgateways/"},
    {"FirewallPolicyInUse", 400, Doing::remove, "The policy is in use by a firewall.", "/firewallpolicies/"},
    {"DataCollectionRuleInUse", 409, Doing::remove, "The rule has associations.", "/datacollectionrules/"},
    {"OperationNotAllowed", 409, Doing::remove, "It cannot be deleted since it is used by a disk.",
     "/diskencryptionsets/"},
    {"CannotDeleteResource", 409, Doing::remove, "Cannot delete a resource while nested resources exist."},
    {"OperationPreempted", 409, Doing::cluster, "The operation has been preempted by another one."},
    {"ObjectIsBeingDeleted", 409, Doing::vault, "The object is currently being deleted."},
    {"ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity", 409, Doing::identity,
     "Too many federated identity credentials are written concurrently for the managed identity.",
     "/federatedidentitycredentials/"},
    {"ConcurrentUpdateError", 409, Doing::identity, "Another request is changing the same resource."},
    {"PrincipalNotFound", 400, Doing::grant, "The principal does not exist in the directory yet."},
    {"ConcurrentUpdateError", 409, Doing::other, "Another request is changing the same resource."},
};
// The same sources. What a write meets that nobody may make, or that there is no room for.
constexpr std::string_view locked = "The scope cannot perform the operation because a lock is in place on it.";
constexpr std::string_view disallowed = "The resource was disallowed by policy 'allowed-things'.";
constexpr Refusal final_rows[] = {
    {"RequestDisallowedByPolicy", 403, Doing::group, disallowed},
    {"RequestDisallowedByPolicy", 403, Doing::network, disallowed},
    {"RequestDisallowedByPolicy", 403, Doing::identity, disallowed},
    {"RequestDisallowedByPolicy", 403, Doing::vault, disallowed},
    {"RequestDisallowedByPolicy", 403, Doing::cluster, disallowed},
    {"RequestDisallowedByPolicy", 403, Doing::other, disallowed},
    {"ScopeLocked", 409, Doing::network, locked},
    {"ScopeLocked", 409, Doing::cluster, locked},
    {"ScopeLocked", 409, Doing::remove, locked},
    {"PublicIPCountLimitReached", 400, Doing::network, "The subscription may have no more public addresses.",
     "/publicipaddresses/"},
    {"DenyAssignmentAuthorizationFailed", 403, Doing::grant, "A deny assignment forbids the action."},
    {"OperationNotAllowed", 409, Doing::cluster, "The operation would exceed the approved Total Regional Cores quota."},
    {"SkuNotAvailable", 409, Doing::cluster, "The requested size is not available in the location."},
};
/// What Resource Manager refuses itself, before any service hears of it.
constexpr std::string_view of_the_gateway[] = {"RequestDisallowedByPolicy", "ScopeLocked",
                                               "DenyAssignmentAuthorizationFailed", "ResourceGroupBeingDeleted"};
Response refusal(std::span<Refusal const> rows, Doing doing, std::string_view url, base::Prng& dice) {
    auto const lower = base::lower(url);
    std::vector<Refusal const*> fitting;
    for (auto const& one : rows)
        if (one.doing == doing && lower.find(one.of) != std::string::npos) fitting.push_back(&one);
    auto const& chosen = *fitting[dice.below(fitting.size())];
    if (std::ranges::find(of_the_gateway, chosen.code) != std::end(of_the_gateway))
        return error_answer(chosen.status, chosen.code, chosen.message);
    return service_answer(doing, chosen.status, chosen.code, chosen.message);
}

Response too_many_sign_ins(std::int64_t wait_s) {
    return {429,
            {{"Retry-After", std::to_string(wait_s)}},
            R"({"error":"temporarily_unavailable","error_description":"AADSTS90055: too many requests"})"};
}

Response server_error(Doing at, base::Prng& dice, double hurry) {
    switch (dice.below(4)) {
        case 0:
            return service_answer(at, 500, "InternalServerError", "Something went wrong inside.");
        case 1:
            return {502, {{"Content-Type", "text/html"}}, "<html><body><h1>502 Bad Gateway</h1></body></html>"};
        case 2:
            return error_answer(503, "ServerTimeout", "The request timed out.",
                                {{"Retry-After", std::to_string(for_the_reader(5, hurry))}});
        default:
            return error_answer(504, "GatewayTimeout", "The gateway did not receive a response in time.");
    }
}

std::string without_query(std::string_view url) { return std::string(url.substr(0, url.find('?'))); }

std::optional<std::string> bearer_of(Request const& request) {
    if (request.bearer) return std::string(request.bearer->reveal());
    auto const said = world::find(request.headers, "Authorization");
    if (!said || !base::starts_with_text(*said, "Bearer ")) return std::nullopt;
    return std::string(base::trimmed(said->substr(7)));
}

}  // namespace

std::optional<Arrival> Wire::instead(Request const& request, Doing at, Time readers_now, double hurry) {
    auto const strikes = [&](Kind kind) { return sky_.strikes(kind, at); };
    auto const answered = [](Response response) { return Arrival{.response = std::move(response)}; };
    auto const wait = [&](Kind kind) { return for_the_reader(1 + sky_.dice(kind).below(longest_throttled_s), hurry); };
    if (strikes(Kind::reset_before)) return Arrival{.line = Arrival::Line::refused, .response = {}};
    if (strikes(Kind::sign_in_throttled))
        return answered(too_many_sign_ins(for_the_reader(7, hurry)));
    if (strikes(Kind::throttled_seconds)) {
        auto const seconds = std::to_string(wait(Kind::throttled_seconds));
        return answered(error_answer(429, "SubscriptionRequestsThrottled", "Try again after '" + seconds + "' seconds.",
                                     {{"Retry-After", seconds}}));
    }
    if (strikes(Kind::throttled_date)) {
        auto const until = readers_now + std::chrono::seconds(wait(Kind::throttled_date));
        return answered(
            error_answer(429, "TooManyRequests", "Too many requests.",
                         {{"Date", base::http_date(readers_now)}, {"Retry-After", base::http_date(until)}}));
    }
    if (strikes(Kind::refused_busy))
        return answered(refusal(busy_rows, at, request.url, sky_.dice(Kind::refused_busy)));
    if (strikes(Kind::refused_for_good))
        return answered(refusal(final_rows, at, request.url, sky_.dice(Kind::refused_for_good)));
    if (strikes(Kind::server_error)) return answered(server_error(at, sky_.dice(Kind::server_error), hurry));
    if (auto refused = unauthorized(request, at)) return answered(std::move(*refused));
    if (at == Doing::poll && !sky_.is_clear()) {
        auto const url = without_query(request.url);
        if (!gone_.contains(url) && strikes(Kind::operation_gone)) gone_.insert(url);
        if (gone_.contains(url)) return answered(error_answer(404, "NotFound", "There is no such operation."));
    }
    return std::nullopt;
}

std::optional<Response> Wire::unauthorized(Request const& request, Doing at) {
    auto const bearer = bearer_of(request);
    if (!bearer || sky_.is_clear()) return std::nullopt;
    seen_.insert(*bearer);
    if (sky_.strikes(Kind::token_revoked, at)) revoked_ = seen_;
    if (sky_.strikes(Kind::claims_challenge, at)) {
        revoked_ = unclaimed_ = seen_;
        wants_claims_ = true;
    }
    if (!revoked_.contains(*bearer)) return std::nullopt;
    bool const challenged = unclaimed_.contains(*bearer);
    world::Headers headers;
    if (challenged)
        headers.push_back({"WWW-Authenticate", std::string(challenge)});
    return error_answer(401, challenged ? "InvalidAuthenticationToken" : "ExpiredAuthenticationToken",
                        "The access token is no longer accepted.", std::move(headers));
}

bool Wire::says_claims(Request const& sign_in) {
    auto const& form = sign_in.secret_body ? sign_in.secret_body->reveal() : sign_in.body;
    return ("&" + std::string(form)).find("&claims=") != std::string::npos;
}

void Wire::gave_token(Response const& answer) {
    if (!wants_claims_) return;
    auto const body = json::parse(answer.body);
    if (auto const token = body ? json::text_at(*body, "access_token") : std::nullopt)
        revoked_.emplace(*token), unclaimed_.emplace(*token);
}

int Wire::spoil(Doing at, Arrival& arrival, Time now) {
    auto& response = arrival.response;
    auto const nothing_comes = [&](Arrival::Line line) { arrival = {.line = line, .response = {}}; };
    bool const cut_off = at == Doing::poll && !sky_.is_clear() && now < cut_off_until_;
    if (cut_off || sky_.strikes(Kind::reset_after, at)) {
        auto& dice = sky_.dice(Kind::reset_after);
        // Sometimes it is not one answer but the line, for longer than attempts are made.
        if (at == Doing::poll && !cut_off && dice.chance(0.2)) cut_off_until_ = now + longer_than_attempts;
        nothing_comes(dice.chance(0.3) ? Arrival::Line::silent : Arrival::Line::lost);
        return 1;
    }
    if (sky_.strikes(Kind::server_error_after, at)) {
        bool const gateway = sky_.dice(Kind::server_error_after).chance(0.5);
        response = gateway ? Response{504, {}, ""}
                           : error_answer(500, "InternalServerError", "Something went wrong inside.");
        return 1;
    }
    int times = 0;
    if (response.body.size() > 2 && sky_.strikes(Kind::truncated, at)) {
        ++times;
        arrival.cut = response.body.size() - 1 - sky_.dice(Kind::truncated).below(response.body.size() - 1);
    }
    if (sky_.strikes(Kind::garbled, at)) {
        ++times;
        auto& dice = sky_.dice(Kind::garbled);
        switch (dice.below(4)) {
            case 0:
                arrival = {.response = {200, {{"Content-Type", "application/json"}}, "[]"}};
                break;
            case 1:  // a byte that no text has, somewhere in it
                arrival.cut = 0;
                response.body.insert(dice.below(response.body.size() + 1), "\xff");
                break;
            default:
                arrival = {.response = {200,
                                        {{"Content-Type", "text/html"}},
                                        "<!DOCTYPE html><html><body>Sign in to the guest network</body></html>"}};
        }
    }
    return times;
}

Fate::End Fateful::end(std::string_view verb, resource::ResourceId const& target) {
    auto const at = doing(verb, target.text());
    if (sky_.is_clear()) return End::well;
    bool const hung = hanging_.contains(target.key());
    if (hangs(target.key(), at)) return End::hangs;
    if (hung) return End::well;
    return sky_.strikes(Kind::work_converges, at) ? End::fails_then_converges
           : sky_.strikes(Kind::work_fails, at)   ? End::fails
                                                  : End::well;
}

bool Fateful::hangs(std::string const& what, Doing at) {
    if (hanging_.contains(what)) {
        if (sky_.dice(Kind::work_hangs).chance(still_hangs)) return true;
        hanging_.erase(what);
        return false;
    }
    if (!sky_.strikes(Kind::work_hangs, at)) return false;
    hanging_.insert(what);
    return true;
}

bool Fateful::registration_hangs(std::string_view name_space) {
    return !sky_.is_clear() && hangs("register " + base::lower(name_space), Doing::register_);
}

double Fateful::takes(std::string_view verb, resource::ResourceId const& target, double drawn) {
    bool const vault = verb == "PUT" && base::same_text(target.type(), "Microsoft.KeyVault/vaults");
    if (!vault || !sky_.strikes(Kind::vault_dns, Doing::vault)) return drawn;
    return sky_.dice(Kind::vault_dns).unit() * longest_s;
}

double Fateful::takes_effect(resource::ResourceId const&, double drawn) {
    if (sky_.strikes(Kind::role_never, Doing::grant)) return never_s;
    if (sky_.strikes(Kind::role_slow, Doing::grant)) return std::floor(sky_.dice(Kind::role_slow).unit() * longest_s);
    return drawn;
}

Duration Fateful::token_lives(Duration usual) {
    if (!sky_.strikes(Kind::token_short, Doing::sign_in)) return usual;
    return std::chrono::seconds(120 + sky_.dice(Kind::token_short).below(480));
}

}  // namespace holdfast::simulator::weather
