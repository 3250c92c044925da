// Where an act happens: the world, the cloud, the sign-in, and how coroutines are driven to their end there.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <thread>

#include "arguments.hpp"
#include "azure/azure.hpp"
#include "platform/platform.hpp"
#include "simulator/simulator.hpp"
#include "spec/spec.hpp"

namespace holdfast::cli {

/// Values a user may set in several places. A flag beats HOLDFAST_*, that beats .holdfast.yaml, that the user's
/// configuration file, that the spec, where both can say it.
class Settings {
public:
    Settings(Arguments const& arguments, world::Environment const& environment, world::Files& files);
    /// "cloud", "arm-endpoint", "authority", "ca", "state", "subscription", "tenant", "sign-in",
    /// "identity"; empty when nobody says it.
    std::string get(std::string_view name) const;
    bool has(std::string_view name) const { return !get(name).empty(); }

private:
    std::map<std::string, std::string, std::less<>> values_;
};

/// Calls back while people wait: with the moment it is there, whenever some has passed.
using Tick = std::function<void(base::Time)>;

class Session {
public:
    /// `spec` may name cloud and world. Takes the state folder's lock: one process at a time.
    static base::Result<std::unique_ptr<Session>> open(Arguments const&, spec::Spec const* spec);
    ~Session();

    world::World& world() { return *world_; }
    world::Files& files() { return *files_; }
    world::Environment& environment() { return *environment_; }
    credentials::Cloud const& cloud() const { return cloud_; }
    credentials::Credential& credential() { return *credential_; }
    std::string const& state() const { return state_; }
    bool simulated() const { return azure_ != nullptr; }
    simulator::Azure* azure() { return azure_.get(); }
    base::Time now() const { return clock_->now(); }
    int signal() const { return signals_->received(); }
    /// Nothing is under way: whoever was told to end meanwhile says so, and ends with 128 and the signal's number.
    void leave_if_told();
    /// One line typed by a person; nullopt when nobody can answer. Nothing may be under way.
    std::optional<std::string> ask(world::Terminal&, std::string_view question);
    std::string subscription_default() const;
    std::string tenant_default() const;

    /// Drives a task to its end. Simulated: virtual time, slowed to `pace` times real life when pace > 0.
    template <typename T>
    T run(world::Task<T> task, double pace = 0, Tick const& tick = {}) {
        std::optional<T> result;
        boost::asio::co_spawn(io_, std::move(task), [&result](std::exception_ptr failure, T value) {
            if (failure) std::rethrow_exception(failure);
            result.emplace(std::move(value));
        });
        drive([&result] { return result.has_value(); }, pace, tick);
        return std::move(*result);
    }

private:
    Session() = default;
    void drive(std::function<bool()> const& done, double pace, Tick const& tick);
    base::Result<void> open_simulated(Arguments const&, Settings const&, spec::Spec const*);
    base::Result<void> open_real(Arguments const&, Settings const&, std::string cloud);
    base::Result<void> load_world(std::string const& path);

    boost::asio::io_context io_;
    std::unique_ptr<world::Files> files_;
    std::unique_ptr<world::Environment> environment_;
    std::unique_ptr<world::Programs> programs_;
    std::unique_ptr<platform::Signals> signals_;
    std::unique_ptr<world::FileLock> lock_;
    std::unique_ptr<world::Rows> rows_;
    std::unique_ptr<simulator::Azure> azure_;
    world::VirtualClock* virtual_clock_ = nullptr;  ///< clock_, when the session is simulated
    std::unique_ptr<world::Clock> clock_;
    std::unique_ptr<world::Transport> http_;
    base::Prng prng_{0};
    std::optional<world::World> world_;
    credentials::Cloud cloud_;
    std::unique_ptr<credentials::Credential> credential_;
    std::string state_, subscription_, tenant_;
};

}  // namespace holdfast::cli
