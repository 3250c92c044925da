// tests/scenarios/plan/*.txt: two graphs, ----, the plan. ACCEPT=1 writes what comes out; review the difference like
// code.
#include "plan/scenario.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace holdfast::plan {

using resource::Output;
using resource::Ownership;
using resource::Resource;
using resource::ResourceId;

namespace {

constexpr std::string_view subscription = "00000000-0000-0000-0000-000000000001";

struct Reader {
    Scenario out;
    Resource* current = nullptr;
    bool current_is_live = false;
    int number = 0;

    [[noreturn]] void wrong(std::string const& what) const {
        throw std::runtime_error(fmt::format("line {}: {}", number, what));
    }
    json::Value body(std::string_view text) const {
        auto value = json::parse(text);
        if (!value) wrong(value.error().what);
        return *value;
    }

    void head(std::vector<std::string> words, bool live) {
        Resource made;
        made.address = words.at(1);
        auto const* designed = out.estate.graph.find(made.address);
        std::size_t next = 2;
        bool const typed = words.size() > 2 && words[2].find('/') != std::string::npos;
        if (live && !typed) {
            if (!designed) wrong("nothing of this address is designed");
            made = *designed;
            made.pending.clear();
            made.references.clear();
            made.origins.clear();
        } else {
            made.type = words.at(2).starts_with("Microsoft.") ? words[2] : "Microsoft." + words[2];
            auto const name = words.at(3);
            next = 4;
            auto const in = std::ranges::find(words, std::string("in"));
            auto const own = ResourceId::subscription_of(subscription);
            if (in != words.end()) {
                made.parent = *(in + 1);
                auto const* parent = live && out.live.find(*made.parent) ? out.live.find(*made.parent)
                                                                         : out.estate.graph.find(*made.parent);
                if (!parent || !parent->id) wrong("no such parent");
                if (name != "?") made.id = parent->id->with(made.type, name);
            } else {
                made.id = own.group(name);
            }
        }
        for (; next < words.size(); ++next) {
            if (words[next] == "ours") made.ours = true;
            if (words[next] == "existing") made.ownership = Ownership::existing;
        }
        if (live) made.raw = made.body;
        current = &(live ? out.live : out.estate.graph).add(std::move(made));
        current_is_live = live;
    }

    void detail(std::string_view line) {
        if (!current) wrong("an indented line belongs to a resource");
        if (line.starts_with('{')) {
            json::merge(current->body, body(line));
            if (current_is_live) current->raw = current->body;
            current->body = resource::normal(current->type, current->body);
            return;
        }
        auto const words = base::split(line, ' ');
        if (words.at(0) == "etag") current->etag = words.at(1);
        else if (words[0] == "decided")
            current->origins[json::Path(words.at(1))] = {resource::Origin::By::you, {"cluster.yaml", 1, 1}, ""};
        else if (words[0] == "start")
            current->origins[json::Path(words.at(1))] = {resource::Origin::By::azure, {}, "the autoscaler decides"};
        else if (words[0] == "needs") current->references.push_back({words.at(1), "it must stand first"});
        else if (words[0] == "pending" && words.at(3) == "secret")
            current->pending.push_back(
                {json::Path(words.at(1)), resource::SecretName{resource::SecretName::Kind::environment, words.at(4)}});
        else if (words[0] == "pending")
            current->pending.push_back({json::Path(words.at(1)), Output{words.at(3), json::Path(words.at(4))}});
        else wrong("not understood");
    }

    void line(std::string_view text) {
        ++number;
        if (base::trimmed(text).empty() || text.starts_with('#')) return;
        if (text.starts_with(' ')) return detail(base::trimmed(text));
        auto const words = base::split(text, ' ');
        current = nullptr;
        if (words[0] == "designed" || words[0] == "live") head(words, words[0] == "live");
        else if (words[0] == "unread") {
            auto const colon = text.find(": ");
            out.live.unread.push_back({std::string(text.substr(7, colon - 7)), std::string(text.substr(colon + 2))});
        } else if (words[0] == "recoverable") out.live.recoverable.push_back({words.at(1), words.at(3)});
        else if (words[0] == "provider") {
            out.estate.providers.push_back(words.at(1));
            out.providers[words.at(1)] = words.at(2);
        } else if (words[0] == "feature") {
            auto const parts = base::split(words.at(1), '/');
            out.estate.features.push_back({parts.at(0), parts.at(1), "a pool encrypts on the host"});
            out.providers[words.at(1)] = words.at(2);
        } else if (words[0] == "destroy") out.destroy = true;
        else if (text == "show bodies") out.bodies = true;
        else wrong("not understood");
    }
};

std::string shown(std::optional<json::Value> const& value) { return value ? json::write(*value) : "(nothing)"; }

std::string slurp(std::filesystem::path const& path) {
    std::ifstream in(path);
    std::stringstream out;
    out << in.rdbuf();
    return out.str();
}

}  // namespace

Scenario read_scenario(std::string_view text) {
    Reader reader;
    for (auto const& line : base::split(text, '\n')) reader.line(line);
    return std::move(reader.out);
}

std::string show(Plan const& plan, bool bodies) {
    std::string out;
    auto const say = [&out](std::string const& line) { out += line + "\n"; };
    for (auto const& change : plan.changes) {
        say(fmt::format("{} {}: {}", symbol(change.action), change.address, change.because));
        for (auto const& property : change.properties)
            say(fmt::format("    {}: {} -> {} [{}]", property.at.text(), shown(property.before),
                            property.pending ? "(known later)" : shown(property.after), catalog::name(property.cost)));
    }
    for (auto const& guard : plan.guards) say(fmt::format("guard {}:{} {}", guard.klass, guard.name, guard.because));
    for (auto const& unread : plan.unknowns) say(fmt::format("unknown {}: {}", unread.what, unread.because));
    for (auto const& step : plan.steps) {
        say(fmt::format("{}. {} {} s{}{}{}{}", 1 + (&step - plan.steps.data()), step.id, step.expected_s,
                        step.create_only ? ", only if absent" : "", step.fresh ? ", read again first" : "",
                        step.if_match.empty() ? "" : ", if it is still " + step.if_match,
                        step.grants ? ", grants" : ""));
        auto const list = [&](std::string_view what, std::vector<std::string> const& words) {
            if (!words.empty()) say(fmt::format("    {} {}", what, base::join(words, ", ")));
        };
        list("with", step.inlines);
        list("after", step.after);
        list("holds", step.locks);
        if (step.act == Act::call || step.act == Act::await)
            say(fmt::format("    {} {} until {} is {}", step.method, step.action, step.condition->at.text(),
                            step.condition->value));
        if (!bodies || step.act != Act::write) continue;
        say("    " + json::write(step.resource.body));
        for (auto const& pending : step.resource.pending)
            base::match(
                pending.from,
                [&](Output const& from) {
                    say(fmt::format("    {} <- {} {}", pending.at.text(), from.address, from.path.text()));
                },
                [&](resource::SecretName const& from) {
                    say(fmt::format("    {} <- secret {}", pending.at.text(), from.name));
                });
        if (!step.scope.empty()) say("    below " + step.scope);
    }
    return out;
}

TEST(Scenarios, plans) {
    std::filesystem::path const folder = HOLDFAST_SOURCE_DIR "/tests/scenarios/plan";
    bool const accept = std::getenv("ACCEPT") != nullptr;
    std::vector<std::filesystem::path> files;
    for (auto const& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".txt") files.push_back(entry.path());
    std::ranges::sort(files);
    ASSERT_FALSE(files.empty());
    for (auto const& file : files) {
        SCOPED_TRACE(file.filename().string());
        auto const text = slurp(file);
        auto const cut = text.find("----\n");
        auto const input = text.substr(0, cut);
        auto const scenario = read_scenario(input);
        auto const plan = scenario.plan();
        auto const got = show(plan, scenario.bodies);
        if (accept) {
            std::ofstream(file) << input << "----\n" << got;
            continue;
        }
        ASSERT_NE(cut, std::string::npos) << "no ---- line";
        EXPECT_EQ(got, text.substr(cut + 5));
        // Whatever the scenario: the document says the same plan back.
        auto const document = to_json(plan, *base::parse_date("2026-11-24"));
        auto const back = from_json(*json::parse(json::write(document)));
        ASSERT_TRUE(back) << back.error().what;
        EXPECT_EQ(json::write(to_json(*back, *base::parse_date("2026-11-24"))), json::write(document));
        EXPECT_EQ(show(*back, true), show(plan, true));
        EXPECT_TRUE(moved_since(plan, *back).empty());
    }
}

}  // namespace holdfast::plan
