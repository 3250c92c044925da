#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cassert>

#include "world/world.hpp"

namespace holdfast::world {

namespace asio = boost::asio;

namespace {
/// A coroutine parked until somebody resumes it: a timer that never fires by itself, cancelled to wake.
struct Sleeper {
    explicit Sleeper(asio::any_io_executor executor)
        : timer(std::move(executor), asio::steady_timer::time_point::max()) {}
    asio::steady_timer timer;
    bool woken = false;
};

Task<void> park(std::shared_ptr<Sleeper> sleeper) {
    while (!sleeper->woken) {
        boost::system::error_code ignored;
        co_await sleeper->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}
void wake(Sleeper& sleeper) {
    sleeper.woken = true;
    sleeper.timer.cancel();
}
}  // namespace

struct VirtualClock::State {
    asio::io_context& io;
    Time now;
    std::multimap<Time, std::shared_ptr<Sleeper>> sleepers;  // equal moments wake in the order they went to sleep
};

VirtualClock::VirtualClock(asio::io_context& io, Time start) : state_(std::make_shared<State>(State{io, start, {}})) {}
VirtualClock::~VirtualClock() = default;

Time VirtualClock::now() const { return state_->now; }

Task<void> VirtualClock::sleep(Duration duration) {
    auto const state = state_;
    auto const executor = co_await asio::this_coro::executor;
    auto const sleeper = std::make_shared<Sleeper>(executor);
    state->sleepers.emplace(state->now + std::max(duration, Duration{0}), sleeper);
    co_await park(sleeper);
}

void VirtualClock::run(Pace const& pace, std::function<bool()> const& stop) {
    auto const state = state_;
    for (;;) {
        state->io.restart();
        while (state->io.poll_one() != 0)
            if (stop && stop()) return;
        if ((stop && stop()) || state->sleepers.empty()) return;
        auto const first = state->sleepers.begin();
        if (first->first > state->now) {
            if (pace) pace(first->first - state->now);
            if (stop && stop()) return;
            state->now = first->first;
        }
        auto const sleeper = first->second;
        state->sleepers.erase(first);
        wake(*sleeper);
    }
}

struct Signal::State {
    std::vector<std::shared_ptr<Sleeper>> waiting;
};
Signal::Signal() : state_(std::make_shared<State>()) {}
Task<void> Signal::wait() {
    auto const state = state_;
    auto const executor = co_await asio::this_coro::executor;
    auto const sleeper = std::make_shared<Sleeper>(executor);
    state->waiting.push_back(sleeper);
    co_await park(sleeper);
}
void Signal::notify() {
    auto const waiting = std::exchange(state_->waiting, {});
    for (auto const& sleeper : waiting) wake(*sleeper);
}

Task<void> together(std::size_t count, std::function<Task<void>(std::size_t)> make) {
    if (count == 0) co_return;
    auto const executor = co_await asio::this_coro::executor;
    auto const left = std::make_shared<std::size_t>(count);
    auto const ended = std::make_shared<Signal>();
    for (std::size_t i = 0; i < count; ++i) {
        auto task = make(i);
        asio::co_spawn(executor, std::move(task), [left, ended](std::exception_ptr failure) {
            if (failure) std::terminate();
            if (--*left == 0) ended->notify();
        });
    }
    while (*left != 0) co_await ended->wait();
}

}  // namespace holdfast::world
