// Clock, environment, terminal, signals, randomness: the small parts of the real world.
#include <malloc.h>
#include <mimalloc.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "platform/platform.hpp"

// There where mimalloc is linked.
extern "C" {
[[gnu::weak]] void mi_collect(bool force);
[[gnu::weak]] long mi_option_get(mi_option_t);
[[gnu::weak]] void mi_option_set(mi_option_t, long);
}

namespace holdfast::platform {

namespace asio = boost::asio;

namespace {

class RealClock : public world::Clock {
public:
    base::Time now() const override { return wall_now(); }
    base::Time steady() const override {
        auto const since = std::chrono::steady_clock::now().time_since_epoch();
        return base::Time(std::chrono::duration_cast<base::Duration>(since));
    }
    Task<void> sleep(base::Duration duration) override {
        auto const executor = co_await asio::this_coro::executor;
        asio::steady_timer timer(executor, duration);
        boost::system::error_code ignored;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
};

class RealEnvironment : public world::Environment {
public:
    std::optional<std::string> get(std::string_view name) const override {
        char const* const value = std::getenv(std::string(name).c_str());
        return value ? std::optional<std::string>(value) : std::nullopt;
    }
};

/// Whether colour is wanted, by the conventions of NO_COLOR and CLICOLOR.
bool wants_colour(bool terminal) {
    auto const set = [](char const* name) {
        char const* const value = std::getenv(name);
        return value && *value;
    };
    if (set("NO_COLOR")) return false;
    char const* const force = std::getenv("CLICOLOR_FORCE");
    if (force && std::string_view(force) != "0" && *force) return true;
    char const* const wish = std::getenv("CLICOLOR");
    if (wish && std::string_view(wish) == "0") return false;
    char const* const kind = std::getenv("TERM");
    return terminal && kind && std::string_view(kind) != "dumb";
}

class RealTerminal : public world::Terminal {
public:
    void out(std::string_view text) override { write_all(STDOUT_FILENO, text); }
    void err(std::string_view text) override { write_all(STDERR_FILENO, text); }
    bool out_is_terminal() const override { return isatty(STDOUT_FILENO); }
    bool err_is_terminal() const override { return isatty(STDERR_FILENO); }
    int columns() const override {
        winsize size{};
        for (int const fd : {STDOUT_FILENO, STDERR_FILENO})
            if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
        return 80;
    }
    bool colour() const override { return wants_colour(out_is_terminal()); }
    bool somebody_can_answer() const override { return isatty(STDIN_FILENO) != 0; }
    bool answered_within(base::Duration patience) override {
        pollfd input{STDIN_FILENO, POLLIN, 0};
        return ::poll(&input, 1, int(patience.count())) > 0;
    }
    std::optional<std::string> line() override {
        std::string line;
        if (!std::getline(std::cin, line)) return std::nullopt;
        return line;
    }

private:
    static void write_all(int fd, std::string_view text) {
        while (!text.empty()) {
            auto const written = ::write(fd, text.data(), text.size());
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) return;  // a closed pipe: nobody listens any more
            text.remove_prefix(std::size_t(written));
        }
    }
};

}  // namespace

std::unique_ptr<world::Clock> real_clock(asio::io_context&) { return std::make_unique<RealClock>(); }
std::unique_ptr<world::Environment> real_environment() { return std::make_unique<RealEnvironment>(); }
std::unique_ptr<world::Terminal> real_terminal() { return std::make_unique<RealTerminal>(); }

base::Time wall_now() { return std::chrono::floor<base::Duration>(std::chrono::system_clock::now()); }

void keep_memory_private() {
    rlimit const none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
}

LargeWork::LargeWork() {
    if (!mi_collect) return;
    usual_delay_ms_ = mi_option_get(mi_option_decommit_delay);
    mi_option_set(mi_option_decommit_delay, 0);
}

LargeWork::~LargeWork() {
    if (!mi_collect) {
        malloc_trim(0);
        return;
    }
    mi_collect(true);
    mi_option_set(mi_option_decommit_delay, usual_delay_ms_);
}

std::uint64_t random_seed() {
    std::uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
        std::abort();  // a kernel without randomness cannot hold secrets
    return seed;
}

struct Signals::State {
    explicit State(asio::io_context& io) : set(io, SIGINT, SIGTERM, SIGHUP) {}
    asio::signal_set set;
    int last = 0;
    void arm(std::shared_ptr<State> const& self) {
        set.async_wait([self](boost::system::error_code failure, int number) {
            if (failure) return;
            if (self->last != 0 && number == SIGINT) std::_Exit(128 + number);  // asked twice: now
            self->last = number;
            self->arm(self);
        });
    }
};

Signals::Signals(asio::io_context& io) {
    // The waiting handler shares the state, so that it survives this object's end.
    auto state = std::make_shared<State>(io);
    state->arm(state);
    state_ = std::move(state);
}
Signals::~Signals() {
    boost::system::error_code ignored;
    state_->set.cancel(ignored);
}
int Signals::received() const { return state_->last; }

}  // namespace holdfast::platform
