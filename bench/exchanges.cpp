// What a simulated exchange costs, on one core: `bench_exchanges [ROUNDS [SEEDS]]`.
//
// Calm deployments from nothing by the real client, planner, journal and engine on the simulated Azure, shape checks
// included; then only parsing and writing the bodies of the very same exchanges, once each, by the same reader and
// writer, in the same run. The ratio is what counts. Budget: 0.2; seen: 0.12, so it is not met. A faster reader or writer
// lowers it, so compare the exchanges a second as well, two programs in turn. Then deployments in weather, as the storm
// plays them.
//
// A calm deployment has nobody beside it: the storm's judge, who writes every event and reads every record of the
// journal again to hold them against each other, is no part of an exchange (with him: `weather`). What the wire carried
// is kept in a deployment of its own, the same to the byte, so that keeping it is not measured either.
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "../tests/storm/play.hpp"
#include "engine/engine.hpp"
#include "plan/plan.hpp"
#include "readers/readers.hpp"

namespace {
using namespace holdfast;
using world::Task;
using Bodies = std::vector<std::string>;

/// Processor time of this thread: who else uses the machine does not count.
double seconds() {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}
double since(double begun) { return seconds() - begun; }

/// Keeps what every exchange carries, a request's body and an answer's in turn.
class Keeping final : public world::Transport {
public:
    Keeping(world::Transport& wire, Bodies& kept) : wire_(wire), kept_(kept) {}
    Task<world::Result<world::Response>> send(world::Request request) override {
        kept_.push_back(request.body);
        auto sending = wire_.send(std::move(request));
        auto result = co_await std::move(sending);
        kept_.push_back(result ? result->body : std::string());
        co_return result;
    }

private:
    world::Transport& wire_;
    Bodies& kept_;
};

/// What the command `apply` does, without its terminal.
Task<bool> apply(estate::Estate const* estate, azure::Client* client, world::World* world) {
    auto reading = readers::live(estate->graph, *client);
    auto const live = co_await std::move(reading);
    auto names = estate->providers;
    for (auto const& feature : estate->features) names.push_back(feature.provider + "/" + feature.name);
    auto asking = readers::registrations(simulator::Identity{}.subscription, names, *client);
    auto const registrations = co_await std::move(asking);
    if (!live || !registrations) co_return false;
    auto plan = plan::make(*estate, *live, *registrations);
    auto const now = world->clock.now();
    auto const name = journal::new_run_name(world->files, "state", now, world->prng);
    if (!name) co_return false;
    auto journal = journal::Journal::create(world->files, "state", *name, plan::to_json(plan, {}), now);
    if (!journal) co_return false;
    auto applying = engine::apply({.plan = std::move(plan),
                                   .journal = *journal,
                                   .client = *client,
                                   .world = *world,
                                   .secrets = [](auto const&) { return base::Secret("S1mulated-passw0rd"); },
                                   .listener = {},
                                   .limits = {},
                                   .interrupted = {}});
    auto const run = co_await std::move(applying);
    co_return run && run->outcome == "succeeded";
}

/// From an empty subscription to the end; where it can keep the bodies, it does.
bool deploy(storm::Subject const& subject, std::uint64_t seed, Bodies* kept) {
    auto const rows = world::memory_rows();
    auto const options = storm::options(seed);
    auto const azure = simulator::Azure::open(*rows, options);
    if (!azure || (!subject.world.empty() && !(*azure)->load(subject.world))) return false;
    boost::asio::io_context io;
    world::VirtualClock clock(io, (*azure)->now());
    auto const wire = simulator::transport(**azure, clock);
    Bodies none;
    Keeping keeping(*wire, kept ? *kept : none);
    auto const disk = world::memory_files();
    auto const environment = world::fixed_environment();
    auto const programs = world::no_programs();
    base::Prng prng(1);
    world::World world{clock, kept ? keeping : *wire, *disk, *environment, *programs, prng};
    auto const cloud = *credentials::find_cloud("simulated");
    auto const credential = credentials::client_secret(cloud, {options.owner.tenant, options.owner.client_id},
                                                       base::Secret(options.owner.client_secret));
    azure::Client client(cloud, *credential, world);
    return world::run(io, clock, apply(&subject.estate, &client, &world));
}
}  // namespace

int main(int count, char** words) {
    auto const rounds = count > 1 ? std::atoi(words[1]) : 20;
    auto const stormy = count > 2 ? std::atoi(words[2]) : rounds;
    double deploying = 0, parsing = 0, weather = 0;
    std::int64_t exchanges = 0, deployments = 0, seeds = 0, in_weather = 0, lives = 0;
    std::size_t bytes = 0, written = 0;
    for (auto const& name : storm::example_names()) {
        auto const subject = storm::example(name);
        if (!subject.refusal.empty()) return 1;
        for (int round = 1; round <= rounds; ++round) {
            auto const seed = static_cast<std::uint64_t>(round);
            Bodies bodies;
            if (!deploy(subject, seed, &bodies)) return 1;
            exchanges += static_cast<std::int64_t>(bodies.size()) / 2;
            auto const begun = seconds();
            if (!deploy(subject, seed, nullptr)) return 1;
            deploying += since(begun);
            ++deployments;
            auto const then = seconds();
            for (auto const& body : bodies) {
                if (body.empty()) continue;  // nothing to parse: a refusal of nothing would only cost time
                bytes += body.size();
                if (auto const value = json::parse(body)) written += json::write(*value).size();
            }
            parsing += since(then);
        }
        auto const begun = seconds();
        for (int seed = 1; seed <= stormy; ++seed) {
            auto const verdict = storm::play(static_cast<std::uint64_t>(seed), subject);
            ++seeds;
            in_weather += verdict.calls;
            lives += verdict.lives;
        }
        weather += since(begun);
    }
    auto const per = [](std::int64_t what, double seconds) { return static_cast<double>(what) / seconds; };
    std::printf("calm:    %lld deployments, %.1f a second; %lld exchanges, %.0f a second\n",
                static_cast<long long>(deployments), per(deployments, deploying), static_cast<long long>(exchanges),
                per(exchanges, deploying));
    std::printf("bytes:   the same %zu bytes parsed and written (%zu): %.0f exchanges a second\n", bytes, written,
                per(exchanges, parsing));
    std::printf("ratio:   %.3f\n", parsing / deploying);
    std::printf("weather: %lld seeds, %.1f a second, %lld lives; %lld exchanges, %.0f a second\n",
                static_cast<long long>(seeds), per(seeds, weather), static_cast<long long>(lives),
                static_cast<long long>(in_weather), per(in_weather, weather));
    return 0;
}
