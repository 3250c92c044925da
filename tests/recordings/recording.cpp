#include "recording.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace holdfast::recordings {

namespace {

world::Headers headers_of(json::Value const& line, char const* at) {
    world::Headers headers;
    for (auto const& member : json::object_at(line, at))
        if (member.value().is_string()) headers.push_back({member.key(), std::string(member.value().get_string())});
    return headers;
}

std::optional<Exchange> exchange_of(json::Value const& line) {
    auto const method = json::text_at(line, "method"), url = json::text_at(line, "url");
    auto const status = json::whole_at(line, "status");
    if (!method || !url || !status) return std::nullopt;
    Exchange exchange;
    exchange.method = *method;
    exchange.url = *url;
    exchange.request_headers = headers_of(line, "request_headers");
    if (auto const* body = json::find(line, "request_body")) exchange.request_body = *body;
    exchange.response.status = static_cast<int>(*status);
    exchange.response.headers = headers_of(line, "response_headers");
    if (auto const* body = json::find(line, "response_body"); body != nullptr && !body->is_null()) {
        exchange.body = body->is_string() ? json::Value{} : *body;
        exchange.response.body = body->is_string() ? std::string(body->get_string()) : json::write(*body);
    }
    exchange.cut = json::truth_at(line, "response_body_cut").value_or(false);
    return exchange;
}

}  // namespace

std::optional<std::filesystem::path> folder() {
    auto const* named = std::getenv("HOLDFAST_RECORDINGS");
    auto const path =
        std::filesystem::path(named != nullptr ? named : HOLDFAST_SOURCE_DIR "/../shared/azure/recordings");
    if (!std::filesystem::is_directory(path)) return std::nullopt;
    return path;
}

static std::vector<Recording> read_all() {
    std::vector<std::filesystem::path> paths;
    for (auto const& entry : std::filesystem::directory_iterator(*folder()))
        if (entry.path().extension() == ".jsonl") paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    std::vector<Recording> recordings;
    for (auto const& path : paths) {
        Recording recording{path.stem().string(), {}};
        std::ifstream file(path);
        auto now = *base::parse_time("2020-01-01T00:00:00Z");
        for (std::string text; std::getline(file, text);) {
            auto const line = json::parse(text, {64u << 20, 256});
            auto exchange = line ? exchange_of(*line) : std::nullopt;
            if (!exchange) {
                ADD_FAILURE() << path << ": line " << recording.exchanges.size() + 1 << " is no exchange";
                continue;
            }
            auto const date = world::find(exchange->response.headers, "Date");
            if (auto const moment = date ? base::parse_http_date(*date) : base::Result<base::Time>(now); date && moment)
                exchange->date = *moment;
            now = std::max(now + base::Duration{1}, exchange->date.value_or(now));
            exchange->at = now;
            recording.exchanges.push_back(std::move(*exchange));
        }
        recordings.push_back(std::move(recording));
    }
    return recordings;
}

std::vector<Recording> const& all() {
    static std::vector<Recording> const recordings = read_all();
    return recordings;
}

std::vector<std::size_t> Recording::in_time() const {
    std::vector<std::pair<base::Time, std::size_t>> order;
    base::Time last{};
    for (std::size_t i = 0; i < exchanges.size(); ++i) {
        last = exchanges[i].date.value_or(last);  // one without a date happened with the one before it
        order.emplace_back(last, i);
    }
    std::stable_sort(order.begin(), order.end(), [](auto const& a, auto const& b) { return a.first < b.first; });
    std::vector<std::size_t> indices;
    for (auto const& entry : order) indices.push_back(entry.second);
    return indices;
}

std::string path_of(std::string_view url) {
    auto const scheme = url.find("://");
    if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
    auto const slash = url.find('/');
    if (slash == std::string_view::npos) return {};
    url.remove_prefix(slash);
    return base::lower(base::percent_decoded(url.substr(0, url.find_first_of("?#"))));
}

std::string host_of(std::string_view url) {
    auto const scheme = url.find("://");
    if (scheme == std::string_view::npos) return {};
    url.remove_prefix(scheme + 3);
    return base::lower(url.substr(0, url.find_first_of(":/?#")));
}

}  // namespace holdfast::recordings
