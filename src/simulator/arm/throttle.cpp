#include "simulator/arm/throttle.hpp"

#include <algorithm>
#include <cmath>

namespace holdfast::simulator::arm {
namespace {

struct Limit {
    std::string_view plural;  // as headers name it
    double size, per_second;
    std::string_view source, date;
};
constexpr std::string_view limits_source =
    "https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling";
constexpr Limit reads{"reads", 250, 25, limits_source, "2026-11-23"};
constexpr Limit writes{"writes", 200, 10, limits_source, "2026-11-23"};
constexpr Limit deletes{"deletes", 200, 10, limits_source, "2026-11-23"};
constexpr double global_factor = 15;  // one bucket for all principals of a subscription

Limit const& limit_of(std::string_view method) {
    if (method == "GET" || method == "HEAD") return reads;
    return method == "DELETE" ? deletes : writes;
}

}  // namespace

double Throttle::take(Key const& key, double size, double per_second, Time now) {
    auto& bucket = buckets_.try_emplace(key, Bucket{size, now}).first->second;
    auto const passed = std::chrono::duration<double>(now - bucket.filled).count();
    bucket.tokens = std::min(size, bucket.tokens + std::max(0.0, passed) * per_second);
    bucket.filled = std::max(bucket.filled, now);
    if (bucket.tokens < 1) return -1;
    bucket.tokens -= 1;
    return bucket.tokens;
}

Throttle::Verdict Throttle::take(std::string_view principal, std::string_view method, std::string_view scope,
                                 Time now) {
    auto const& limit = limit_of(method);
    bool const in_subscription = scope == "subscription";
    scope = in_subscription ? "subscription" : "tenant";  // kept longer than the call
    auto const own = take({scope, limit.plural, std::string(principal)}, limit.size, limit.per_second, now);
    auto const all = take({scope, limit.plural, {}}, limit.size * global_factor, limit.per_second * global_factor, now);
    Verdict verdict;
    auto const say = [&](std::string_view which, double tokens) {
        std::string name;
        name.reserve(64);
        name = "x-ms-ratelimit-remaining-";
        name.append(scope).append(which).append(limit.plural);
        verdict.headers.push_back(
            {std::move(name), std::to_string(static_cast<std::int64_t>(std::max(0.0, tokens)))});
    };
    say("-", own);
    if (in_subscription) say("-global-", all);
    if (own < 0 || all < 0) {
        verdict.allowed = false;
        verdict.retry_after = std::max(1, static_cast<int>(std::ceil(1 / limit.per_second)));
    }
    return verdict;
}

Throttle::Verdict Throttle::take_query(std::string_view principal, Time now) {
    constexpr double size = 15, per_second = 3;  // recorded traffic, read 2026-11-23
    auto const left = take({"queries", {}, std::string(principal)}, size, per_second, now);
    Verdict verdict;
    verdict.headers.push_back(
        {"x-ms-user-quota-remaining", std::to_string(static_cast<std::int64_t>(std::max(0.0, left)))});
    verdict.headers.push_back({"x-ms-user-quota-resets-after", "00:00:05"});
    if (left < 0) {
        verdict.allowed = false;
        verdict.retry_after = 5;
    }
    return verdict;
}

}  // namespace holdfast::simulator::arm
