#include "process.hpp"

#include <fmt/format.h>

#include "watch.hpp"

namespace holdfast::storm {

using base::Duration;
using world::Task;

struct Process::Seat {
    Seat(Scene& scene, Machine machine, world::Transport& wire, world::Clock& clock, world::Files& disk,
         std::uint64_t seed)
        : clock_(stormy(scene, clock)),
          machine(machine),
          http(stormy(scene, machine, wire, *clock_)),
          files(stormy(scene, machine, disk)),
          environment(world::fixed_environment()),
          programs(world::no_programs()),
          prng(seed),
          world{*clock_, *http, *files, *environment, *programs, prng},
          cloud(*credentials::find_cloud("simulated")),
          credential(credentials::client_secret(cloud, {simulator::Identity{}.tenant, simulator::Identity{}.client_id},
                                                base::Secret(simulator::Identity{}.client_secret))),
          client(cloud, *credential, world) {}

    std::unique_ptr<world::Clock> clock_;
    Machine machine;
    std::unique_ptr<world::Transport> http;
    std::unique_ptr<world::Files> files;
    std::unique_ptr<world::Environment> environment;
    std::unique_ptr<world::Programs> programs;
    base::Prng prng;
    world::World world;
    credentials::Cloud cloud;
    std::unique_ptr<credentials::Credential> credential;
    azure::Client client;
};

namespace {

constexpr char const* state_folder = "state";

base::Result<base::Secret> secret(resource::SecretName const&) { return base::Secret(std::string(canary_password)); }

}  // namespace

std::string allowance(plan::Guard const& guard) {
    bool const knows_better = guard.klass == "refused" || guard.klass == "unknown";
    return knows_better ? std::string() : guard.klass + ":" + guard.name;
}

Process::Process(Scene& scene, simulator::Azure& azure, world::Files& disk, base::Time start, std::uint64_t seed)
    : scene_(scene), azure_(azure), clock_(io_, start), wire_(simulator::transport(azure, clock_)) {
    scene.dead = false;
    scene.asleep_since = scene.asleep_until = {};
    scene.slept_before = base::Duration{0};
    scene.true_now = [this] { return clock_.now(); };
    seat_ = std::make_unique<Seat>(scene, Machine::ours, *wire_, clock_, disk, seed);
}
Process::~Process() = default;

/// Runs a task, and what goes on beside it, until all have ended or the process is dead.
template <typename T>
std::optional<T> Process::run(Task<T> task) {
    std::optional<T> result;
    boost::asio::co_spawn(io_, std::move(task), [&result](std::exception_ptr failure, T value) {
        if (failure) std::rethrow_exception(failure);
        result.emplace(std::move(value));
    });
    for (auto& other : std::exchange(others_, {})) {
        ++waiting_for_;
        boost::asio::co_spawn(io_, other(*this), [this](std::exception_ptr failure) {
            if (failure) std::rethrow_exception(failure);
            --waiting_for_;
        });
    }
    auto const over = [&] {
        if (scene_.dead) return true;
        if (scene_.strikes(Kind::crash, scene_.last)) scene_.die();
        else if (scene_.strikes(Kind::crash_and_loss, scene_.last)) scene_.disk_lost = true, scene_.die();
        if (runs_ && !scene_.told_to_end && scene_.strikes(Kind::told_to_end, scene_.last))
            scene_.told_to_end = scene_.true_now();
        return scene_.dead || (result.has_value() && waiting_for_ == 0);
    };
    clock_.run({}, over);
    if (scene_.dead) return std::nullopt;
    if (!result) scene_.violated("everybody waits for something that never comes");
    return result;
}

Task<bool> Process::inspect(Seat* seat, estate::Estate const* estate) {
    auto reading = readers::live(estate->graph, seat->client);
    auto const live = co_await std::move(reading);
    co_return live&& checks::inspect(resource::overlay(*live, estate->graph)).blocking();
}

Task<Process::Standing> Process::look_at(Seat* seat, estate::Estate const* estate, Will will) {
    Standing standing;
    auto reading = readers::live(estate->graph, seat->client);
    auto live = co_await std::move(reading);
    if (!live) {
        standing.errors.push_back(live.error());
        co_return standing;
    }
    auto names = estate->providers;
    for (auto const& feature : estate->features) names.push_back(feature.provider + "/" + feature.name);
    auto asking = readers::registrations(simulator::Identity{}.subscription, names, seat->client);
    auto registrations = co_await std::move(asking);
    if (!registrations) {
        standing.errors.push_back(registrations.error());
        co_return standing;
    }
    standing.plan = will == Will::apply ? plan::make(*estate, *live, *registrations) : plan::unmake(*estate, *live);
    co_return standing;
}

Task<Ended> Process::act(Process* self, Seat* seat, estate::Estate const* estate, Will will) {
    Ended ended;
    auto looking = look_at(seat, estate, will);
    auto standing = co_await std::move(looking);
    ended.errors = std::move(standing.errors);
    if (!ended.errors.empty()) co_return ended;
    auto& plan = standing.plan;
    for (auto const& guard : plan.guards) {
        bool const asked_for = will == Will::destroy && guard.klass == "delete" && !guard.name.empty();
        if (!asked_for && !self->scene_.allowed.contains(allowance(guard))) ended.guards.push_back(guard);
    }
    for (auto const& unknown : plan.unknowns)
        ended.errors.push_back({.code = base::ErrorCode::guard,
                                .what = unknown.what + ": " + unknown.because,
                                .fix = "make it readable, then apply again"});
    if (!ended.errors.empty() || !ended.guards.empty()) co_return ended;
    if (plan.empty()) {
        ended.done = true;
        co_return ended;
    }
    auto const now = seat->world.clock.now();
    auto document = plan::to_json(plan, {});
    document.as_object()["verb"] = will == Will::apply ? "apply" : "destroy";
    auto const name = journal::new_run_name(*seat->files, state_folder, now, seat->prng);
    if (!name) {
        ended.errors.push_back(name.error());
        co_return ended;
    }
    auto journal = journal::Journal::create(*seat->files, state_folder, *name, std::move(document), now);
    if (!journal) {
        ended.errors.push_back(journal.error());
        co_return ended;
    }
    auto executing = execute(self, seat, std::move(plan), &*journal);
    ended = co_await std::move(executing);
    co_return ended;
}

Task<Ended> Process::go_on(Process* self, Seat* seat, std::string name) {
    Ended ended;
    auto journal = journal::Journal::reopen(*seat->files, state_folder, name, seat->world.clock.now());
    if (!journal) {
        ended.errors.push_back(journal.error());
        co_return ended;
    }
    auto plan = plan::from_json(journal->state().plan);
    if (!plan) {
        self->scene_.violated("the plan in a journal cannot be read: " + plan.error().what);
        ended.errors.push_back(plan.error());
        co_return ended;
    }
    auto again = plan::to_json(*plan, {});
    again.as_object()["verb"] = json::text_at(journal->state().plan, "verb").value_or("");
    if (again != journal->state().plan) self->scene_.violated("the plan in a journal is read as another one");
    auto executing = execute(self, seat, std::move(*plan), &*journal);
    ended = co_await std::move(executing);
    co_return ended;
}

Task<Ended> Process::execute(Process* self, Seat* seat, plan::Plan plan, journal::Journal* journal) {
    auto const journalled = seat->files->read(fmt::format("{}/runs/{}.jsonl", state_folder, journal->state().run));
    Watch watch(self->scene_, seat->machine, plan, journalled ? std::string_view(*journalled) : std::string_view());
    engine::Apply apply{.plan = std::move(plan),
                        .journal = *journal,
                        .client = seat->client,
                        .world = seat->world,
                        .secrets = secret,
                        .listener = [&watch](engine::Event const& event) { watch.saw(event); },
                        .limits = {},
                        .interrupted = {}};
    bool const ours = seat->machine == Machine::ours;
    auto& told = self->scene_.told_to_end;
    if (ours) {
        self->runs_ = true;
        told.reset();
        apply.interrupted = [&told] { return told.has_value(); };
    }
    auto applying = engine::apply(std::move(apply));
    auto run = co_await std::move(applying);
    Ended ended;
    ended.did = true;
    if (ours) {
        self->runs_ = false;
        ended.told = told.has_value();
        watch.obeyed();
    }
    if (!run) {
        ended.errors.push_back(run.error());
        co_return ended;
    }
    watch.ended(*run);
    ended.run = run->run;
    ended.took = run->ended - run->started;
    ended.done = run->outcome == "succeeded";
    ended.errors = run->errors;
    co_return ended;
}

Ended Process::carry_out(estate::Estate const& estate, Will will) {
    auto ended = run(act(this, seat_.get(), &estate, will));
    return ended ? std::move(*ended) : Ended{.died = true};
}

std::optional<Ended> Process::resume(Will& will) {
    auto const names = journal::runs(*seat_->files, state_folder);
    if (!names || names->empty()) return std::nullopt;
    auto const state = journal::load(*seat_->files, state_folder, names->front());
    if (!state) {
        scene_.violated("a journal cannot be read: " + state.error().what);
        return std::nullopt;
    }
    if (state->plan.is_null() || state->outcome == "succeeded") return std::nullopt;
    will = json::text_at(state->plan, "verb") == "destroy" ? Will::destroy : Will::apply;
    auto ended = run(go_on(this, seat_.get(), names->front()));
    return ended ? std::move(*ended) : Ended{.died = true};
}

std::optional<plan::Plan> Process::look(estate::Estate const& estate, Will will) {
    auto standing = run(look_at(seat_.get(), &estate, will));
    if (!standing || !standing->errors.empty()) return std::nullopt;
    return std::move(standing->plan);
}

bool Process::blocked(estate::Estate const& estate) { return run(inspect(seat_.get(), &estate)).value_or(false); }

Task<void> Process::second_machine(estate::Estate estate, Will will, Duration later) {
    static auto const elsewhere = [] { return world::memory_files(); };
    auto sleeping = clock_.sleep(later);
    co_await std::move(sleeping);
    auto const disk = elsewhere();
    second_ = std::make_unique<Seat>(scene_, Machine::theirs, *wire_, clock_, *disk, 77);
    auto acting = act(this, second_.get(), &estate, will);
    auto const ended = co_await std::move(acting);
    Watch::named(scene_, ended.errors);
}

}  // namespace holdfast::storm
