#include <algorithm>
#include <charconv>

#include "azure/azure.hpp"

namespace holdfast::azure {

namespace {

constexpr std::int64_t most_seconds = 10LL * 365 * 24 * 3'600;  // so that no arithmetic below can overflow

/// "7", "7.5"; nothing for what is no number.
std::optional<Duration> number_of(std::string_view text, Duration unit) {
    text = base::trimmed(text);
    double value = 0;
    auto const [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (wrong != std::errc{} || end != text.data() + text.size() || !(value >= 0)) return std::nullopt;
    value = std::min(value * static_cast<double>(unit.count()), static_cast<double>(most_seconds) * 1'000);
    return Duration(static_cast<std::int64_t>(value));
}

/// Statuses after which the same request may succeed (RFC 9110 and Azure's guidance).
bool is_transient(int status) {
    static constexpr int transient[] = {408, 429, 500, 502, 503, 504};
    return std::find(std::begin(transient), std::end(transient), status) != std::end(transient);
}

/// An answer that ends in the middle, or that somebody else gave in Azure's place: as good as lost. Azure's own to
/// whatever may be asked twice are empty or an object; whether that is right inside is for whoever reads it.
bool is_whole(Response const& response) {
    auto body = base::trimmed(response.body);
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (body.starts_with(byte_order_mark)) body.remove_prefix(byte_order_mark.size());
    if (body.empty()) return true;
    return body.front() == '{' && body.back() == '}';
}

}  // namespace

std::optional<Duration> retry_after(Response const& response) {
    for (auto const* name : {"retry-after-ms", "x-ms-retry-after-ms"})
        if (auto const text = world::find(response.headers, name))
            if (auto const asked = number_of(*text, Duration{1})) return asked;
    auto const text = world::find(response.headers, "Retry-After");
    if (!text) return std::nullopt;
    if (auto const asked = number_of(*text, Duration{1'000})) return asked;
    auto const moment = base::parse_http_date(base::trimmed(*text));
    auto const sent = base::parse_http_date(base::trimmed(world::find(response.headers, "Date").value_or("")));
    if (!moment || !sent) return std::nullopt;
    return std::clamp(*moment - *sent, Duration{0}, Duration{most_seconds * 1'000});
}

Verdict Retry::after(int attempt, std::string_view method, Result<Response> const& result, base::Prng& prng,
                     Duration held) const {
    bool const may_run_twice = method != "POST";
    std::string saw;
    std::optional<Duration> asked;
    if (result) {
        bool const unreadable = may_run_twice && !is_whole(*result);
        if (!is_transient(result->status) && !unreadable) return Done{};
        saw = std::to_string(result->status) + (unreadable ? " with an answer that cannot be read" : "");
        // 429 is said before anything is done; after the others a POST may have run.
        if (!may_run_twice && result->status != 429) return Done{};
        asked = retry_after(*result);
    } else {
        auto const code = result.error().code;
        saw = std::string(base::name(code));
        bool const never_arrived = code == base::ErrorCode::connection_failed;
        bool const lost = code == base::ErrorCode::connection_lost || code == base::ErrorCode::timeout;
        if (!never_arrived && !lost) return GiveUp{saw + ": repeating cannot help"};
        if (lost && !may_run_twice) return GiveUp{saw + ": the action may have run, so it is not repeated"};
    }
    bool const held_back = asked && result->status == 429;
    if (!held_back && attempt >= attempts)
        return GiveUp{"still " + saw + " after " + std::to_string(attempt) + " attempts"};
    if (held_back && held > Duration{0} && held + *asked > longest_asked)
        return GiveUp{"still " + saw + " after " + base::spoken(held)};
    if (asked && *asked > longest_asked) return GiveUp{saw + ", and asks to wait " + base::spoken(*asked)};

    if (asked) {
        // The server's wish is a minimum. A little more, differently for each, so that not all come back at once; and
        // more the longer it goes on saying no, as it does to whoever comes back too soon.
        auto const wait = std::max({*asked, Duration{1'000}, held_back ? std::min(held / 8, cap) : Duration{0}});
        auto const spread = std::min<std::int64_t>(wait.count() / 5, 2'000);
        return Again{wait + Duration(static_cast<std::int64_t>(prng.unit() * static_cast<double>(spread))), held_back};
    }
    auto const doublings = std::clamp(attempt - 1, 0, 20);
    auto const full = std::min(base * (std::int64_t{1} << doublings), cap);
    return Again{Duration(static_cast<std::int64_t>(static_cast<double>(full.count()) * (0.5 + prng.unit() / 2)))};
}

}  // namespace holdfast::azure
