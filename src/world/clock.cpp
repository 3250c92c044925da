#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/intrusive/list.hpp>

#include "world/world.hpp"

namespace holdfast::world {

namespace asio = boost::asio;

namespace {

/// Coroutines parked until somebody resumes them. The context owns them: what nobody resumes goes when it goes. Timers
/// that never fire would do as well, but a context that has one asks the system for events at every turn of its loop.
class Parking final : public asio::execution_context::service {
public:
    using key_type = Parking;
    static inline asio::execution_context::id id;
    explicit Parking(asio::execution_context& context) : service(context) {}

    struct Parked : boost::intrusive::list_base_hook<> {
        virtual ~Parked() = default;
        virtual void resume() = 0;
    };
    using Place = Parked*;  // owned by the list

    template <typename Handler>
    Place admit(Handler handler) {
        struct Waiting final : Parked {
            explicit Waiting(Handler h) : handler(std::move(h)) {}
            void resume() override { asio::post(std::move(handler)); }
            Handler handler;
        };
        auto waiting = std::make_unique<Waiting>(std::move(handler));
        parked_.push_back(*waiting);
        return waiting.release();
    }
    /// Once for each place.
    void resume(Place place) {
        std::unique_ptr<Parked> const parked(place);
        parked_.erase(parked_.iterator_to(*parked));
        parked->resume();
    }

private:
    using List = boost::intrusive::list<Parked, boost::intrusive::constant_time_size<false>>;
    void shutdown() override {
        List leaving;
        leaving.swap(parked_);
        leaving.clear_and_dispose(std::default_delete<Parked>());
    }
    List parked_;
};

struct Sleeper {
    Parking* parking;
    Parking::Place place;
    void wake() const { parking->resume(place); }
};

/// Suspends the coroutine that awaits it, and hands over who can wake it.
template <typename Keep>
Task<void> park(Keep keep) {
    auto const executor = co_await asio::this_coro::executor;
    auto& parking = asio::use_service<Parking>(asio::query(executor, asio::execution::context));
    co_await asio::async_initiate<asio::use_awaitable_t<> const, void()>(
        [&](auto handler) { keep(Sleeper{&parking, parking.admit(std::move(handler))}); }, asio::use_awaitable);
}

}  // namespace

struct VirtualClock::State {
    asio::io_context& io;
    Time now;
    std::multimap<Time, Sleeper> sleepers;  // equal moments wake in the order they went to sleep
};

VirtualClock::VirtualClock(asio::io_context& io, Time start) : state_(std::make_shared<State>(State{io, start, {}})) {}
VirtualClock::~VirtualClock() = default;

Time VirtualClock::now() const { return state_->now; }

Task<void> VirtualClock::sleep(Duration duration) {
    return park([state = state_, wait = std::max(duration, Duration{0})](Sleeper sleeper) {
        state->sleepers.emplace(state->now + wait, sleeper);
    });
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
        sleeper.wake();
    }
}

struct Signal::State {
    std::vector<Sleeper> waiting;
};
Signal::Signal() : state_(std::make_shared<State>()) {}
Task<void> Signal::wait() {
    return park([state = state_](Sleeper sleeper) { state->waiting.push_back(sleeper); });
}
void Signal::notify() {
    auto const waiting = std::exchange(state_->waiting, {});
    for (auto const& sleeper : waiting) sleeper.wake();
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
