// Private to the room: which of the estate's values stand already.
#pragma once

#include "plan/rows.hpp"

namespace holdfast::plan {

struct Difference {
    json::Path at;
    std::optional<json::Value> before;
    std::optional<json::Value> after;  ///< nullopt: back to what Azure does when nobody says anything
};
/// Value by value of what the estate decides; what it does not mention is not compared. Lists with a key are compared
/// element by element, sets without order, others in order; a list that differs is one difference. Our own tag is not
/// compared. A value that the estate decided and that the normal form drops, being empty, is compared too: its origin
/// says so.
std::vector<Difference> differences(resource::Resource const& desired, json::Value const& live);

/// What the estate decides, to be laid over a live body: its values, defaults it decided written out where the live
/// body says otherwise, null for what goes back to being unsaid.
json::Value decided(resource::Resource const& desired, json::Value const& live);

/// Lays the estate's values over a body: members one by one, keyed lists element by element, other lists whole; null
/// removes.
void lay(std::string_view type, json::Value& into, json::Value const& desired);

/// Dotted version numbers: "1.34" stands for every 1.34.x.
bool version_means(std::string_view asked, std::string_view actual);
bool version_below(std::string_view a, std::string_view b);
/// The stops on the way, the last being `to`: from 1.31.2 to 1.33 they are 1.32 and 1.33.
std::vector<std::string> version_stops(std::string_view from, std::string_view to);

}  // namespace holdfast::plan
