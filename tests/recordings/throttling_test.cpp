// Many steps at once against the simulated Azure's own token buckets: how often it has to say no to clients that share
// what they learn from its headers, and to as many that do not.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "azure/azure.hpp"
#include "simulator/testing.hpp"

namespace holdfast::recordings {
namespace {

using SimulatedClient = simulator::testing::Client;

class Token : public credentials::Credential {
public:
    explicit Token(std::string text) : text_(std::move(text)) {}
    world::Task<base::Result<base::Secret>> token(std::string, std::string, world::World&) override {
        co_return base::Secret(text_);
    }
    std::string describe() const override { return "a token"; }

private:
    std::string text_;
};

struct Outcome {
    int refused = 0, failed = 0;
    double took_s = 0;
};

world::Task<void> step(azure::Client* client, world::Clock* clock, Outcome* outcome) {
    for (int look = 0; look < 5; ++look) {
        std::string const path = std::string(simulator::testing::subscription) + "/resourceGroups/rg1";
        auto const answer = co_await client->get_path(path, "2021-04-01");
        if (!answer || answer->status != 200) ++outcome->failed;
        co_await clock->sleep(base::Duration{1'000});
    }
}

Outcome run(std::size_t steps, bool one_client) {
    SimulatedClient simulated;
    simulated.ready({});
    boost::asio::io_context io;
    world::VirtualClock clock{io, simulated.now()};
    auto const transport = simulator::transport(simulated.azure(), clock);
    auto const files = world::memory_files();
    auto const environment = world::fixed_environment();
    auto const programs = world::no_programs();
    base::Prng prng{3};
    world::World world{clock, *transport, *files, *environment, *programs, prng};
    Token credential(simulated.token(std::string(simulator::testing::arm_host)));
    credentials::Cloud cloud;
    cloud.name = "simulated";
    cloud.arm = cloud.arm_audience = simulator::testing::arm_host;

    Outcome outcome;
    std::vector<std::unique_ptr<azure::Client>> clients;
    for (std::size_t i = 0; i < (one_client ? 1 : steps); ++i)
        clients.push_back(std::make_unique<azure::Client>(cloud, credential, world, [&](azure::Attempt const& attempt) {
            if (attempt.status == 429) ++outcome.refused;
        }));
    auto const began = clock.now();
    auto all = world::together(
        steps, [&](std::size_t i) { return step(clients[one_client ? 0 : i].get(), &clock, &outcome); });
    boost::asio::co_spawn(io, std::move(all), boost::asio::detached);
    clock.run();
    outcome.took_s = std::chrono::duration<double>(clock.now() - began).count();
    return outcome;
}

TEST(Throttling, steps_that_share_a_budget_seldom_hear_no) {
    auto const with = run(400, true), without = run(400, false);
    std::printf("400 steps of 5 reads: 429s %d with one budget (%.0f s), %d and %d reads given up without (%.0f s)\n",
                with.refused, with.took_s, without.refused, without.failed, without.took_s);
    EXPECT_EQ(with.failed, 0);
    EXPECT_GT(without.refused, 400) << "the load is one that meets limits";
    EXPECT_LE(with.refused * 50, without.refused);
    EXPECT_LE(with.took_s, 2'000 / 25.0 + 10) << "no slower than the bucket refills";
}

}  // namespace
}  // namespace holdfast::recordings
