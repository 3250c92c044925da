#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <csignal>
#include <cstring>

#include "platform/platform.hpp"

extern char** environ;

namespace holdfast::platform {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kMaxOutputBytes = 16u << 20;

struct Pipe {
    int ends[2] = {-1, -1};
    Pipe() { good = ::pipe2(ends, O_CLOEXEC) == 0; }
    Pipe(Pipe const&) = delete;
    ~Pipe() {
        for (int const fd : ends)
            if (fd >= 0) ::close(fd);
    }
    int take(int end) { return std::exchange(ends[end], -1); }
    bool good;
};

Task<void> drain(asio::posix::stream_descriptor& from, std::string& into, pid_t child) {
    char buffer[8192];
    for (;;) {
        boost::system::error_code failure;
        auto const got =
            co_await from.async_read_some(asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, failure));
        if (failure) co_return;
        into.append(buffer, got);
        if (into.size() > kMaxOutputBytes) {
            ::kill(child, SIGKILL);
            co_return;
        }
    }
}

class RealPrograms : public world::Programs {
public:
    explicit RealPrograms(asio::io_context& io) : io_(io) {}

    Task<Result<world::ProgramResult>> run(world::Program program) override {
        Pipe in, out, err;
        if (program.arguments.empty() || !in.good || !out.good || !err.good)
            co_return base::fail(base::ErrorCode::unreadable, "cannot start a program");
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, in.ends[0], 0);
        posix_spawn_file_actions_adddup2(&actions, out.ends[1], 1);
        posix_spawn_file_actions_adddup2(&actions, err.ends[1], 2);
        std::vector<char*> arguments;
        for (auto& argument : program.arguments) arguments.push_back(argument.data());
        arguments.push_back(nullptr);
        pid_t child = 0;
        int const failed = posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
        posix_spawn_file_actions_destroy(&actions);
        if (failed != 0)
            co_return base::fail(
                base::ErrorCode::unreadable,
                fmt::format("cannot start {}: {}", base::printable(program.arguments[0]), std::strerror(failed)));
        ::close(in.take(0));
        ::close(out.take(1));
        ::close(err.take(1));
        asio::posix::stream_descriptor input(io_, in.take(1)), output(io_, out.take(0)), errors(io_, err.take(0));
        // Shared with the deadline's handler, which may run once more after the program has ended.
        struct Fate {
            bool ended = false, timed_out = false;
        };
        auto const fate = std::make_shared<Fate>();
        asio::steady_timer deadline(io_, program.timeout);
        deadline.async_wait([fate, child](boost::system::error_code failure) {
            if (failure || fate->ended) return;
            fate->timed_out = true;
            ::kill(child, SIGKILL);
        });
        boost::system::error_code ignored;
        if (!program.input.empty())
            co_await asio::async_write(input, asio::buffer(program.input),
                                       asio::redirect_error(asio::use_awaitable, ignored));
        input.close(ignored);
        world::ProgramResult result;
        std::function<Task<void>(std::size_t)> const make = [&](std::size_t i) {
            return i == 0 ? drain(output, result.output, child) : drain(errors, result.errors, child);
        };
        co_await world::together(2, make);
        deadline.cancel();
        fate->ended = true;
        int status = 0;
        ::waitpid(child, &status, 0);
        if (fate->timed_out)
            co_return base::fail(base::ErrorCode::timeout,
                                 fmt::format("{} did not end within {}", base::printable(program.arguments[0]),
                                             base::spoken(program.timeout)));
        result.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        co_return result;
    }

private:
    asio::io_context& io_;
};

}  // namespace

std::unique_ptr<world::Programs> real_programs(asio::io_context& io) { return std::make_unique<RealPrograms>(io); }

}  // namespace holdfast::platform
