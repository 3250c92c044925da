/// weather: what may happen to a deployment, and how often. Pure: one seed decides everything, and nothing here acts.
///
/// Every kind is on or off for a seed, with a rate of its own, and draws from a stream of its own: taking one kind away
/// leaves the others as they were, which is what makes a failing seed shrink.
#pragma once

#include <array>
#include <set>
#include <span>

#include "base/base.hpp"

namespace holdfast::storm {

enum class Kind {
    throttled_seconds,
    throttled_date,
    refused_busy,
    server_error,
    server_error_after,
    reset_before,
    reset_after,
    truncated,
    garbled,
    duplicate,
    operation_gone,
    token_short,
    token_revoked,
    claims_challenge,
    sign_in_throttled,
    vault_dns,
    role_slow,
    role_never,
    work_fails,
    work_converges,
    work_hangs,
    clock_jumps,
    laptop_sleeps,
    disk_full,
    torn_tail,
    crash,
    crash_and_loss,
    second_deployer,
    human_changes,
    human_deletes,
    human_creates,
    deleted_vault,
};
inline constexpr std::size_t kind_count = static_cast<std::size_t>(Kind::deleted_vault) + 1;

/// Where a kind strikes, and so what it is counted against.
enum class Strikes {
    exchange,  ///< one request, on its way there or back
    work,      ///< what Azure does after it has answered
    role,      ///< a role assignment just made
    process,   ///< this process: its clock, its disk, its life
    world,     ///< everything else that happens meanwhile
};

struct KindRow {
    Kind kind;
    std::string_view name;
    Strikes strikes;
    double least, most;  ///< rate per opportunity, drawn between them on a logarithmic scale for every seed
    std::string_view means;
};
std::span<KindRow const> kinds();
KindRow const& row(Kind);
std::optional<Kind> kind_named(std::string_view);

class Weather {
public:
    static Weather clear() { return {}; }
    static Weather draw(std::uint64_t seed, std::set<Kind> const& without = {});

    bool on(Kind kind) const { return part(kind).rate > 0; }
    /// On, if only just: somebody means to strike by it.
    void raise(Kind);
    /// One opportunity: whether it happens this time. `weight` makes rare opportunities count more, frequent ones less.
    bool strikes(Kind, double weight = 1);
    /// For the details of what happens.
    base::Prng& dice(Kind kind) { return parts_[static_cast<std::size_t>(kind)].dice; }
    std::set<Kind> present() const;
    std::string text() const;  ///< "throttled-seconds 4.2%, crash 0.1%"

private:
    struct Part {
        double rate = 0;
        base::Prng dice{0};
    };
    Part const& part(Kind kind) const { return parts_[static_cast<std::size_t>(kind)]; }
    std::array<Part, kind_count> parts_;
};

}  // namespace holdfast::storm
