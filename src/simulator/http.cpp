#include "simulator/http.hpp"

#include <algorithm>

namespace holdfast::simulator {
namespace {

constexpr std::size_t usual_headers = 16;  // of an answer, those of every answer with it

/// What is asked comes back in answers, which are JSON: bytes that are no text become visible escapes.
std::string as_text(std::string decoded) {
    unsigned char bits = 0;  // of all bytes together: no early end, so many are looked at at a time
    for (unsigned char const c : decoded) bits |= c;
    if (bits < 0x80) return decoded;
    bool const text = json::parse(json::write(json::Value(boost::json::string_view(decoded)))).has_value();
    return text ? std::move(decoded) : base::printable(decoded);
}

std::string form_decoded(std::string_view text) {
    if (text.find_first_of("+%") == std::string_view::npos) return as_text(std::string(text));
    std::string spaced(text);
    std::replace(spaced.begin(), spaced.end(), '+', ' ');
    return as_text(base::percent_decoded(spaced));
}

std::map<std::string, std::string> read_pairs(std::string_view text, std::string (*decoded)(std::string_view)) {
    std::map<std::string, std::string> pairs;
    while (!text.empty()) {
        auto const end = std::min(text.find('&'), text.size());
        auto const part = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (part.empty()) continue;
        auto const equals = part.find('=');
        auto const key = decoded(part.substr(0, equals));
        pairs.emplace(base::lower(key), equals == std::string_view::npos ? "" : decoded(part.substr(equals + 1)));
    }
    return pairs;
}

}  // namespace

std::string Asked::text() const {
    std::string text;
    for (auto const& segment : path) text.append("/").append(segment);
    return text.empty() ? "/" : text;
}

std::string_view Asked::header(std::string_view name) const {
    auto const found = std::ranges::find_if(headers, [name](auto const& one) { return base::same_text(one.name, name); });
    return found == headers.end() ? std::string_view() : found->value;
}

std::string Asked::asked_for(std::string_view key) const {
    auto const found = query.find(std::string(key));
    return found == query.end() ? "" : found->second;
}

bool Asked::path_is(std::size_t at, std::string_view segment) const {
    return at < path.size() && base::same_text(path[at], segment);
}

std::map<std::string, std::string> read_form(std::string_view text) { return read_pairs(text, form_decoded); }

Asked take_apart(world::Request const& request) {
    Asked asked;
    asked.method = as_text(request.method);
    for (auto& c : asked.method) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    asked.headers = request.headers;
    asked.body = request.secret_body ? request.secret_body->reveal() : request.body;

    std::string_view rest = request.url;
    auto const scheme_end = rest.find("://");
    auto const host_begin = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
    auto const host_end = std::min(rest.find_first_of("/?", host_begin), rest.size());
    asked.origin = as_text(std::string(rest.substr(0, host_end)));
    asked.host = as_text(base::lower(rest.substr(host_begin, host_end - host_begin)));
    if (auto const colon = asked.host.rfind(':'); colon != std::string::npos) asked.host.erase(colon);
    rest = rest.substr(host_end);
    rest = rest.substr(0, rest.find('#'));
    asked.target = as_text(std::string(rest));

    auto const question = rest.find('?');
    asked.path.reserve(16);
    auto const path = as_text(base::percent_decoded(rest.substr(0, question)));
    for (std::string_view left = path; !left.empty();) {
        auto const segment = left.substr(0, left.find('/'));
        left.remove_prefix(std::min(segment.size() + 1, left.size()));
        if (!segment.empty()) asked.path.emplace_back(segment);
    }
    if (question != std::string_view::npos) asked.query = read_form(rest.substr(question + 1));

    if (request.bearer) {
        asked.bearer = request.bearer->reveal();
    } else if (auto const authorization = asked.header("Authorization");
               base::starts_with_text(authorization, "Bearer ")) {
        asked.bearer = base::trimmed(authorization.substr(7));
    }
    return asked;
}

world::Response answer_json(int status, json::Value const& body) {
    return body.is_null() ? world::Response{.status = status, .headers = {}, .body = {}}
                          : answer_text(status, json::write(body));
}

world::Response answer_text(int status, std::string json) {
    world::Response response{.status = status, .headers = {}, .body = std::move(json)};
    response.headers.reserve(usual_headers);
    response.headers.push_back({"Content-Type", "application/json; charset=utf-8"});
    return response;
}

}  // namespace holdfast::simulator
