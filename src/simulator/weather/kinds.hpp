/// kinds: what Azure and the wire may do to a deployment, a row each. Pure, and nothing here acts.
///
/// A kind is off, or strikes at a rate of its own from a stream of its own: taking one away leaves the others as they
/// were, which is what makes a failing seed shrink.
#pragma once

#include "base/base.hpp"

namespace holdfast::simulator::weather {

enum class Kind {
    throttled_seconds,
    throttled_date,
    refused_busy,
    refused_for_good,
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
};
inline constexpr std::size_t kind_count = static_cast<std::size_t>(Kind::work_hangs) + 1;

struct KindRow {
    Kind kind;
    std::string_view name;
    bool on_the_wire;    ///< strikes an exchange; else what Azure does after it has answered
    double least, most;  ///< rate per opportunity, drawn between them on a logarithmic scale for every seed
    std::string_view means;
};
std::span<KindRow const> kinds();
KindRow const& row(Kind);

/// How often a kind strikes, and dice of its own. No rate: it is off.
struct Chance {
    double rate = 0;
    base::Prng dice{0};

    /// On or off, and how often. Takes as much from `prng` whatever comes out.
    static Chance draw(base::Prng& prng, double least, double most);
    bool on() const { return rate > 0; }
    /// One opportunity: whether it happens this time. `weight` makes rare opportunities count more, frequent ones less.
    bool strikes(double weight = 1);
    std::string text(std::string_view name) const;  ///< "throttled-seconds 4.2%"
};

}  // namespace holdfast::simulator::weather
