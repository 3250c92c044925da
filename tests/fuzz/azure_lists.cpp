// Lists, challenges and rate limits from a hostile server: bounded, and no token leaves for another host.
#include <cstdlib>

#include "azure/azure.hpp"
#include "azure/budget.hpp"
#include "azure/url.hpp"

namespace {
using namespace holdfast;

/// Takes pieces off the input, each ended by a zero byte.
std::string piece(std::string_view& rest) {
    auto const end = std::min(rest.find('\0'), rest.size());
    std::string text(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return text;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size < 2) return 0;
    auto const now = *base::parse_time("2026-11-24T12:00:00Z");
    auto const url = "https://management.azsim.test/subscriptions/1/resources?api-version=1";
    std::string_view rest(reinterpret_cast<char const*>(data + 1), size - 1);

    azure::Pages pages(url, {"GET", "list"}, 8);
    for (int page = 0; page < 10; ++page) {
        world::Response response{200, {}, piece(rest)};
        auto const next = pages.page(response);
        if (auto const* get = std::get_if<azure::Pages::Get>(&next)) {
            if (page >= 8 || !azure::same_origin(get->url, url)) std::abort();
        } else if (!std::holds_alternative<azure::Pages::Ask>(next)) {
            break;
        }
    }

    world::Response refused{401, {{"WWW-Authenticate", piece(rest)}}, {}};
    if (auto const challenge = azure::challenge_of(refused, url);
        challenge && !challenge->audience.empty() && challenge->audience.find("azsim.test") == std::string::npos)
        std::abort();

    azure::Budget budget;
    static constexpr char const* methods[] = {"GET", "PUT", "DELETE", "POST"};
    for (int i = 0; i < 16; ++i) {
        auto const ticket = budget.take(methods[(data[0] + i) % 4], i % 2 == 0 ? std::string(url) : piece(rest), now);
        if (ticket.hold.count() < 0 || ticket.hold > base::Duration{10 * 60'000}) std::abort();
        world::Response answer{i % 3 == 0 ? 429 : 200,
                               {{"x-ms-ratelimit-remaining-subscription-reads", piece(rest)},
                                {"x-ms-ratelimit-remaining-resource", piece(rest)},
                                {"x-ms-user-quota-remaining", piece(rest)},
                                {"x-ms-user-quota-resets-after", piece(rest)},
                                {"Retry-After", piece(rest)}},
                               {}};
        budget.answered(ticket, answer, now + base::Duration{i * 100});
    }
    return 0;
}
