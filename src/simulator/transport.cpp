#include "simulator/simulator.hpp"

namespace holdfast::simulator {
namespace {

/// Half the latency on the way there, half on the way back: what happens in between is seen at its own moment.
class InProcess final : public world::Transport {
public:
    InProcess(Azure& azure, world::Clock& clock, Duration latency) : azure_(azure), clock_(clock), latency_(latency) {}

    world::Task<world::Result<world::Response>> send(world::Request request) override {
        Duration const there = latency_ / 2;
        Duration const back = latency_ - there;
        co_await clock_.sleep(there);
        Time const now = clock_.now();
        world::Response response = azure_.answer(request, now);
        co_await clock_.sleep(back);
        if (response.body.size() > request.max_answer_bytes)
            co_return base::fail(base::ErrorCode::answer_too_large, "the answer is larger than allowed");
        world::Result<world::Response> result(std::move(response));
        co_return result;
    }

private:
    Azure& azure_;
    world::Clock& clock_;
    Duration latency_;
};

}  // namespace

std::unique_ptr<world::Transport> transport(Azure& azure, world::Clock& clock, Duration latency) {
    return std::make_unique<InProcess>(azure, clock, latency);
}

}  // namespace holdfast::simulator
