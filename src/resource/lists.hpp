// Private to the room: which lists are sets, and where the server fills in what.
#pragma once

#include "resource/resource.hpp"

namespace holdfast::resource {

/// The property pattern of a place: names joined by dots, `[]` for any element.
/// "properties.subnets[].properties.delegations"
std::string pattern_of(json::Path const&);
std::string pattern_of(std::string const& parent, std::string_view key);

/// nullptr: the list's order matters. Else its row; `key` empty: a set of scalars.
shapes::ListRule const* list_rule(std::string_view type, std::string_view pattern);
/// What the server says when nobody said anything; nullptr when it says nothing we know.
json::Value const* server_default(std::string_view type, std::string_view pattern);

/// Text that compares: ids and names without case.
std::string comparable(json::Value const&);

}  // namespace holdfast::resource
