// Token buckets read from headers: what is held back, and that a server cannot make the client wait or grow without
// end.
#include "azure/budget.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "azure/azure.hpp"

namespace holdfast::azure {
namespace {

using namespace std::chrono_literals;

base::Time const noon = *base::parse_time("2026-11-24T12:00:00Z");
std::string const in = "https://management.azure.com/subscriptions/S/resourceGroups/g";

Response remaining(char const* header, std::string value, int status = 200) {
    return {status, {{header, std::move(value)}}, {}};
}
auto const reads = "x-ms-ratelimit-remaining-subscription-reads";
auto const writes = "x-ms-ratelimit-remaining-subscription-writes";

TEST(Budget, a_burst_is_spread_before_anything_is_known) {
    Budget budget;
    int at_once = 0;
    base::Duration last{0};
    for (int i = 0; i < 400; ++i) {
        auto const ticket = budget.take("GET", in, noon);
        if (ticket.hold == 0ms) ++at_once;
        EXPECT_GE(ticket.hold, last) << "who comes later waits longer";
        last = ticket.hold;
    }
    EXPECT_EQ(at_once, 225) << "nine tenths of the smallest bucket Azure documents";
    EXPECT_EQ(last, 7s) << "175 more at 25 a second";
    EXPECT_EQ(budget.take("PUT", in, noon).hold, 0ms) << "writes have their own";
    EXPECT_EQ(budget.take("GET", "https://management.azure.com/subscriptions/T", noon).hold, 0ms)
        << "so has another subscription";
}

TEST(Budget, what_remains_is_what_counts) {
    Budget budget;
    auto const first = budget.take("PUT", in, noon);
    budget.answered(first, remaining(writes, "799"), noon);
    for (int i = 0; i < 600; ++i) ASSERT_EQ(budget.take("PUT", in, noon).hold, 0ms) << "a large subscription is used";

    Budget shared;
    auto const one = shared.take("PUT", in, noon);
    auto const other = shared.take("PUT", in, noon);
    shared.answered(one, remaining(writes, "20"), noon);
    EXPECT_GT(shared.take("PUT", in, noon).hold, 0ms) << "somebody else drains the same bucket, and one is on its way";
    shared.answered(other, remaining(writes, "180"), noon + 1s);
    EXPECT_EQ(shared.take("PUT", in, noon + 1s).hold, 0ms);
}

TEST(Budget, a_bucket_fills_again) {
    Budget budget;
    auto const ticket = budget.take("GET", in, noon);
    budget.answered(ticket, remaining(reads, "0"), noon);
    EXPECT_EQ(budget.take("GET", in, noon).hold, 1'040ms) << "up to the untouched tenth and one more";
    EXPECT_EQ(budget.take("GET", in, noon + 20s).hold, 0ms);
}

TEST(Budget, providers_policies_hold_what_draws_on_them) {
    auto const cluster = in + "/providers/Microsoft.ContainerService/managedClusters/";
    Budget budget;
    auto const policies =
        "Microsoft.Compute/CreateUpdateContainerService3Min;2,Microsoft.Compute/CreateUpdateContainerService30Min;98";
    budget.answered(budget.take("PUT", cluster + "a", noon), remaining("x-ms-ratelimit-remaining-resource", policies),
                    noon);
    EXPECT_EQ(budget.take("PUT", cluster + "b", noon).hold, 0ms);
    EXPECT_EQ(budget.take("PUT", cluster + "c", noon).hold, 0ms);
    EXPECT_EQ(budget.take("PUT", cluster + "d", noon).hold, 90s) << "two in three minutes";
    EXPECT_EQ(budget.take("PUT", in + "/providers/Microsoft.Network/virtualNetworks/v", noon).hold, 0ms);
    EXPECT_EQ(budget.take("GET", cluster + "a", noon).hold, 0ms);

    auto const graph = "https://management.azure.com/providers/Microsoft.ResourceGraph/resources";
    Response quota{200, {{"x-ms-user-quota-remaining", "1"}, {"x-ms-user-quota-resets-after", "00:00:05"}}, {}};
    budget.answered(budget.take("POST", graph, noon), quota, noon);
    EXPECT_EQ(budget.take("POST", graph, noon).hold, 0ms);
    EXPECT_EQ(budget.take("POST", graph, noon).hold, 2'500ms);
}

TEST(Budget, a_refusal_holds_all_that_would_meet_it) {
    Budget budget;
    auto const ticket = budget.take("GET", in, noon);
    Response refused = remaining(reads, "0", 429);
    refused.headers.push_back({"Retry-After", "7"});
    budget.answered(ticket, refused, noon);
    EXPECT_EQ(budget.take("GET", in + "/providers/Microsoft.Network/virtualNetworks/v", noon).hold, 7s)
        << "the same bucket";
    EXPECT_EQ(budget.take("PUT", in, noon).hold, 0ms);

    Budget service;
    auto const list = in + "/providers/Microsoft.ContainerService/managedClusters";
    auto const asked = service.take("GET", list, noon);
    service.answered(asked, {429, {{"Retry-After", "3"}, {reads, "240"}}, {}}, noon);
    EXPECT_EQ(service.take("GET", list, noon).hold, 3s) << "a bucket that no header speaks of";
    EXPECT_EQ(service.take("GET", in, noon).hold, 0ms);
}

TEST(Budget, a_refusal_that_no_header_explains_holds_its_own_kind_of_request_alone) {
    std::string const group = "https://management.azure.com/subscriptions/1/resourceGroups/g/providers/";
    Budget budget;
    auto const asked = budget.take("PUT", group + "Microsoft.Network/virtualNetworks/a", noon);
    budget.answered(asked, {429, {{"Retry-After", "30"}}, {}}, noon);
    auto const hold = [&](std::string const& url) {
        auto const ticket = budget.take("PUT", url, noon);
        budget.lost(ticket);
        return ticket.hold;
    };
    EXPECT_GE(hold(group + "Microsoft.Network/virtualNetworks/b"), 30s);
    EXPECT_LT(hold(group + "Microsoft.Network/routeTables/b"), 1s);
    EXPECT_LT(hold(group + "Microsoft.Compute/disks/b"), 1s);
    EXPECT_LT(hold("https://management.azure.com/subscriptions/1/resourceGroups/other"), 1s);

    // Providers name their operations alike.
    std::string const providers = "https://management.azure.com/subscriptions/1/providers/";
    auto const poll = budget.take("GET", providers + "Microsoft.Network/locations/westeurope/operations/1", noon);
    budget.answered(poll, {429, {{"Retry-After", "30"}}, {}}, noon);
    EXPECT_GE(budget.take("GET", providers + "Microsoft.Network/locations/westeurope/operations/2", noon).hold, 30s);
    EXPECT_LT(budget.take("GET", providers + "Microsoft.Compute/locations/westeurope/operations/2", noon).hold, 1s);
}

TEST(Budget, a_refusal_that_no_header_explains_is_not_held_against_a_service_for_ever) {
    Budget budget;
    auto now = noon;
    auto const spread = [&] {  // how long ten at once take
        base::Duration longest{0};
        for (int i = 0; i < 10; ++i) {
            auto const ticket = budget.take("PUT", in, now);
            longest = std::max(longest, ticket.hold);
            budget.lost(ticket);
        }
        return longest;
    };
    for (int i = 0; i < 6; ++i) {
        auto const asked = budget.take("PUT", in, now);
        now += asked.hold + 40ms;
        budget.answered(asked, {429, {{"Retry-After", "1"}}, {}}, now);
        now += 2s;
    }
    auto const slow = spread();
    now += 2min;
    EXPECT_GT(spread(), 10s) << "not yet";
    now += 30min;
    auto const again = spread();
    EXPECT_GT(slow, 10s);
    EXPECT_LT(again, 3s);
}

TEST(Budget, a_service_that_names_a_time_is_left_alone_until_then) {
    Budget budget;
    auto const unavailable = [](std::string seconds) { return remaining("Retry-After", std::move(seconds), 503); };
    budget.answered(budget.take("PUT", in, noon), unavailable("20"), noon);
    EXPECT_EQ(budget.take("PUT", in, noon + 5s).hold, 15s);
    EXPECT_EQ(budget.take("GET", in, noon + 5s).hold, 0ms) << "another kind of request";
    EXPECT_EQ(budget.take("PUT", in, noon + 20s).hold, 0ms);
    budget.answered(budget.take("PUT", in, noon), Response{503, {}, {}}, noon);
    EXPECT_EQ(budget.take("PUT", in, noon).hold, 0ms) << "it names no time";
    budget.answered(budget.take("PUT", in, noon), unavailable("99999999"), noon);
    EXPECT_LE(budget.take("PUT", in, noon).hold, 10min);
}

TEST(Budget, is_bounded_whatever_headers_say) {
    Budget budget;
    for (int i = 0; i < 5'000; ++i) {
        auto const url = in + "/providers/Microsoft.X" + std::to_string(i) + "/t/n";
        auto const ticket = budget.take("GET", url, noon);
        Response hostile{429, {}, {}};
        hostile.headers = {
            {"Retry-After", "99999999999"},
            {reads, i % 2 == 0 ? "99999999999999999999" : "-5"},
            {writes, "999999999999"},
            {"x-ms-ratelimit-remaining-resource", "P" + std::to_string(i) + "1440Min;0," + std::string(5'000, ';')},
            {"x-ms-user-quota-remaining", "0"},
            {"x-ms-user-quota-resets-after", "99:99:99"}};
        budget.answered(ticket, hostile, noon);
        ASSERT_LE(budget.take("GET", url, noon).hold, 10min);
    }
}

/// A server's bucket, and steps that each write once and look ten times; how often the server had to say no.
struct Outcome {
    int refused = 0, answered = 0;
    base::Duration took{0};
};
Outcome run(int steps, bool one_budget) {
    struct Server {
        double reads = 250, writes = 200;
        base::Time at = noon;
    } server;
    struct Event {
        base::Time at;
        int step, left;
        bool arriving;
        int attempt;
        Budget::Ticket ticket;
    };
    auto const later = [](Event const& a, Event const& b) { return a.at > b.at || (a.at == b.at && a.step > b.step); };
    std::vector<Event> events;
    auto const schedule = [&](Event event) {
        events.push_back(std::move(event));
        std::push_heap(events.begin(), events.end(), later);
    };
    Budget shared;
    std::vector<Budget> own(static_cast<std::size_t>(steps));
    base::Prng prng{7};
    Retry const retry{.attempts = 1'000};
    for (int step = 0; step < steps; ++step) schedule({noon, step, 11, false, 1, {}});
    Outcome outcome;
    while (!events.empty()) {
        std::pop_heap(events.begin(), events.end(), later);
        auto event = std::move(events.back());
        events.pop_back();
        bool const write = event.left == 11;
        auto const method = write ? "PUT" : "GET";
        auto& budget = one_budget ? shared : own[static_cast<std::size_t>(event.step)];
        if (!event.arriving) {
            event.ticket = budget.take(method, in, event.at);
            event.at += event.ticket.hold + 40ms;
            event.arriving = true;
            schedule(std::move(event));
            continue;
        }
        auto const passed = std::chrono::duration<double>(event.at - server.at).count();
        server.at = event.at;
        server.reads = std::min(250.0, server.reads + passed * 25);
        server.writes = std::min(200.0, server.writes + passed * 10);
        auto& tokens = write ? server.writes : server.reads;
        bool const allowed = tokens >= 1;
        if (allowed) tokens -= 1;
        Response response =
            remaining(write ? writes : reads, std::to_string(static_cast<int>(tokens)), allowed ? 200 : 429);
        if (!allowed) response.headers.push_back({"Retry-After", "1"});
        budget.answered(event.ticket, response, event.at);
        outcome.took = event.at - noon;
        event.arriving = false;
        if (allowed) {
            ++outcome.answered;
            event.attempt = 1;
            event.at += 2s;
            if (--event.left > 0) schedule(std::move(event));
        } else {
            ++outcome.refused;
            auto const verdict = retry.after(event.attempt++, method, Result<Response>(response), prng);
            event.at += std::get<Again>(verdict).after;
            schedule(std::move(event));
        }
    }
    return outcome;
}

TEST(Budget, many_steps_seldom_hear_no) {
    for (int const steps : {100, 500, 1'000}) {
        auto const with = run(steps, true), without = run(steps, false);
        EXPECT_EQ(with.answered, steps * 11);
        EXPECT_EQ(without.answered, steps * 11);
        std::printf("%5d steps: 429s %d with one budget, %d without; %.0f s and %.0f s\n", steps, with.refused,
                    without.refused, std::chrono::duration<double>(with.took).count(),
                    std::chrono::duration<double>(without.took).count());
        if (steps < 500) continue;
        EXPECT_GT(without.refused, 500) << "the load is one that meets limits";
        EXPECT_LE(with.refused * 100, without.refused) << "a hundred times fewer";
        EXPECT_LE(with.took, without.took * 11 / 10) << "and not bought with time";
    }
}

}  // namespace
}  // namespace holdfast::azure
