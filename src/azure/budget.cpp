#include "azure/budget.hpp"

#include <algorithm>
#include <charconv>

namespace holdfast::azure {

namespace {
struct Row {
    char const* header;
    base::Duration
        spacing;  ///< one request each: what the buckets refill at (25 reads, 10 writes, 10 deletes a second)
};
constexpr Row rows[] = {
    {"x-ms-ratelimit-remaining-subscription-reads", base::Duration{40}},
    {"x-ms-ratelimit-remaining-subscription-writes", base::Duration{100}},
    {"x-ms-ratelimit-remaining-subscription-deletes", base::Duration{100}},
};
}  // namespace

Budget::Kind Budget::kind_of(std::string_view method) {
    if (method == "GET" || method == "HEAD") return reads;
    return method == "DELETE" ? deletes : writes;
}

void Budget::saw(world::Headers const& headers) {
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
        auto const text = world::find(headers, rows[i].header);
        if (!text) continue;
        std::int64_t left = 0;
        auto const [end, wrong] = std::from_chars(text->data(), text->data() + text->size(), left);
        if (wrong != std::errc{} || left < 0) continue;
        buckets_[i].left = left;
        buckets_[i].most = std::max(buckets_[i].most, left);
    }
}

base::Duration Budget::pause(std::string_view method, base::Time now) {
    auto const kind = kind_of(method);
    auto& bucket = buckets_[kind];
    if (bucket.most < 20 || bucket.left > bucket.most / 10) return base::Duration{0};
    auto const slot = std::max(now, bucket.next_free);
    bucket.next_free = slot + rows[kind].spacing;
    return slot - now;
}

}  // namespace holdfast::azure
