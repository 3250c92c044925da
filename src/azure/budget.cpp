#include "azure/budget.hpp"

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <charconv>
#include <cmath>

#include "azure/azure.hpp"
#include "azure/url.hpp"

namespace holdfast::azure {

namespace {

struct Limit {
    std::string_view header, scope, verb;
    int most, per_second;
    std::string_view source, date;
};
constexpr Limit limits[] = {
#include "ratelimits.inc"
};

constexpr std::string_view limit_prefix = "x-ms-ratelimit-remaining-";  // of every limit's header
constexpr std::string_view provider_header = "x-ms-ratelimit-remaining-resource";
constexpr std::string_view quota_header = "x-ms-user-quota-remaining";  // Resource Graph's
constexpr std::string_view quota_resets_header = "x-ms-user-quota-resets-after";

constexpr double untouched = 0.1;                                 // of a bucket: what haste leaves alone
constexpr double most_remaining = 1e9;                            // what no honest server says
constexpr base::Duration longest_hold{10 * 60'000};               // a bucket that would hold longer is not believed
constexpr std::size_t most_buckets = 1'024, most_requests = 256;  // kinds of request that policies are remembered for
constexpr double unspoken_most = 4, unspoken_per_second = 4, slowest = 0.1;  // of a bucket that no header speaks of
constexpr base::Duration calm{5 * 60'000};                                   // after which it is tried twice as fast
constexpr std::size_t most_policies = 8;                                     // of one answer
constexpr std::size_t longest_policy = 128;

std::string_view verb_of(std::string_view method) {
    if (method == "GET" || method == "HEAD") return "reads";
    return method == "DELETE" ? "deletes" : "writes";
}

/// "/subscriptions/s/resourcegroups/g/providers/p/type/name" -> "p/type", names left out; what a limit goes by.
std::string kind_of(std::string_view path) {
    boost::container::small_vector<std::string_view, 24> words;
    for (auto rest = path; !rest.empty();) {
        auto const slash = rest.find('/');
        if (auto const word = rest.substr(0, slash); !word.empty()) words.push_back(word);
        rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
    }
    std::string kind;
    auto const provider = std::find(words.rbegin(), words.rend(), "providers");
    if (provider == words.rend() || provider == words.rbegin()) {
        for (std::size_t i = 0; i < words.size(); i += 2) kind.append(kind.empty() ? "" : "/").append(words[i]);
    } else {
        auto const start = static_cast<std::size_t>(words.rend() - provider);
        kind = words[start];
        for (std::size_t i = start + 1; i < words.size(); i += 2) kind.append("/").append(words[i]);
    }
    return kind;
}

std::string_view subscription_of(std::string_view path) {
    constexpr std::string_view start = "/subscriptions/";
    if (!path.starts_with(start)) return {};
    auto const rest = path.substr(0, 128).substr(start.size());
    return rest.substr(0, rest.find('/'));
}

std::optional<double> number_of(std::string_view text) {
    text = base::trimmed(text);
    std::int64_t value = 0;
    auto const [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (wrong != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
    return std::min(static_cast<double>(value), most_remaining);
}

/// Azure names the window in the policy: "GetOperationStatus30Min" counts over thirty minutes.
std::optional<double> window_of(std::string_view policy) {
    if (!policy.ends_with("Min")) return std::nullopt;
    policy.remove_suffix(3);
    auto digits = policy.size();
    while (digits > 0 && policy[digits - 1] >= '0' && policy[digits - 1] <= '9') --digits;
    auto const minutes = number_of(policy.substr(digits));
    if (!minutes || *minutes < 1 || *minutes > 24 * 60) return std::nullopt;
    return *minutes * 60;
}

/// "00:00:05", in seconds.
std::optional<double> clock_of(std::string_view text) {
    double seconds = 0;
    for (int part = 0; part < 3; ++part) {
        auto const colon = text.find(':');
        auto const number = number_of(text.substr(0, colon));
        if (!number || (colon == std::string_view::npos) != (part == 2)) return std::nullopt;
        seconds = seconds * 60 + *number;
        text = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
    }
    return seconds;
}

/// "GET microsoft.compute/disks in S": method and what it is about, then the subscription.
std::string_view method_in(std::string_view request) { return request.substr(0, request.find(' ')); }
std::string_view subscription_in(std::string_view request) {
    auto const in = request.rfind(" in ");
    return in == std::string_view::npos ? std::string_view{} : request.substr(in + 4);
}

std::string bucket_of(Limit const& limit, std::string_view request) {
    std::string key(limit.header);
    if (limit.scope == "subscription") key.append(" ").append(subscription_in(request));
    return key;
}

bool concerns(Limit const& limit, std::string_view request) {
    if (limit.verb != verb_of(method_in(request))) return false;
    return (limit.scope == "subscription") == !subscription_in(request).empty();
}

}  // namespace

void Budget::Bucket::flow(base::Time now) {
    if (now <= at) return;
    for (; slowed && now - *slowed >= calm && per_second < unspoken_per_second; *slowed += calm) {
        auto const then = std::max(at, *slowed + calm);
        left = std::min(most, left + std::chrono::duration<double>(then - at).count() * per_second);
        at = then;
        per_second = std::min(unspoken_per_second, per_second * 2);
    }
    left = std::min(most, left + std::chrono::duration<double>(now - at).count() * per_second);
    at = now;
}

Budget::Bucket* Budget::bucket_for(std::string const& key, double most, double per_second, base::Time now) {
    if (auto const found = buckets_.find(key); found != buckets_.end()) return &found->second;
    if (buckets_.size() >= most_buckets) return nullptr;
    return &buckets_.emplace(key, Bucket{.left = most, .most = most, .per_second = per_second, .at = now})
                .first->second;
}

std::vector<Budget::Bucket*> Budget::drawn_on(std::string const& request, base::Time now) {
    if (auto const known = requests_.find(request); known != requests_.end()) return known->second;
    std::vector<Bucket*> buckets;
    for (auto const& limit : limits) {
        if (!concerns(limit, request)) continue;
        auto* const one = bucket_for(bucket_of(limit, request), limit.most, limit.per_second, now);
        if (one == nullptr) continue;
        one->header = limit.header;
        buckets.push_back(one);
    }
    if (requests_.size() < most_requests) requests_.emplace(request, buckets);
    return buckets;
}

Budget::Ticket Budget::take(std::string_view method, std::string_view url, base::Time now) {
    Ticket ticket;
    auto const path = base::lower(path_of(url).substr(0, 2'048));
    ticket.request.reserve(method.size() + path.size() + 8);
    ticket.request.append(method).append(" ").append(kind_of(path)).append(" in ").append(subscription_of(path));
    ticket.buckets = drawn_on(ticket.request, now);
    for (auto* bucket : ticket.buckets) {
        bucket->flow(now);
        auto const reserve = std::floor(bucket->most * untouched);
        if (bucket->left - 1 < reserve) {
            auto const seconds = std::min((reserve - (bucket->left - 1)) / bucket->per_second, 1e6);
            ticket.hold = std::max(ticket.hold, base::Duration(static_cast<std::int64_t>(std::ceil(seconds * 1'000))));
        }
        if (bucket->shut > now)
            ticket.hold = std::max(ticket.hold, std::chrono::duration_cast<base::Duration>(bucket->shut - now));
        bucket->left -= 1;
        ++bucket->under_way;
    }
    if (auto const found = unavailable_.find(ticket.request); found != unavailable_.end()) {
        if (found->second > now)
            ticket.hold = std::max(ticket.hold, std::chrono::duration_cast<base::Duration>(found->second - now));
        else unavailable_.erase(found);
    }
    ticket.hold = std::min(ticket.hold, longest_hold);
    return ticket;
}

void Budget::Bucket::remains(double now_left, double usual_most, double usual_per_second, base::Time now) {
    // Sizes are the subscription's own: a remainder above what was assumed is a larger bucket, with a faster flow.
    if (!known || now_left > most) {
        auto const larger = std::max(now_left, usual_most);
        per_second = usual_per_second * larger / usual_most;
        most = larger;
        known = true;
    }
    flow(now);
    // What has left and is not counted by the server yet will be.
    left = std::min(most, now_left - under_way);
    at = std::max(at, now);
}

Budget::Bucket* Budget::remains(std::string const& key, double left, double most, double per_second, base::Time now) {
    auto* const bucket = bucket_for(key, most, per_second, now);
    if (bucket != nullptr) bucket->remains(left, most, per_second, now);
    return bucket;
}

void Budget::answered(Ticket const& ticket, world::Response const& response, base::Time now) {
    lost(ticket);
    for (auto const& header : response.headers) {
        if (!base::starts_with_text(header.name, limit_prefix)) continue;
        auto const limit = std::ranges::find_if(
            limits, [&header](Limit const& one) { return base::same_text(one.header, header.name); });
        if (limit == std::end(limits)) continue;
        auto const left = number_of(header.value);
        if (!left) continue;
        auto const drawn = std::ranges::find(ticket.buckets, limit->header, &Bucket::header);
        if (drawn != ticket.buckets.end()) (*drawn)->remains(*left, limit->most, limit->per_second, now);
        else remains(bucket_of(*limit, ticket.request), *left, limit->most, limit->per_second, now);
    }
    std::vector<Bucket*> policies;
    if (auto const text = world::find(response.headers, provider_header)) {
        for (std::string_view rest = *text; !rest.empty() && policies.size() < most_policies;) {
            auto const comma = rest.find(',');
            auto const one = base::trimmed(rest.substr(0, comma));
            rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
            auto const semicolon = one.find(';');
            if (semicolon == std::string_view::npos || semicolon > longest_policy) continue;
            auto const window = window_of(one.substr(0, semicolon));
            auto const left = number_of(one.substr(semicolon + 1));
            if (!window || !left) continue;
            auto const key = std::string(one.substr(0, semicolon)) + " " + std::string(subscription_in(ticket.request));
            auto const most = std::max(*left, 1.0);
            policies.push_back(remains(key, *left, most, most / *window, now));
        }
    }
    if (auto const text = world::find(response.headers, quota_header)) {
        auto const resets = world::find(response.headers, quota_resets_header);
        auto const window = resets ? clock_of(*resets) : std::nullopt;
        if (auto const left = number_of(*text); left && window && *window >= 1) {
            auto const most = *left + 1;
            policies.push_back(remains(std::string(quota_header), *left, most, most / *window, now));
        }
    }
    if (auto const known = requests_.find(ticket.request); !policies.empty() && known != requests_.end()) {
        auto& buckets = known->second;
        for (auto* const one : policies)
            if (one != nullptr && buckets.size() < std::size(limits) + 2 * most_policies &&
                !std::ranges::count(buckets, one))
                buckets.push_back(one);
    }

    if (response.status != 429 && response.status != 503) return;
    auto const wished = retry_after(response);
    auto const asked = std::clamp(wished.value_or(base::Duration{1'000}), base::Duration{0}, longest_hold);
    if (response.status == 503 && wished && unavailable_.size() < most_requests)
        unavailable_.insert_or_assign(ticket.request, now + asked);
    if (response.status == 429) refused(ticket, asked, now);
}

/// Which bucket said no shows in what remains: an empty one. Where none is empty the service has a bucket that it does
/// not speak of; one is made for this kind of request, slower each time it turns out too fast, and faster again with
/// every five minutes of calm.
void Budget::refused(Ticket const& ticket, base::Duration asked, base::Time now) {
    bool found = false;
    for (auto* const one : ticket.buckets)
        if (one->known && one->left + one->under_way < 1) {
            one->shut = std::max(one->shut, now + asked);
            found = true;
        }
    if (found) return;
    auto const known = requests_.find(ticket.request);
    auto* const bucket = known == requests_.end()
                             ? nullptr
                             : bucket_for("refused " + ticket.request, unspoken_most, unspoken_per_second, now);
    if (bucket == nullptr) return;
    if (!bucket->known) {
        bucket->known = true;
        known->second.push_back(bucket);
    } else if (now >= bucket->shut) {
        bucket->per_second = std::max(slowest, bucket->per_second / 2);
    }
    bucket->left = -bucket->under_way;
    bucket->at = now;
    bucket->slowed = now;
    bucket->shut = std::max(bucket->shut, now + asked);
}

void Budget::lost(Ticket const& ticket) {
    for (auto* const bucket : ticket.buckets)
        if (bucket->under_way > 0) --bucket->under_way;
}

}  // namespace holdfast::azure
