/// The rows of the language, and the small notations in their cells.
#pragma once

#include "spec/spec.hpp"

namespace holdfast::spec {

struct StatementRow {
    std::string_view keys, wrong, what, fix;
    std::string_view source, date;
};
std::span<StatementRow const> statements();

/// Rows directly below a generic key ("" is the root, "pools[]" an entry of pools), by their last word.
std::vector<FieldRow const*> members_of(std::string_view generic);
std::string_view last_word(std::string_view key);
/// "pools[2].size" -> "pools[].size".
std::string generic_key(std::string_view concrete);

/// One instance of a row in a tree: pools[].size is there once for each pool.
struct Instance {
    json::Path at;
    std::string list;                  ///< "pools", or empty
    std::optional<std::size_t> entry;  ///< which of its entries
};
std::vector<Instance> instances(FieldRow const&, json::Value const& tree);
/// The path of a generic key; `[]` of the instance's list becomes its entry.
json::Path bound(std::string_view generic, Instance const&);

/// A cell such as `network.plugin = azure & !pools[].min or any pools[].os = windows`.
class Condition {
public:
    static Condition parse(std::string_view text);  ///< asserts: rows are ours
    bool holds(json::Value const& tree, Instance const& instance = {}) const;
    /// "network.plugin is azure and pools[].min is not said, or one of pools has os windows"
    std::string spoken() const;
    /// The same, without what holds already: what stands in the way.
    std::string unmet(json::Value const& tree, Instance const& instance) const;
    /// What to write so that it holds, where that is one plain statement: "network.egress.by: nextHop".
    std::optional<std::string> remedy(json::Value const& tree, Instance const& instance) const;
    /// The terms that say what is there, without those that say what is not.
    std::string reason() const;
    std::vector<std::string> keys() const;
    bool empty() const { return alternatives_.empty(); }

private:
    enum class Over { one, any, none };
    enum class Op { present, absent, equal, differs, has, lacks, greater };
    struct Term {
        Over over = Over::one;
        Op op = Op::present;
        std::string key;
        std::vector<std::string> values;  ///< greater: the other key
        std::int64_t more = 0;            ///< greater: added to what stands at `key`
    };
    static Term parse_term(std::string_view text);
    static bool holds(Term const&, json::Value const& tree, Instance const&);
    static std::string spoken(Term const&);
    std::vector<std::vector<Term>> alternatives_;
};

/// A value as conditions compare it: true, 3, overlay. Empty when absent, an object, or an empty list.
std::optional<std::string> plain_text(json::Value const* value);
bool is_present(json::Value const* value);

/// What a row's kind is called in a message: "a whole number from 0 to 1000".
std::string spoken_kind(FieldRow const&);

}  // namespace holdfast::spec
