/// For the tests of this room: a simulated Azure on memory, and a client that only knows HTTP.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "simulator/simulator.hpp"

namespace holdfast::simulator::testing {

inline constexpr std::string_view arm_host = "https://management.azsim.test";
inline constexpr std::string_view subscription = "/subscriptions/00000000-0000-0000-0000-000000000001";

struct Exchange {
    int status = 0;
    world::Headers headers;
    json::Value body;
    std::string text(std::string_view path) const {
        return body.is_null() ? "" : std::string(json::text_at(body, path).value_or(""));
    }
    /// The error's code, wrapped or bare.
    std::string code() const {
        auto const wrapped = text("error.code");
        return wrapped.empty() ? text("code") : wrapped;
    }
    std::string message() const {
        auto const wrapped = text("error.message");
        return wrapped.empty() ? text("message") : wrapped;
    }
    std::string header(std::string_view name) const { return std::string(world::find(headers, name).value_or("")); }
};

class Client {
public:
    explicit Client(Options options = defaults(), std::unique_ptr<world::Rows> rows = world::memory_rows())
        : rows_(std::move(rows)), options_(std::move(options)) {
        reopen();
    }
    static Options defaults() {
        Options options;
        options.start = *base::parse_time("2026-11-24T08:00:00Z");
        options.propagation_most = 0;
        return options;
    }

    /// What a kill leaves: the rows.
    void reopen() {
        azure_.reset();
        auto opened = Azure::open(*rows_, options_);
        ASSERT_TRUE(opened) << opened.error().what;
        azure_ = std::move(*opened);
        now_ = std::max(now_, azure_->now());
    }
    Azure& azure() { return *azure_; }
    Time now() const { return now_; }
    void wait(double seconds) { now_ += Duration{static_cast<std::int64_t>(seconds * 1000)}; }
    /// Until nothing is under way any more.
    void settle() {
        for (int i = 0; i < 1000; ++i) {
            call("HEAD", std::string(subscription) + "/resourceGroups/settle?api-version=2021-04-01");
            auto const due = azure_->next_due();
            if (!due) return;
            now_ = std::max(now_, *due);
        }
        FAIL() << "something is always under way";
    }

    Exchange send(world::Request request) {
        auto response = azure_->answer(request, now_);
        Exchange exchange{response.status, response.headers, {}};
        if (!response.body.empty()) {
            auto body = json::parse(response.body);
            EXPECT_TRUE(body) << response.body;
            if (body) exchange.body = std::move(*body);
        }
        return exchange;
    }
    /// A call to Resource Manager as whoever is signed in. A target without host gets the management host.
    Exchange call(std::string method, std::string target, std::string body = {}, world::Headers headers = {}) {
        world::Request request{.method = std::move(method),
                               .url = target.starts_with("http") ? target : std::string(arm_host) + target,
                               .headers = std::move(headers),
                               .body = std::move(body)};
        request.bearer = base::Secret(token(std::string(arm_host)));
        return send(std::move(request));
    }
    Exchange get(std::string target) { return call("GET", std::move(target)); }

    /// A fresh token for every call: expiry is tested on its own.
    std::string token(std::string audience) {
        auto const form = "grant_type=client_credentials&client_id=" + client_id + "&client_secret=" + client_secret +
                          "&scope=" + base::percent_encoded(audience + "/.default");
        auto const answer = send({.method = "POST",
                                  .url = "https://login.azsim.test/" + options_.owner.tenant + "/oauth2/v2.0/token",
                                  .headers = {},
                                  .body = form});
        EXPECT_EQ(answer.status, 200) << json::write(answer.body);
        return answer.text("access_token");
    }
    void sign_in_as(std::string id, std::string secret) {
        client_id = std::move(id);
        client_secret = std::move(secret);
    }
    std::string client_id = "22222222-2222-2222-2222-222222222222", client_secret = "simulated-secret";

    void ready(std::initializer_list<std::string_view> providers) {
        for (auto const provider : providers) {
            call("POST", std::string(subscription) + "/providers/" + std::string(provider) +
                             "/register?api-version=2021-04-01");
        }
        EXPECT_EQ(call("PUT", std::string(subscription) + "/resourceGroups/rg1?api-version=2021-04-01",
                       R"({"location":"westeurope"})")
                      .status,
                  201);
        settle();
    }

private:
    std::unique_ptr<world::Rows> rows_;
    Options options_;
    std::unique_ptr<Azure> azure_;
    Time now_{};
};

}  // namespace holdfast::simulator::testing
