// The simulated Azure's front door: any requests, one after another, each answered with a status and whole JSON; and
// what was acknowledged still stands after a kill.
//
// The input is requests separated by a zero byte: "METHOD url", then header lines, an empty line, the body.
#include <cstdlib>

#include "simulator/simulator.hpp"

using namespace holdfast;

namespace {

world::Request request_of(std::string_view text, std::string const& bearer) {
    auto const line = [&text] {
        auto const end = std::min(text.find('\n'), text.size());
        auto const part = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        return part;
    };
    world::Request request;
    auto const first = line();
    auto const space = std::min(first.find(' '), first.size());
    request.method = std::string(first.substr(0, space));
    auto const target = first.substr(std::min(space + 1, first.size()));
    request.url =
        target.starts_with("https://") ? std::string(target) : "https://management.azsim.test" + std::string(target);
    if (!bearer.empty()) request.headers.push_back({"Authorization", "Bearer " + bearer});
    for (auto header = line(); !header.empty(); header = line()) {
        auto const colon = header.find(':');
        if (colon == std::string_view::npos) continue;
        request.headers.push_back({std::string(header.substr(0, colon)), std::string(header.substr(colon + 1))});
    }
    request.body = std::string(text);
    return request;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<char const*>(data), size);
    auto const rows = world::memory_rows();
    simulator::Options options;
    options.start = *base::parse_time("2026-11-24T08:00:00Z");
    options.propagation_most = 0;
    auto azure = simulator::Azure::open(*rows, options);
    if (!azure) std::abort();
    auto now = options.start;

    simulator::Identity const owner;
    world::Request sign_in{.method = "POST", .url = "https://login.azsim.test/" + owner.tenant + "/oauth2/v2.0/token"};
    sign_in.body = "grant_type=client_credentials&client_id=" + owner.client_id +
                   "&client_secret=" + owner.client_secret + "&scope=https%3A%2F%2Fmanagement.azsim.test%2F.default";
    auto const token = json::parse((*azure)->answer(sign_in, now).body);
    if (!token) std::abort();
    auto const bearer = std::string(json::text_at(*token, "access_token").value_or(""));
    if (bearer.empty()) std::abort();

    for (int i = 0; i < 32 && !rest.empty(); ++i) {
        auto const end = std::min(rest.find('\0'), rest.size());
        auto const answer = (*azure)->answer(request_of(rest.substr(0, end), bearer), now);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (answer.status < 200 || answer.status > 599) std::abort();
        auto const type = world::find(answer.headers, "Content-Type").value_or("");
        if (type.find("json") != std::string_view::npos && !answer.body.empty() && !json::parse(answer.body))
            std::abort();
        now += base::Duration{7'000};
    }
    auto const stood = (*azure)->resources();
    azure->reset();
    auto reopened = simulator::Azure::open(*rows, options);
    if (!reopened || (*reopened)->resources() != stood) std::abort();
    return 0;
}
