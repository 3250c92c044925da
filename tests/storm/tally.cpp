#include "tally.hpp"

#include <fmt/format.h>
#include <charconv>

namespace holdfast::storm {

namespace {

struct Empty {
    Kind kind;
    unsigned columns;
    std::string_view because;
};
using namespace azures::columns;
constexpr std::string_view by_hand = "counted by the thing that was touched";
constexpr Empty empties[] = {
    {Kind::disk_full, sign_in, "counted against what the process was doing at Azure"},
    {Kind::torn_tail, sign_in, "counted against what the process was doing at Azure"},
    {Kind::human_changes, all & ~writes, by_hand},
    {Kind::human_changes, grant, "an assignment has nothing that can be changed"},
    {Kind::human_deletes, all & ~writes, by_hand},
    {Kind::human_creates, all & ~cluster,
     "Azure takes If-None-Match for clusters alone: elsewhere the last to write wins"},
    {Kind::second_deployer, all & ~look, "one a deployment, counted when it begins by looking"},
    {Kind::deleted_vault, all & ~vault, "only a vault is kept"},
};

}  // namespace

double weight(Doing doing) {
    //                               sign-in look poll register group network identity grant vault cluster other delete
    static constexpr double weights[] = {1, 0.3, 0.6, 1, 10, 3, 6, 3, 3, 2, 6, 4};
    static_assert(std::size(weights) == doing_count);
    return weights[static_cast<std::size_t>(doing)];
}

std::string_view cannot_happen(Kind kind, Doing doing) {
    if (kind.index() < azures::kind_count)
        return azures::cannot_happen(static_cast<azures::Kind>(kind.index()), doing);
    for (auto const& empty : empties)
        if (empty.kind == kind && holds(empty.columns, doing)) return empty.because;
    return {};
}

std::vector<Cell> const& cells() {
    static auto const all = [] {
        std::vector<Cell> can_happen;
        for (auto const& kind : kinds())
            for (std::size_t d = 0; d < doing_count; ++d)
                if (cannot_happen(kind.kind, static_cast<Doing>(d)).empty())
                    can_happen.push_back({kind.kind, static_cast<Doing>(d)});
        return can_happen;
    }();
    return all;
}

void Tally::add(Tally const& other) {
    for (std::size_t k = 0; k < kind_count; ++k)
        for (std::size_t d = 0; d < doing_count; ++d) counts_[k][d] += other.counts_[k][d];
}

std::string Tally::written() const {
    std::string out;
    for (std::size_t k = 0; k < kind_count; ++k)
        for (std::size_t d = 0; d < doing_count; ++d) out += fmt::format("{} ", counts_[k][d]);
    return out;
}
void Tally::read(std::string_view text) {
    for (std::size_t k = 0; k < kind_count; ++k)
        for (std::size_t d = 0; d < doing_count; ++d) {
            std::uint64_t value = 0;
            auto const [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
            if (wrong != std::errc{}) return;
            counts_[k][d] += value;
            text.remove_prefix(std::min(text.size(), static_cast<std::size_t>(end - text.data()) + 1));
        }
}

std::string Tally::table() const {
    std::string out = fmt::format("{:<20}", "struck while");
    for (std::size_t d = 0; d < doing_count; ++d) out += fmt::format("{:>9}", name(static_cast<Doing>(d)));
    out += '\n';
    for (auto const& kind : kinds()) {
        out += fmt::format("{:<20}", kind.name);
        for (std::size_t d = 0; d < doing_count; ++d) {
            auto const count = counts_[kind.kind.index()][d];
            bool const never = count == 0 && !cannot_happen(kind.kind, static_cast<Doing>(d)).empty();
            out += never ? fmt::format("{:>9}", "-") : fmt::format("{:>9}", count);
        }
        out += '\n';
    }
    return out;
}

std::vector<std::string> Tally::too_few(std::uint64_t least) const {
    std::vector<std::string> out;
    for (auto const& cell : cells())
        if (auto const times = at(cell.kind, cell.doing); times < least)
            out.push_back(fmt::format("{} while {}: {} times", row(cell.kind).name, name(cell.doing), times));
    return out;
}

}  // namespace holdfast::storm
