// Every graph of up to four steps, every sharing of a lock, every failing step.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engine/engine.hpp"

namespace holdfast::engine {
namespace {

plan::Plan plan_of(int count, unsigned edges, unsigned locked) {
    plan::Plan plan;
    unsigned bit = 0;
    for (int i = 0; i < count; ++i) {
        plan::Step step;
        step.id = std::string(1, static_cast<char>('a' + i));
        step.expected_s = 1 + i;
        if (locked & (1u << i)) step.locks = {"network"};
        for (int j = 0; j < i; ++j, ++bit)
            if (edges & (1u << bit)) step.after.push_back(std::string(1, static_cast<char>('a' + j)));
        plan.steps.push_back(std::move(step));
    }
    return plan;
}

bool downstream(plan::Plan const& plan, std::size_t of, std::size_t step) {
    for (auto const& before : plan.steps[step].after) {
        auto const index = static_cast<std::size_t>(before[0] - 'a');
        if (index == of || downstream(plan, of, index)) return true;
    }
    return false;
}

/// Runs a schedule to its end, taking what finishes next in the order `pick` prefers; checks the promises at every
/// moment.
void walk(plan::Plan const& plan, std::optional<std::size_t> failing, bool newest_first) {
    Schedule schedule(plan);
    std::vector<std::size_t> running;
    std::vector<char> state(plan.steps.size(), 'w');
    for (std::size_t moves = 0; !schedule.over(); ++moves) {
        ASSERT_LE(moves, plan.steps.size() * 2) << "it does not end";
        while (auto const next = schedule.next()) {
            for (auto const& before : plan.steps[*next].after)
                ASSERT_EQ(state[static_cast<std::size_t>(before[0] - 'a')], 'd') << "started before " << before;
            for (auto const other : running)
                ASSERT_FALSE(!plan.steps[other].locks.empty() && !plan.steps[*next].locks.empty())
                    << "two hold one lock";
            ASSERT_EQ(state[*next], 'w');
            state[*next] = 'r';
            running.push_back(*next);
        }
        ASSERT_EQ(schedule.running(), running.size());
        ASSERT_FALSE(running.empty()) << "nothing runs and it is not over";
        auto const place = newest_first ? running.size() - 1 : 0;
        auto const done = running[place];
        running.erase(running.begin() + static_cast<std::ptrdiff_t>(place));
        bool const fails = done == failing;
        state[done] = fails ? 'f' : 'd';
        for (auto const skipped : schedule.finished(done, fails ? Outcome::failed : Outcome::done)) {
            ASSERT_EQ(state[skipped], 'w');
            state[skipped] = 's';
        }
    }
    for (std::size_t i = 0; i < state.size(); ++i) {
        char const want = !failing ? 'd' : i == *failing ? 'f' : downstream(plan, *failing, i) ? 's' : 'd';
        ASSERT_EQ(state[i], want) << "step " << i;
    }
}

TEST(Schedule, keeps_its_promises_in_every_small_world) {
    for (int count = 0; count <= 4; ++count)
        for (unsigned edges = 0; edges < (1u << (count * (count - 1) / 2)); ++edges)
            for (unsigned locked = 0; locked < (1u << count); ++locked) {
                auto const plan = plan_of(count, edges, locked);
                SCOPED_TRACE(fmt::format("{} steps, edges {:b}, locks {:b}", count, edges, locked));
                for (bool const newest_first : {false, true}) {
                    walk(plan, std::nullopt, newest_first);
                    for (int failing = 0; failing < count; ++failing)
                        walk(plan, static_cast<std::size_t>(failing), newest_first);
                    if (testing::Test::HasFatalFailure()) return;
                }
            }
}

TEST(Schedule, goes_on_from_every_set_of_finished_steps) {
    for (unsigned edges = 0; edges < 64; ++edges)
        for (unsigned done = 0; done < 16; ++done) {
            auto const plan = plan_of(4, edges, 0);
            std::vector<std::string> ids;
            bool possible = true;  // what is done had everything before it done
            for (std::size_t i = 0; i < 4; ++i)
                if (done & (1u << i)) {
                    ids.push_back(plan.steps[i].id);
                    for (auto const& before : plan.steps[i].after)
                        possible = possible && (done & (1u << (before[0] - 'a')));
                }
            if (!possible) continue;
            Schedule schedule(plan, ids);
            std::size_t ran = 0;
            while (auto const next = schedule.next()) {
                EXPECT_FALSE(done & (1u << *next));
                EXPECT_TRUE(schedule.finished(*next, Outcome::done).empty());
                ++ran;
            }
            EXPECT_TRUE(schedule.over());
            EXPECT_EQ(ran + ids.size(), 4u);
        }
}

TEST(Schedule, takes_the_longest_remaining_path_first) {
    plan::Plan plan;
    auto const add = [&plan](std::string id, int seconds, std::vector<std::string> after) {
        plan::Step step;
        step.id = std::move(id);
        step.expected_s = seconds;
        step.after = std::move(after);
        plan.steps.push_back(std::move(step));
    };
    add("registry", 15, {});
    add("identity", 2, {});
    add("role", 2, {"identity"});
    add("cluster", 330, {"role"});
    EXPECT_EQ(plan::remaining_seconds(plan).at("identity"), 334);
    Schedule schedule(plan);
    EXPECT_EQ(plan.steps[*schedule.next()].id, "identity");
    EXPECT_EQ(plan.steps[*schedule.next()].id, "registry");
    EXPECT_FALSE(schedule.next());
}

}  // namespace
}  // namespace holdfast::engine
