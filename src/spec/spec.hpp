/// spec: YAML to a typed, complete Spec, reporting every mistake at once.
///
/// The language is one field list, data/fields.yaml: key, kind, allowed values, default, meaning, ARM type and path, az
/// flag, azurerm attribute, whether the choice is final. Reader, profiles, JSON Schema, `explain`, pass-through and
/// exports read the same rows. A profile (data/profiles.yaml) fills what is not said; what nobody says keeps Holdfast's
/// default or stays absent (Azure decides; not compared). Secrets are named, never written: {env: N}, {file: N} or
/// {generate: N}.
#pragma once

#include <functional>

#include "resource/resource.hpp"
#include "yaml/yaml.hpp"

namespace holdfast::spec {

/// What a key holds, and how the tree of a Spec holds it.
enum class FieldKind {
    section,     ///< a map of further keys
    list,        ///< a list of maps; entries with a `name` are merged by it
    text,        ///< any text
    name,        ///< text of the row's pattern
    whole,       ///< a whole number
    truth,       ///< true or false
    choice,      ///< one of the allowed words, as text
    region,      ///< an Azure region, in the tree as `westeurope`
    cidr,        ///< an IPv4 range without host bits
    address,     ///< an IPv4 address
    id,          ///< a resource id of one of the allowed types
    guid,        ///< in the tree lower case
    days,        ///< `90d`, in the tree the whole number 90
    version,     ///< a Kubernetes version: 1.36 or 1.36.5
    time,        ///< 01:00
    utc_offset,  ///< +01:00
    secret,      ///< {env: N}, {file: N} or {generate: N}; never a literal
    list_text,
    list_choice,
    list_cidr,
    list_address,
    list_guid,
    map_text,   ///< names of your choice to text
    paths,      ///< pass-through: ARM path to any JSON
    resources,  ///< pass-through: address to `paths`
};

/// One row of the language. Keys are dotted; `[]` marks a list of maps whose entries have a `name`: "pools[].size".
struct FieldRow {
    std::string_view key;  ///< "network.policy", "pools[].maxPods"
    FieldKind kind;
    std::string_view allowed;   ///< choice: newline-separated words; id: resource types
    std::string_view standard;  ///< Holdfast's default as YAML text, or empty: not said means Azure decides
    std::string_view standard_because;
    std::string_view
        derive;  ///< a default computed from other keys: "carve 22", "tenth of network.services", "same as K"
    std::string_view needed;            ///< condition under which it must be present after completion
    std::string_view only;              ///< condition under which it means anything
    std::string_view short_for;         ///< section: the member a bare scalar stands for
    std::string_view refused;           ///< truth: why `true` is refused
    bool file;                          ///< `{file: PATH}` stands for the text in it
    std::string_view pattern, looks;    ///< of a name or text, and the same in words
    std::int64_t min, max;              ///< whole, days: the value; text: its length; list: its entries; 0,0: unbounded
    std::string_view means;             ///< one sentence for people
    std::string_view arm_type, arm_at;  ///< where it lands, or empty
    std::string_view az_flag, azurerm;
    std::string_view final;  ///< "", or why it cannot be changed later: shown as FINAL
    std::string_view source, date;
};
std::span<FieldRow const> fields();
/// Row for a concrete key: "pools[2].size" and "pools[].size" find the same row. Null when unknown.
FieldRow const* find_field(std::string_view key);

/// What a profile decides: the first row of the profile whose condition holds, then of `every`, then
/// FieldRow::standard.
struct ProfileRow {
    std::string_view profile, key, when, value, because;
    std::string_view source, date;
};
std::span<ProfileRow const> profiles();

/// A complete, valid Spec. Reading an absent optional gives nullopt; reading a key that is no field asserts.
class Spec {
public:
    json::Value tree = json::Object{};                ///< completed, normal: what `schema spec` describes
    std::map<std::string, resource::Origin> origins;  ///< by concrete key: "pools[0].size"
    std::string file;                                 ///< as given
    std::string folder;                               ///< for relative {file: …} and worlds

    std::string name() const;  ///< the one name all resource names follow from
    bool has(std::string_view key) const;
    std::string text(std::string_view key) const;  ///< asserts present
    std::optional<std::string> maybe_text(std::string_view key) const;
    std::optional<std::int64_t> maybe_whole(std::string_view key) const;  ///< whole, days, and words that are digits
    std::optional<resource::SecretName> maybe_secret(std::string_view key) const;
    json::Value const* value(std::string_view key) const;        ///< what stands there, or null
    bool truth(std::string_view key) const;                      ///< absent: false
    std::vector<std::string> texts(std::string_view key) const;  ///< list of texts; absent: empty
    std::size_t count(std::string_view list) const;              ///< entries of "pools"
    /// A condition as data/fields.yaml describes them, such as `network.egress.by = firewall & !network.egress.id`.
    bool holds(std::string_view condition) const;
    resource::Origin origin(std::string_view key) const;  ///< falls back to the nearest enclosing key
};

struct Overrides {
    std::vector<std::pair<std::string, std::string>> set;       ///< --set key=value, last wins
    std::vector<std::pair<std::string, std::string>> overlays;  ///< (file name, text), later wins
    /// Reads what `{file: PATH}` names where a row takes text from files; a relative PATH is below the spec's folder.
    /// None: such values are mistakes.
    std::function<base::Result<std::string>(std::string const& path)> file = {};
};
/// Reads, lays overlays and --set over it, fills profile and defaults, checks everything that needs no Azure.
/// All mistakes of all files in one list, in order of position; unknown keys offer the nearest.
/// The n-th `--set` has the position {file "--set", line n, column within "key=value"}. A key written as null is not
/// said.
base::Collected<Spec> read(std::string_view text, std::string file, Overrides const& = {});

/// The same, for those who tell the mistakes of the design in the same run.
struct Reading {
    std::vector<base::Error> mistakes;
    /// Without mistakes the whole spec; with some, what it would be if the mistaken lines were not there, where that is
    /// a spec at all. What is wrong in it by itself (spec_value, spec_unknown_key) is wrong in the user's file too; what
    /// is missing or in conflict may only be so because a line was left out.
    std::optional<Spec> spec;
};
Reading attempt(std::string_view text, std::string file, Overrides const& = {});

/// The text as an error may show it: what stands where only a secret's name belongs is blotted out.
std::string without_secrets(std::string_view text);

/// JSON Schema draft 7 of the language, for editors.
json::Value schema();

}  // namespace holdfast::spec
