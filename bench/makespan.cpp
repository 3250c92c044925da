// How long deployments take in common weather: `bench_makespan FOLDER [SEEDS]`, then
// `critical_path.py FOLDER deployment-dag.csv 1.10`.
//
// Every example from nothing, by the real client, planner, journal and engine on the simulated Azure, under 429s in both
// forms and slow roles, at the rates that the storm draws but without the weights by which it strikes rare acts more often;
// all other weather is off, and seeds that draw none of it are passed over.
// What each work and each role really took is left for critical_path.py, which reckons from it the shortest time that
// any schedule could have needed. Budget: 1.10 times that, over the seeds of an example together.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "../tests/storm/play.hpp"
#include "../tests/storm/process.hpp"

namespace {
using namespace holdfast;

constexpr storm::Kind common[] = {storm::Kind::throttled_seconds, storm::Kind::throttled_date, storm::Kind::role_slow};

/// The storm's fate, and what it decided.
class Noted final : public simulator::Fate {
public:
    explicit Noted(storm::Scene& scene) : fate_(storm::fate(scene)) {}
    End end(std::string_view verb, resource::ResourceId const& target) override { return fate_->end(verb, target); }
    double takes(std::string_view verb, resource::ResourceId const& target, double drawn) override {
        return fate_->takes(verb, target, drawn);
    }
    double takes_effect(resource::ResourceId const& assignment, double drawn) override {
        return effects["EFFECT " + assignment.key()] = fate_->takes_effect(assignment, drawn);
    }
    base::Duration token_lives(base::Duration usual) override { return fate_->token_lives(usual); }
    std::map<std::string, double> effects;

private:
    std::unique_ptr<simulator::Fate> fate_;
};

storm::Weather weather_of(std::uint64_t seed) {
    std::set<storm::Kind> without;
    for (auto const& row : storm::kinds())
        if (std::ranges::find(common, row.kind) == std::end(common)) without.insert(row.kind);
    return storm::Weather::draw(seed, without);
}

bool deploy(storm::Subject const& subject, std::uint64_t seed, std::filesystem::path const& folder) {
    storm::Scene scene;
    scene.weather = weather_of(seed);
    scene.evenly = true;
    auto const weather = scene.weather.text();
    scene.writable = subject.writable;
    scene.scopes = subject.scopes;
    Noted fate(scene);
    storm::Shelf rows;
    auto azure = simulator::Azure::open(rows, storm::options(seed, &fate));
    if (!azure || (!subject.world.empty() && !(*azure)->load(subject.world))) return false;
    auto const disk = world::memory_files();
    storm::Process process(scene, **azure, *disk, (*azure)->now(), seed);
    auto const ended = process.carry_out(subject.estate, storm::Will::apply);
    if (!ended.done) return false;
    json::Object drawn;
    for (auto const& [what, seconds] : (*azure)->drawn()) drawn[what] = seconds;
    for (auto const& [what, seconds] : fate.effects) drawn[what] = seconds;
    json::Object roles;
    for (auto const& [id, body] : (*azure)->resources())
        if (auto const role = json::text_at(body, "properties.roleDefinitionId"))
            if (auto const* row = shapes::find_role(role->substr(role->rfind('/') + 1))) roles[id] = row->name;
    json::Value const document(json::Object{{"example", subject.name},
                                            {"seed", seed},
                                            {"weather", weather},
                                            {"seconds", std::chrono::duration<double>(ended.took).count()},
                                            {"roles", std::move(roles)},
                                            {"drawn", std::move(drawn)}});
    std::ofstream(folder / (subject.name + "." + std::to_string(seed) + ".json")) << json::pretty(document);
    return true;
}
}  // namespace

int main(int count, char** words) {
    if (count < 2) return 2;
    std::filesystem::path const folder = words[1];
    auto const seeds = count > 2 ? std::atoi(words[2]) : 36;
    std::filesystem::create_directories(folder);
    bool all = true;
    for (auto const& name : storm::example_names()) {
        auto const subject = storm::example(name);
        all = all && subject.refusal.empty();
        int played = 0;
        for (std::uint64_t seed = 1; played < seeds; ++seed) {
            if (weather_of(seed).present().empty()) continue;
            ++played;
            if (deploy(subject, seed, folder)) continue;
            std::printf("%s, seed %llu: it did not end well\n", name.c_str(), static_cast<unsigned long long>(seed));
            all = false;
        }
    }
    return all ? 0 : 1;
}
