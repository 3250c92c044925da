/// weather: what may happen to a deployment, and how often. Pure: one seed decides everything, and nothing here acts.
///
/// Every kind is on or off for a seed, with a rate of its own, and draws from a stream of its own: taking one kind away
/// leaves the others as they were, which is what makes a failing seed shrink.
#pragma once

#include <array>
#include <set>

#include "simulator/weather/doing.hpp"

namespace holdfast::storm {

namespace azures = simulator::weather;
using azures::Chance;
using azures::Doing;
using azures::doing;
using azures::doing_count;
using azures::name;
using azures::thing;

/// What Azure and the wire do (simulator/weather), then what only we can do to a deployment: to its process, and to
/// everything else that happens meanwhile.
class Kind {
public:
    using enum azures::Kind;
    enum Own : std::size_t {
        clock_jumps = azures::kind_count,
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
        told_to_end,
    };
    constexpr Kind(azures::Kind kind) : index_(static_cast<std::size_t>(kind)) {}
    constexpr Kind(Own own) : index_(own) {}
    constexpr std::size_t index() const { return index_; }
    friend constexpr auto operator<=>(Kind const&, Kind const&) = default;

private:
    std::size_t index_;
};
inline constexpr std::size_t kind_count = Kind::told_to_end + 1;

struct KindRow {
    Kind kind;
    std::string_view name;
    bool on_the_wire;
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

    bool on(Kind kind) const { return parts_[kind.index()].on(); }
    /// On, if only just: somebody means to strike by it.
    void raise(Kind);
    /// One opportunity: whether it happens this time. `weight` makes rare opportunities count more, frequent ones less.
    bool strikes(Kind, double weight = 1);
    /// For the details of what happens.
    base::Prng& dice(Kind kind) { return parts_[kind.index()].dice; }
    std::set<Kind> present() const;
    std::string text() const;  ///< "throttled-seconds 4.2%, crash 0.1%"

private:
    std::array<Chance, kind_count> parts_;
};

}  // namespace holdfast::storm
