// Headers and bodies of polling answers: waits stay within bounds, and a poller always says what comes next.
#include <cstdlib>

#include "azure/azure.hpp"

namespace {
using namespace holdfast;

/// Takes pieces off the input, each ended by a zero byte.
std::string piece(std::string_view& rest) {
    auto const end = std::min(rest.find('\0'), rest.size());
    std::string text(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return text;
}

void judge(azure::Poller::Next const& next) {
    auto const* poll = std::get_if<azure::Poller::Poll>(&next);
    if (poll == nullptr) return;
    if (poll->after < base::Duration{1'000} || poll->after > base::Duration{10 * 60'000}) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size < 2) return 0;
    static constexpr char const* methods[] = {"PUT", "PATCH", "DELETE", "POST"};
    auto const now = *base::parse_time("2026-11-24T12:00:00Z");
    std::string_view rest(reinterpret_cast<char const*>(data + 2), size - 2);

    azure::Poller poller(methods[data[0] % 4], "https://management.azsim.test/subscriptions/1?api-version=1",
                         base::Duration{(data[0] / 4) * 10'000}, now);
    world::Response response;
    static constexpr int statuses[] = {200, 201, 202, 204, 400, 403, 404, 409, 429, 500};
    response.status = statuses[data[1] % 10];
    response.headers = {{"Azure-AsyncOperation", piece(rest)},
                        {"Location", piece(rest)},
                        {"Retry-After", piece(rest)},
                        {"x-ms-retry-after-ms", piece(rest)}};
    response.body = piece(rest);
    if (auto const asked = azure::retry_after(response); asked && asked->count() < 0) std::abort();
    judge(poller.first(response));
    world::Response second;
    second.status = statuses[(data[1] / 10) % 10];
    second.headers = {{"Location", piece(rest)}, {"Retry-After", piece(rest)}};
    second.body = piece(rest);
    judge(poller.polled(second, now + base::Duration{5'000}));
    judge(poller.read(second, now + base::Duration{90'000}));
    auto stored = azure::Poller::resumed(methods[data[0] % 4], "https://h.test/r", piece(rest), base::Duration{0}, now);
    judge(stored.polled(second, now));

    base::Prng prng{data[0]};
    base::Result<world::Response> const result = response;
    auto const verdict = azure::Retry{}.after(1 + data[1] % 6, methods[data[0] % 4], result, prng);
    if (auto const* again = std::get_if<azure::Again>(&verdict); again != nullptr && again->after.count() <= 0)
        std::abort();
    return 0;
}
