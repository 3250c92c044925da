/// names: every resource name follows from the spec's name by one row of data/names.yaml.
///
/// A made name never fails for its length: it is cut, and ends in a hash of what was cut, so that two long names stay
/// two. A name that a person wrote is never changed; what Azure would refuse is a mistake at their line.
#pragma once

#include "resource/resource.hpp"

namespace holdfast::estate {

/// What may stand at the first and last place of a name. word: a letter, digit or '_'.
enum class Edge { letter, alphanumeric, word, any };

struct NameRule {
    std::string_view what;  ///< address; '*' stands for a word or the end of one
    std::string_view type;
    std::string_view make;       ///< "kv-{name}-{part}-{salt}"
    std::string_view elsewhere;  ///< instead of `make` in a parent that is not ours
    std::string_view location;   ///< "global"; empty: the region
    int min, max;
    std::string_view also;  ///< allowed beside letters and digits
    Edge first, last;
    bool lower, single_hyphens, global;
    bool untagged;  ///< tags would never be updated
    std::string_view source, date;
};
std::span<NameRule const> name_rules();
/// The row for an address: the one with the fewest '*'. Null when there is none.
NameRule const* name_rule(std::string_view address);

/// What names are made of.
struct NameParts {
    std::string name;  ///< the spec's
    std::string salt;  ///< where the whole world shares one name space
    std::string part;  ///< what '*' stands for
    std::string zone;  ///< a private DNS zone's name
};
/// Five characters that differ for other subscriptions, groups and names.
std::string salt(std::string_view subscription, std::string_view group, std::string_view name);
/// Text of at most `max` characters: cut, and ending in a hash of the whole, where it is longer.
std::string shortened(std::string_view text, std::size_t max);
/// What the last '*' of the rule stands for in the address.
std::string name_part(NameRule const&, std::string_view address);

std::string made_name(NameRule const&, NameParts const&, bool elsewhere = false);
/// What Azure would refuse about a name, in words; nothing when it is allowed.
std::optional<std::string> name_mistake(NameRule const&, std::string_view name);

}  // namespace holdfast::estate
