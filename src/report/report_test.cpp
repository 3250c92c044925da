// tests/scenarios/report/*.txt: what is shown, ----, how it looks. ACCEPT=1 writes what comes out; review it like code.
//
//   style [columns N] [colour] [ascii]
//   errors      source FILE, lines after "|"; error CODE [FILE LINE COLUMN LENGTH], then what|fix|because|azure lines
//   findings [all]      and lines that change tests/scenarios/checks/secure.graph
//   plan        and lines that change the graph; or guard|unknown|change lines; decided lines
//   log|frame SECONDS   the run of that plan, as a log or as the block at that second
//   example FILE        what check says of examples/FILE: everything that is not proven
#include "report/report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <regex>

#include "report/fixture.hpp"
#include "report/page/markup.hpp"
#include "report/text.hpp"

namespace holdfast::report {
namespace {

std::string const source_folder = HOLDFAST_SOURCE_DIR;

std::string rest_of(std::string const& line) {
    auto const space = line.find(' ');
    return space == std::string::npos ? std::string() : line.substr(space + 1);
}
std::string word_of(std::string const& line) { return line.substr(0, line.find(' ')); }

/// The events of a run as the engine would tell them, in order of time.
std::vector<engine::Event> events_of(plan::Plan const& plan, engine::Run const& run) {
    std::vector<engine::Event> events{{run.started, engine::RunStarted{run.run, plan.steps.size()}}};
    for (auto const& step : run.timeline) {
        auto const at = std::ranges::find(plan.steps, step.step, &plan::Step::id);
        events.push_back({step.started, engine::StepStarted{step.step, at->because, at->expected_s}});
        for (auto t = step.started + std::chrono::seconds(20); t < step.ended; t += std::chrono::seconds(40))
            events.push_back(
                {t, engine::StepWaiting{step.step, "the operation to end: InProgress", base::Duration(40'000)}});
        events.push_back({step.ended, engine::StepFinished{step.step, {}}});
    }
    std::ranges::sort(events, {}, [](auto const& event) { return std::pair(event.at, event.what.index()); });
    // At one moment, what ends comes before what starts: order by kind would put starts first.
    std::vector<engine::Event> ordered;
    for (std::size_t i = 0; i < events.size();) {
        std::size_t j = i;
        while (j < events.size() && events[j].at == events[i].at) ++j;
        for (bool const ends : {true, false})
            for (std::size_t k = i; k < j; ++k)
                if (std::holds_alternative<engine::StepFinished>(events[k].what) == ends) ordered.push_back(events[k]);
        i = j;
    }
    ordered.push_back({run.ended, engine::RunFinished{run.outcome, run.calls, run.retries}});
    return ordered;
}

base::ErrorCode code_of(std::string const& text) {
    for (int i = 0; i < 64; ++i)
        if (base::name(static_cast<base::ErrorCode>(i)) == text) return static_cast<base::ErrorCode>(i);
    return base::ErrorCode::usage;
}

std::string show_errors(std::vector<std::string> const& lines, Style style) {
    std::map<std::string, std::string> sources;
    std::string file;
    std::vector<base::Error> all;
    std::vector<base::Error*> chain;
    for (auto const& line : lines) {
        auto const word = word_of(line), rest = rest_of(line);
        if (line.starts_with("|")) sources[file] += line.substr(1) + "\n";
        else if (word == "source") file = rest;
        else if (word == "error") {
            auto const parts = base::split(rest, ' ');
            base::Error error{.code = code_of(parts[0])};
            if (parts.size() == 5)
                error.where = base::SourcePos{parts[1], std::stoi(parts[2]), std::stoi(parts[3]), std::stoi(parts[4])};
            if (parts.size() == 3) error.where = base::Call{parts[1], parts[2]};
            all.push_back(error);
        } else if (word == "what") all.back().what = rest;
        else if (word == "fix") all.back().fix = rest;
        else if (word == "because") all.back().because.push_back({.code = base::ErrorCode::azure, .what = rest});
        else if (word == "azure") {
            auto const parts = base::split(rest, '|');
            all.back().azure = base::AzureError{
                .status = std::stoi(parts[0]), .code = parts[1], .message = parts[2], .correlation_id = parts[3]};
        }
    }
    return errors(all, sources, style);
}

struct Example {
    estate::Estate estate;
    std::string text;
};
Example example(std::string const& file) {
    auto const path = source_folder + "/examples/" + file;
    auto const text = scenario::GraphText::file(path);
    auto const spec = spec::read(text, path);
    if (!spec) throw std::runtime_error(errors(spec.error(), {{path, text}}, Style{}));
    estate::Context const context{"11111111-1111-1111-1111-111111111111", "00000000-0000-0000-0000-000000000001",
                                  "vault.azsim.test", "azurecr.azsim.test"};
    auto estate = estate::design(*spec, context);
    if (!estate) throw std::runtime_error(errors(estate.error(), {{path, text}}, Style{}));
    return {std::move(*estate), text};
}

std::string rendered(std::vector<std::string> lines) {
    Style style;
    std::string kind, rest, graph_changes;
    std::vector<std::string> content;
    for (auto const& line : lines) {
        if (line.starts_with("#")) continue;
        if (word_of(line) == "style") {
            auto const words = base::split(line, ' ');
            for (std::size_t i = 1; i < words.size(); ++i) {
                if (words[i] == "columns") style.columns = std::stoi(words[++i]);
                if (words[i] == "colour") style.colour = true;
                if (words[i] == "ascii") style.unicode = false;
            }
        } else if (kind.empty()) {
            kind = word_of(line);
            rest = rest_of(line);
        } else {
            content.push_back(line);
        }
    }
    if (kind == "errors") return show_errors(content, style);
    if (kind == "example") {
        auto const made = example(rest);
        auto found = checks::inspect(made.estate.graph);
        for (auto& finding : found.findings)
            if (auto const at = finding.where.file.find("examples/"); at != std::string::npos)
                finding.where.file.erase(0, at);
        return findings(found, style);
    }
    plan::Plan made;
    std::vector<Decision> decided;
    bool hand_made = false;
    for (auto const& line : content) {
        auto const word = word_of(line);
        auto const parts = base::split(rest_of(line), '|');
        hand_made = hand_made || word == "guard" || word == "unknown" || word == "change";
        if (word == "guard") made.guards.push_back({parts[0], parts[1], parts[2], ""});
        else if (word == "decided") decided.push_back({parts[0], parts[1], parts[2], parts[3], parts[4] == "final"});
        else if (word == "unknown") made.unknowns.push_back({parts[0], parts[1]});
        else if (word == "change") {
            plan::Change change{.address = parts[1], .type = parts[2], .resource = parts[3]};
            for (auto const action : {plan::Action::none, plan::Action::create, plan::Action::update,
                                      plan::Action::replace, plan::Action::remove})
                if (plan::name(action) == parts[0]) change.action = action;
            if (parts.size() > 4) {
                plan::PropertyChange property{.at = json::Path(parts[4]),
                                              .before = *json::parse(parts[5]),
                                              .after = *json::parse(parts[6]),
                                              .because = parts[8]};
                for (auto const cost : {catalog::Class::in_place, catalog::Class::in_place_reimage,
                                        catalog::Class::rotate_pool, catalog::Class::rebuild, catalog::Class::one_way,
                                        catalog::Class::refused, catalog::Class::unknown})
                    if (catalog::name(cost) == parts[7]) property.cost = cost;
                change.properties.push_back(property);
            }
            made.changes.push_back(change);
            plan::Step step;
            step.id = "write " + parts[1];
            step.expected_s = 60;
            made.steps.push_back(step);
        } else graph_changes += line + "\n";
    }
    if (kind == "findings")
        return findings(checks::inspect(fixture::graph(graph_changes)), style,
                        rest == "all" ? Detail::everything : Detail::broken);
    made.name = "prod-weu";
    if (!hand_made) made = fixture::plan(fixture::graph(graph_changes));
    if (kind == "plan") return plan(made, style, decided);
    auto const done = fixture::run(made);
    if (kind == "run") return run(done, style);
    Progress progress(made, style);
    std::string out;
    for (auto const& event : events_of(made, done)) {
        if (kind == "log") out += progress.line(event);
        if (kind == "frame" && event.at <= fixture::at(std::stoi(rest))) progress.feed(event);
    }
    return kind == "log" ? out : progress.frame(fixture::at(std::stoi(rest)));
}

TEST(Report, scenarios) {
    bool const accept = std::getenv("ACCEPT") != nullptr;
    int seen = 0;
    std::vector<std::filesystem::path> files;
    for (auto const& entry : std::filesystem::directory_iterator(source_folder + "/tests/scenarios/report"))
        if (entry.path().extension() == ".txt") files.push_back(entry.path());
    std::ranges::sort(files);
    for (auto const& path : files) {
        SCOPED_TRACE(path.filename().string());
        auto const text = scenario::GraphText::file(path.string());
        auto const divider = text.find("----\n");
        auto const input = text.substr(0, divider);
        std::string out;
        try {
            auto lines = base::split(input, '\n');
            while (!lines.empty() && lines.back().empty()) lines.pop_back();
            out = input + "----\n" + rendered(lines);
        } catch (std::exception const& wrong) {
            ADD_FAILURE() << wrong.what();
            continue;
        }
        if (accept) std::ofstream(path) << out;
        else EXPECT_EQ(out, text);
        ++seen;
    }
    EXPECT_GE(seen, 10);
}

TEST(Report, nothing_is_wider_than_the_terminal) {
    auto const made = fixture::plan(fixture::graph());
    auto const done = fixture::run(made);
    for (int const columns : {60, 80, 120}) {
        Style const style{.columns = columns};
        std::string text =
            plan(made, style) + run(done, style) +
            findings(checks::inspect(fixture::graph("set cluster properties.disableLocalAccounts false")), style,
                     Detail::everything);
        Progress progress(made, style);
        for (auto const& event : events_of(made, done)) {
            progress.feed(event);
            text += progress.frame(event.at);
        }
        for (auto const& line : base::split(text, '\n')) EXPECT_LE(width(line), columns) << line;
    }
}

TEST(Report, frames_fit_a_terminal_at_every_moment) {
    auto const made = fixture::plan(fixture::graph());
    Progress progress(made, Style{});
    for (auto const& event : events_of(made, fixture::run(made))) {
        progress.feed(event);
        auto const frame = progress.frame(event.at);
        EXPECT_LE(std::ranges::count(frame, '\n'), 20);
        EXPECT_NE(frame.find(" of 29 steps"), std::string::npos);
    }
}

TEST(Report, a_log_speaks_at_least_every_half_minute) {
    auto const made = fixture::plan(fixture::graph());
    auto const done = fixture::run(made);
    Progress progress(made, Style{});
    std::vector<engine::Event> events = events_of(made, done);
    std::size_t next = 0;
    base::Time spoke = done.started;
    for (auto now = done.started; now <= done.ended; now += std::chrono::seconds(1)) {
        std::string said;
        for (; next < events.size() && events[next].at <= now; ++next) said += progress.line(events[next]);
        said += progress.tick(now);
        if (!said.empty()) spoke = now;
        EXPECT_LE(now - spoke, std::chrono::seconds(30));
    }
}

TEST(Report, colour_is_never_alone) {
    // Without the escapes the coloured text is the plain one: every meaning is a word or a symbol.
    auto const found = checks::inspect(fixture::graph("set cluster properties.disableLocalAccounts false"));
    std::regex const escape("\x1b\\[[0-9;]*m");
    EXPECT_EQ(std::regex_replace(findings(found, Style{.colour = true}), escape, ""), findings(found, Style{}));
}

TEST(Report, what_comes_from_others_cannot_act_on_the_terminal) {
    base::Error const error{
        .code = base::ErrorCode::azure,
        .where = base::Call{"PUT", "cluster\x1b[2J"},
        .what = "bad\x1b]0;title\x07",
        .azure = base::AzureError{.status = 400, .code = "Code\x1b[31m", .message = "line\r\nnext\x1b[0m"}};
    auto const text = errors(std::vector{error}, {}, Style{});
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_EQ(text.find('\x07'), std::string::npos);
    EXPECT_EQ(text.find('\r'), std::string::npos);
}

TEST(Report, errors_as_json) {
    base::Error error{
        .code = base::ErrorCode::spec_value, .where = base::SourcePos{"a.yaml", 3, 4, 1}, .what = "no", .fix = "yes"};
    error.because.push_back({.code = base::ErrorCode::azure, .what = "deeper"});
    auto const document = errors_json(std::vector{error});
    EXPECT_EQ(json::text_at(document, "schema"), "holdfast/errors");
    EXPECT_EQ(json::whole_at(document, "errors[0].where.line"), 3);
    EXPECT_EQ(json::text_at(document, "errors[0].because[0].what"), "deeper");
}

// ------------------------------------------------------------------------------------------------ the page

std::string without(std::string text, std::regex const& pattern) { return std::regex_replace(text, pattern, ""); }

TEST(Page, asks_nobody_and_runs_nothing) {
    auto const page = html(fixture::page());
    EXPECT_EQ(page.find("<script"), std::string::npos);
    EXPECT_EQ(page.find("http://"), std::string::npos);
    EXPECT_EQ(page.find("https://"), std::string::npos);
    EXPECT_EQ(page.find("url("), std::string::npos);
    EXPECT_EQ(page.find("@import"), std::string::npos);
    EXPECT_EQ(page.find(" src="), std::string::npos);
    EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
}

TEST(Page, everything_hostile_is_escaped) {
    auto page = fixture::page();
    std::string const evil = "\"><script>alert(1)</script><img src=x onerror='x'>\x1b[2J";
    page.title = page.region = page.cloud = page.subscription = evil;
    page.decisions.push_back({evil, evil, evil, evil, true});
    page.by_azure.push_back({evil, evil});
    page.unknowns.push_back(evil);
    page.findings.findings.push_back({.rule = evil,
                                      .outcome = checks::Outcome::fail,
                                      .severity = checks::Severity::high,
                                      .resource = evil,
                                      .where = {evil, 1, 1, 1},
                                      .message = evil,
                                      .fix = evil,
                                      .kind = evil,
                                      .says = evil});
    page.network.network = page.network.egress = page.network.api_server = evil;
    page.network.subnets.push_back({evil, evil, evil, {evil}});
    page.network.overlays.push_back({evil, evil, evil});
    page.network.way_out = {evil, evil};
    page.network.unknowns.push_back(evil);
    page.chains.push_back({evil, {{evil, evil, evil}}, {evil}, {}, {evil}});
    page.access.sign_in = evil;
    page.access.ways.push_back({evil, evil, evil, evil, access::Level::kubernetes_api, evil});
    page.access.unknowns.push_back(evil);
    page.run->run = evil;
    page.run->timeline.push_back({evil, fixture::at(0), fixture::at(9), "done"});
    page.run->errors.push_back({.what = evil, .fix = evil});
    page.plan.changes.push_back({.address = evil, .type = evil, .resource = evil});
    auto const text = html(page);
    EXPECT_EQ(text.find("<script"), std::string::npos);
    EXPECT_EQ(text.find("<img"), std::string::npos);
    EXPECT_EQ(text.find("onerror='"), std::string::npos);
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(Page, is_well_formed) {
    // Every tag that opens closes, in order; the void ones stand alone.
    auto text = html(fixture::page("unread vault/disk: 403"));
    text = without(text, std::regex("<style>[\\s\\S]*?</style>"));
    std::regex const tag("<(/?)([a-zA-Z0-9]+)([^>]*?)(/?)>");
    std::vector<std::string> open;
    std::set<std::string> const lone{"meta", "link", "wbr", "br"};
    for (std::sregex_iterator at(text.begin(), text.end(), tag), end; at != end; ++at) {
        auto const name = (*at)[2].str();
        if (lone.contains(name) || (*at)[4].length() > 0) continue;
        if ((*at)[1].length() == 0) {
            open.push_back(name);
        } else {
            ASSERT_FALSE(open.empty()) << name;
            EXPECT_EQ(open.back(), name);
            open.pop_back();
        }
    }
    EXPECT_TRUE(open.empty());
}

TEST(Page, sections_that_have_nothing_are_left_out) {
    Page bare;
    bare.title = "bare";
    bare.as_of = *base::parse_date("2026-11-24");
    auto const text = html(bare);
    for (std::string const id : {"keys", "timeline", "decisions", "azure", "unknowns", "promises"})
        EXPECT_EQ(text.find("id=\"" + id + "\""), std::string::npos) << id;
    for (std::string const id : {"standing", "network", "access", "keys", "timeline", "promises", "decisions", "azure"})
        EXPECT_NE(html(fixture::page()).find("id=\"" + id + "\""), std::string::npos) << id;
}

TEST(Page, counts_and_evidence_are_there) {
    auto const page = fixture::page("set cluster properties.disableLocalAccounts false");
    auto const text = html(page);
    EXPECT_NE(text.find("<b>1</b><span>✗ broken"), std::string::npos);
    EXPECT_NE(without(text, std::regex("<wbr>")).find("properties.disableLocalAccounts is false"), std::string::npos);
    EXPECT_NE(text.find("class=\"bar path\""), std::string::npos);
}

// ------------------------------------------------------------------------------------------------ laws

TEST(Report, knows_no_azure_type) {
    std::vector<std::string> words;
    for (auto const& type : shapes::all()) {
        words.emplace_back(type.name);
        words.emplace_back(type.name.substr(0, type.name.find('/')));
    }
    for (auto const& entry : std::filesystem::recursive_directory_iterator(source_folder + "/src/report")) {
        auto const name = entry.path().filename().string();
        if (!entry.is_regular_file() || name == "report_test.cpp" || name == "fixture.hpp") continue;
        auto const text = scenario::GraphText::file(entry.path().string());
        for (auto const& word : words) EXPECT_EQ(text.find(word), std::string::npos) << name << " says " << word;
        EXPECT_EQ(text.find("managedClusters"), std::string::npos) << name;
    }
}

TEST(Rules, fixes_speak_the_language_of_specs) {
    // Every `snippet` of a fix is a piece of spec: its keys are fields.
    std::regex const snippet("`([^`]+)`");
    int seen = 0;
    for (auto const& row : checks::rules()) {
        std::string const fix(row.fix);
        for (std::sregex_iterator at(fix.begin(), fix.end(), snippet), end; at != end; ++at) {
            auto const text = (*at)[1].str();
            if (text.find(':') == std::string::npos) continue;
            auto const tree = yaml::parse(text, "fix");
            ASSERT_TRUE(tree) << text;
            ++seen;
            bool const of_pool = tree->members.size() == 1 && !spec::find_field(tree->members[0].key);
            json::each_leaf(yaml::to_json(*tree), [&](json::Path const& path, json::Value const&) {
                std::string key;
                for (auto const& segment : path.segments())
                    if (auto const* name = std::get_if<std::string>(&segment)) key += (key.empty() ? "" : ".") + *name;
                if (key.empty()) return;
                if (of_pool) key = "pools[]." + key;
                auto const above = key.substr(0, key.rfind('.'));  // a secret is a map of its own
                EXPECT_TRUE(spec::find_field(key) ||
                            (spec::find_field(above) && spec::find_field(above)->kind == spec::FieldKind::secret))
                    << row.id << ": " << text << " has no " << key;
            });
        }
    }
    EXPECT_GE(seen, 25);
}

class Examples : public testing::TestWithParam<std::string> {};
TEST_P(Examples, pass_every_refusal) {
    auto const made = example(GetParam());
    auto const found = checks::inspect(made.estate.graph);
    for (auto const& finding : found.findings) {
        EXPECT_FALSE(finding.outcome == checks::Outcome::fail && finding.kind == "refusal")
            << finding.rule << ": " << finding.message;
        EXPECT_NE(finding.message, "");
    }
    EXPECT_GE(found.count(checks::Outcome::pass), 20u);
    EXPECT_FALSE(network::map(made.estate.graph).subnets.empty());
    Page page;
    page.title = GetParam();
    page.as_of = *base::parse_date("2026-11-24");
    page.findings = found;
    page.network = network::map(made.estate.graph);
    page.chains = keys::chains(made.estate.graph);
    page.access = access::paths(made.estate.graph);
    EXPECT_NE(html(page).find("</html>"), std::string::npos);
}
INSTANTIATE_TEST_SUITE_P(Of, Examples,
                         testing::Values("secure-cluster.yaml", "dev.yaml", "kubenet-basic.yaml", "regulated.yaml",
                                         "seed-2020.yaml", "windows-pools.yaml"),
                         [](auto const& name) {
                             std::string out;
                             for (char const c : name.param)
                                 out += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
                             return out;
                         });

}  // namespace
}  // namespace holdfast::report
