/// spec: YAML to a typed, complete Spec, reporting every mistake at once.
///
/// The language is one field list, data/fields.yaml: key, kind, allowed values, default, meaning, ARM type and path, az flag,
/// azurerm attribute, whether the choice is final. Reader, profiles, JSON Schema, `explain`, pass-through and exports read
/// the same rows. A profile (data/profiles.yaml) fills what is not said; what nobody says keeps Holdfast's default or stays
/// absent (Azure decides; not compared). Secrets are named, never written: {env: N}, {file: N} or {generate: N}.
#pragma once

#include "resource/resource.hpp"
#include "yaml/yaml.hpp"

namespace holdfast::spec {

enum class FieldKind { text, whole, truth, choice, cidr, name, id, guid, list_text, list_cidr, list_guid, map_text, secret, version, time };

/// One row of the language. Keys are dotted; `[]` marks a list of maps whose entries have a `name`: "pools[].size".
struct FieldRow {
    std::string_view key;          ///< "network.policy", "pools[].maxPods"
    FieldKind kind;
    std::string_view allowed;      ///< choice: newline-separated
    std::string_view standard;     ///< Holdfast's default as YAML text, or empty: not said means Azure decides
    std::string_view standard_because;
    bool required;
    std::int64_t min, max;         ///< whole; 0,0: unbounded
    std::string_view means;        ///< one sentence for people
    std::string_view arm_type, arm_at;   ///< where it lands, or empty
    std::string_view az_flag, azurerm;
    std::string_view final;        ///< "", or why it cannot be changed later: shown as FINAL
    std::string_view source, date;
};
std::span<FieldRow const> fields();
/// Row for a concrete key: "pools[2].size" and "pools[].size" find the same row. Null when unknown.
FieldRow const* find_field(std::string_view key);

struct ProfileRow {
    std::string_view profile, key, value, because;
    std::string_view source, date;
};
std::span<ProfileRow const> profiles();

/// A complete, valid Spec. Reading an absent optional gives nullopt; reading a key that is no field asserts.
class Spec {
public:
    json::Value tree = json::Object{};                      ///< completed, normal: what `schema spec` describes
    std::map<std::string, resource::Origin> origins;        ///< by concrete key: "pools[0].size"
    std::string file;                                       ///< as given
    std::string folder;                                     ///< for relative {file: …} and worlds

    std::string name() const;                               ///< the one name all resource names follow from
    bool has(std::string_view key) const;
    std::string text(std::string_view key) const;           ///< asserts present
    std::optional<std::string> maybe_text(std::string_view key) const;
    std::optional<std::int64_t> maybe_whole(std::string_view key) const;
    bool truth(std::string_view key) const;                 ///< absent: false
    std::vector<std::string> texts(std::string_view key) const;   ///< list of texts; absent: empty
    std::size_t count(std::string_view list) const;         ///< entries of "pools"
    resource::Origin origin(std::string_view key) const;    ///< falls back to the nearest enclosing key
};

struct Overrides {
    std::vector<std::pair<std::string, std::string>> set;   ///< --set key=value, last wins
    std::vector<std::pair<std::string, std::string>> overlays;  ///< (file name, text), later wins
};
/// Reads, lays overlays and --set over it, fills profile and defaults, checks everything that needs no Azure.
/// All mistakes of all files in one list, in order of position; unknown keys offer the nearest.
base::Collected<Spec> read(std::string_view text, std::string file, Overrides const& = {});

/// JSON Schema draft 7 of the language, for editors.
json::Value schema();

}  // namespace holdfast::spec
