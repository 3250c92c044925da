#include "walk.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace holdfast::walk {
namespace {

std::string said(engine::Run const& run) {
    std::string out = run.outcome;
    for (auto const& error : run.errors) {
        out += "\n  " + error.what;
        if (auto const* call = std::get_if<base::Call>(&error.where)) out += " (" + call->method + " " + call->address + ")";
        if (error.azure) out += " [" + std::to_string(error.azure->status) + " " + error.azure->code + ": " + error.azure->message + "]";
    }
    return out;
}
std::string said(plan::Plan const& plan) {
    std::string out;
    for (auto const& step : plan.steps) out += "\n  " + step.id + ": " + step.because;
    for (auto const& change : plan.changes)
        for (auto const& property : change.properties)
            if (change.action != plan::Action::none)
                out += "\n    " + change.address + " " + property.at.text() + ": " + (property.before ? json::write(*property.before) : "-") + " -> " +
                       (property.after ? json::write(*property.after) : "?");
    for (auto const& guard : plan.guards) out += "\n  guard " + guard.klass + ":" + guard.name + ": " + guard.because;
    for (auto const& unknown : plan.unknowns) out += "\n  unknown " + unknown.what + ": " + unknown.because;
    return out;
}
std::string said(checks::Findings const& findings, checks::Outcome outcome) {
    std::string out;
    for (auto const& finding : findings.findings)
        if (finding.outcome == outcome) out += "\n  " + finding.rule + " on " + finding.resource + ": " + finding.message;
    return out;
}
std::vector<std::string> ids(std::map<std::string, json::Value> const& resources) {
    std::vector<std::string> out;
    for (auto const& [id, body] : resources) out.push_back(id);
    return out;
}

/// What an independent reckoning of the critical path needs: durations as drawn, and how long the run took.
void leave_for_the_bench(std::string const& name, engine::Run const& run, std::map<std::string, double> const& drawn) {
    json::Object durations;
    for (auto const& [what, seconds] : drawn) durations[what] = seconds;
    json::Value const document(json::Object{{"example", name}, {"seconds", double((run.ended - run.started).count()) / 1000}, {"drawn", durations}});
    std::filesystem::create_directories("makespan");
    std::ofstream("makespan/" + name + ".json") << json::pretty(document);
}

class Walk : public ::testing::TestWithParam<std::string> {};

/// Every example applies, plans empty, keeps its promises, and is destroyed to what was there before.
TEST_P(Walk, from_nothing_and_back) {
    auto const rows = world::memory_rows();
    Stage stage(*rows);
    auto const [spec, estate] = example(GetParam(), &stage);
    auto const before = ids(stage.azure().resources());

    auto const first = stage.look(estate);
    auto const designed = checks::inspect(resource::overlay(first.live, estate.graph));
    EXPECT_FALSE(designed.blocking()) << said(designed, checks::Outcome::fail);
    EXPECT_TRUE(first.plan.guards.empty() && first.plan.unknowns.empty()) << said(first.plan);
    auto const run = stage.carry_out(first.plan);
    ASSERT_EQ(run.outcome, "succeeded") << said(run);
    leave_for_the_bench(GetParam(), run, stage.azure().drawn());
    EXPECT_EQ(stage.azure().repeated_creates(), 0);

    auto const second = stage.look(estate);
    EXPECT_TRUE(second.plan.empty() && second.plan.guards.empty()) << said(second.plan);
    auto const proven = checks::inspect(second.live);
    EXPECT_FALSE(proven.blocking()) << said(proven, checks::Outcome::fail);
    for (auto const& finding : proven.findings)
        EXPECT_FALSE(finding.outcome == checks::Outcome::unknown) << finding.rule << ": " << finding.message;
    if (spec.text("profile") == "hardened" || spec.text("profile") == "regulated")
        EXPECT_FALSE(proven.at_or_above(checks::Severity::high)) << said(proven, checks::Outcome::fail);

    auto const end = stage.carry_out(plan::unmake(estate, second.live));
    ASSERT_EQ(end.outcome, "succeeded") << said(end);
    EXPECT_EQ(ids(stage.azure().resources()), before);
    for (auto const& bin : stage.azure().soft_deleted()) EXPECT_GT(bin.until, stage.clock().now()) << bin.name;
}

/// The vault that Azure keeps in its bin comes back with the next apply, roles and all, and the plan is empty again.
TEST_P(Walk, comes_back_after_destroy) {
    auto const rows = world::memory_rows();
    Stage stage(*rows);
    auto const [spec, estate] = example(GetParam(), &stage);
    ASSERT_EQ(stage.carry_out(stage.look(estate).plan).outcome, "succeeded");
    ASSERT_EQ(stage.carry_out(plan::unmake(estate, stage.look(estate).live)).outcome, "succeeded");
    auto const again = stage.look(estate);
    EXPECT_EQ(again.live.recoverable.size(), stage.azure().soft_deleted().size());
    auto const run = stage.carry_out(again.plan);
    ASSERT_EQ(run.outcome, "succeeded") << said(run);
    auto const left = stage.look(estate);
    EXPECT_TRUE(left.plan.empty()) << said(left.plan);
}

/// Nothing of others is written but for what lies in it by name, and all of it stands as before when we are gone. What
/// is ours is found without a journal: the estate is looked at anew.
class AmongOthers : public ::testing::TestWithParam<std::string> {};
TEST_P(AmongOthers, all_of_theirs_stands_as_before) {
    auto const rows = world::memory_rows();
    Stage stage(*rows);
    std::ifstream in(HOLDFAST_SOURCE_DIR "/tests/walk/worlds/everything-exists.json");
    auto const loaded = stage.azure().load(std::string(std::istreambuf_iterator<char>(in), {}));
    ASSERT_TRUE(loaded) << loaded.error().what;
    auto const before = stage.azure().resources();
    auto const estate = example("../tests/walk/worlds/" + GetParam()).estate;
    auto const first = stage.look(estate);
    EXPECT_TRUE(first.plan.guards.empty() && first.plan.unknowns.empty()) << said(first.plan);
    auto const run = stage.carry_out(first.plan);
    ASSERT_EQ(run.outcome, "succeeded") << said(run);
    auto const second = stage.look(estate);
    EXPECT_TRUE(second.plan.empty()) << said(second.plan);
    auto const proven = checks::inspect(second.live);
    EXPECT_FALSE(proven.blocking()) << said(proven, checks::Outcome::fail);
    auto const end = stage.carry_out(plan::unmake(estate, second.live));
    ASSERT_EQ(end.outcome, "succeeded") << said(end);
    auto const after = stage.azure().resources();
    EXPECT_EQ(ids(after), ids(before));
    for (auto const& [id, body] : before) {
        auto const now = after.find(id);
        if (now == after.end()) continue;
        EXPECT_EQ(json::write(json::find(body, "properties") ? *json::find(body, "properties") : json::Value()),
                  json::write(json::find(now->second, "properties") ? *json::find(now->second, "properties") : json::Value())) << id;
    }
}

INSTANTIATE_TEST_SUITE_P(Worlds, AmongOthers, ::testing::Values("everything-exists", "guest"), [](auto const& info) {
    std::string name = info.param;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
});
INSTANTIATE_TEST_SUITE_P(Examples, Walk, ::testing::ValuesIn(example_names()), [](auto const& info) {
    std::string name = info.param;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
});

}  // namespace
}  // namespace holdfast::walk
