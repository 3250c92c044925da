// Private to the room: the tables that say how each type wants to be treated. See
// data/{locks,manners,upgrades,uncompared,whole_maps,within}.yaml.
#pragma once

#include "resource/resource.hpp"

namespace holdfast::plan {

struct LockRow {
    std::string_view type, at;
    int up;
    std::string_view because, source, date;
};
struct MannerRow {
    std::string_view type;
    bool folds, kept_unsaid, creates_only, grants;
    std::string_view granted_at;
    bool forbids, deleted_alone, keeps_parent, lingers, undeletable;
    std::string_view recover_at, recover_value;
    bool guards_data;
    std::string_view answers_at;
    bool awaits_features;
    std::string_view keeps_one_at, keeps_one_value;
    std::string_view because, source, date;
};
struct UpgradeRow {
    std::string_view type, at, follows, moved_by, moved_by_values, within, because, source, date;
};

struct UncomparedRow {
    std::string_view type, at, because, source, date;
};

struct WithinRow {
    std::string_view type, at, when, least, most, because, source, date;
};
std::span<WithinRow const> within_rows();

struct WholeMapRow {
    std::string_view type, at, because, source, date;
};
/// Whether the keys of the map at a place are decided as a whole.
bool is_whole_map(std::string_view type, std::string_view pattern);

/// Whether a place ("properties.agentPoolProfiles[].dnsPrefix") says nothing about what stands.
bool is_uncompared(std::string_view type, std::string_view pattern);

/// The row of a type, or one that says nothing special.
MannerRow const& manner(std::string_view type);
UpgradeRow const* upgrade(std::string_view type);
std::span<LockRow const> lock_rows();

/// One of those of which what they lie in keeps at least one: a system pool.
bool is_kept_kind(resource::Resource const&);

/// Ids that a write or delete of this resource holds while it lasts.
std::vector<resource::ResourceId> held(std::string_view type, resource::ResourceId const&, json::Value const& body);

/// Every value at a path in which `[]` stands for each element of a list and `{}` for each key of a map.
std::vector<std::string> texts_at(json::Value const& root, std::string_view pattern);

}  // namespace holdfast::plan
