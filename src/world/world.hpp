/// world: the one door to all that is not deterministic.
///
/// Clock, HTTP transport, files, durable tables, environment, programs, terminal, randomness. Upstairs nothing else
/// asks the system for these, so the same engine runs in production (`platform`), in the embedded simulated Azure and
/// in seeded simulation, and nothing asks which. `Task<T>` is the only asynchronous name used upstairs.
///
/// Manners: *name it, then await it*: one co_await a statement, its arguments named before, its result in a local;
/// parameters by value; the World outlives every coroutine; no capturing coroutine lambda; no lock across an await.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include "json/json.hpp"

namespace holdfast::world {

template <typename T>
using Task = boost::asio::awaitable<T>;
using base::Duration;
using base::Result;
using base::Time;

// ---------------------------------------------------------------------------------------------- time

class Clock {
public:
    virtual ~Clock() = default;
    virtual Time now() const = 0;
    /// A moment of no date: goes on whatever the clock is set to, and stands still while the machine sleeps. What is
    /// waited for, and how long at most, is counted in it.
    virtual Time steady() const = 0;
    /// Returns early, without error, only when the clock is being torn down.
    virtual Task<void> sleep(Duration) = 0;
};

/// Time that moves only when everybody waits. The loop: run what is ready; when nothing is, jump to the next sleeper.
class VirtualClock : public Clock {
public:
    VirtualClock(boost::asio::io_context& io, Time start);
    ~VirtualClock() override;
    Time now() const override;
    Time steady() const override { return now(); }
    Task<void> sleep(Duration) override;

    /// Called before each jump with the virtual time about to pass: a person watching may be given real time.
    using Pace = std::function<void(Duration)>;
    /// Runs until nothing is ready and nobody sleeps, or until `stop` says so (asked between events).
    void run(Pace const& pace = {}, std::function<bool()> const& stop = {});

private:
    struct State;
    std::shared_ptr<State> state_;  // shared with sleeping coroutines, which may outlive the clock at teardown
};

// ---------------------------------------------------------------------------------------------- HTTP

struct Header {
    std::string name, value;
    friend bool operator==(Header const&, Header const&) = default;
};
using Headers = std::vector<Header>;
/// The first value under a name, compared without case.
std::optional<std::string_view> find(Headers const&, std::string_view name);

struct Request {
    std::string method;  ///< "PUT"
    std::string url;     ///< absolute
    Headers headers;
    std::string body;
    std::optional<base::Secret> bearer;       ///< becomes the Authorization header inside the transport, nowhere else
    std::optional<base::Secret> secret_body;  ///< sent instead of `body` (token requests, bodies holding passwords)
    Duration timeout{60'000};
    std::size_t max_answer_bytes = 64u << 20;
};
struct Response {
    int status = 0;
    Headers headers;
    std::string body;
};

/// Sends one request, once: redirects and retries are decisions and stay upstairs.
/// Errors: connection_failed (the act did not happen), connection_lost (it may have), tls, timeout, answer_too_large.
class Transport {
public:
    virtual ~Transport() = default;
    virtual Task<Result<Response>> send(Request) = 0;
};

// ---------------------------------------------------------------------------------------------- files

/// A file that only grows. `append` returns once the bytes are on stable storage.
class AppendFile {
public:
    virtual ~AppendFile() = default;
    virtual Result<void> append(std::string_view bytes) = 0;
};

/// A lock that dies with its holder.
class FileLock {
public:
    virtual ~FileLock() = default;
};

enum class Privacy { shared, owner_only };  ///< 0644 or 0600

class Files {
public:
    virtual ~Files() = default;
    virtual Result<std::string> read(std::string path) = 0;
    /// All or nothing: written beside, flushed, renamed over. Makes missing folders.
    virtual Result<void> write(std::string path, std::string_view content, Privacy = Privacy::shared) = 0;
    virtual Result<std::unique_ptr<AppendFile>> open_append(std::string path, Privacy = Privacy::shared) = 0;
    virtual bool exists(std::string path) = 0;
    virtual bool is_folder(std::string path) = 0;
    virtual Result<std::vector<std::string>> list(std::string folder) = 0;  ///< names, sorted
    virtual Result<void> remove(std::string path) = 0;
    /// conflict error naming the holder's pid when somebody has it.
    virtual Result<std::unique_ptr<FileLock>> lock(std::string path) = 0;
};

/// In memory, for tests and simulation.
std::unique_ptr<Files> memory_files(std::map<std::string, std::string> content = {});

/// Durable key-value rows with atomic commits: what the simulated Azure keeps its state in.
struct RowChange {
    std::string key;
    std::optional<std::string> value;  ///< nullopt erases
};
class Rows {
public:
    virtual ~Rows() = default;
    virtual Result<std::vector<std::pair<std::string, std::string>>> load() = 0;  ///< all, sorted by key
    /// All changes or none, on stable storage when it returns.
    virtual Result<void> commit(std::span<RowChange const>) = 0;
};
std::unique_ptr<Rows> memory_rows();

// ---------------------------------------------------------------------------------------------- the rest

class Environment {
public:
    virtual ~Environment() = default;
    virtual std::optional<std::string> get(std::string_view name) const = 0;
};
std::unique_ptr<Environment> fixed_environment(std::map<std::string, std::string> = {});

struct Program {
    std::vector<std::string> arguments;  ///< the program first; never a shell
    std::string input;
    Duration timeout{15'000};
};
struct ProgramResult {
    int exit_status = 0;
    std::string output, errors;
};
class Programs {
public:
    virtual ~Programs() = default;
    virtual Task<Result<ProgramResult>> run(Program) = 0;
};
std::unique_ptr<Programs> no_programs();

/// Where people are. Data goes to `out`, everything else to `err`.
class Terminal {
public:
    virtual ~Terminal() = default;
    virtual void out(std::string_view) = 0;
    virtual void err(std::string_view) = 0;
    virtual bool out_is_terminal() const = 0;
    virtual bool err_is_terminal() const = 0;
    virtual int columns() const = 0;
    virtual bool colour() const = 0;  ///< NO_COLOR, CLICOLOR, TERM already obeyed
    virtual bool somebody_can_answer() const = 0;
    /// Whether a line can be read, or the end of all lines; waits for it no longer than this. So whoever asks a person can
    /// look after signals in between: one that comes just before a blocking read would be lost.
    virtual bool answered_within(Duration) = 0;
    virtual std::optional<std::string> line() = 0;  ///< typed by a person; nullopt: no more will come
};

/// Everything, borrowed. Lives longer than every Task.
struct World {
    Clock& clock;
    Transport& http;
    Files& files;
    Environment& environment;
    Programs& programs;
    base::Prng& prng;
};

// ---------------------------------------------------------------------------------------------- coroutines

/// Runs a task to its end on a virtual clock and gives its value: how tests and embedded commands run.
template <typename T>
T run(boost::asio::io_context& io, VirtualClock& clock, Task<T> task, VirtualClock::Pace const& pace = {});

/// Starts `count` tasks made by `make(i)` together; returns when all have ended. An exception in one ends the program:
/// tasks return Result.
Task<void> together(std::size_t count, std::function<Task<void>(std::size_t)> make);

/// A condition several coroutines wait for on one thread: wait() until somebody calls notify() after it.
class Signal {
public:
    Signal();
    Task<void> wait();
    void notify();

private:
    struct State;
    std::shared_ptr<State> state_;  // waiters may outlive the Signal at teardown
};

}  // namespace holdfast::world

#include "world/run.ipp"
