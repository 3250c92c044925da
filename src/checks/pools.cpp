/// Judgements about pools.
#include <fmt/format.h>

#include <algorithm>

#include "checks/judging.hpp"

namespace holdfast::checks {

Verdicts pool_name(Judging const& judging) {
    auto const& pool = judging.subject;
    if (auto const blocked = unreadable(judging, pool)) return {*blocked};
    bool const windows = base::same_text(resource::read_text(pool, at::pool_os).value_or("Linux"), "Windows");
    std::size_t const most = windows ? 6 : 12;
    auto const name = name_of(pool);
    auto const letter = [](char c) { return c >= 'a' && c <= 'z'; };
    bool const formed = !name.empty() && letter(name.front()) &&
                        std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
    auto const seen = fmt::format("'{}' is {} long on {}", name, name.size(), windows ? "Windows" : "Linux");
    if (!formed) return {{Outcome::fail, fmt::format("'{}' holds more than lower-case letters and digits", name)}};
    return {{name.size() <= most ? Outcome::pass : Outcome::fail,
             seen,
             {},
             fmt::format("choose a name of at most {} characters", most)}};
}

Verdicts system_pool_exists(Judging const& judging) {
    auto const pools = pools_of(judging.graph, judging.subject);
    if (pools.empty()) return {{Outcome::unknown, "no pool of the cluster was read"}};
    std::vector<std::string> system;
    bool unread = false;
    for (auto const* pool : pools) {
        if (unreadable(judging, *pool)) unread = true;
        if (base::same_text(resource::read_text(*pool, at::pool_mode).value_or("User"), "System"))
            system.push_back(name_of(*pool));
    }
    if (!system.empty()) return {{Outcome::pass, fmt::format("system pools: {}", base::join(system, ", "))}};
    if (unread) return {{Outcome::unknown, "a pool could not be read"}};
    return {{Outcome::fail, fmt::format("none of {} pools is a system pool", pools.size())}};
}

Verdicts autoscale_bounds(Judging const& judging) {
    auto const& pool = judging.subject;
    if (auto const blocked = unreadable(judging, pool)) return {*blocked};
    bool const autoscaling = resource::read_truth(pool, at::pool_autoscale).value_or(false);
    auto const least = resource::read_whole(pool, at::pool_min), most = resource::read_whole(pool, at::pool_max);
    if (!autoscaling) {
        if (!least && !most) return {{Outcome::pass, "a count, no bounds", json::Path(at::pool_autoscale.at)}};
        return {{Outcome::fail, "bounds are given without autoscaling", json::Path(at::pool_autoscale.at)}};
    }
    if (!least || !most)
        return {{Outcome::fail, "autoscaling is on but a bound is missing", json::Path(at::pool_max.at)}};
    return {{*least <= *most ? Outcome::pass : Outcome::fail, fmt::format("{} to {} nodes", *least, *most),
             json::Path(at::pool_min.at)}};
}

Verdicts size_fits(Judging const& judging) {
    auto const& pool = judging.subject;
    json::Path const at(at::pool_size.at);
    if (!judging.graph.unfit)
        return {{Outcome::not_applicable, "Azure was not asked what its machine sizes can do", at}};
    if (auto const blocked = unreadable(judging, pool)) return {*blocked};
    auto const size = resource::read_text(pool, at::pool_size).value_or("");
    Verdicts verdicts;
    for (auto const& one : *judging.graph.unfit)
        if (one.address == pool.address)
            verdicts.push_back({Outcome::fail, fmt::format("{}: {}", size, base::printable(one.because)), at});
    if (verdicts.empty()) verdicts.push_back({Outcome::pass, fmt::format("nothing is said against {}", size), at});
    return verdicts;
}

Verdicts spread_over_zones(Judging const& judging) {
    if (auto const blocked = unreadable(judging, judging.subject)) return {*blocked};
    auto const zones = resource::read_texts(judging.subject, at::pool_zones);
    return {{zones.size() >= 2 ? Outcome::pass : Outcome::fail,
             zones.empty() ? std::string("no zones are named") : fmt::format("zones {}", base::join(zones, ", ")),
             json::Path(at::pool_zones.at)}};
}

}  // namespace holdfast::checks
