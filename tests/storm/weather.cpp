#include "weather.hpp"

#include <algorithm>
#include <cassert>

namespace holdfast::storm {

namespace {

constexpr bool inside = false;
constexpr KindRow own[] = {
    {Kind::clock_jumps, "clock-jumps", inside, 0.001, 0.05, "this machine's clock is set, up to an hour off"},
    {Kind::laptop_sleeps, "laptop-sleeps", inside, 0.0005, 0.01, "a wait lasts hours longer than asked"},
    {Kind::disk_full, "disk-full", inside, 0.002, 0.1, "the journal cannot be written any more"},
    {Kind::torn_tail, "torn-tail", inside, 0.002, 0.05, "the process dies in the middle of a record"},
    {Kind::crash, "crash", inside, 0.0002, 0.02, "the process dies at any await"},
    {Kind::crash_and_loss, "crash-and-loss", inside, 0.0002, 0.01, "it dies, and the journal is lost with it"},
    {Kind::second_deployer, "second-deployer", inside, 0.5, 1.0, "another machine applies the same spec meanwhile"},
    {Kind::human_changes, "human-changes", inside, 0.2, 1.0, "somebody changes a resource of ours meanwhile"},
    {Kind::human_deletes, "human-deletes", inside, 0.2, 1.0, "somebody deletes a resource of ours meanwhile"},
    {Kind::human_creates, "human-creates", inside, 0.2, 1.0, "somebody makes a resource of the name ours was to have"},
    {Kind::deleted_vault, "deleted-vault", inside, 1.0, 1.0,
     "a soft-deleted vault keeps the name from an earlier life, shown or not shown yet"},
    {Kind::told_to_end, "told-to-end", inside, 0.0002, 0.02, "Ctrl-C in the middle of a run"},
};
static_assert(azures::kind_count + std::size(own) == kind_count);

}  // namespace

std::span<KindRow const> kinds() {
    static auto const all = [] {
        std::vector<KindRow> rows;
        for (auto const& azure : azures::kinds())
            rows.push_back({azure.kind, azure.name, azure.on_the_wire, azure.least, azure.most, azure.means});
        rows.insert(rows.end(), std::begin(own), std::end(own));
        return rows;
    }();
    return all;
}

KindRow const& row(Kind kind) {
    auto const& found = kinds()[kind.index()];
    assert(found.kind == kind && "rows stand in the order of the kinds");
    return found;
}

std::optional<Kind> kind_named(std::string_view name) {
    auto const found = std::ranges::find(kinds(), name, &KindRow::name);
    return found == kinds().end() ? std::nullopt : std::optional(found->kind);
}

Weather Weather::draw(std::uint64_t seed, std::set<Kind> const& without) {
    Weather weather;
    base::Prng prng(seed);
    for (auto const& kind : kinds()) {
        auto& part = weather.parts_[kind.kind.index()];
        part = Chance::draw(prng, kind.least, kind.most);
        if (without.contains(kind.kind)) part.rate = 0;
    }
    return weather;
}

void Weather::raise(Kind kind) {
    auto& rate = parts_[kind.index()].rate;
    rate = std::max(rate, row(kind).least);
}

bool Weather::strikes(Kind kind, double weight) { return parts_[kind.index()].strikes(weight); }

std::set<Kind> Weather::present() const {
    std::set<Kind> present;
    for (auto const& kind : kinds())
        if (on(kind.kind)) present.insert(kind.kind);
    return present;
}

std::string Weather::text() const {
    std::string out;
    for (auto const& kind : kinds())
        if (on(kind.kind)) out += (out.empty() ? "" : ", ") + parts_[kind.kind.index()].text(kind.name);
    return out.empty() ? "clear" : out;
}

}  // namespace holdfast::storm
