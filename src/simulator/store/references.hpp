/// references: which resource names which, read from the ids in their bodies. Lower-case ids throughout.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "json/json.hpp"

namespace holdfast::simulator {

class References {
public:
    /// What a resource names, in its texts and its keys; in place of what was read of it before.
    void read(std::string const& key, json::Value const& body);
    void forget(std::string const& key);
    /// Those that name the id, or something under it, in their own order.
    std::set<std::string> naming(std::string_view id) const;

private:
    std::map<std::string, std::vector<std::string>> names_;  // only of those that name any
    std::map<std::string, std::set<std::string>> named_by_;
};

}  // namespace holdfast::simulator
