#include "simulator/weather/kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

namespace holdfast::simulator::weather {
namespace {

constexpr double likely_on = 0.3;
constexpr double most_often = 0.7;  // a rate raised by its weight leaves room for what comes after the fault

constexpr bool wire = true, inside = false;
constexpr KindRow rows[] = {
    {Kind::throttled_seconds, "throttled-seconds", wire, 0.005, 0.3, "429, Retry-After in seconds"},
    {Kind::throttled_date, "throttled-date", wire, 0.005, 0.3, "429, Retry-After as a date"},
    {Kind::refused_busy, "refused-busy", wire, 0.005, 0.3, "409 and its like, of the kinds documented"},
    {Kind::refused_for_good, "refused-for-good", wire, 0.0005, 0.02, "a lock, a policy or a quota: time heals none"},
    {Kind::server_error, "server-error", wire, 0.005, 0.25, "500, 502, 503 or 504; nothing was done"},
    {Kind::server_error_after, "server-error-after", wire, 0.005, 0.2, "500 or 504; it was done"},
    {Kind::reset_before, "reset-before", wire, 0.005, 0.25, "the connection fails; nothing was done"},
    {Kind::reset_after, "reset-after", wire, 0.005, 0.25, "the answer is lost; it was done"},
    {Kind::truncated, "truncated", wire, 0.005, 0.15, "the answer ends in the middle"},
    {Kind::garbled, "garbled", wire, 0.005, 0.15, "something else answers in Azure's place: a page"},
    {Kind::duplicate, "duplicate", wire, 0.005, 0.3, "the request arrives twice"},
    {Kind::operation_gone, "operation-gone", wire, 0.02, 0.5, "404 at an operation's URL, from now on"},
    {Kind::token_short, "token-short", wire, 0.1, 1.0, "a token lives for two to ten minutes"},
    {Kind::token_revoked, "token-revoked", wire, 0.002, 0.05, "every token given so far is refused"},
    {Kind::claims_challenge, "claims-challenge", wire, 0.002, 0.05,
     "401 naming claims: no token is taken that was not asked for with them"},
    {Kind::sign_in_throttled, "sign-in-throttled", wire, 0.1, 0.8, "429 from the token server"},
    {Kind::vault_dns, "vault-dns", inside, 0.3, 1.0, "a new vault's name takes up to twenty minutes"},
    {Kind::role_slow, "role-slow", inside, 0.1, 1.0, "a role takes effect after nothing to twenty minutes"},
    {Kind::role_never, "role-never", inside, 0.02, 0.5, "a role does not take effect within a day"},
    {Kind::work_fails, "work-fails", inside, 0.01, 0.3, "an operation Azure took ends Failed"},
    {Kind::work_converges, "work-converges", inside, 0.01, 0.3, "it ends Failed, and succeeds five minutes later"},
    {Kind::work_hangs, "work-hangs", inside, 0.01, 0.3, "it stays in Updating"},
};
static_assert(std::size(rows) == kind_count);

}  // namespace

std::span<KindRow const> kinds() { return rows; }

KindRow const& row(Kind kind) {
    auto const& found = rows[static_cast<std::size_t>(kind)];
    assert(found.kind == kind && "rows stand in the order of the kinds");
    return found;
}

Chance Chance::draw(base::Prng& prng, double least, double most) {
    bool const on = prng.chance(likely_on);
    double const at = prng.unit();
    return {.rate = on ? least * std::pow(most / least, at) : 0, .dice = prng.fork()};
}

bool Chance::strikes(double weight) {
    return on() && dice.chance(weight > 1 ? std::min(rate * weight, std::max(rate, most_often)) : rate * weight);
}

std::string Chance::text(std::string_view name) const { return fmt::format("{} {:.2g}%", name, 100 * rate); }

}  // namespace holdfast::simulator::weather
