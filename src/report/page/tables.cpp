/// The sections that are tables and lists: what stands, who can get in, promises, decisions, Azure's own, unknowns.
#include <algorithm>
#include <functional>
#include <map>

#include "report/page/markup.hpp"
#include "report/text.hpp"

namespace holdfast::report::page {
namespace {

using checks::Finding;
using checks::Outcome;

struct OutcomeWord {
    Outcome outcome;
    std::string_view klass, word, heading;
};
constexpr OutcomeWord chosen_word{Outcome::fail, "final", "◇ choice", "Chosen otherwise"};
constexpr OutcomeWord outcome_words[] = {
    {Outcome::fail, "broken", "✗ broken", "Broken"},
    {Outcome::unknown, "unknown", "? unknown", "Unknown"},
    {Outcome::pass, "proven", "✓ proven", "Proven"},
    {Outcome::not_applicable, "none", "· n/a", "Not applicable"},
};

std::string plain(std::string_view type) {
    auto const* shape = shapes::find(type);
    return shape && !shape->plain.empty() ? std::string(shape->plain) : std::string(type);
}

std::string last_of(std::string_view id) {
    auto const slash = id.rfind('/');
    return std::string(slash == std::string_view::npos ? id : id.substr(slash + 1));
}

/// One row a rule: what holds for three pools is said once, with three pieces of evidence.
std::string finding_rows(std::vector<Finding const*> const& findings, OutcomeWord const& word) {
    std::string out =
        "<div class=\"scroll\"><table "
        "class=\"promises\"><thead><tr><th>Verdict</th><th>Promise</th><th>Evidence</th></tr></thead><tbody>";
    for (std::size_t i = 0; i < findings.size();) {
        auto const& first = *findings[i];
        std::string evidence, place, fix;
        std::size_t count = 0;
        for (; i < findings.size() && findings[i]->rule == first.rule; ++i, ++count) {
            auto const& finding = *findings[i];
            evidence += fmt::format("<div class=\"each\">{}<div class=\"small\">{}</div></div>",
                                    breakable(finding.message), breakable(finding.resource));
            if (!finding.where.file.empty() && place.empty())
                place = finding.where.line > 0 ? fmt::format("{}:{}", finding.where.file, finding.where.line)
                                               : finding.where.file;
            if (finding.outcome == Outcome::fail && fix.empty()) fix = finding.fix;
        }
        std::string below;
        if (first.outcome == Outcome::fail && !first.chosen)
            below = fmt::format("<div class=\"small\">{}</div>",
                                first.kind == "refusal" ? "Azure refuses" : checks::name(first.severity));
        out += fmt::format(
            "<tr><td><span class=\"pill {}\">{}</span>{}</td><td>{}<div "
            "class=\"small\">{}</div></td><td>{}{}</td></tr>",
            word.klass, word.word, below, escaped(first.says), escaped(place), evidence,
            fix.empty() ? std::string() : fmt::format("<div class=\"fix\">{}</div>", escaped(fix)));
    }
    return out + "</tbody></table></div>";
}

std::string ways(Page const& page, access::Level level, bool human) {
    std::string rows;
    std::size_t count = 0;
    for (auto const& way : page.access.ways) {
        if (way.level != level || way.human != human) continue;
        ++count;
        rows += fmt::format("<tr><td>{}<div class=\"small\">{}</div></td><td>{}{}</td><td>{}</td><td>{}</td></tr>",
                            breakable(way.principal), escaped(way.principal_type), escaped(way.role),
                            way.broad ? " <span class=\"pill unknown\">wide</span>" : "", breakable(way.scope),
                            escaped(way.meaning));
    }
    if (count == 0) return {};
    auto const table = fmt::format(
        "<div class=\"scroll\"><table><thead><tr><th>Who</th><th>Role</th><th>Where</th><th>Means</th></tr></thead>"
        "<tbody>{}</tbody></table></div>",
        rows);
    if (human) return table;
    return fmt::format("<details><summary>{} of the cluster's own identities</summary>{}</details>",
                       counted(count, "role"), table);
}

}  // namespace

std::string standing(Page const& page) {
    auto const& findings = page.findings;
    auto const broken = findings.broken(), chosen = findings.chosen(), unknown = findings.count(Outcome::unknown),
               proven = findings.count(Outcome::pass);
    std::string const state = page.run ? page.run->outcome : std::string("designed");
    std::string out = "<section id=\"standing\" class=\"hero\">";
    auto const quiet = [](std::size_t count) { return count == 0 ? " zero" : ""; };
    out += fmt::format(
        "<div class=\"counts\"><div class=\"count proven{}\"><b>{}</b><span>✓ proven</span></div>"
        "<div class=\"count unknown{}\"><b>{}</b><span>? unknown</span></div>"
        "<div class=\"count broken{}\"><b>{}</b><span>✗ broken</span></div></div>",
        quiet(proven), proven, quiet(unknown), unknown, quiet(broken), broken);
    std::string sentence = broken > 0 ? "Something that was promised is not so."
                           : unknown > 0
                               ? "Nothing is broken. What could not be judged is listed as unknown, never as proven."
                               : "Every promise was judged, and every one holds.";
    if (chosen > 0) sentence += fmt::format(" In {} the design chose otherwise.", counted(chosen, "point"));
    out += fmt::format("<p class=\"sentence\">{}</p>", sentence);
    for (auto const& finding : page.findings.findings)
        if (finding.outcome == Outcome::fail && !finding.chosen)
            out += fmt::format("<p class=\"broken\"><b>✗ not so: {}</b> · {} · {}</p>", escaped(finding.says),
                               breakable(finding.resource), breakable(finding.message));
    out += "<dl class=\"facts\">";
    auto const fact = [&](std::string_view name, std::string const& value) {
        if (!value.empty()) out += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", name, value);
    };
    fact("State", escaped(state));
    fact("Cloud", escaped(page.cloud));
    fact("Region", escaped(page.region));
    fact("Subscription", fmt::format("<code>{}</code>", breakable(page.subscription)));
    if (page.run)
        fact("Run", fmt::format("<code>{}</code> {} calls, {} repeated", breakable(page.run->run), page.run->calls,
                                page.run->retries));
    fact("API server", escaped(page.network.api_server));
    fact("Way out", escaped(page.network.egress));
    fact("Sign-in", escaped(page.access.sign_in));
    out += "</dl>";

    std::map<std::string, std::vector<plan::Change const*>> by_root;
    std::size_t standing_count = 0;
    for (auto const& change : page.plan.changes) {
        if (change.action == plan::Action::remove) continue;
        by_root[base::split(change.address, '/').front()].push_back(&change);
        ++standing_count;
    }
    if (standing_count > 0) {
        out += fmt::format(
            "<details><summary>{}</summary><div "
            "class=\"scroll\"><table><thead><tr><th>Address</th><th>What</th><th>Name</th></tr></thead><tbody>",
            counted(standing_count, "resource"));
        for (auto const& [root, changes] : by_root)
            for (auto const* change : changes)
                out +=
                    fmt::format("<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>", breakable(change->address),
                                escaped(plain(change->type)), breakable(last_of(change->resource)));
        out += "</tbody></table></div></details>";
    }
    return out + "</section>";
}

std::string way_in(Page const& page) {
    if (page.access.ways.empty() && page.access.unknowns.empty()) return {};
    std::string out = "<section id=\"access\"><h2>Who can get in</h2>";
    if (!page.access.sign_in.empty()) out += fmt::format("<p>{}</p>", escaped(page.access.sign_in));
    out += "<div class=\"two\">";
    struct Part {
        access::Level level;
        std::string_view heading, meaning;
    };
    for (Part const& part :
         {Part{access::Level::kubernetes_api, "Inside: the Kubernetes API", "who may act on what runs in the cluster"},
          Part{access::Level::azure_resource, "Outside: the Azure resource",
               "who may change the cluster and what surrounds it"}}) {
        out += fmt::format("<div><h3>{}</h3><p class=\"small\">{}</p>", part.heading, part.meaning);
        auto const people = ways(page, part.level, true), machines = ways(page, part.level, false);
        out += people.empty() ? "<p>Nobody, as far as roles in view go.</p>" : people;
        out += machines + "</div>";
    }
    out += "</div>";
    for (auto const& unknown : page.access.unknowns)
        out += fmt::format("<p class=\"unknown\"><b>? unknown</b> {}</p>", breakable(unknown));
    return out + "</section>";
}

std::string promises(Page const& page) {
    if (page.findings.findings.empty()) return {};
    std::string out = "<section id=\"promises\"><h2>Promises and their evidence</h2>";
    auto const part = [&](OutcomeWord const& word, std::string_view heading, bool open, auto const& belongs) {
        std::vector<Finding const*> mine;
        for (auto const& finding : page.findings.findings)
            if (finding.outcome == word.outcome && belongs(finding)) mine.push_back(&finding);
        if (mine.empty()) return;
        out += fmt::format("<details{}><summary>{} <span class=\"small\">{}</span></summary>{}</details>",
                           open ? " open" : "", heading, mine.size(), finding_rows(mine, word));
    };
    auto const refusal = [](Finding const& finding) { return finding.kind == "refusal"; };
    auto const unchosen = [](Finding const& finding) { return !finding.chosen; };
    for (auto const& word : outcome_words) {
        if (word.outcome == Outcome::pass) {
            part(word, word.heading, true, std::not_fn(refusal));
            part(word, "What Azure would refuse, and does not find", false, refusal);
        } else {
            part(word, word.heading, word.outcome != Outcome::not_applicable, unchosen);
            if (word.outcome == Outcome::unknown)
                part(chosen_word, chosen_word.heading, true, [](Finding const& finding) { return finding.chosen; });
        }
    }
    return out + "</section>";
}

std::string decisions(Page const& page) {
    if (page.decisions.empty()) return {};
    auto const finals = std::ranges::count(page.decisions, true, &Page::Decision::final);
    std::string out = fmt::format(
        "<section id=\"decisions\"><h2>Who decided what</h2><p>{} of {} decisions are "
        "<span class=\"pill final\">■ final</span>: changing one later means building anew.</p>",
        finals, page.decisions.size());
    std::vector<std::string> order;
    std::map<std::string, std::vector<Page::Decision const*>> by;
    for (auto const& decision : page.decisions) {
        if (!by.contains(decision.by)) order.push_back(decision.by);
        by[decision.by].push_back(&decision);
    }
    // What people said first; the program's own defaults last.
    std::ranges::sort(order, {}, [](auto const& who) {
        return std::pair(who == "you" ? 0 : who == "profile" ? 1 : 2, who);
    });
    for (auto const& who : order) {
        auto const& mine = by[who];
        out += fmt::format(
            "<details{}><summary>{} <span class=\"small\">{}</span></summary><div "
            "class=\"scroll\"><table><thead><tr><th>Setting</th><th>Value</th>"
            "<th>Because</th></tr></thead><tbody>",
            who == "you" ? " open" : "",
            who == "you"       ? "By you"
            : who == "profile" ? "By the profile"
                               : escaped("By " + who),
            mine.size());
        for (auto const* decision : mine)
            out += fmt::format("<tr><td><code>{}</code>{}</td><td>{}</td><td>{}</td></tr>", breakable(decision->key),
                               decision->final ? " <span class=\"pill final\">■ final</span>" : "",
                               breakable(decision->value), escaped(decision->because));
        out += "</tbody></table></div></details>";
    }
    return out + "</section>";
}

std::string azure_made(Page const& page) {
    if (page.by_azure.empty()) return {};
    std::string out =
        "<section id=\"azure\"><h2>Made by Azure itself</h2><p>Touched by nobody; goes when the cluster goes.</p><ul>";
    for (auto const& thing : page.by_azure)
        out +=
            fmt::format("<li>{}{}</li>", breakable(thing.what),
                        thing.because.empty() ? std::string()
                                              : fmt::format("<div class=\"small\">{}</div>", escaped(thing.because)));
    return out + "</ul></section>";
}

std::string unknowns(Page const& page) {
    std::vector<std::string> all = page.unknowns;
    for (auto const& unknown : page.network.unknowns) all.push_back(unknown);
    for (auto const& unread : page.plan.unknowns) all.push_back(unread.what + ": " + unread.because);
    std::ranges::sort(all);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    if (all.empty()) return {};
    std::string out = "<section id=\"unknowns\"><h2>Not known</h2><ul>";
    for (auto const& unknown : all) out += fmt::format("<li>{}</li>", breakable(unknown));
    return out + "</ul></section>";
}

}  // namespace holdfast::report::page
