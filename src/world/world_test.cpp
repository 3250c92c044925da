#include "world/world.hpp"

#include <gtest/gtest.h>

namespace holdfast::world {
namespace {

Task<void> note_after(Clock& clock, Duration wait, std::vector<std::string>& log, std::string what) {
    co_await clock.sleep(wait);
    log.push_back(what + "@" + std::to_string(clock.now().time_since_epoch().count()));
}

Task<int> three_sleepers(Clock& clock, std::vector<std::string>& log) {
    std::function<Task<void>(std::size_t)> const make = [&](std::size_t i) {
        return note_after(clock, Duration(100 - 30 * int(i)), log, std::to_string(i));
    };
    co_await together(3, make);
    co_return 42;
}

TEST(VirtualClock, moves_only_when_everybody_waits) {
    boost::asio::io_context io;
    VirtualClock clock(io, Time{});
    std::vector<std::string> log;
    std::vector<Duration> jumps;
    auto const answer = run(io, clock, three_sleepers(clock, log), [&](Duration jump) { jumps.push_back(jump); });
    EXPECT_EQ(answer, 42);
    EXPECT_EQ(log, (std::vector<std::string>{"2@40", "1@70", "0@100"}));
    EXPECT_EQ(jumps, (std::vector<Duration>{Duration(40), Duration(30), Duration(30)}));
}

Task<int> work_beside(Signal& signal, Clock& clock, std::vector<std::string>& log) {
    auto const executor = co_await boost::asio::this_coro::executor;
    boost::asio::co_spawn(executor, note_after(clock, Duration(5), log, "work"), boost::asio::detached);
    std::function<Task<void>(std::size_t)> const make = [&](std::size_t i) -> Task<void> {
        return i == 0 ? note_after(clock, Duration(10), log, "slow") : note_after(clock, Duration(1), log, "fast");
    };
    co_await together(2, make);
    signal.notify();  // nobody waits: forgotten
    co_return 1;
}

TEST(Signal, a_notice_without_waiters_is_forgotten) {
    boost::asio::io_context io;
    VirtualClock clock(io, Time{});
    Signal signal;
    std::vector<std::string> log;
    EXPECT_EQ(run(io, clock, work_beside(signal, clock, log)), 1);
    EXPECT_EQ(log, (std::vector<std::string>{"fast@1", "work@5", "slow@10"}));
}

TEST(VirtualClock, a_sleeper_may_outlive_it) {
    boost::asio::io_context io;
    std::vector<std::string> log;
    auto clock = std::make_unique<VirtualClock>(io, Time{});
    boost::asio::co_spawn(io, note_after(*clock, Duration(100), log, "never"), boost::asio::detached);
    io.poll();
    clock.reset();  // teardown in the middle of a run
    EXPECT_TRUE(log.empty());
}

TEST(MemoryFiles, behave_like_a_disk) {
    auto files = memory_files({{"a/x", "1"}, {"a/b/y", "2"}});
    EXPECT_EQ(files->list("a").value(), (std::vector<std::string>{"b", "x"}));
    EXPECT_TRUE(files->is_folder("a/b"));
    {
        auto file = files->open_append("a/log");
        ASSERT_TRUE(file && (*file)->append("one\n") && (*file)->append("two\n"));
    }
    EXPECT_EQ(files->read("a/log").value(), "one\ntwo\n");
    auto lock = files->lock("a/lock");
    ASSERT_TRUE(lock);
    EXPECT_EQ(files->lock("a/lock").error().code, base::ErrorCode::conflict);
    lock->reset();
    EXPECT_TRUE(files->lock("a/lock"));
}

TEST(MemoryRows, commit_everything_in_order) {
    auto rows = memory_rows();
    std::vector<RowChange> const changes{{"b", "2"}, {"a", "1"}, {"b", std::nullopt}, {"c", "3"}};
    ASSERT_TRUE(rows->commit(changes));
    auto const all = rows->load().value();
    EXPECT_EQ(all, (std::vector<std::pair<std::string, std::string>>{{"a", "1"}, {"c", "3"}}));
}

}  // namespace
}  // namespace holdfast::world
