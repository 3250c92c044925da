/// The whole walk in one process: spec, estate, live, checks, plan, engine, verify, on the simulated Azure in virtual time.
/// Real rooms everywhere; only the clock and the wire are ours. Nothing here decides anything.
#pragma once

#include <boost/asio/io_context.hpp>

#include "checks/checks.hpp"
#include "engine/engine.hpp"
#include "estate/estate.hpp"
#include "readers/readers.hpp"
#include "simulator/simulator.hpp"

namespace holdfast::walk {

/// A simulated Azure and somebody signed in to it. State lives in `rows`, which may outlive it.
class Stage {
public:
    explicit Stage(world::Rows& rows, std::uint64_t seed = 1);

    simulator::Azure& azure() { return *azure_; }
    azure::Client& client() { return *client_; }
    world::World& world() { return *world_; }
    world::VirtualClock& clock() { return *clock_; }
    world::Files& files() { return *files_; }
    template <typename T>
    T run(world::Task<T> task) {
        return world::run(io_, *clock_, std::move(task));
    }

    /// What stands, what is registered, and what to do about it.
    struct Seen {
        resource::Graph live;
        plan::Providers registrations;
        plan::Plan plan;
    };
    Seen look(estate::Estate const&);
    engine::Run carry_out(plan::Plan const&, engine::Listener const& listener = {});

private:
    boost::asio::io_context io_;
    std::unique_ptr<simulator::Azure> azure_;
    std::unique_ptr<world::VirtualClock> clock_;
    std::unique_ptr<world::Transport> http_;
    std::unique_ptr<world::Files> files_ = world::memory_files();
    std::unique_ptr<world::Environment> environment_ = world::fixed_environment();
    std::unique_ptr<world::Programs> programs_ = world::no_programs();
    base::Prng prng_;
    std::optional<world::World> world_;
    credentials::Cloud cloud_;
    std::unique_ptr<credentials::Credential> credential_;
    std::unique_ptr<azure::Client> client_;
};

/// An example of examples/, read and designed for the simulated owner. Loads its world when `stage` is given.
struct Example {
    spec::Spec spec;
    estate::Estate estate;
};
Example example(std::string const& name, Stage* stage = nullptr, std::vector<std::pair<std::string, std::string>> set = {});
std::vector<std::string> example_names();

}  // namespace holdfast::walk
