// For tests: the properties that a room names in its paths.hpp, found in the header itself, so that none escapes.
#pragma once

#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "shapes/shapes.hpp"

namespace holdfast::scenario {

/// What a header names that nobody publishes. `seen`: how many properties it names.
inline std::vector<std::string> unpublished(std::string const& header_path, int& seen) {
    std::ifstream in(header_path);
    std::stringstream all;
    all << in.rdbuf();
    auto const header = all.str();
    std::vector<std::string> wrong;
    std::map<std::string, std::string> types;
    std::regex const type_line("string_view\\s+(\\w+)\\s*=\\s*\"(Microsoft\\.[\\w.]+/[\\w/]+)\";");
    std::regex const property_line("Property\\s+(\\w+)\\{type::(\\w+),\\s*\"([^\"]+)\"\\}");
    for (std::sregex_iterator at(header.begin(), header.end(), type_line), end; at != end; ++at) {
        auto const name = (*at)[2].str();
        types[(*at)[1]] = name;
    }
    seen = 0;
    for (std::sregex_iterator at(header.begin(), header.end(), property_line), end; at != end; ++at, ++seen) {
        auto const* shape = shapes::find(types[(*at)[2]]);
        if (!shape) wrong.push_back("type " + (*at)[2].str());
        else if (!shapes::property_at(*shape, json::Path((*at)[3].str()))) wrong.push_back((*at)[3]);
    }
    return wrong;
}

}  // namespace holdfast::scenario
