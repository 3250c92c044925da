// How fast recorded answers are decided, against only parsing the same bytes: `bench_decisions [FOLDER]`.
//
// Every recorded answer of a long-running operation, list or error goes through Poller, Pages or read_error, as the
// client sends it there. The ratio is what counts: deciding should cost little more than the parse it cannot do
// without.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "azure/azure.hpp"

namespace {
using namespace holdfast;

struct Recorded {
    std::string method, url;
    world::Response response;
};

std::vector<Recorded> read(std::filesystem::path const& folder) {
    std::vector<Recorded> all;
    for (auto const& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() != ".jsonl") continue;
        std::ifstream file(entry.path());
        for (std::string line; std::getline(file, line);) {
            auto const parsed = json::parse(line);
            if (!parsed) continue;
            Recorded one;
            one.method = json::text_at(*parsed, "method").value_or("");
            one.url = json::text_at(*parsed, "url").value_or("");
            one.response.status = static_cast<int>(json::whole_at(*parsed, "status").value_or(0));
            for (auto const& header : json::object_at(*parsed, "response_headers"))
                if (header.value().is_string())
                    one.response.headers.push_back({header.key(), std::string(header.value().get_string())});
            if (auto const* body = json::find(*parsed, "response_body"); body != nullptr && !body->is_null())
                one.response.body = json::write(*body);
            all.push_back(std::move(one));
        }
    }
    return all;
}

template <typename Work>
double seconds(int rounds, Work const& work) {
    auto const start = std::chrono::steady_clock::now();
    for (int round = 0; round < rounds; ++round) work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / rounds;
}
}  // namespace

int main(int count, char** words) {
    std::filesystem::path const folder = count > 1 ? words[1] : HOLDFAST_SOURCE_DIR "/../shared/azure/recordings";
    if (!std::filesystem::is_directory(folder)) return 77;
    auto const all = read(folder);
    auto const now = *base::parse_time("2026-11-24T12:00:00Z");
    std::size_t parsed = 0, decided = 0;
    auto const parse = seconds(10, [&] {
        for (auto const& one : all) parsed += json::parse(one.response.body).has_value();
    });
    auto const decide = seconds(10, [&] {
        for (auto const& one : all) {
            if (one.response.status >= 400) {
                decided += !azure::read_error(one.response).message.empty();
            } else if (one.method != "GET") {
                azure::Poller poller(one.method, one.url, base::Duration{10'000}, now);
                decided += poller.first(one.response).index();
            } else if (one.url.find("operation") != std::string::npos) {
                auto poller =
                    azure::Poller::resumed("PUT", one.url.substr(0, 40), one.url, base::Duration{10'000}, now);
                decided += poller.polled(one.response, now).index();
            } else {
                decided += azure::Pages(one.url, {"GET", "list"}).page(one.response).index();
            }
        }
    });
    std::printf("%zu answers: parsed %.0f/s, decided %.0f/s, ratio %.2f (%zu, %zu)\n", all.size(),
                static_cast<double>(all.size()) / parse, static_cast<double>(all.size()) / decide, decide / parse,
                parsed, decided);
    return 0;
}
