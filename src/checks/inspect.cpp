/// Every rule against every resource it speaks of.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "checks/judging.hpp"

namespace holdfast::checks {
namespace {

using resource::Graph;
using resource::Resource;

constexpr RuleRow rule_rows[] = {
#include "rules.inc"
};

Finding finding_of(RuleRow const& row, Resource const* subject, Verdict const& verdict, Graph const& graph) {
    Finding finding{.rule = std::string(row.id),
                    .outcome = verdict.outcome,
                    .severity = row.severity,
                    .property = verdict.at,
                    .message = verdict.seen,
                    .fix = verdict.fix.empty() ? std::string(row.fix) : verdict.fix,
                    .kind = std::string(row.kind),
                    .says = std::string(row.says),
                    .source = std::string(row.source)};
    finding.resource = !verdict.resource.empty() ? verdict.resource : subject ? subject->address : resource::Address();
    auto const* at = graph.find(finding.resource);
    finding.foreign = at && at->ownership == resource::Ownership::existing;
    // A pool's finding about its cluster's property is written where the cluster says it.
    bool const of_parent =
        row.at.starts_with('^') && subject && subject->parent && finding.resource == subject->address;
    auto const* owner = of_parent ? graph.find(*subject->parent) : at;
    if (owner) finding.where = resource::written_at(*owner, finding.property);
    if (finding.where.file.empty() && at) finding.where = resource::written_at(*at, {});
    // Who decided what fails: a profile may have had its reasons, and they are said.
    if (owner && verdict.outcome == Outcome::fail)
        for (json::Path path = finding.property; !path.empty(); path = path.parent()) {
            auto const origin = owner->origins.find(path);
            if (origin == owner->origins.end()) continue;
            if (origin->second.by != resource::Origin::By::you && !origin->second.because.empty())
                finding.message +=
                    fmt::format(" (by {}: {})", resource::name(origin->second.by), origin->second.because);
            break;
        }
    bool const simple = row.predicate == "is" && verdict.outcome == Outcome::fail;
    auto const wants = base::split(row.wants, '\n');
    if (simple && wants.front() == "(absent)") finding.change = fmt::format("remove {}", finding.property.text());
    if (simple && !wants.front().starts_with('('))
        finding.change = fmt::format("{}={}", finding.property.text(), wants.front());
    return finding;
}

void judge(RuleRow const& row, Resource const* subject, Graph const& graph, Proofs const& proofs, Findings& out) {
    static Resource const nothing{};
    auto const* predicate = find_predicate(row.predicate);
    Judging const judging{graph, proofs, row, subject ? *subject : nothing};
    Verdicts verdicts;
    if (!predicate) {
        verdicts.push_back({Outcome::unknown, fmt::format("no judgement is registered as '{}'", row.predicate)});
    } else if (auto const blocked = subject ? unreadable(judging, *subject) : std::nullopt) {
        verdicts.push_back(*blocked);
    } else if (auto const instead = applies(judging)) {
        verdicts.push_back(*instead);
    } else {
        verdicts = predicate->judge(judging);
    }
    for (auto const& verdict : verdicts) out.findings.push_back(finding_of(row, subject, verdict, graph));
}

/// Things named in `unread` that are no node of the graph but of the type a rule speaks of.
std::vector<resource::Unread const*> unread_of(Graph const& graph, std::string_view type) {
    std::vector<resource::Unread const*> out;
    for (auto const& unread : graph.unread) {
        if (graph.find(unread.what)) continue;
        auto const id = resource::ResourceId::parse(unread.what);
        if (id && !graph.find(*id) && base::same_text(id->type(), type)) out.push_back(&unread);
    }
    return out;
}

std::tuple<int, Severity, std::string, std::string, std::string> order(Finding const& finding) {
    static constexpr Outcome worst_first[] = {Outcome::fail, Outcome::unknown, Outcome::pass, Outcome::not_applicable};
    auto const at = std::ranges::find(worst_first, finding.outcome);
    return {static_cast<int>(at - std::begin(worst_first)), finding.severity, finding.rule, finding.resource,
            finding.message};
}

}  // namespace

std::span<RuleRow const> rules() { return rule_rows; }

std::string_view name(Outcome outcome) {
    static constexpr std::string_view names[] = {"pass", "fail", "unknown", "notApplicable"};
    return names[static_cast<std::size_t>(outcome)];
}
std::string_view name(Severity severity) {
    static constexpr std::string_view names[] = {"critical", "high", "medium", "low", "info"};
    return names[static_cast<std::size_t>(severity)];
}

std::size_t Findings::count(Outcome outcome) const {
    return static_cast<std::size_t>(std::ranges::count(findings, outcome, &Finding::outcome));
}
bool Findings::blocking() const {
    return std::ranges::any_of(findings,
                               [](auto const& f) { return f.outcome == Outcome::fail && f.kind == "refusal"; });
}
bool Findings::at_or_above(Severity severity, Choices choices) const {
    return std::ranges::any_of(findings, [&](auto const& f) {
        bool const counts = !f.chosen || choices == Choices::counted;
        return f.outcome == Outcome::fail && counts && f.severity <= severity;
    });
}
std::size_t Findings::chosen() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(findings, [](auto const& f) { return f.outcome == Outcome::fail && f.chosen; }));
}
std::size_t Findings::broken() const { return count(Outcome::fail) - chosen(); }

void mark_chosen(Findings& stood, Findings const& designed) {
    std::set<std::pair<std::string_view, std::string_view>> choices;
    for (auto const& finding : designed.findings)
        if (finding.outcome == Outcome::fail || (finding.outcome == Outcome::unknown && finding.foreign))
            choices.emplace(finding.rule, finding.resource);
    for (auto& finding : stood.findings)
        finding.chosen = finding.outcome == Outcome::fail && finding.kind != "refusal" &&
                         choices.contains({finding.rule, finding.resource});
}

Findings inspect(Graph const& graph) {
    Proofs const proofs{network::map(graph), network::troubles(graph), keys::chains(graph), access::paths(graph)};
    Findings out;
    bool const any_cluster = !graph.of_type(type::cluster).empty();
    bool const cluster_unread = std::ranges::any_of(graph.of_type(type::cluster), [&](auto const* cluster) {
        return resource::unreadable(graph, *cluster).has_value();
    });
    for (auto const& row : rule_rows) {
        if (row.of.empty()) {
            judge(row, nullptr, graph, proofs, out);
            continue;
        }
        if (!any_cluster) continue;  // cluster-recognised says so once
        auto const subjects = graph.of_type(row.of);
        auto const unread = unread_of(graph, row.of);
        for (auto const* subject : subjects) judge(row, subject, graph, proofs, out);
        for (auto const* missing : unread) {
            auto finding = finding_of(
                row, nullptr,
                {Outcome::unknown, fmt::format("{} could not be read: {}", missing->what, missing->because)}, graph);
            out.findings.push_back(std::move(finding));
        }
        if (!subjects.empty() || !unread.empty()) continue;
        auto const* shape = shapes::find(row.of);
        auto const plain = shape && !shape->plain.empty() ? shape->plain : row.of;
        bool const hidden = cluster_unread && shape && base::same_text(shape->parent, type::cluster);
        out.findings.push_back(finding_of(row, nullptr,
                                          hidden
                                              ? Verdict{Outcome::unknown, fmt::format("no {} could be read", plain)}
                                              : Verdict{Outcome::not_applicable, fmt::format("there is no {}", plain)},
                                          graph));
    }
    std::ranges::sort(out.findings, {}, order);
    return out;
}

json::Value to_json(Findings const& all, base::Date as_of) {
    json::Array list;
    for (auto const& finding : all.findings) {
        json::Object where;
        if (!finding.where.file.empty())
            where = json::Object{
                {"file", finding.where.file}, {"line", finding.where.line}, {"column", finding.where.column}};
        list.push_back(json::Object{{"rule", finding.rule},
                                    {"kind", finding.kind},
                                    {"chosen", finding.chosen},
                                    {"verdict", std::string(name(finding.outcome))},
                                    {"severity", std::string(name(finding.severity))},
                                    {"says", finding.says},
                                    {"resource", finding.resource},
                                    {"property", finding.property.text()},
                                    {"where", std::move(where)},
                                    {"message", finding.message},
                                    {"change", finding.change},
                                    {"fix", finding.fix},
                                    {"sources", json::Array{json::Value(finding.source)}}});
    }
    return json::Object{{"schema", "holdfast/findings"},
                        {"schemaVersion", 1},
                        {"asOf", base::to_string(as_of)},
                        {"findings", std::move(list)},
                        {"summary", json::Object{{"pass", all.count(Outcome::pass)},
                                                 {"fail", all.count(Outcome::fail)},
                                                 {"chosen", all.chosen()},
                                                 {"unknown", all.count(Outcome::unknown)},
                                                 {"notApplicable", all.count(Outcome::not_applicable)}}}};
}

}  // namespace holdfast::checks
