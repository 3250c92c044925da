#include "walk.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace holdfast::walk {

namespace {

std::string read_file(std::string const& path) {
    std::ifstream in(path);
    if (!in) throw std::runtime_error("cannot read " + path);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

std::string const kExamples = HOLDFAST_SOURCE_DIR "/examples";

/// A failure of the stage itself ends the test with its reason.
template <typename T>
T must(base::Result<T> result, std::string const& doing) {
    if (result) return std::move(*result);
    auto const& error = result.error();
    throw std::runtime_error(doing + ": " + error.what + (error.azure ? " [" + error.azure->code + ": " + error.azure->message + "]" : ""));
}

}  // namespace

Stage::Stage(world::Rows& rows, std::uint64_t seed) : prng_(seed) {
    simulator::Options options;
    options.start = *base::parse_time("2026-11-24T00:00:00Z");
    options.seed = seed;
    azure_ = must(simulator::Azure::open(rows, options), "open the simulated Azure");
    clock_ = std::make_unique<world::VirtualClock>(io_, azure_->now());
    http_ = simulator::transport(*azure_, *clock_);
    world_.emplace(world::World{*clock_, *http_, *files_, *environment_, *programs_, prng_});
    cloud_ = *credentials::find_cloud("simulated");
    credential_ = credentials::client_secret(cloud_, {options.owner.tenant, options.owner.client_id}, base::Secret(options.owner.client_secret));
    client_ = std::make_unique<azure::Client>(cloud_, *credential_, *world_);
}

Stage::Seen Stage::look(estate::Estate const& estate) {
    Seen seen;
    seen.live = must(run(readers::live(estate.graph, *client_)), "read what stands");
    auto names = estate.providers;
    for (auto const& feature : estate.features) names.push_back(feature.provider + "/" + feature.name);
    seen.registrations = must(run(readers::registrations(simulator::Identity{}.subscription, names, *client_)), "read registrations");
    seen.plan = plan::make(estate, seen.live, seen.registrations);
    return seen;
}

engine::Run Stage::carry_out(plan::Plan const& plan, engine::Listener const& listener) {
    auto const name = must(journal::new_run_name(*files_, "state", clock_->now(), prng_), "name the run");
    auto journal = must(journal::Journal::create(*files_, "state", name, plan::to_json(plan, {}), clock_->now()), "start a journal");
    engine::Apply act{.plan = plan,
                      .journal = journal,
                      .client = *client_,
                      .world = *world_,
                      .secrets = [](resource::SecretName const&) { return base::Result<base::Secret>(base::Secret("P@ssw0rd-for-tests-42")); },
                      .listener = listener,
                      .limits = {},
                      .interrupted = {}};
    return must(run(engine::apply(std::move(act))), "carry out the plan");
}

Example example(std::string const& name, Stage* stage, std::vector<std::pair<std::string, std::string>> set) {
    auto const path = kExamples + "/" + name + ".yaml";
    auto spec = spec::read(read_file(path), path, {.set = std::move(set)});
    if (!spec) throw std::runtime_error(path + ": " + spec.error().front().what);
    if (auto const world = spec->maybe_text("azure.world"); stage && world) {
        auto const loaded = stage->azure().load(read_file(kExamples + "/" + *world));
        if (!loaded) throw std::runtime_error(*world + ": " + loaded.error().what);
    }
    auto const cloud = credentials::find_cloud("simulated");
    simulator::Identity const owner;
    auto estate = estate::design(*spec, {.tenant = owner.tenant, .subscription = owner.subscription, .vault_suffix = cloud->vault_suffix,
                                         .registry_suffix = cloud->registry_suffix});
    if (!estate) throw std::runtime_error(path + ": " + estate.error().front().what);
    return {std::move(*spec), std::move(*estate)};
}

std::vector<std::string> example_names() {
    std::vector<std::string> names;
    for (auto const& entry : std::filesystem::directory_iterator(kExamples))
        if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem());
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace holdfast::walk
