/// Judgements about the graph as a whole, and about what surrounds a cluster.
#include <fmt/format.h>

#include <algorithm>

#include "checks/judging.hpp"

namespace holdfast::checks {

using resource::Resource;

Verdicts something_recognised(Judging const& judging) {
    auto const clusters = judging.graph.of_type(type::cluster);
    if (clusters.empty()) return {{Outcome::unknown, "nothing here was recognised as a cluster"}};
    std::vector<std::string> names;
    for (auto const* cluster : clusters) names.push_back(name_of(*cluster));
    return {{Outcome::pass, fmt::format("cluster {}, {} resources in view", base::join(names, ", "),
                                        judging.graph.resources().size())}};
}

Verdicts all_succeeded(Judging const& judging) {
    Verdicts verdicts;
    std::size_t read = 0;
    json::Path const where(provisioning_state);
    for (auto const& [address, resource] : judging.graph.resources()) {
        if (!resource.raw) continue;
        auto const state = json::text_at(*resource.raw, where);
        if (!state) continue;  // many types have none: a role assignment stands or does not
        ++read;
        if (!base::same_text(*state, "Succeeded"))
            verdicts.push_back({Outcome::fail, fmt::format("{} is {}", address, *state), where, {}, address});
    }
    if (!verdicts.empty()) return verdicts;
    if (read == 0) return {{Outcome::not_applicable, "nothing was read from Azure"}};
    if (!judging.graph.unread.empty())
        return {
            {Outcome::unknown, fmt::format("{} are Succeeded; {} could not be read: {}", read,
                                           judging.graph.unread.front().what, judging.graph.unread.front().because)}};
    return {{Outcome::pass, fmt::format("{} resources, each Succeeded", read), where}};
}

Verdicts node_group_untouched(Judging const& judging) {
    auto const& cluster = judging.subject;
    json::Path const where(at::node_group.at);
    auto group = resource::read_text(cluster, at::node_group);
    // Not said, Azure makes the name of the cluster's own group, name and region (MicrosoftDocs/azure-aks-docs
    // faq.yml).
    auto const region = json::text_at(cluster.body, "location");
    if (!group && cluster.id && region)
        group = fmt::format("MC_{}_{}_{}", cluster.id->group(), cluster.id->name(), *region);
    if (!group) return {{Outcome::unknown, "the name of the node resource group is not known", where}};
    Verdicts verdicts;
    for (auto const& [address, resource] : judging.graph.resources()) {
        if (resource.ownership == resource::Ownership::existing && !resource.ours) continue;
        if (resource.id && base::same_text(resource.id->group(), *group))
            verdicts.push_back(
                {Outcome::fail, fmt::format("{} lies in '{}', which is AKS's", address, *group), where, {}, address});
    }
    if (!verdicts.empty()) return verdicts;
    return {{Outcome::pass, fmt::format("none of {} resources lies in '{}'", judging.graph.resources().size(), *group),
             where}};
}

Verdicts audit_logged(Judging const& judging) {
    static constexpr std::string_view audits[] = {"kube-audit", "kube-audit-admin"};
    static constexpr std::string_view groups[] = {"audit", "allLogs"};
    json::Path const where(at::logs.at);
    auto const listed = [](auto const& names, std::string_view name) {
        return std::ranges::any_of(names, [&](auto const& known) { return base::same_text(known, name); });
    };
    bool unread = false;
    for (auto const* setting : judging.graph.children(judging.subject.address)) {
        if (!base::same_text(setting->type, type::diagnostics)) continue;
        if (unreadable(judging, *setting)) {
            unread = true;
            continue;
        }
        auto const* logs = resource::read(*setting, at::logs);
        if (!logs || !logs->is_array()) continue;
        for (auto const& log : logs->get_array()) {
            if (!json::truth_at(log, log_enabled).value_or(false)) continue;
            auto const category = json::text_at(log, log_category).value_or(""),
                       group = json::text_at(log, log_group).value_or("");
            if (listed(audits, category) || listed(groups, group))
                return {{Outcome::pass,
                         fmt::format("{} are sent by '{}'", category.empty() ? group : category, name_of(*setting)),
                         where,
                         {},
                         setting->address}};
        }
    }
    if (unread) return {{Outcome::unknown, "a diagnostic setting could not be read"}};
    return {{Outcome::fail, "no diagnostic setting sends the audit log"}};
}

Verdicts maintenance_planned(Judging const& judging) {
    static constexpr std::string_view needed[] = {"aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule"};
    std::vector<std::string> found, missing;
    for (auto const name : needed) {
        bool const there = std::ranges::any_of(judging.graph.children(judging.subject.address), [&](auto const* child) {
            return base::same_text(child->type, type::maintenance) && base::same_text(name_of(*child), name);
        });
        (there ? found : missing).emplace_back(name);
    }
    if (missing.empty()) return {{Outcome::pass, base::join(found, ", ")}};
    return {{Outcome::fail, fmt::format("no {}", base::join(missing, ", no "))}};
}

}  // namespace holdfast::checks
