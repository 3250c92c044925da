// The run: starts what may run, waits for what ends, stops when told to.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "engine/progress.hpp"

namespace holdfast::engine {

namespace {

using Shared = std::shared_ptr<Progress>;
using Executor = boost::asio::any_io_executor;

constexpr Duration between_looks{500};

/// Nobody waits for it: a step may stay in Azure's hands when the run ends.
void begin(Executor executor, Task<void> task) {
    boost::asio::co_spawn(executor, std::move(task), [](std::exception_ptr failure) {
        if (failure) std::terminate();
    });
}

Task<void> carry_out(Shared run, std::size_t index) {
    run->started(index);
    auto performing = perform(run, index);
    auto const done = co_await std::move(performing);
    if (run->ended) co_return;
    bool const told_to_end = !done && done.error().code == base::ErrorCode::interrupted;
    if (!done && !told_to_end) {
        json::Object failure{{"error", to_json(done.error())}};
        if (!done.error().azure)
            failure["unknown"] = true;  // it is ours that failed: Azure may go on, or have ended well
        static_cast<void>(run->write(journal::Kind::failed, index, std::move(failure)));
    }
    if (!told_to_end) run->finished(index, done);
    run->signal.notify();
}

/// A person may press Ctrl-C while Azure works for minutes.
Task<void> watch_for_interruption(Shared run) {
    while (!run->ended && !run->stopping) {
        auto sleeping = run->in.world.clock.sleep(between_looks);
        co_await std::move(sleeping);
        if (run->ended || run->stopping || !run->in.interrupted()) continue;
        run->interrupt();
        run->signal.notify();
    }
}

}  // namespace

Task<Result<Run>> apply(Apply in) {
    auto const executor = co_await boost::asio::this_coro::executor;
    auto const run = std::make_shared<Progress>(std::move(in));
    run->begin();
    if (run->in.interrupted) {
        auto watching = watch_for_interruption(run);
        begin(executor, std::move(watching));
    }
    auto const most = static_cast<std::size_t>(std::max(run->in.limits.parallel, 1));
    for (;;) {
        if (run->in.interrupted && run->in.interrupted()) run->interrupt();
        while (!run->stopping && run->schedule.running() < most) {
            auto const next = run->schedule.next();
            if (!next) break;
            auto step = carry_out(run, *next);
            begin(executor, std::move(step));
            // Each begins in a turn of the loop's own: a thousand that may begin at once hold nobody up.
            co_await boost::asio::post(executor, boost::asio::use_awaitable);
        }
        if (run->stopping || run->schedule.over()) break;
        auto waiting = run->signal.wait();
        co_await std::move(waiting);
    }
    co_return run->end();
}

}  // namespace holdfast::engine
