#include "aim.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace holdfast::storm {

namespace {

constexpr int most_aims = 4;

/// How much a kind needs aim: those that strike everywhere by themselves hardly do.
struct Rare {
    Kind kind;
    int rarity;
};
constexpr Rare rarities[] = {
    {Kind::human_changes, 12}, {Kind::human_deletes, 12},   {Kind::human_creates, 12},
    {Kind::disk_full, 10},     {Kind::torn_tail, 10},       {Kind::laptop_sleeps, 10},
    {Kind::crash, 7},          {Kind::crash_and_loss, 7},   {Kind::told_to_end, 7},
    {Kind::token_revoked, 5},  {Kind::claims_challenge, 5}, {Kind::work_fails, 5},
    {Kind::work_converges, 5}, {Kind::work_hangs, 5},       {Kind::refused_for_good, 4},
    {Kind::clock_jumps, 5},
};
int rarity(Kind kind) {
    auto const found = std::ranges::find(rarities, kind, &Rare::kind);
    if (found != std::end(rarities)) return found->rarity;
    return row(kind).on_the_wire ? 1 : 0;  // the others have one column, and strike whenever they are on
}

/// How often a life is ended at most, and how eagerly: a death is asked about at every event, a full disk at every
/// record.
int most_strikes(Kind kind) {
    bool const lethal = kind == Kind::disk_full || kind == Kind::torn_tail || kind == Kind::crash ||
                        kind == Kind::crash_and_loss || kind == Kind::told_to_end;
    return lethal ? 2 : 4;
}
double eagerness(Kind kind) {
    return kind == Kind::crash || kind == Kind::crash_and_loss || kind == Kind::told_to_end ? 0.15 : 0.6;
}

/// Some columns are met less often: one cluster a deployment, few records while only an operation is asked about.
int rarity(Cell const& cell) {
    bool const record = cell.kind == Kind::disk_full || cell.kind == Kind::torn_tail;
    bool const rare =
        cell.doing == Doing::cluster || (record && (cell.doing == Doing::poll || cell.doing == Doing::grant));
    return rarity(cell.kind) * (rare ? 2 : 1);
}

std::vector<Cell> const& by_rarity() {
    static auto const all = [] {
        std::vector<Cell> weighed;
        for (auto const& cell : cells()) weighed.insert(weighed.end(), static_cast<std::size_t>(rarity(cell)), cell);
        return weighed;
    }();
    return all;
}

}  // namespace

bool Aim::strikes(bool drawn) {
    if (left == 0) return false;
    bool const hit = drawn || dice.chance(eager);
    left -= hit;
    return hit;
}

std::vector<Aim> aims(std::uint64_t seed, std::set<Kind> const& without) {
    base::Prng prng(seed ^ 0xa1a1a1a1a1a1a1a1ull);
    std::vector<Aim> chosen;
    for (auto count = prng.below(most_aims + 1); count > 0; --count) {
        auto const& cell = by_rarity()[prng.below(by_rarity().size())];
        Aim aim{.at = cell, .left = most_strikes(cell.kind), .eager = eagerness(cell.kind), .dice = prng.fork()};
        bool const twice = std::ranges::find(chosen, cell, &Aim::at) != chosen.end();
        if (!without.contains(cell.kind) && !twice) chosen.push_back(std::move(aim));
    }
    return chosen;
}

std::string text(std::vector<Aim> const& aims) {
    std::string out;
    for (auto const& aim : aims) out += fmt::format("; aims: {} while {}", row(aim.at.kind).name, name(aim.at.doing));
    return out;
}

}  // namespace holdfast::storm
