// tests/scenarios/checks/*.txt: a graph and what changes in it, ----, the findings that differ from the unchanged
// graph. ACCEPT=1 writes what comes out; review the difference like code.
#include "checks/checks.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "../../tests/scenarios/graph_text.hpp"
#include "../../tests/scenarios/published.hpp"
#include "checks/judging.hpp"

namespace holdfast::checks {
namespace {

std::string const folder = HOLDFAST_SOURCE_DIR "/tests/scenarios/checks";

std::string line_of(Finding const& finding) {
    std::string out = fmt::format("{:<7} {:<8} {}", name(finding.outcome),
                                  finding.outcome == Outcome::fail ? name(finding.severity) : "", finding.rule);
    if (!finding.resource.empty()) out += fmt::format("  {}", finding.resource);
    if (!finding.where.file.empty())
        out += fmt::format(" ({}:{}:{})", finding.where.file, finding.where.line, finding.where.column);
    return out + "\n    " + finding.message + "\n";
}

std::string difference(resource::Graph const& before, resource::Graph const& after) {
    // A pass that stays a pass is no difference, whatever evidence it now has.
    auto const key = [](Finding const& finding) {
        bool const quiet = finding.outcome == Outcome::pass || finding.outcome == Outcome::not_applicable;
        return quiet ? fmt::format("{} {} {}", name(finding.outcome), finding.rule, finding.resource)
                     : line_of(finding);
    };
    std::set<std::string> known;
    for (auto const& finding : inspect(before).findings) known.insert(key(finding));
    std::string out;
    for (auto const& finding : inspect(after).findings) {
        bool const quiet = finding.outcome == Outcome::pass || finding.outcome == Outcome::not_applicable;
        if (quiet && !before.find(finding.resource) && !finding.resource.empty()) continue;  // good news of new things
        if (!known.contains(key(finding))) out += line_of(finding);
    }
    return out.empty() ? "no difference\n" : out;
}

TEST(Checks, scenarios) {
    bool const accept = std::getenv("ACCEPT") != nullptr;
    int seen = 0;
    std::vector<std::filesystem::path> files;
    for (auto const& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".txt") files.push_back(entry.path());
    std::ranges::sort(files);
    for (auto const& path : files) {
        SCOPED_TRACE(path.filename().string());
        auto const text = scenario::GraphText::file(path.string());
        // Several cases a file, each: a comment, changes to secure.graph, ----, what differs; a blank line between
        // cases.
        std::string out;
        std::string input;
        bool expecting = false;
        auto const finish = [&] {
            if (input.empty()) return;
            auto const before = scenario::graph_of("graph secure.graph", folder);
            auto const whole = input.find("graph ") != std::string::npos ? input : "graph secure.graph\n" + input;
            resource::Graph after;
            try {
                after = scenario::graph_of(whole, folder);
            } catch (std::exception const& wrong) {
                ADD_FAILURE() << wrong.what() << "\n" << input;
            }
            if (!out.empty()) out += "\n";
            out += input + "----\n" + difference(before, after);
            input.clear();
            ++seen;
        };
        for (auto const& line : base::split(text, '\n')) {
            if (line == "----") expecting = true;
            else if (line.empty()) {
                if (expecting) {
                    finish();
                    expecting = false;
                }
            } else if (!expecting) input += line + "\n";
        }
        finish();
        if (accept) std::ofstream(path) << out;
        else EXPECT_EQ(out, text);
    }
    EXPECT_GE(seen, 1);
}

TEST(Checks, secure_cluster_keeps_every_promise) {
    auto const findings = inspect(scenario::graph_of("graph secure.graph", folder));
    for (auto const& finding : findings.findings)
        EXPECT_TRUE(finding.outcome == Outcome::pass || finding.outcome == Outcome::not_applicable) << line_of(finding);
    EXPECT_FALSE(findings.blocking());
    EXPECT_GE(findings.count(Outcome::pass), 60u);
}

TEST(Checks, every_row_is_judged_by_a_registered_predicate_and_every_predicate_is_used) {
    std::set<std::string_view> ids, used;
    for (auto const& row : rules()) {
        EXPECT_TRUE(ids.insert(row.id).second) << row.id;
        EXPECT_TRUE(find_predicate(row.predicate)) << row.id << " wants " << row.predicate;
        EXPECT_TRUE(row.kind == "refusal" || row.kind == "promise" || row.kind == "advice") << row.id;
        EXPECT_TRUE(row.kind != "refusal" || row.severity == Severity::critical) << row.id;
        used.insert(row.predicate);
    }
    for (auto const& predicate : predicates()) EXPECT_TRUE(used.contains(predicate.name)) << predicate.name;
    EXPECT_TRUE(std::ranges::is_sorted(predicates(), {}, &Predicate::name));
    EXPECT_GE(rules().size(), 60u);
}

TEST(Checks, every_property_of_the_rows_is_published) {
    auto const published = [](std::string_view of, std::string_view at) {
        auto const* shape = shapes::find(of);
        if (shape && at.starts_with('^')) {
            shape = shapes::find(shape->parent);
            at.remove_prefix(1);
        }
        return shape && shapes::property_at(*shape, json::Path(at));
    };
    for (auto const& row : rules()) {
        if (!row.at.empty()) {
            EXPECT_TRUE(published(row.of, row.at)) << row.id << ": " << row.at;
        }
        if (!row.when_at.empty()) {
            EXPECT_TRUE(published(row.of, row.when_at)) << row.id << ": " << row.when_at;
        }
    }
}

TEST(Checks, every_named_property_is_published) {
    int seen = 0;
    EXPECT_EQ(scenario::unpublished(HOLDFAST_SOURCE_DIR "/src/checks/paths.hpp", seen), std::vector<std::string>{});
    EXPECT_GE(seen, 25);
}

TEST(Checks, every_trouble_of_the_network_is_gathered_by_one_rule) {
    std::multiset<std::string> gathered;
    for (auto const& row : rules())
        if (row.predicate == "no_trouble")
            for (auto const& id : base::split(row.names, '\n')) gathered.insert(id);
    for (auto const id : network::trouble_rules()) EXPECT_EQ(gathered.count(std::string(id)), 1u) << id;
    EXPECT_EQ(gathered.size(), network::trouble_rules().size());
}

TEST(Checks, an_empty_graph_is_unknown_and_nothing_else) {
    auto const findings = inspect(resource::Graph{});
    EXPECT_EQ(findings.count(Outcome::pass), 0u);
    EXPECT_EQ(findings.count(Outcome::unknown), 1u);
    EXPECT_EQ(findings.findings.front().rule, "cluster-recognised");
}

TEST(Checks, a_cluster_that_was_not_read_passes_nothing_about_itself) {
    for (std::string const why : {"hollow cluster", "unread cluster: 403 AuthorizationFailed"}) {
        auto const findings = inspect(scenario::graph_of("graph secure.graph\n" + why, folder));
        for (auto const& row : rules()) {
            if (row.of != type::cluster) continue;
            for (auto const& finding : findings.findings)
                if (finding.rule == row.id) {
                    EXPECT_EQ(finding.outcome, Outcome::unknown) << why << ": " << line_of(finding);
                }
        }
    }
}

TEST(Checks, whatever_is_taken_away_unread_never_turns_a_failure_into_a_pass) {
    // For every node: not reading it may make findings unknown, and never makes more of them pass.
    auto const base_graph = scenario::graph_of("graph secure.graph", folder);
    std::map<std::string, Outcome> before;
    for (auto const& finding : inspect(base_graph).findings)
        before.emplace(finding.rule + finding.resource, finding.outcome);
    for (auto const& [address, node] : base_graph.resources()) {
        auto graph = scenario::graph_of("graph secure.graph\nunread " + address + ": 403", folder);
        for (auto const& finding : inspect(graph).findings) {
            EXPECT_NE(finding.outcome, Outcome::fail) << "without " << address << ": " << line_of(finding);
            if (finding.resource != address) continue;
            bool const speaks_of_it = finding.outcome == Outcome::pass && finding.rule != "node-group-untouched";
            EXPECT_FALSE(speaks_of_it) << "without " << address << ": " << line_of(finding);
        }
    }
}

TEST(Checks, bodies_of_any_shape_are_judged_without_harm) {
    // Every value of every body, replaced by something that does not belong there.
    std::vector<json::Value> const odd{nullptr,
                                       "",
                                       "\x1b[2J",
                                       "99999999999999999999/99",
                                       INT64_MAX,
                                       INT64_MIN,
                                       -1,
                                       true,
                                       0.5,
                                       json::Array{},
                                       json::Array{nullptr, json::Array{1}, "x"},
                                       json::Object{{"id", 7}}};
    base::Prng draw(7);
    auto const whole = scenario::graph_of("graph secure.graph", folder);
    for (auto const& [address, node] : whole.resources()) {
        std::vector<json::Path> places;
        json::each_leaf(node.body, [&](json::Path const& path, json::Value const&) {
            places.push_back(path);
            if (!path.empty()) places.push_back(path.parent());
        });
        for (auto const& place : places) {
            if (place.empty()) continue;
            auto graph = whole;
            json::put(graph.find(address)->body, place, odd[draw.below(odd.size())]);
            auto const findings = inspect(graph);
            EXPECT_FALSE(findings.findings.empty());
            EXPECT_FALSE(json::write(to_json(findings, *base::parse_date("2026-11-24"))).empty());
        }
    }
}

TEST(Checks, json_is_sorted_and_counts) {
    auto const findings =
        inspect(scenario::graph_of("graph secure.graph\nset cluster properties.disableLocalAccounts false", folder));
    auto const date = base::parse_date("2026-11-24");
    auto const document = to_json(findings, *date);
    EXPECT_EQ(json::text_at(document, "schema"), "holdfast/findings");
    EXPECT_EQ(json::whole_at(document, "summary.fail"), 1);
    EXPECT_EQ(json::text_at(document, "findings[0].rule"), "local-accounts-off");
    EXPECT_EQ(json::text_at(document, "findings[0].verdict"), "fail");
    EXPECT_EQ(json::text_at(document, "findings[0].change"), "properties.disableLocalAccounts=true");
    EXPECT_EQ(json::write(document),
              json::write(to_json(inspect(scenario::graph_of(
                                      "graph secure.graph\nset cluster properties.disableLocalAccounts false", folder)),
                                  *date)));
}

TEST(Checks, an_existing_subnet_is_taken_as_it_is) {
    auto const designed = inspect(scenario::graph_of("graph secure.graph\nhollow network/subnets/nodes", folder));
    auto live = inspect(
        scenario::graph_of("graph secure.graph\nunset network/subnets/nodes properties.networkSecurityGroup", folder));
    EXPECT_EQ(live.broken(), 1u);
    mark_chosen(live, designed);
    EXPECT_EQ(live.broken(), 0u);
    EXPECT_EQ(live.chosen(), 1u);
}

TEST(Checks, what_the_design_does_not_promise_is_a_choice_and_never_a_refusal) {
    auto const change = std::string(
        "graph secure.graph\nset cluster properties.disableLocalAccounts false\nunset network/subnets/nodes "
        "properties.natGateway");
    auto const designed = inspect(scenario::graph_of(change, folder));
    auto live = inspect(scenario::graph_of(change + "\nunset cluster properties.diskEncryptionSetID", folder));
    mark_chosen(live, designed);
    std::vector<std::string> broken, chosen;
    for (auto const& finding : live.findings)
        if (finding.outcome == Outcome::fail) (finding.chosen ? chosen : broken).push_back(finding.rule);
    EXPECT_EQ(broken, (std::vector<std::string>{"own-nat-attached", "disks-customer-key"}));
    EXPECT_EQ(chosen, std::vector<std::string>{"local-accounts-off"});
    EXPECT_EQ(live.broken(), 2u);
    EXPECT_TRUE(live.blocking());
    EXPECT_FALSE(Findings{{live.findings.back()}}.at_or_above(Severity::info));
}

}  // namespace
}  // namespace holdfast::checks
