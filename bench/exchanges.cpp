// What a simulated exchange costs, on one core: `bench_exchanges [ROUNDS [SEEDS]]`.
//
// Calm deployments from nothing by the real client, planner, journal and engine on the simulated Azure, shape checks
// included; then only parsing and writing the bodies of the very same exchanges, once each, by the same reader and
// writer, in the same run. The ratio is what counts. Budget: 0.2. A faster reader or writer lowers it, so compare the
// exchanges a second as well, two programs in turn. Then deployments in weather, as the storm plays them.
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "../tests/storm/play.hpp"
#include "../tests/storm/process.hpp"

namespace {
using namespace holdfast;
using Clock = std::chrono::steady_clock;

double since(Clock::time_point begun) { return std::chrono::duration<double>(Clock::now() - begun).count(); }
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
        for (int round = 0; round < rounds; ++round) {
            std::vector<std::string> bodies;
            storm::Scene scene;
            scene.clear = true;
            scene.writable = subject.writable;
            scene.scopes = subject.scopes;
            scene.kept = &bodies;
            auto const begun = Clock::now();
            storm::Shelf rows;
            auto azure = simulator::Azure::open(rows, storm::options(static_cast<std::uint64_t>(round) + 1));
            if (!azure || (!subject.world.empty() && !(*azure)->load(subject.world))) return 1;
            auto const disk = world::memory_files();
            storm::Process process(scene, **azure, *disk, (*azure)->now(), 1);
            if (!process.carry_out(subject.estate, storm::Will::apply).done) return 1;
            deploying += since(begun);
            exchanges += scene.calls;
            ++deployments;
            auto const then = Clock::now();
            for (auto const& body : bodies) {
                bytes += body.size();
                if (auto const value = json::parse(body)) written += json::write(*value).size();
            }
            parsing += since(then);
        }
        auto const begun = Clock::now();
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
