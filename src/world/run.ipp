// The template half of world.hpp.
#pragma once
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cassert>
#include <exception>

namespace holdfast::world {

template <typename T>
T run(boost::asio::io_context& io, VirtualClock& clock, Task<T> task, VirtualClock::Pace const& pace) {
    std::optional<T> result;
    boost::asio::co_spawn(io, std::move(task), [&result](std::exception_ptr failure, T value) {
        if (failure) std::rethrow_exception(failure);
        result.emplace(std::move(value));
    });
    clock.run(pace, [&result] { return result.has_value(); });
    assert(result && "the task waits for something that never comes");
    return std::move(*result);
}

}  // namespace holdfast::world
