// A scripted Entra, metadata service and az to sign in against. For this room's tests.
#pragma once

#include <gtest/gtest.h>

#include <deque>

#include "credentials/tokens.hpp"

namespace holdfast::credentials::testing {

using namespace std::chrono_literals;
using base::ErrorCode;
using world::Request;
using world::Response;

inline base::Time const noon = *base::parse_time("2026-11-24T12:00:00Z");

class Script : public world::Transport {
public:
    std::deque<Result<Response>> answers;
    std::vector<Request> asked;
    world::Clock* clock = nullptr;
    base::Duration delay{0};
    Task<Result<Response>> send(Request request) override {
        asked.push_back(std::move(request));
        if (delay.count() > 0) co_await clock->sleep(delay);
        if (answers.empty()) co_return base::fail(ErrorCode::connection_failed, "the script is over");
        auto next = std::move(answers.front());
        answers.pop_front();
        co_return next;
    }
};

class ScriptedPrograms : public world::Programs {
public:
    std::deque<Result<world::ProgramResult>> results;
    std::vector<world::Program> started;
    Task<Result<world::ProgramResult>> run(world::Program program) override {
        started.push_back(std::move(program));
        if (results.empty()) co_return base::fail(ErrorCode::unreadable, "no such program");
        auto next = std::move(results.front());
        results.pop_front();
        co_return next;
    }
};

struct Bench {
    boost::asio::io_context io;
    world::VirtualClock clock{io, noon};
    std::unique_ptr<world::Files> files = world::memory_files({{"/token", "first-assertion\n"}});
    std::unique_ptr<world::Environment> environment = world::fixed_environment();
    ScriptedPrograms programs;
    base::Prng prng{1};
    Script script;

    Bench() { script.clock = &clock; }
    template <typename F>
    auto with(F act) {
        world::World world{clock, script, *files, *environment, programs, prng};
        return act(world);
    }
    Result<base::Secret> token(Credential& credential, std::string claims = {},
                               std::string audience = "https://management.azure.com") {
        world::World world{clock, script, *files, *environment, programs, prng};
        return world::run(io, clock, credential.token(std::move(audience), std::move(claims), world));
    }
    void answer(int status, std::string body) { script.answers.push_back(Response{status, {}, std::move(body)}); }
    void grant(std::string const& text, int seconds) {
        answer(200, R"({"token_type":"Bearer","expires_in":)" + std::to_string(seconds) + R"(,"access_token":")" +
                        text + "\"}");
    }
    void pass(base::Duration time) {
        auto const wait = [](world::Clock* on, base::Duration much) -> Task<int> {
            co_await on->sleep(much);
            co_return 0;
        };
        world::run(io, clock, wait(&clock, time));
    }
};

inline Cloud const cloud = *find_cloud("public");
inline Application const application{"11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"};

inline std::map<std::string, std::string> form_of(Request const& request) {
    std::map<std::string, std::string> fields;
    auto const text = request.secret_body ? request.secret_body->reveal() : request.body;
    for (auto const& pair : base::split(text, '&'))
        fields[pair.substr(0, pair.find('='))] = base::percent_decoded(pair.substr(pair.find('=') + 1));
    return fields;
}

}  // namespace holdfast::credentials::testing
