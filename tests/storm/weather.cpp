#include "weather.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cassert>
#include <cmath>

namespace holdfast::storm {

namespace {

constexpr double likely_on = 0.3;
constexpr double most_often = 0.7;  // a rate raised by its weight leaves room for what comes after the fault

constexpr KindRow rows[] = {
    {Kind::throttled_seconds, "throttled-seconds", Strikes::exchange, 0.005, 0.3, "429, Retry-After in seconds"},
    {Kind::throttled_date, "throttled-date", Strikes::exchange, 0.005, 0.3, "429, Retry-After as a date"},
    {Kind::refused_busy, "refused-busy", Strikes::exchange, 0.005, 0.3, "409 and its like, of the kinds documented"},
    {Kind::server_error, "server-error", Strikes::exchange, 0.005, 0.25, "500, 502, 503 or 504; nothing was done"},
    {Kind::server_error_after, "server-error-after", Strikes::exchange, 0.005, 0.2, "500 or 504; it was done"},
    {Kind::reset_before, "reset-before", Strikes::exchange, 0.005, 0.25, "the connection fails; nothing was done"},
    {Kind::reset_after, "reset-after", Strikes::exchange, 0.005, 0.25, "the answer is lost; it was done"},
    {Kind::truncated, "truncated", Strikes::exchange, 0.005, 0.15,
     "the answer ends in the middle, and nothing says so"},
    {Kind::garbled, "garbled", Strikes::exchange, 0.005, 0.15, "something else answers in Azure's place: a page"},
    {Kind::duplicate, "duplicate", Strikes::exchange, 0.005, 0.3, "the request arrives twice"},
    {Kind::operation_gone, "operation-gone", Strikes::exchange, 0.02, 0.5, "404 at an operation's URL, from now on"},
    {Kind::token_short, "token-short", Strikes::exchange, 0.1, 1.0, "a token lives for two to ten minutes"},
    {Kind::token_revoked, "token-revoked", Strikes::exchange, 0.002, 0.05, "every token given so far is refused"},
    {Kind::claims_challenge, "claims-challenge", Strikes::exchange, 0.002, 0.05,
     "401 naming claims: no token is taken that was not asked for with them"},
    {Kind::sign_in_throttled, "sign-in-throttled", Strikes::exchange, 0.1, 0.8, "429 from the token server"},
    {Kind::vault_dns, "vault-dns", Strikes::work, 0.3, 1.0, "a new vault's name takes up to twenty minutes"},
    {Kind::role_slow, "role-slow", Strikes::role, 0.1, 1.0, "a role takes effect after nothing to twenty minutes"},
    {Kind::role_never, "role-never", Strikes::role, 0.02, 0.5, "a role does not take effect within a day"},
    {Kind::work_fails, "work-fails", Strikes::work, 0.01, 0.3, "an operation Azure took ends Failed"},
    {Kind::work_converges, "work-converges", Strikes::work, 0.01, 0.3,
     "it ends Failed, and succeeds five minutes later"},
    {Kind::work_hangs, "work-hangs", Strikes::work, 0.01, 0.3, "it stays in Updating"},
    {Kind::clock_jumps, "clock-jumps", Strikes::process, 0.001, 0.05, "this machine's clock is set, up to an hour off"},
    {Kind::laptop_sleeps, "laptop-sleeps", Strikes::process, 0.0005, 0.01, "a wait lasts hours longer than asked"},
    {Kind::disk_full, "disk-full", Strikes::process, 0.002, 0.1, "the journal cannot be written any more"},
    {Kind::torn_tail, "torn-tail", Strikes::process, 0.002, 0.05, "the process dies in the middle of a record"},
    {Kind::crash, "crash", Strikes::process, 0.0002, 0.02, "the process dies at any await"},
    {Kind::crash_and_loss, "crash-and-loss", Strikes::process, 0.0002, 0.01,
     "it dies, and the journal is lost with it"},
    {Kind::second_deployer, "second-deployer", Strikes::world, 0.5, 1.0,
     "another machine applies the same spec meanwhile"},
    {Kind::human_changes, "human-changes", Strikes::world, 0.2, 1.0, "somebody changes a resource of ours meanwhile"},
    {Kind::human_deletes, "human-deletes", Strikes::world, 0.2, 1.0, "somebody deletes a resource of ours meanwhile"},
    {Kind::human_creates, "human-creates", Strikes::world, 0.2, 1.0,
     "somebody makes a resource of the name ours was to have"},
    {Kind::deleted_vault, "deleted-vault", Strikes::world, 1.0, 1.0,
     "a soft-deleted vault keeps the name from an earlier life, shown or not shown yet"},
};
static_assert(std::size(rows) == kind_count);

}  // namespace

std::span<KindRow const> kinds() { return rows; }

KindRow const& row(Kind kind) {
    auto const& found = rows[static_cast<std::size_t>(kind)];
    assert(found.kind == kind && "rows stand in the order of the kinds");
    return found;
}

std::optional<Kind> kind_named(std::string_view name) {
    auto const found = std::ranges::find(rows, name, &KindRow::name);
    return found == std::end(rows) ? std::nullopt : std::optional(found->kind);
}

Weather Weather::draw(std::uint64_t seed, std::set<Kind> const& without) {
    Weather weather;
    base::Prng prng(seed);
    for (auto const& kind : rows) {
        bool const on = prng.chance(likely_on);
        double const at = prng.unit();
        auto& part = weather.parts_[static_cast<std::size_t>(kind.kind)];
        part.dice = prng.fork();
        if (on && !without.contains(kind.kind)) part.rate = kind.least * std::pow(kind.most / kind.least, at);
    }
    return weather;
}

void Weather::raise(Kind kind) {
    auto& rate = parts_[static_cast<std::size_t>(kind)].rate;
    rate = std::max(rate, row(kind).least);
}

bool Weather::strikes(Kind kind, double weight) {
    auto& part = parts_[static_cast<std::size_t>(kind)];
    return part.rate > 0 && part.dice.chance(weight > 1 ? std::min(part.rate * weight, std::max(part.rate, most_often))
                                                        : part.rate * weight);
}

std::set<Kind> Weather::present() const {
    std::set<Kind> kinds;
    for (auto const& kind : rows)
        if (on(kind.kind)) kinds.insert(kind.kind);
    return kinds;
}

std::string Weather::text() const {
    std::string out;
    for (auto const& kind : rows)
        if (on(kind.kind))
            out += fmt::format("{}{} {:.2g}%", out.empty() ? "" : ", ", kind.name, 100 * part(kind.kind).rate);
    return out.empty() ? "clear" : out;
}

}  // namespace holdfast::storm
