/// A spec in the making, and what fills it: profile, standard, values that follow from others.
#pragma once

#include <map>
#include <set>

#include "language.hpp"

namespace holdfast::spec {

/// On whose behalf values are read. Null: the user's.
struct Said {
    resource::Origin const* origin = nullptr;
};

struct Draft {
    std::string file;
    json::Value tree = json::Object{};
    std::map<std::string, resource::Origin> origins;
    std::map<json::Path, base::SourcePos> key_places;  ///< of keys the user wrote
    std::set<json::Path> broken;                       ///< said, but wrongly: what depends on them is not judged
    std::vector<base::Error> mistakes;

    void read_map(yaml::Node const& map, std::string const& generic, json::Path const& at, Said const& said);
    void read_field(FieldRow const& row, yaml::Node const& node, json::Path const& at, Said const& said);

private:
    void read_entries(FieldRow const& row, yaml::Node const& node, json::Path const& at, Said const& said);
    void unknown_key(std::string const& key, base::SourcePos const& where, std::string const& generic,
                     json::Path const& at);
    void put(json::Path const& at, json::Value value, base::SourcePos const& where, Said const& said,
             std::string because);
};

/// Fills what is not said, row by row, and tells what is missing, out of place or contradictory.
void complete(Draft&);

/// Statements whose truth needs arithmetic or names rather than a row: ranges inside each other, pools that name a
/// subnet.
void relate(Draft&);

}  // namespace holdfast::spec
