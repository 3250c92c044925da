// For tests: an Azure in memory that answers what it is told to, and counts what it must not see twice.
#pragma once

#include <deque>
#include <set>

#include "engine/engine.hpp"

namespace holdfast::engine {

inline Time const noon = *base::parse_time("2026-11-24T12:00:00Z");
inline std::string const in_group = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/";

class ScriptedAzure {
public:
    struct Thing {
        json::Value body;
        Time ready;  ///< until then its provisioningState is Creating
        bool comes_out_failed = false;
        int version = 1;
    };
    struct Refusal {
        int status;
        std::string code, message;
        std::optional<Time> until;  ///< repeated until then; else once
    };
    // What the test says.
    std::map<std::string, int> seconds;                  ///< by last word of the path: how long a write or delete takes
    std::map<std::string, json::Value> shows;            ///< by last word: laid over the body once it stands
    std::map<std::string, std::deque<Refusal>> refuses;  ///< by last word
    std::map<std::string, int> fails;                    ///< by last word: so many writes come out Failed
    std::set<std::string> loses_answer;                  ///< by last word: the first answer never arrives
    std::optional<Time> revoked_since;                   ///< no token is accepted from then on
    std::optional<Time> revoked_until;                   ///< till then
    std::optional<Time> silent_since;                    ///< no connection is made from then on
    std::optional<Time> page_until;                      ///< till then a guest network answers whatever is read
    // What it saw.
    std::map<std::string, Thing> things;                           ///< by path in lower case
    std::map<std::string, int> writes, creations, deletes, posts;  ///< by last word
    std::vector<json::Value> bodies;
    std::vector<std::string> log;

    Result<world::Response> answer(world::Request const&, Time now);

private:
    world::Response written(world::Request const&, std::string const& key, std::string const& word, Time now);
    std::map<std::string, Time> registered_;
};

/// Its face: 10 ms an exchange.
class ScriptedTransport : public world::Transport {
public:
    ScriptedTransport(ScriptedAzure& azure, world::Clock& clock) : azure_(azure), clock_(clock) {}
    Task<Result<world::Response>> send(world::Request request) override;

private:
    ScriptedAzure& azure_;
    world::Clock& clock_;
};

/// One process: everything that dies with it. Azure and the files outlive it.
struct Life {
    Life(ScriptedAzure& azure, world::Files& disk, Time start);
    Result<Run> apply(plan::Plan, std::string run = "r1", Limits = {}, std::function<bool()> interrupted = {});
    /// Goes on until the run ends, or until `dies` says so: then nothing comes back.
    std::optional<Run> live(plan::Plan, std::function<bool()> dies, std::string run = "r1");

    ScriptedAzure& azure;
    world::Files& files;
    boost::asio::io_context io;  // first in, last out: it holds the coroutines that are under way
    world::VirtualClock clock;
    ScriptedTransport http;
    std::unique_ptr<world::Environment> environment = world::fixed_environment();
    std::unique_ptr<world::Programs> programs = world::no_programs();
    base::Prng prng{42};
    world::World world;
    std::unique_ptr<credentials::Credential> credential;
    azure::Client client;
    std::optional<journal::Journal> journal;
    std::vector<Event> events;
};

plan::Step write_step(std::string address, std::string type, std::string name, int expected_s,
                      std::vector<std::string> after = {});

}  // namespace holdfast::engine
