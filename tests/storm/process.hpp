/// process: one life of the real program against the simulated Azure: real client, planner, journal and engine in one
/// thread and virtual time. It may die at any await; what it leaves is what stands in Azure and on its disk.
#pragma once

#include <boost/asio/io_context.hpp>

#include "checks/checks.hpp"
#include "engine/engine.hpp"
#include "estate/estate.hpp"
#include "readers/readers.hpp"
#include "sky.hpp"

namespace holdfast::storm {

/// Sought in everything that is said and written.
inline constexpr std::string_view canary_password = "CANARY-p4ssw0rd-Storm";
inline constexpr std::string_view canaries[] = {canary_password, "simulated-secret", "eyJ0eXAi"};

/// How one act of a user's ended: in the end, with reasons, or in the middle.
struct Ended {
    bool died = false;
    bool told = false;  ///< to end, and it did
    bool did = false;   ///< there was something to do and it was tried
    bool done = false;  ///< nothing was left to do, or all of it was done
    base::Duration took{0};  ///< the run, without the looking before it
    std::vector<base::Error> errors;
    std::vector<plan::Guard> guards;
    std::string run;
};

enum class Will { apply, destroy };

/// What lifts a guard, as `--allow` takes it; empty where nothing does, or nobody knows what then becomes of it.
std::string allowance(plan::Guard const&);

class Process {
public:
    Process(Scene&, simulator::Azure&, world::Files& disk, base::Time start, std::uint64_t seed);
    ~Process();

    /// What the command `apply` or `destroy` does, without its terminal and the checks, which ask nothing of Azure.
    Ended carry_out(estate::Estate const&, Will);
    /// What the command `resume` does with the newest run; nothing when there is none to resume.
    std::optional<Ended> resume(Will&);
    /// What stands, as this process sees it.
    std::optional<plan::Plan> look(estate::Estate const&, Will);
    /// Whether the checks refuse the design, with what stands in view.
    bool blocked(estate::Estate const&);

    /// Something that goes on beside: another machine, a person. Starts with the next act.
    void beside(std::function<world::Task<void>(Process&)> what) { others_.push_back(std::move(what)); }
    world::Clock& time() { return clock_; }
    world::Transport& wire() { return *wire_; }
    simulator::Azure& azure() { return azure_; }
    base::Time now() const { return clock_.now(); }

    /// The second machine's own life inside this one: its own journal and sign-in, the same sky.
    world::Task<void> second_machine(estate::Estate estate, Will will, base::Duration later);

private:
    struct Seat;  ///< one machine: client, disk, randomness
    struct Standing {
        plan::Plan plan;
        std::vector<base::Error> errors;
    };
    static world::Task<bool> inspect(Seat* seat, estate::Estate const* estate);
    static world::Task<Standing> look_at(Seat* seat, estate::Estate const* estate, Will will);
    static world::Task<Ended> act(Process* self, Seat* seat, estate::Estate const* estate, Will will);
    static world::Task<Ended> go_on(Process* self, Seat* seat, std::string run);
    static world::Task<Ended> execute(Process* self, Seat* seat, plan::Plan plan, journal::Journal* journal);
    template <typename T>
    std::optional<T> run(world::Task<T>);

    Scene& scene_;
    simulator::Azure& azure_;
    boost::asio::io_context io_;
    world::VirtualClock clock_;
    std::unique_ptr<world::Transport> wire_;
    std::unique_ptr<Seat> seat_, second_;
    std::vector<std::function<world::Task<void>(Process&)>> others_;
    int waiting_for_ = 0;
    bool runs_ = false;  ///< our engine is at work: whoever presses Ctrl-C before is gone at once
};

}  // namespace holdfast::storm
