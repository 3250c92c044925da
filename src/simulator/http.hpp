/// One request taken apart the way Azure's gateways do, and answers put together.
#pragma once

#include "simulator/arm/provider.hpp"

namespace holdfast::simulator {

/// What was asked. Paths are decoded (%2F too), double slashes collapsed; query keys decoded and lower case.
struct Asked {
    std::string method;  ///< upper case
    std::string origin;  ///< "https://host:port", as this request came
    std::string host;    ///< lower case, no port
    std::vector<std::string> path;
    std::map<std::string, std::string> query;
    std::string target;  ///< path and query as sent
    std::span<world::Header const> headers{};  ///< the request's own
    std::string body;
    std::optional<std::string_view> bearer;  ///< the request's own

    std::string text() const;  ///< "/subscriptions/…", decoded
    std::string_view header(std::string_view name) const;
    std::string asked_for(std::string_view query_key) const;
    bool path_is(std::size_t at, std::string_view segment) const;  ///< without case
};
Asked take_apart(world::Request const&);

/// "a=b&c=d", percent and plus decoded; keys lower case.
std::map<std::string, std::string> read_form(std::string_view);

world::Response answer_json(int status, json::Value const& body);
world::Response answer_text(int status, std::string json);

}  // namespace holdfast::simulator
